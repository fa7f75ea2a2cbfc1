"""``python -m gliner_fast`` is the command ``gliner-fast``."""

import sys

from gliner_fast.cli import main

sys.exit(main())
