"""Reading the log's static files from a folder, safely: only names that the log can have, nothing else beside them."""

import re
from pathlib import Path
from typing import Final

from consentry.kernel.errors import NotFound
from consentry.kernel.tiles import Fetch, Tile

CHECKPOINT: Final = "checkpoint"
LATEST: Final = "checkpoint.latest"

# C2SP tlog-tiles: tile/<level or entries>/<x000/>…000[.p/<width>]
TILE_PATH = re.compile(r"tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/){0,6}[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?")


def read_file(folder: Path, path: str) -> bytes:
    """The bytes of one file of the log in `folder`; NotFound when it is missing, or no name that a log has."""
    try:
        with open(file_at(folder, path), "rb", buffering=0) as file:  # noqa: PTH123 — a third of the cost, audits read many
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise NotFound(f"the log has no {path[:80]}") from error


def file_at(folder: Path, path: str) -> Path:
    """Where a log's file lies; NotFound for a name that is not a log's (so no path ever leaves the folder)."""
    if path not in (CHECKPOINT, LATEST) and not TILE_PATH.fullmatch(path):
        raise NotFound(f"the log has no {path[:80]!r}")
    return folder / path


def read_tile(fetch: Fetch, tile: Tile) -> bytes:
    """A tile's bytes; a partial one that is gone is taken from the full one, which may hold more than `tile.width`."""
    try:
        return fetch(tile.path)
    except NotFound:
        if tile == tile.full:
            raise
        return fetch(tile.full.path)
