"""Brings finished segments to the vault, and lets go of each only when the vault has signed that it has it.

One after the other, streamed from the disk; told again after a crash the vault answers the same. A segment that the
vault refuses stays on the disk for a person. Protocol: docs/spec/keep.md.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import aiohttp

from consentry.gateway.clocks import Clocks
from consentry.gateway.keys import Identity
from consentry.gateway.segments import Finished, clear_run, let_go
from consentry.gateway.sessions import Report
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import ConsentryError, Malformed, Untrusted
from consentry.kernel.gateway_auth import Request, write_header
from consentry.kernel.ids import RecordingId
from consentry.kernel.item_signed import open_acknowledgement
from consentry.kernel.limits import MAX_VAULT_SEGMENT_BYTES
from consentry.kernel.note import Verifier

_log = logging.getLogger(__name__)
PATH = "/internal/gateway/segments"
MAX_ACKNOWLEDGEMENT_BYTES = 8_192
_RETRY_S, _TIMEOUT_S = 1.0, 120.0
# What the vault said no to for good; anything else (the web is away, its disk is full) is tried again.
_REFUSED = range(400, 429)


@dataclass(frozen=True)
class _Load:
    """A segment that lies in `folder` and is to be brought."""

    done: Finished
    folder: Path

    @property
    def path(self) -> str:
        """Where it is put; what is said of it is signed with the path."""
        done = self.done
        said = {"camera": done.camera, "end_us": done.end_us, "previous": done.previous,
                "recovered": int(done.recovered), "sha256": done.sha256, "size_bytes": done.size_bytes,
                "start_us": done.start_us}  # fmt: skip
        return f"{PATH}/{done.recording}/{done.run}/{done.number}?{urlencode(said)}"


class Carrier:
    """Everything runs on the event loop. `report`: what the web is told of recordings goes through here too."""

    def __init__(self, web_url: str, identity: Identity, clocks: Clocks, report: Report) -> None:
        self.is_open: Callable[[Path], bool] = lambda _: False
        self._web_url, self._identity, self._clocks, self._report = web_url, identity, clocks, report
        self._waiting: deque[_Load] = deque()
        self._left: Counter[RecordingId] = Counter()
        self._stopped: dict[RecordingId, Mapping[str, object]] = {}
        self._verifiers: tuple[Verifier, ...] = ()
        self._wake = asyncio.Event()

    def trust(self, keys: Iterable[str], pinned: Iterable[str] = ()) -> None:
        """Who may acknowledge. Untrusted when the web names a key other than those pinned here, if any are."""
        named, held = set(keys), set(pinned)
        if held and not named <= held:
            raise Untrusted("the web names another vault than the one pinned here", kind="pin-vault")
        self._verifiers = tuple(Verifier.parse(key) for key in sorted(named))
        self._wake.set()

    def take(self, event: Mapping[str, object]) -> None:
        """What the recorder tells: segments are brought, its other words go on to the web."""
        segment, folder = event.get("segment"), event.get("folder")
        if isinstance(segment, Finished) and isinstance(folder, Path):
            self._waiting.append(_Load(segment, folder))
            self._left[segment.recording] += 1
            self._wake.set()
            return
        self._report(event)
        if event.get("state") == "stopped":
            recording = RecordingId(str(event["recording"]))
            self._stopped[recording] = event
            self._settle(recording)

    async def run(self, http: aiohttp.ClientSession) -> None:
        """Bring what waits, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting and self._verifiers:
                load = self._waiting[0]
                try:
                    self._let_go(load, await self._bring(http, load))
                except (aiohttp.ClientError, TimeoutError, OSError) as error:
                    _log.warning("segment %d of %s waits: %s", load.done.number, load.done.run, type(error).__name__)
                    await asyncio.sleep(_RETRY_S)
                    continue
                except ConsentryError as error:
                    # It stays on the disk and is told again after the next start; it never counts as delivered.
                    _log.error("segment %d of %s is not taken: %s", load.done.number, load.done.run, error)
                self._waiting.popleft()

    async def _bring(self, http: aiohttp.ClientSession, load: _Load) -> bytes:
        """The vault's acknowledgement. Untrusted unless it signed for just these bytes."""
        if load.done.size_bytes > MAX_VAULT_SEGMENT_BYTES:
            raise Malformed("this segment is too large for the vault")
        path, now_ms = load.path, self._clocks.now_ms()
        header = write_header(self._identity.gateway, self._identity.key, Request("PUT", path), now_ms=now_ms)
        headers = {"Authorization": header, "Content-Type": "video/mp4"}
        limit = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        with (load.folder / f"{load.done.number:06}.mp4").open("rb") as body:
            async with http.put(
                self._web_url + path, data=body, headers=headers, timeout=limit, allow_redirects=False
            ) as answer:
                said = await answer.content.read(MAX_ACKNOWLEDGEMENT_BYTES + 1)
                if answer.status in _REFUSED:
                    raise Malformed(f"the vault says {answer.status}: {_kind_of(said)}")
                if answer.status != 200:
                    raise aiohttp.ClientPayloadError(f"status {answer.status}")
        acknowledged = open_acknowledgement(said, self._verifiers)
        if acknowledged.sha256 != load.done.sha256:
            raise Untrusted("the vault acknowledges other bytes", kind="acknowledgement")
        return said

    def _let_go(self, load: _Load, acknowledgement: bytes) -> None:
        let_go(load.folder, load.done.number, acknowledgement)
        recording = load.done.recording
        self._left[recording] -= 1
        if not self.is_open(load.folder):
            clear_run(load.folder)
        self._settle(recording)

    def _settle(self, recording: RecordingId) -> None:
        """Nothing more comes of a recording that is over and of which the vault has all."""
        said = self._stopped.get(recording)
        if said is not None and self._left[recording] <= 0:
            del self._stopped[recording], self._left[recording]
            self._report({**said, "state": "delivered"})


def _kind_of(said: bytes) -> str:
    try:
        return str(parse_object(said, max_bytes=MAX_ACKNOWLEDGEMENT_BYTES).get("kind"))[:60]
    except Malformed:
        return "?"
