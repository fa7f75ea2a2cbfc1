"""Two checkpoints of one shape → their weighted mean.

``python -m training.mean FIRST SECOND MEAN --share 0.4``. A run that started from another's weights
has often gained somewhere and lost elsewhere; between the two there may be the best of both.
Configuration and tokenizer are the second's.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from safetensors.numpy import load_file, save_file

__all__ = ["main"]

_WEIGHTS = "model.safetensors"


def main(argv: list[str] | None = None) -> int:
    """Run a command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.mean", description=__doc__)
    parser.add_argument("first", type=Path, help="checkpoint folder")
    parser.add_argument("second", type=Path, help="checkpoint folder")
    parser.add_argument("mean", type=Path, help="folder to write")
    parser.add_argument("--share", type=float, default=0.5, help="of the second, 0 to 1")
    args = parser.parse_args(argv)
    if not 0 <= args.share <= 1:
        parser.error(f"--share: expected 0 to 1, got {args.share:g}")
    if args.mean.exists():
        parser.error(f"{args.mean}: is there already")
    try:
        first, second = (load_file(folder / _WEIGHTS) for folder in (args.first, args.second))
    except OSError as error:
        parser.error(str(error))
    shapes = [{name: x.shape for name, x in each.items()} for each in (first, second)]
    if shapes[0] != shapes[1]:
        parser.error("the checkpoints have weights of different names or shapes")
    mean = {
        name: ((1 - args.share) * first[name] + args.share * second[name]).astype(array.dtype)
        for name, array in first.items()
    }
    shutil.copytree(args.second, args.mean, ignore=shutil.ignore_patterns(_WEIGHTS))
    save_file(mean, args.mean / _WEIGHTS, metadata={"format": "pt"})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
