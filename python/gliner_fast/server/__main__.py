"""``python -m gliner_fast.server``."""

from __future__ import annotations

import sys

from gliner_fast.server.run import main

if __name__ == "__main__":
    sys.exit(main())
