"""Write documents as JSON lines: ``python -m training.generator --count 1000 > docs.jsonl``."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from training.generator.documents import canonical_entities, document
from training.generator.examples import rows


def _job(task: tuple[int, int, int, bool, bool, bool]) -> list[str]:
    seed, start, end, held_out, training, clean = task
    lines = []
    for index in range(start, end):
        doc = document(seed, index, held_out)
        if clean and canonical_entities(doc.spans):
            continue
        if training:
            rng = random.Random(f"{seed}/prompt/{index}")
            lines += [json.dumps(row, ensure_ascii=False) for row in rows(rng, doc)]
        else:
            lines.append(json.dumps(doc.to_json(), ensure_ascii=False))
    return lines


def _lines(args: argparse.Namespace) -> Iterator[str]:
    step = 200
    held_out, training = args.split == "test", args.format == "gliner"
    tasks = [
        (args.seed, start, min(start + step, args.count), held_out, training, args.clean)
        for start in range(0, args.count, step)
    ]
    if args.jobs == 1:
        results: Iterator[list[str]] = map(_job, tasks)
        for lines in tqdm(results, total=len(tasks), unit="batch", disable=args.quiet):
            yield from lines
        return
    document(args.seed, 0)  # Lists are loaded once, before the processes part.
    with multiprocessing.Pool(args.jobs) as pool:
        for lines in tqdm(
            pool.imap(_job, tasks), total=len(tasks), unit="batch", disable=args.quiet
        ):
            yield from lines


def main(argv: list[str] | None = None) -> int:
    """Run a command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.generator", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000, help="documents (default: 1000)")
    parser.add_argument("--split", choices=["train", "test"], default="train")
    parser.add_argument(
        "--format", choices=["spans", "gliner"], default="spans", help="of the lines"
    )
    parser.add_argument("--clean", action="store_true", help="only those without an entity")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--output", type=Path, help="file (default: standard output)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    args = parser.parse_args(argv)
    if args.output is None:
        sys.stdout.writelines(line + "\n" for line in _lines(args))
    else:
        with args.output.open("w", encoding="utf-8") as stream:
            stream.writelines(line + "\n" for line in _lines(args))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
