"""A check takes the memory of its records, not of the recording, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from consentry.evidence.bag import bench

MOST_MB = 64


def grown_mb(bag: Path, trust: Path) -> float:
    words = [sys.executable, "-m", "consentry.evidence.bag.bench_child", str(bag), str(trust)]
    said: dict[str, float] = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    return said["grown_mb"]


def test_a_long_recording_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    (tmp_path / "short").mkdir()
    (tmp_path / "long").mkdir()
    zeros = bytes(bench.BLOCK_BYTES)
    short, long = (bench.make_bag(tmp_path / name, count, zeros) for name, count in (("short", 2), ("long", 60)))
    assert long[0].stat().st_size > 300_000_000
    assert grown_mb(*long) < grown_mb(*short) + 4


def test_an_item_as_long_as_items_may_be_stays_in_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its journal is near MAX_ITEM_JOURNAL_BYTES: 36 hours of ten seconds each."""
    monkeypatch.setattr(bench, "BLOCK_BYTES", 1)
    monkeypatch.setattr(bench, "SEGMENT_BLOCKS", 1)
    assert grown_mb(*bench.make_bag(tmp_path, 13_000, b"x")) <= MOST_MB
