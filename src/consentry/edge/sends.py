"""Clips that the box sends as answers by itself, because its owner signed just that. docs/spec/clip-send.md.

The owner's word names clip, hash, request, agency and answer; it counts once. What is to be sent is on disk before the
owner hears that it will be, and goes on after a restart. It leaves to the server pinned at pairing and to nobody else.
All on the loop; reading the clip is handed in.
"""

import asyncio
import contextlib
import json
import logging
import random
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from consentry.edge.clock import EdgeClock
from consentry.edge.send_line import SendLine, Told
from consentry.edge.store import Store
from consentry.edge.whom import Trusted
from consentry.kernel.clip import ClipManifest
from consentry.kernel.errors import Conflict, ConsentryError, LimitReached, Malformed, Refused, Unavailable, Untrusted
from consentry.kernel.ids import PREFIXES, AnswerId, ClipId, EdgeId, bytes_of_id
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS, OWN_LOOK_FRESH_MS
from consentry.kernel.limits_residents import BOX_PART_BYTES, BOX_SEND_LIFE_H, MAX_BOX_SENDS
from consentry.kernel.owner_record import open_owner_record

_log = logging.getLogger(__name__)
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 60.0
MAX_REST_S = 10.0
MAX_ROUNDS = 3
_FACT = "sends"
_LIVING = frozenset({"checking", "receiving"})
_CLIP_GONE, _STOPPED, _LATE, _LINE = "box-clip", "box-stopped", "too-late", "box-line"
_OVER = "request-over"


@dataclass(frozen=True)
class Sending:
    """One clip on its way. `signed`: the owner's word; `why`: it is given up, which the server has yet to hear."""

    answer: AnswerId
    clip: ClipId
    camera: str
    sha256: str
    size_bytes: int
    until_ms: int
    signed: str
    why: str = ""


@dataclass(frozen=True)
class SendHome:
    """What it works with. `digest_of`: SHA-256 (hex) of a kept clip's file, NotFound when it is gone; `read`: bytes of
    it from a place on. `is_looking`: does somebody look now, whose pictures need the line more?
    """

    edge: EdgeId
    store: Store
    trusted: Trusted
    clock: EdgeClock
    line: SendLine
    digest_of: Callable[[ClipId], Awaitable[str]]
    read: Callable[[ClipId, int, int], Awaitable[bytes]]
    is_looking: Callable[[], bool]


class Sends:
    """What is being sent; at most 8, one part at a time."""

    def __init__(self, home: SendHome) -> None:
        self._home = home
        self._last_ms, self._jobs = self._load()
        self._tasks: dict[AnswerId, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()

    def start(self) -> None:
        """Go on with what a restart interrupted. The owner's word is checked again: the key may be another now."""
        for job in tuple(self._jobs.values()):
            try:
                open_owner_record(job.signed, self._home.trusted().owner, kind="clip.send")
            except ConsentryError as error:
                _log.warning("a clip is not sent any more: %s", error.kind)
                self._forget(job.answer)
            else:
                self._begin(job.answer)

    def take(self, manifest: ClipManifest, signed: object) -> Mapping[str, Any]:
        """Begin to send this kept clip, if its owner signed that. What the owner's page is told.

        Raises: Refused `stopped`. Untrusted `holder-signature`, `owner-signature`, `owner-record-time`. Malformed.
        LimitReached `sends-busy`. Unavailable `disk-fault`.
        """
        home = self._home
        if home.store.fact("stopped") is not None:
            raise Refused("stopped in the house", kind="stopped")
        word = str(signed) if isinstance(signed, str) else ""
        record = open_owner_record(word, home.trusted().owner, kind="clip.send")
        said = (record["edge"], record["camera"], record["clip"], record["sha256"])
        if said != (home.edge, manifest.camera, manifest.clip, manifest.sha256):
            raise Untrusted("the owner spoke of another clip", kind="owner-signature")
        answer = AnswerId(_id(record["answer"], "answer"))
        _id(record["request"], "request")
        if answer not in self._jobs and len(self._jobs) >= MAX_BOX_SENDS:
            raise LimitReached("too much is being sent already", kind="sends-busy")
        until_ms = home.clock.now_ms() + BOX_SEND_LIFE_H * 3_600_000
        self._note(int(record["t"]), Sending(
            answer, ClipId(manifest.clip), manifest.camera, manifest.sha256, manifest.size_bytes, until_ms, word
        ))  # fmt: skip
        self._cancel(answer)
        self._begin(answer)
        return {"answer": answer, "size_bytes": manifest.size_bytes}

    def stop(self) -> None:
        """The switch in the house: no byte of a clip leaves any more, and the server is told that none will."""
        for job in tuple(self._jobs.values()):
            if not job.why:
                self._jobs[job.answer] = replace(job, why=_STOPPED)
                self._cancel(job.answer)
                self._begin(job.answer)
        self._save()

    async def close(self) -> None:
        """Stop working; what is on its way goes on at the next start."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        self._tasks.clear()
        await asyncio.gather(*tasks, return_exceptions=True)

    def lines(self) -> tuple[str, ...]:
        """One line per clip on its way, for the page in the house."""
        return tuple(f"own clip on its way: {job.camera}" for job in self._jobs.values() if not job.why)

    def _begin(self, answer: AnswerId) -> None:
        self._tasks[answer] = asyncio.create_task(self._work(answer))

    def _cancel(self, answer: AnswerId) -> None:
        task = self._tasks.pop(answer, None)
        if task is not None:
            task.cancel()

    async def _work(self, answer: AnswerId) -> None:
        retry_s, rounds = FIRST_RETRY_S, 0
        while answer in self._jobs:
            try:
                moved = await self._step(self._jobs[answer])
                rounds += moved
                if rounds > MAX_ROUNDS:  # the server lost it again and again
                    self._give_up(answer, _LINE)
                retry_s = FIRST_RETRY_S if moved else retry_s
            except Refused as error:
                if error.kind == _OVER and not self._jobs[answer].why:
                    self._give_up(answer, _OVER)
                    continue
                # Withdrawn, or not ours: nothing more to say.
                _log.info("a clip is not sent any more: %s", error.kind)
                self._forget(answer)
                return
            except (ConsentryError, OSError, sqlite3.Error) as error:
                _log.info("a clip waits: %s", error)
            except Exception:  # noqa: BLE001  # boundary: one clip that fails stops no other, and is tried again
                _log.exception("sending a clip failed")
            await asyncio.sleep(retry_s * random.uniform(0.5, 1.0))  # noqa: S311 jitter, not a secret
            retry_s = min(2 * retry_s, LAST_RETRY_S)

    async def _step(self, job: Sending) -> bool:
        """One try; True when a whole file went over. The job is forgotten when the server needs nothing more."""
        line = self._home.line
        if job.why:
            await line.fail(job.answer, job.why)
            self._forget(job.answer)
            return False
        told = await line.read(job.answer)
        if told.state not in _LIVING:
            _log.info("a clip is not sent any more: %s", told.state)
            self._forget(job.answer)
            return False
        if told.state == "checking":
            return False
        if self._home.clock.now_ms() >= job.until_ms:
            self._give_up(job.answer, _LATE)
            return False
        if not await self._is_whole(job):
            self._give_up(job.answer, _CLIP_GONE)
            return False
        await self._send_rest(job, told)
        await line.finish(job.answer, job.signed)
        return True

    async def _send_rest(self, job: Sending, told: Told) -> None:
        """From where the server has it to the end. Conflict `upload-offset`: ask again where."""
        home, loop = self._home, asyncio.get_running_loop()
        while told.state == "receiving" and told.offset < job.size_bytes:
            if home.store.fact("stopped") is not None:
                raise Unavailable("stopped in the house", kind="stopped")
            async with self._turn:
                began_s = loop.time()
                data = await home.read(job.clip, told.offset, min(BOX_PART_BYTES, job.size_bytes - told.offset))
                if not data:
                    raise Unavailable("the clip's file is shorter than it was")
                before, told = told, await home.line.part(job.answer, told.offset, data)
                took_s = loop.time() - began_s
            if told.offset != before.offset + len(data):
                raise Conflict("the server took less than was sent", kind="upload-offset")
            if home.is_looking():  # half of the line is for the pictures
                await asyncio.sleep(min(took_s, MAX_REST_S))

    async def _is_whole(self, job: Sending) -> bool:
        try:
            return await self._home.digest_of(job.clip) == job.sha256
        except ConsentryError:
            return False

    def _note(self, said_ms: int, job: Sending) -> None:
        """Each word counts once, over restarts too: the next must be later. On disk in one write with what it began."""
        now_ms, before = self._home.clock.now_ms(), (self._last_ms, self._jobs)
        if not max(self._last_ms, now_ms - OWN_LOOK_FRESH_MS) < said_ms <= now_ms + MAX_CLOCK_SKEW_MS:
            raise Untrusted("this record of the owner is too old, used, or from the future", kind="owner-record-time")
        self._last_ms, self._jobs = said_ms, {**self._jobs, job.answer: job}
        try:
            self._save()
        except Unavailable:
            self._last_ms, self._jobs = before
            raise

    def _give_up(self, answer: AnswerId, why: str) -> None:
        self._jobs[answer] = replace(self._jobs[answer], why=why)
        self._save()

    def _forget(self, answer: AnswerId) -> None:
        """A disk that fails here costs nothing: at the next start the server says again that it is over."""
        self._jobs.pop(answer, None)
        self._tasks.pop(answer, None)
        with contextlib.suppress(Unavailable):
            self._save()

    def _save(self) -> None:
        said = {"last": self._last_ms, "jobs": [asdict(job) for job in self._jobs.values()]}
        try:
            self._home.store.put_fact(_FACT, json.dumps(said))
        except sqlite3.Error as error:
            raise Unavailable("it could not be noted what is to be sent", kind="disk-fault") from error

    def _load(self) -> tuple[int, dict[AnswerId, Sending]]:
        text = self._home.store.fact(_FACT)
        if text is None:
            return 0, {}
        try:
            said = json.loads(text)
            jobs = [Sending(**one) for one in said["jobs"]]
            return int(said["last"]), {job.answer: job for job in jobs}
        except (ValueError, KeyError, TypeError):
            _log.exception("what was to be sent cannot be read; nothing of it is sent")
            return self._home.clock.now_ms(), {}


def _id(value: str | int, noun: str) -> str:
    """An id of `noun`, which becomes part of an address."""
    text = str(value)
    try:
        bytes_of_id(text)
    except ValueError as error:
        raise Malformed(f"not the id of one {noun}") from error
    if not text.startswith(PREFIXES[noun] + "_"):
        raise Malformed(f"not the id of one {noun}")
    return text
