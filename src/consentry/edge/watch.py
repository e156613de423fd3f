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
from consentry.edge.guard import Witnessed
from consentry.edge.log_files import LogFiles
from consentry.edge.looks import Look, Looks
from consentry.edge.store import Store
from consentry.edge.whom import Trusted
from consentry.kernel.checkpoint import Checkpoint, open_checkpoint
from consentry.kernel.errors import ConsentryError, NotFound, Unavailable, Untrusted
from consentry.kernel.merkle import verify_consistency

_log = logging.getLogger(__name__)
IDLE_POLL_S = 20.0
BUSY_POLL_S = 1.0
STALE_MS = 30_000


@dataclass(frozen=True)
class Bridge:
    """The last witnessed tree, and the consistency hashes between it and the tree of some checkpoint."""

    witnessed: Witnessed | None
    hashes: tuple[bytes, ...]


class LogWatch:
    """Owns the fact `witnessed` in the store; tells `looks` of each newer one."""

    def __init__(self, url: str, trusted: Trusted, store: Store, looks: Looks, clock: EdgeClock) -> None:
        self.files = LogFiles(url)
        self._trusted, self._store, self._looks, self._clock = trusted, store, looks, clock
        self._hurry = asyncio.Event()
        self._turn = asyncio.Lock()
        self.last_error = ""
        self._newest_note = ""

    def newest_note(self) -> str:
        """The newest checkpoint that was taken since the start, as it came; "" before."""
        return self._newest_note

    async def run(self, http: aiohttp.ClientSession) -> None:
        """Poll modestly while nobody looks; each second while a look waits for its witnesses."""
        self.files.use(http)
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
        other = open_checkpoint(note, self._trusted().logs)
        witnessed = self.witnessed()
        if witnessed is None or self._clock.now_ms() - witnessed.median_ms > STALE_MS:
            await self.refresh()
            witnessed = self.witnessed()
        if witnessed is None:
            return Bridge(None, ())
        old, new = sorted((witnessed.size, other.size))
        return Bridge(witnessed, await self.files.consistency(old, new))

    def witnessed(self) -> Witnessed | None:
        """The last checkpoint with a quorum, also across restarts."""
        text = self._store.fact("witnessed")
        if text is None:
            return None
        value = json.loads(text)
        return Witnessed(int(value["size"]), bytes.fromhex(value["root"]), int(value["median_ms"]))

    async def _refresh(self) -> None:
        trust = self._trusted()
        text = await self.files.checkpoint()
        newest = open_checkpoint(text, trust.logs, trust.witnesses, trust.quorum)
        await self._require_continues(newest)
        self._newest_note = text
        witnessed = Witnessed(newest.size, newest.root, newest.witnessed_at_s(trust.quorum) * 1_000)
        value = {"size": newest.size, "root": newest.root.hex(), "median_ms": witnessed.median_ms}
        self._store.put_fact("witnessed", json.dumps(value))
        for look in self._looks.uncovered():
            await self._cover(look, newest)

    async def _require_continues(self, newest: Checkpoint) -> None:
        last = self.witnessed()
        if last is None:
            return
        if newest.size == last.size and newest.root != last.root:
            raise self._forked(Checkpoint(newest.origin, last.size, last.root), newest)
        hashes = await self.files.consistency(last.size, newest.size) if newest.size > last.size else ()
        verify_consistency(last.size, newest.size, hashes, last.root, newest.root)

    async def _cover(self, look: Look, newest: Checkpoint) -> None:
        """Do the witnesses vouch for the very tree that this look was shown? Its size alone would say nothing."""
        shown = open_checkpoint(look.request.opening.checkpoint, self._trusted().logs)
        if look.request.opening.index >= newest.size:
            return
        try:
            await self.require_same_tree(shown, newest)
        except (NotFound, Unavailable) as error:
            _log.warning("the log's files cannot be had for a running look: %s", error)
        except ConsentryError as error:
            _log.error("a look was shown a tree that the witnesses do not vouch for: %s", error)
            self._looks.close(look.request.session, "unwitnessed")
        else:
            self._looks.cover(look.request.session)

    async def require_same_tree(self, one: Checkpoint, other: Checkpoint) -> None:
        """Two heads that the log signed are of one tree; where the files prove the contrary, nothing opens any more."""
        small, large = sorted((one, other), key=lambda head: head.size)
        if small.size == large.size:
            if small.root != large.root:
                raise self._forked(small, large)
            return
        link = await self.files.link(small.size, large.size)
        verify_consistency(small.size, large.size, link.hashes, link.root, large.root)
        if link.root != small.root:
            raise self._forked(small, large)

    def _forked(self, one: Checkpoint, other: Checkpoint) -> Untrusted:
        heads = [{"size": head.size, "root": head.root.hex()} for head in (one, other)]
        self._store.put_fact("forked", json.dumps({"heads": heads}))
        return Untrusted("the log showed two histories: refusing everything", kind="log-forked")
