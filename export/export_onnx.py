"""Convert a GLiNER checkpoint to ONNX: the same as ``gliner-fast convert``.

python export/export_onnx.py SRC DST [--precision fp32|fp16|int8] [--force]
"""

import sys

from gliner_fast.cli import main

if __name__ == "__main__":
    sys.exit(main(["convert", *sys.argv[1:]]))
