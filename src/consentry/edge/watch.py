"""Watches the log from home: the newest checkpoint with a quorum of witnesses, and that there is only one log.

Reads the log's static files over HTTP from the web's origin, which it does not believe: every answer is verified. When
the newest checkpoint cannot be had or does not continue the last one, the old one ages, and at 60 s nothing opens.
"""

import asyncio
import json
import logging
from dataclasses import dataclass

import aiohttp

from consentry.edge.clock import EdgeClock
from consentry.edge.guard import Trust, Witnessed
from consentry.edge.http_fetch import fetch
from consentry.edge.looks import Looks
from consentry.edge.store import Store
from consentry.kernel.checkpoint import Checkpoint, open_checkpoint
from consentry.kernel.errors import ConsentryError, Malformed, NotFound, Untrusted
from consentry.kernel.merkle import verify_consistency
from consentry.kernel.tiles import compute_consistency, paths_for_consistency

_log = logging.getLogger(__name__)
IDLE_POLL_S = 20.0
BUSY_POLL_S = 1.0
STALE_MS = 30_000
MAX_CHECKPOINT_BYTES = 65_536
MAX_TILE_BYTES = 8_192


@dataclass(frozen=True)
class Bridge:
    """The last witnessed tree, and the consistency hashes between it and the tree of some checkpoint."""

    witnessed: Witnessed | None
    hashes: tuple[bytes, ...]


class LogWatch:
    """Owns the fact `witnessed` in the store; tells `looks` of each newer one."""

    def __init__(self, url: str, trust: Trust, store: Store, looks: Looks, clock: EdgeClock) -> None:
        self._url = url.rstrip("/") + "/"
        self._trust, self._store, self._looks, self._clock = trust, store, looks, clock
        self._http: aiohttp.ClientSession | None = None
        self._hurry = asyncio.Event()
        self._turn = asyncio.Lock()
        self.last_error = ""

    async def run(self, http: aiohttp.ClientSession) -> None:
        """Poll modestly while nobody looks; each second while a look waits for its witnesses."""
        self._http = http
        while True:
            await self._refresh_safely()
            pause_s = BUSY_POLL_S if self._looks.waits_for_witnesses() else IDLE_POLL_S
            self._hurry.clear()
            try:
                await asyncio.wait_for(self._hurry.wait(), pause_s)
                await asyncio.sleep(BUSY_POLL_S)  # the opening that woke us needs a newer checkpoint than now
            except TimeoutError:
                pass

    def hurry(self) -> None:
        """A look waits for its witnesses."""
        self._hurry.set()

    async def refresh(self) -> None:
        """Take the newest witnessed checkpoint if it holds and continues the last one."""
        async with self._turn:
            try:
                await self._refresh()
                self.last_error = ""
            except ConsentryError as error:
                self.last_error = error.kind
                _log.warning("log: %s (%s)", error, error.kind)

    async def _refresh_safely(self) -> None:
        try:
            await self.refresh()
        except Exception:  # noqa: BLE001  # boundary: the last good checkpoint ages, and at 60 s nothing opens
            self.last_error = "fault"
            _log.exception("the log cannot be watched")

    async def bridge_to(self, note: str) -> Bridge:
        """What proves that the tree of `note`, signed by the log, and the last witnessed one are one log.

        Raises Untrusted (the log did not sign it), Unavailable (tiles cannot be had) or NotFound.
        """
        other = open_checkpoint(note, self._trust.log)
        witnessed = self.witnessed()
        if witnessed is None or self._clock.now_ms() - witnessed.median_ms > STALE_MS:
            await self.refresh()
            witnessed = self.witnessed()
        if witnessed is None:
            return Bridge(None, ())
        old, new = sorted((witnessed.size, other.size))
        return Bridge(witnessed, await self._consistency(old, new))

    def witnessed(self) -> Witnessed | None:
        """The last checkpoint with a quorum, also across restarts."""
        text = self._store.fact("witnessed")
        if text is None:
            return None
        value = json.loads(text)
        return Witnessed(int(value["size"]), bytes.fromhex(value["root"]), int(value["median_ms"]))

    async def _refresh(self) -> None:
        raw = await self._fetch("checkpoint", MAX_CHECKPOINT_BYTES)
        trust = self._trust
        newest = open_checkpoint(_text(raw), trust.log, trust.witnesses, trust.quorum)
        await self._require_continues(newest)
        witnessed = Witnessed(newest.size, newest.root, newest.witnessed_at_s(trust.quorum) * 1_000)
        value = {"size": newest.size, "root": newest.root.hex(), "median_ms": witnessed.median_ms}
        self._store.put_fact("witnessed", json.dumps(value))
        self._looks.witness(newest.size)

    async def _require_continues(self, newest: Checkpoint) -> None:
        last = self.witnessed()
        if last is None:
            return
        if newest.size == last.size and newest.root != last.root:
            self._store.put_fact(
                "forked", json.dumps({"size": last.size, "roots": [last.root.hex(), newest.root.hex()]})
            )
            raise Untrusted("witnesses vouch for two logs of one size: refusing everything", kind="log-forked")
        hashes = await self._consistency(last.size, newest.size) if newest.size > last.size else ()
        verify_consistency(last.size, newest.size, hashes, last.root, newest.root)

    async def _consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Computed from the log's static tiles; unverified, as whoever uses it verifies it."""
        files: dict[str, bytes] = {}
        for path in paths_for_consistency(old, new):
            try:
                files[path] = await self._fetch(path, MAX_TILE_BYTES)
            except NotFound:
                full = path.partition(".p/")[0]  # a partial tile may be gone once it is full
                if full == path:
                    raise
                files[full] = await self._fetch(full, MAX_TILE_BYTES)
        return compute_consistency(old, new, files)

    async def _fetch(self, path: str, max_bytes: int) -> bytes:
        if self._http is None:
            raise Untrusted("the log is not watched yet", kind="never-witnessed")
        return await fetch(self._http, self._url + path, max_bytes=max_bytes)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Malformed("a checkpoint is text") from error
