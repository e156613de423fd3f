"""Hands to the witnesses what the log showed this home, so that a log with two faces is caught by comparing them.

At regular times the newest witnessed checkpoint goes to each witness, and with it the heads of looks that no witnessed
tree covered. Never at the time of a look: who watches this line must not learn that somebody looks.
Format: docs/spec/ledger.md, "What edges were shown".
"""

import asyncio
import base64
import logging
import random
from collections.abc import Sequence

import aiohttp

from consentry.edge.log_files import MAX_CHECKPOINT_BYTES
from consentry.edge.watch import LogWatch
from consentry.edge.whom import Trusted
from consentry.kernel.checkpoint import Checkpoint, open_checkpoint
from consentry.kernel.errors import ConsentryError, Malformed, Unavailable
from consentry.kernel.merkle import EMPTY_ROOT
from consentry.media.http_fetch import FETCH_S, read_bounded

_log = logging.getLogger(__name__)
EVERY_S = 600.0
MAX_WAITING = 16


class HandOver:
    """`urls`: the witnesses' addresses as pinned at pairing. `add` what no witnessed tree covered; `run` hands over."""

    def __init__(self, urls: Sequence[str], trusted: Trusted, watch: LogWatch) -> None:
        self._urls, self._trusted, self._watch = tuple(url.rstrip("/") for url in urls if url), trusted, watch
        self._waiting: dict[str, None] = {}

    def add(self, checkpoint: str) -> None:
        """A head that this home was shown and that nobody vouches for; the newest 16 are kept."""
        self._waiting[checkpoint] = None
        while len(self._waiting) > MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]

    async def run(self, http: aiohttp.ClientSession) -> None:
        """Hand over about each 10 minutes, at no time that says anything."""
        while True:
            await asyncio.sleep(EVERY_S * random.uniform(0.5, 1.5))  # noqa: S311 spread, not a secret
            try:
                await self.round(http)
            except Exception:  # noqa: BLE001  # boundary: what cannot be handed over now is handed over later
                _log.exception("what the log showed cannot be handed over")

    async def round(self, http: aiohttp.ClientSession) -> list[int]:
        """Hand everything to everybody once; the last status of each (0: not reached). What was not taken waits on."""
        statuses = []
        newest = self._watch.newest_note()
        for text in dict.fromkeys([*([newest] if newest else []), *self._waiting]):
            answers = [await self._hand_safely(http, url, text) for url in self._urls]
            if answers and 0 not in answers:
                self._waiting.pop(text, None)
            statuses += answers
        return statuses

    async def _hand_safely(self, http: aiohttp.ClientSession, url: str, text: str) -> int:
        try:
            return await self._hand(http, url, text)
        except (ConsentryError, aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
            _log.warning("witness at %s: %s", url, error)
            return 0

    async def _hand(self, http: aiohttp.ClientSession, url: str, text: str) -> int:
        status, answer = await _post(http, url, _body(0, EMPTY_ROOT, (), text))
        if status != 409:
            return status
        logs = self._trusted().logs
        ours, theirs = open_checkpoint(text, logs), open_checkpoint(answer, logs)
        root, proof = await self._join(ours, theirs)
        status, _ = await _post(http, url, _body(theirs.size, root, proof, text))
        if status in (410, 422):
            _log.error("witness at %s saw another history than this home was shown (%d)", url, status)
        return status

    async def _join(self, ours: Checkpoint, theirs: Checkpoint) -> tuple[bytes, tuple[bytes, ...]]:
        """What joins both heads, as the log's files have it; where they are proven to be two, this edge closes too."""
        try:
            await self._watch.require_same_tree(ours, theirs)
        except ConsentryError as error:
            _log.error("a witness holds a head that is not of the tree that this home was shown: %s", error)
        small, large = sorted((ours, theirs), key=lambda head: head.size)
        if small.size == large.size:
            return small.root, ()
        try:
            link = await self._watch.files.link(small.size, large.size)
        except ConsentryError:  # then the witness hears that nothing joins them
            return small.root, ()
        return link.root, link.hashes


async def _post(http: aiohttp.ClientSession, url: str, body: str) -> tuple[int, str]:
    data = body.encode()
    if len(data) > MAX_CHECKPOINT_BYTES:
        raise Malformed("this checkpoint is too long to hand over")
    async with (
        asyncio.timeout(FETCH_S),
        http.post(f"{url}/seen-checkpoint", data=data, allow_redirects=False) as reply,
    ):
        if reply.status >= 500:
            raise Unavailable(f"it answered {reply.status}")
        return reply.status, (await read_bounded(reply, MAX_CHECKPOINT_BYTES)).decode()


def _body(size: int, root: bytes, proof: Sequence[bytes], checkpoint: str) -> str:
    first, *rest = (base64.b64encode(item).decode() for item in (root, *proof))
    return "\n".join([f"size {size}", f"root {first}", *rest, "", checkpoint])
