"""How many CPUs a process may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gliner_fast.cpus import available_cpus, threads_per_worker


@pytest.mark.parametrize(
    ("files", "least"),
    [
        ({}, None),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({"cpu.max": "nonsense"}, None),
    ],
)
def test_cpus_follow_the_quota(tmp_path: Path, files: dict[str, str], least: int | None) -> None:
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    unlimited = available_cpus(tmp_path / "nothing")
    assert unlimited >= 1
    assert available_cpus(tmp_path) == (unlimited if least is None else min(least, unlimited))


def test_threads_are_divided_among_workers() -> None:
    assert threads_per_worker(0, 4, cpus=16) == 4
    assert threads_per_worker(0, 4, cpus=2) == 1
    assert threads_per_worker(3, 4, cpus=2) == 3


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
def test_the_affinity_mask_counts() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert available_cpus() == 1
    finally:
        os.sched_setaffinity(0, before)
