"""How many CPUs this process may use: affinity and the container's quota, not the machine's."""

from __future__ import annotations

import math
import os
from pathlib import Path

__all__ = ["available_cpus", "threads_per_worker"]

_CGROUP = Path("/sys/fs/cgroup")


def available_cpus(cgroup: Path = _CGROUP) -> int:
    """Whole CPUs, at least 1. ``cgroup`` is where the control groups are mounted."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    quota = _quota(cgroup)
    return max(1, count if quota is None else min(count, math.ceil(quota)))


def threads_per_worker(threads: int, workers: int, cpus: int | None = None) -> int:
    """Threads for one worker's model: as asked, or this machine's CPUs divided among workers."""
    return threads or max(1, (available_cpus() if cpus is None else cpus) // workers)


def _quota(cgroup: Path) -> float | None:
    """CPUs by the quota of version 2 or 1, None where there is none."""
    try:
        limit, period = (cgroup / "cpu.max").read_text().split()[:2]
        return None if limit == "max" else int(limit) / int(period)
    except (OSError, ValueError):
        pass
    try:
        quota = int((cgroup / "cpu" / "cpu.cfs_quota_us").read_text())
        period_us = int((cgroup / "cpu" / "cpu.cfs_period_us").read_text())
        return quota / period_us if quota > 0 and period_us > 0 else None
    except (OSError, ValueError):
        return None
