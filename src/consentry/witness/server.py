"""The witness's HTTP server: `POST /add-checkpoint` for logs, `POST /seen-checkpoint` for edges; one at a time."""

import asyncio
import logging
import time

from aiohttp import web

from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import ConsentryError, Malformed
from consentry.witness.memory import Memory
from consentry.witness.rules import (
    FORK,
    MAX_BODY_BYTES,
    Answer,
    Sighting,
    Submission,
    decide_answer,
    find_logs,
    judge_sighting,
    parse_sighting,
    parse_submission,
)
from consentry.witness.settings import WitnessSettings

log = logging.getLogger(__name__)


class Witness:
    """Answers submissions. Comparing, keeping and signing share one lock, so a slow request rolls nothing back."""

    def __init__(self, settings: WitnessSettings) -> None:
        self._settings = settings
        self._memory = Memory(settings.folder)
        self._one_at_a_time = asyncio.Lock()

    async def add_checkpoint(self, request: web.Request) -> web.Response:
        """200 with our cosignature line, or 400, 403, 404, 409 with the size, 422; 503 when our disk fails."""
        try:
            said = parse_submission(await request.read())
        except Malformed as error:
            return web.Response(status=400, text=f"{error}\n")
        async with self._one_at_a_time:
            answer = await asyncio.to_thread(self._answer, said)
        return web.Response(status=answer.status, text=answer.text, content_type=answer.content_type)

    async def seen_checkpoint(self, request: web.Request) -> web.Response:
        """An edge (or anybody) hands over a head that it was shown: `rules.judge_sighting`; never cosigned, never kept
        but as evidence of a fork."""
        try:
            said = parse_sighting(await request.read())
        except Malformed as error:
            return web.Response(status=400, text=f"{error}\n")
        async with self._one_at_a_time:
            answer = await asyncio.to_thread(self._judge, said)
        return web.Response(status=answer.status, text=answer.text)

    def _judge(self, said: Sighting) -> Answer:
        origin = said.head.origin
        try:
            keys = find_logs(origin, self._settings.logs_at(to_ms(utc_now())))
            seen = self._memory.latest(origin)
            answer = judge_sighting(said, keys, seen)
            if answer.status == 410:
                log.critical("FORK: %s showed an edge size %d, us %d, of two trees", origin, said.head.size, seen.size)
                self._memory.keep_fork(origin, said.checkpoint, seen.note)
        except (OSError, ConsentryError) as error:
            log.error("this witness cannot judge or keep what it sees: %s", error)
            return Answer(503, "this witness has no log's key or no memory now\n")
        if answer.status == 422:
            log.error("an edge was shown size %d of %s and cannot join it to our %d", said.head.size, origin, seen.size)
        return answer

    def _answer(self, said: Submission) -> Answer:
        try:
            keys = find_logs(said.head.origin, self._settings.logs_at(to_ms(utc_now())))
            if keys and self._memory.fork(said.head.origin):
                return Answer(410, FORK)
            answer = decide_answer(said, keys, self._memory.latest(said.head.origin))
            if not answer.cosign:
                _report(said, answer)
                return answer
            signers = self._settings.signers()
            self._memory.keep(said.head, said.checkpoint)
        except (OSError, ConsentryError) as error:
            log.error("this witness cannot sign or keep what it sees: %s", error)
            return Answer(503, "this witness has no key or no memory now\n")
        now_s = int(time.time())
        return Answer(200, "".join(signer.line(said.text, time_s=now_s) for signer in signers))


def build_app(settings: WitnessSettings) -> web.Application:
    """The application, bounded to bodies of 64 KiB."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    witness = Witness(settings)
    app.router.add_post("/add-checkpoint", witness.add_checkpoint)
    app.router.add_post("/seen-checkpoint", witness.seen_checkpoint)
    return app


def _report(said: Submission, answer: Answer) -> None:
    """A split view is the one thing that a witness is for: say it aloud."""
    if answer.status == 422 or (answer.status == 409 and said.old == said.head.size):
        log.error("%s showed a head of size %d that contradicts what we saw", said.head.origin, said.head.size)
    elif answer.status != 409:
        log.warning("refused a checkpoint of %s: %d", said.head.origin, answer.status)
