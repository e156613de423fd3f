"""Durable writes: a file is on disk with its name before the function returns, or OSError says that it may not be.

Expected system calls: open, write, fsync, close for a file; fsync of its directory (and of each directory above that
was new); for a replacement: write and fsync a sibling, rename, fsync of the directory.
"""

import os
from pathlib import Path


def write_file(path: Path, data: bytes) -> None:
    """Write `data` to `path` and fsync it. The name is durable only after `sync_folder` of its folder."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(path: Path) -> list[Path]:
    """Make `path` and what is missing above it; returns the folders that got a new name and must be synced."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(mode=0o755, exist_ok=True)
    return [folder.parent for folder in missing]


def sync_folder(path: Path) -> None:
    """Make the names inside a folder durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def replace_file(path: Path, data: bytes) -> None:
    """Replace `path` at once and durably: readers see the old or the new bytes, also after a crash."""
    beside = path.with_name(f".{path.name}.new")
    write_file(beside, data)
    beside.replace(path)
    sync_folder(path.parent)
