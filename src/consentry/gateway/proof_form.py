"""The proof of a look that comes in a form: a challenge, then opening, ticket and the holder's signature over it.

One for all HTTP doors of looks, so that they bound, refuse and answer alike.
"""

import asyncio

from aiohttp import web

from consentry.gateway.admission import Admission
from consentry.gateway.challenge import NONCE_BYTES, Challenges
from consentry.gateway.room import MAX_TEXT_BYTES, Room
from consentry.kernel.canonical import from_b64, parse_object
from consentry.kernel.errors import Conflict, ConsentryError, LimitReached, Malformed, NotFound, Unavailable
from consentry.kernel.ids import EdgeId

_FORMS_AT_ONCE = 200


class ProofForms:
    """Owns the challenges of one door, and counts the forms that are being read there."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._challenges = Challenges(room.clocks.now_ms)
        self._reading = 0

    def challenge(self) -> dict[str, object]:
        """What a door answers to who wants to look: a nonce to sign, and who we are."""
        return self._room.challenge(self._challenges.make())

    async def read(self, request: web.Request, *others: str) -> tuple[dict[str, object], list[str]]:
        """The part `present` (a JSON object) and the texts of the `others`, bounded in time and in how many at once;
        in size by the application. Malformed, or LimitReached.
        """
        if self._reading >= _FORMS_AT_ONCE:
            raise LimitReached("too many at once", kind="gateway-full")
        self._reading += 1
        try:
            async with asyncio.timeout(self._room.settings.present_s):
                form = await request.post()
        except (TimeoutError, ValueError, AssertionError) as error:
            raise Malformed("the form cannot be read") from error
        finally:
            self._reading -= 1
        present, *texts = (form.get(name) for name in ("present", *others))
        if not isinstance(present, str) or not all(isinstance(text, str) for text in texts):
            raise Malformed(f"send a form with {' and '.join(('present', *others))}")
        return parse_object(present.encode(), max_bytes=MAX_TEXT_BYTES), [str(text) for text in texts]

    def check(self, present: dict[str, object]) -> tuple[Admission, EdgeId | None]:
        """What was proved, as `Room.check`; its challenge is used up. A ConsentryError says why not."""
        said = present.get("nonce")
        nonce = from_b64(said if isinstance(said, str) else "", length=NONCE_BYTES)
        self._challenges.check(nonce)
        admission, edge = self._room.check(present, nonce)
        if admission.box is not None:
            raise Conflict("sealed pictures go by the WebSocket alone", kind="sealed")
        self._challenges.use(nonce)
        return admission, edge


def status_of(error: ConsentryError) -> int:
    """The status of a refusal. 406: the player may try another way of looking."""
    if isinstance(error, Conflict):
        return 406
    if isinstance(error, Malformed | NotFound):
        return 400 if isinstance(error, Malformed) else 404
    return 503 if isinstance(error, Unavailable | LimitReached) else 403
