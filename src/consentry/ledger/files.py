"""Reading the log's static files from a folder, safely: only names that the log can have, nothing else beside them."""

import os
import re
from pathlib import Path
from typing import Final

from consentry.kernel.errors import NotFound
from consentry.kernel.tiles import Fetch, Tile

CHECKPOINT: Final = "checkpoint"
LATEST: Final = "checkpoint.latest"
# The keys and witnesses of this log as the log itself names them (C2SP tlog-policy).
POLICY: Final = "policy"

_READ_BYTES = 65_000

# C2SP tlog-tiles: tile/<level or entries>/<x000/>…000[.p/<width>]
TILE_PATH = re.compile(r"tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/){0,6}[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?")


def read_file(folder: Path, path: str) -> bytes:
    """The bytes of one file of the log in `folder`; NotFound when it is missing, or no name that a log has."""
    _check_name(path)
    try:
        fd = os.open(f"{folder}/{path}", os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"the log has no {path[:80]}") from error
    try:
        return _read_all(fd)
    except IsADirectoryError as error:
        raise NotFound(f"the log has no {path[:80]}") from error
    finally:
        os.close(fd)


def file_at(folder: Path, path: str) -> Path:
    """Where a log's file lies; NotFound for a name that is not a log's (so no path ever leaves the folder)."""
    _check_name(path)
    return folder / path


def read_tile(fetch: Fetch, tile: Tile) -> bytes:
    """A tile's bytes; a partial one that is gone is taken from the full one, which may hold more than `tile.width`."""
    try:
        return fetch(tile.path)
    except NotFound:
        if tile == tile.full:
            raise
        return fetch(tile.full.path)


def _check_name(path: str) -> None:
    if path not in (CHECKPOINT, LATEST, POLICY) and not TILE_PATH.fullmatch(path):
        raise NotFound(f"the log has no {path[:80]!r}")


def _read_all(fd: int) -> bytes:
    """Audits read many files of about this size: one system call each, half the cost of a file object."""
    parts = [os.read(fd, _READ_BYTES)]
    while len(parts[-1]) == _READ_BYTES:
        parts.append(os.read(fd, _READ_BYTES))
    return parts[0] if len(parts) == 1 else b"".join(parts)
