"""The log's static files over HTTP, from the web's origin. Nothing here is believed: whoever asks verifies."""

from collections.abc import Sequence
from typing import NamedTuple

import aiohttp

from consentry.kernel.errors import Malformed, NotFound, Untrusted
from consentry.kernel.tiles import compute_consistency, compute_root, paths_for_consistency, paths_for_root
from consentry.media.http_fetch import fetch

MAX_CHECKPOINT_BYTES = 65_536
MAX_TILE_BYTES = 8_192


class Link(NamedTuple):
    """How the files join two trees: `root` of the smaller one as the larger one has it, and the proof between them.

    If the proof leads from `root` to the larger tree's signed root, then `root` is what the larger tree says; another
    signed root of that size is a fork, proven.
    """

    root: bytes
    hashes: tuple[bytes, ...]


class LogFiles:
    """The files below `url`; `use` gives it the session to fetch with."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/") + "/"
        self._http: aiohttp.ClientSession | None = None

    def use(self, http: aiohttp.ClientSession) -> None:
        """Fetch with this session from now on."""
        self._http = http

    async def checkpoint(self) -> str:
        """The newest checkpoint that has its witnesses, as the log says."""
        raw = await self._fetch("checkpoint", MAX_CHECKPOINT_BYTES)
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise Malformed("a checkpoint is text") from error

    async def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """The proof between two sizes, computed from tiles."""
        return compute_consistency(old, new, await self._files(paths_for_consistency(old, new)))

    async def link(self, old: int, new: int) -> Link:
        """What joins the tree of `old` leaves to that of `new`, as the files have both."""
        files = await self._files((*paths_for_root(old), *paths_for_consistency(old, new)))
        return Link(compute_root(old, files), compute_consistency(old, new, files))

    async def _files(self, paths: Sequence[str]) -> dict[str, bytes]:
        files: dict[str, bytes] = {}
        for path in dict.fromkeys(paths):
            try:
                files[path] = await self._fetch(path, MAX_TILE_BYTES)
            except NotFound:
                full = path.partition(".p/")[0]  # a partial tile may be gone once it is full
                if full == path:
                    raise
                files[full] = await self._fetch(full, MAX_TILE_BYTES)
        return files

    async def _fetch(self, path: str, max_bytes: int) -> bytes:
        if self._http is None:
            raise Untrusted("the log is not watched yet", kind="never-witnessed")
        return await fetch(self._http, self._url + path, max_bytes=max_bytes)
