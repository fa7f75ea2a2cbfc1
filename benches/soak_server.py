"""Soak: the real server under constant load of varying shapes, watched for drift.

    python benches/soak_server.py [--minutes 10] [--connections 64]

Fails (exit code 1) on any error, on memory that grows by more than 3 % after warm-up or ends above
1 GiB a worker (``--most-mib`` for larger models), or on a latency that drifts by more than 15 %.
Prints its result as Markdown for the documentation.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench_server import Load, ServerProcess, drive, make_bodies, ours

MOST_GROWTH = 0.03
MOST_DRIFT = 0.15
# The first part of the time fills caches and allocators: arenas, thread stacks, ONNX Runtime's
# own pool for the largest batch.
WARM_UP = 0.2
_PAGE = os.sysconf("SC_PAGE_SIZE")


def varied_bodies() -> list[dict[str, Any]]:
    """Many shapes: every length, label set, window and mode, fixed by the seed."""
    random_ = random.Random(11)
    bodies = make_bodies(600, seed=11)
    for body in bodies:
        length = random_.choice([64, 200, 384, 1000])
        body["chunk_length"], body["overlap"] = length, random_.choice([0, length // 4])
        body["thresholds"] = {body["labels"][0]: round(random_.random(), 2)}
    return bodies


def resident(pid: int) -> int:
    """Resident bytes of a process and its children."""
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rsplit(") ", 1)[1].split()[1])
            if pid in (int(entry.name), parent):
                total += int((entry / "statm").read_text().split()[1]) * _PAGE
        except (OSError, ValueError, IndexError):
            continue  # it ended meanwhile
    return total


def wrong(answer: bytes) -> str | None:
    """What is wrong with an answer's shape."""
    try:
        content = json.loads(json.loads(answer)["choices"][0]["message"]["content"])
        for entity in content["entities"]:
            if set(entity) != {"text", "label", "start", "end", "score"}:
                return "an entity's fields"
    except (ValueError, KeyError, TypeError):
        return "not the contract's answer"
    return None


@dataclass
class Watch:
    """Memory over time, in (seconds, bytes)."""

    samples: list[tuple[float, int]] = field(default_factory=list)

    async def follow(self, pid: int) -> None:
        """Sample once a second until cancelled."""
        began = time.monotonic()
        while True:
            self.samples.append((time.monotonic() - began, resident(pid)))
            await asyncio.sleep(1)

    def growth(self, seconds: float) -> tuple[float, float, float]:
        """Median bytes just after warm-up and at the end, and the growth between them.

        Medians of a tenth of the time: one batch's buffers are not growth.
        """
        share = 0.1 * seconds
        start = [b for at, b in self.samples if WARM_UP * seconds <= at < WARM_UP * seconds + share]
        end = [b for at, b in self.samples if at >= seconds - share]
        first, last = statistics.median(start), statistics.median(end)
        return first, last, last / first - 1


def drift(load: Load, seconds: float) -> tuple[float, float, float]:
    """Median latency of the first and last third after warm-up, and the change."""
    begin = WARM_UP * seconds
    third = (seconds - begin) / 3
    pairs = list(zip(load.ends, load.latencies, strict=True))
    first = statistics.median(x for at, x in pairs if begin <= at < begin + third)
    last = statistics.median(x for at, x in pairs if begin + 2 * third <= at < seconds)
    return first, last, last / first - 1


async def soak(server: ServerProcess, connections: int, seconds: float) -> tuple[Load, Watch]:
    """Load and watch for so long."""
    watch = Watch()
    follower = asyncio.ensure_future(watch.follow(server.process.pid))
    load = await drive(server.port, connections, seconds, varied_bodies(), wrong)
    follower.cancel()
    return load, watch


def main() -> int:
    """Soak, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--model")
    parser.add_argument("--most-mib", type=float, default=1024, help="memory of a worker")
    args = parser.parse_args()
    seconds = 60 * args.minutes
    flags = ["--workers", str(args.workers), *(["--model", args.model] if args.model else [])]
    with ServerProcess(ours(*flags)) as server:
        load, watch = asyncio.run(soak(server, args.connections, seconds))
    before, after, growth = watch.growth(seconds)
    early, late, change = drift(load, seconds)
    failures = [f"{number} requests failed: {what}" for what, number in sorted(load.errors.items())]
    if growth > MOST_GROWTH:
        failures.append(f"memory grew by {growth:.1%}")
    if after > args.most_mib * args.workers * 2**20:
        failures.append(f"memory ended at {after / 2**20:.0f} MiB")
    if abs(change) > MOST_DRIFT:
        failures.append(f"the median latency changed by {change:+.1%}")
    print(
        f"| {time.strftime('%Y-%m-%d')} | {args.minutes:g} min, {args.connections} connections, "
        f"{args.workers} workers | {len(load.latencies)} requests, {load.windows} windows | "
        f"{sum(load.errors.values())} errors | RSS {before / 2**20:.0f} → {after / 2**20:.0f} MiB "
        f"({growth:+.1%}) | p50 {1000 * early:.0f} → {1000 * late:.0f} ms ({change:+.1%}), "
        f"p99 {load.percentile(0.99):.0f} ms |"
    )
    for failure in failures:
        print(f"FAILED: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
