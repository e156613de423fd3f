"""The witness's HTTP server: one address, `POST /add-checkpoint`, one request at a time."""

import asyncio
import logging
import time

from aiohttp import web

from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Malformed
from consentry.witness.memory import Memory
from consentry.witness.rules import MAX_BODY_BYTES, Answer, Submission, decide_answer, find_logs, parse_submission
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

    def _answer(self, said: Submission) -> Answer:
        keys = find_logs(said.head.origin, self._settings.logs_at(to_ms(utc_now())))
        try:
            answer = decide_answer(said, keys, self._memory.latest(said.head.origin))
            if not answer.cosign:
                _report(said, answer)
                return answer
            self._memory.keep(said.head)
        except (OSError, Malformed) as error:
            log.error("this witness cannot keep what it sees: %s", error)
            return Answer(503, "this witness has no memory now\n")
        signers, now_s = (self._settings.signer, *self._settings.more_signers), int(time.time())
        return Answer(200, "".join(signer.line(said.text, time_s=now_s) for signer in signers))


def build_app(settings: WitnessSettings) -> web.Application:
    """The application, bounded to bodies of 64 KiB."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_post("/add-checkpoint", Witness(settings).add_checkpoint)
    return app


def _report(said: Submission, answer: Answer) -> None:
    """A split view is the one thing that a witness is for: say it aloud."""
    if answer.status == 422 or (answer.status == 409 and said.old == said.head.size):
        log.error("%s showed a head of size %d that contradicts what we saw", said.head.origin, said.head.size)
    elif answer.status != 409:
        log.warning("refused a checkpoint of %s: %d", said.head.origin, answer.status)
