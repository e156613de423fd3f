"""Pairing by a square: this box shows it, the owner's phone reads it, and nobody types a code. docs/spec/pairing.md.

The square holds a link to the owner's page with a secret behind the `#`. The phone leaves the pairing code at the
server, sealed under that secret; we fetch it there by the secret's hash and pair as if it had been typed.
"""

import asyncio
import io
import logging
import secrets
import time
from dataclasses import dataclass
from typing import Any  # of qrcode's generic, which names the drawing library that is never used here

import qrcode
from qrcode.image.svg import SvgPathImage

from consentry.edge.pair import ask_server, on_server, pair_edge
from consentry.edge.pins import Pins
from consentry.edge.settings import EdgeSettings
from consentry.edge.store import Store
from consentry.kernel.canonical import from_b64, parse_object, to_b64
from consentry.kernel.errors import Conflict, ConsentryError, Malformed, Refused, Unavailable
from consentry.kernel.meeting import SECRET_BYTES, name_of, open_code

_log = logging.getLogger(__name__)
LIFE_S, ASK_EVERY_S = 600.0, 2.0
MAX_ANSWER_BYTES = 1_024


@dataclass(frozen=True)
class Square:
    """What is shown. `link` holds the secret: for the eyes of who stands before the box."""

    server: str
    secret: bytes

    @property
    def link(self) -> str:
        """The owner's page, with the secret where no server sees it."""
        return on_server(self.server, "home/pair") + "#" + to_b64(self.secret)

    def as_text(self) -> str:
        """Drawn with characters, for a terminal of 40 columns."""
        drawn = io.StringIO()
        _drawing(self.link).print_ascii(out=drawn, invert=True)
        return drawn.getvalue()

    def as_svg(self) -> str:
        """Drawn as one inline `<svg>` with a quiet border."""
        image = _drawing(self.link).make_image(image_factory=SvgPathImage)
        return image.to_string(encoding="unicode")


def new_square(server: str) -> Square:
    """A square that nobody has seen; Malformed when `server` is no address to pair with."""
    on_server(server, "home/pair")
    return Square(server, secrets.token_bytes(SECRET_BYTES))


async def meet(settings: EdgeSettings, square: Square, *, again: bool = False, life_s: float = LIFE_S) -> Pins:
    """Wait until the square was read and pair by what was left; a server that is away for a moment is asked again.

    Raises:
        Conflict: paired already and `again` is not set.
        Unavailable: nobody read the square within `life_s`.
        Untrusted: what was left was not made by a reader of the square; and all that `pair_edge` raises.
    """
    _require_unpaired(settings, again=again)
    ends_s = time.monotonic() + life_s
    while time.monotonic() < ends_s:
        box = await _left_for(square)
        if box is not None:
            code = open_code(square.secret, box)
            return await pair_edge(settings, server=square.server, code=code, again=again)
        await asyncio.sleep(ASK_EVERY_S)
    raise Unavailable("Nobody read the square. Show a new one.", kind="meeting-over")


class Waiting:
    """A square on the box's own page: the one that is shown, and what became of it."""

    def __init__(self, settings: EdgeSettings) -> None:
        self._settings = settings
        self._task: asyncio.Task[None] | None = None
        self.square: Square | None = None
        self.fault = ""

    async def show(self, server: str) -> None:
        """Show a new square; the one before is read no more."""
        _require_unpaired(self._settings, again=False)
        square = new_square(server)
        await self.close()
        self.square, self.fault = square, ""
        self._task = asyncio.create_task(self._wait(square))

    async def close(self) -> None:
        """Wait no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._task = self.square = None

    async def _wait(self, square: Square) -> None:
        try:
            await meet(self._settings, square)
        except ConsentryError as error:
            _log.warning("not paired by the square: %s", error)
            self.fault = str(error)
        finally:
            self.square = None


async def _left_for(square: Square) -> bytes | None:
    try:
        answer = await ask_server(square.server, "api/edge-meetings/find", {"meeting": to_b64(name_of(square.secret))})
    except (Refused, Unavailable) as error:
        _log.info("asking for the code again: %s", error)
        return None
    box = parse_object(answer, max_bytes=MAX_ANSWER_BYTES).get("box")
    if box is None:
        return None
    if not isinstance(box, str):
        raise Malformed("not a sealed pairing code")
    return from_b64(box)


def _require_unpaired(settings: EdgeSettings, *, again: bool) -> None:
    store = Store(settings.folder)
    try:
        if store.pins() is not None and not again:
            raise Conflict("this edge is paired already; say --again to replace that")
    finally:
        store.close()


def _drawing(link: str) -> qrcode.QRCode[Any]:
    drawing: qrcode.QRCode[Any] = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=2)
    drawing.add_data(link)
    drawing.make(fit=True)
    return drawing
