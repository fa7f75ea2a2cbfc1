"""``python -m gliner_fast.server``."""

from __future__ import annotations

import sys

from gliner_fast.errors import MissingDependencyError

try:
    from gliner_fast.server.run import main
except MissingDependencyError as error:
    sys.exit(f"gliner-fast serve: {error}")

if __name__ == "__main__":
    sys.exit(main())
