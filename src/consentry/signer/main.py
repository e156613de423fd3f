"""`consentry signer`: one JSON line in, one out, over a unix socket; nothing else in and nothing else out.

Answers `{"ticket": b64}` or `{"error": kind}`. A request is at most 64 KiB and 2 s; one request per connection.
"""

import asyncio
import json
import logging
import socket
from contextlib import suppress
from pathlib import Path

from consentry.kernel.canonical import parse_object, to_b64
from consentry.kernel.clock import Clock, to_ms, utc_now
from consentry.kernel.errors import ConsentryError, Unavailable
from consentry.kernel.ticket import sign_ticket
from consentry.signer.keys import TicketKeys, prepare_keys
from consentry.signer.rules import Serials, check_request, parse_request, ticket_of
from consentry.signer.settings import Settings, settings_from_environment

MAX_LINE_BYTES = 65_536
ANSWER_WITHIN_S = 2.0
_log = logging.getLogger(__name__)


class Signer:
    """Holds the keys and the serials. The log's keys are its first, once it is there, and its rotations since."""

    def __init__(self, keys: TicketKeys, clock: Clock = utc_now) -> None:
        self._keys, self._clock = keys, clock
        self._serials = Serials()

    def answer(self, line: bytes) -> dict[str, str]:
        """The answer to one request line; never raises for what a request can hold."""
        try:
            wish, opening = parse_request(parse_object(line, max_bytes=MAX_LINE_BYTES))
            now_ms = to_ms(self._clock())
            logs = self._keys.folder.log_verifiers(now_ms)
            leaf = check_request(wish, opening, log=logs, now_ms=now_ms)
            key = self._keys.signing(now_ms)
            ticket = ticket_of(wish, leaf=leaf, serial=self._serials.next(leaf, now_ms))
            return {"ticket": to_b64(sign_ticket(ticket, key))}
        except ConsentryError as error:
            return {"error": Unavailable.kind if error.kind == "no-key" else error.kind}


def bind(path: Path) -> socket.socket:
    """The listening unix socket at `path` (0660), in the place of one that a dead signer left."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()
    path.chmod(0o660)
    return listener


async def serve(signer: Signer, listener: socket.socket) -> None:
    """Answer on `listener` until cancelled."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _answer_one(signer, reader, writer)

    server = await asyncio.start_unix_server(one, sock=listener, limit=MAX_LINE_BYTES)
    async with server:
        await server.serve_forever()


async def _answer_one(signer: Signer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        line = await asyncio.wait_for(reader.readuntil(b"\n"), ANSWER_WITHIN_S)
        writer.write(json.dumps(signer.answer(line)).encode() + b"\n")
        await asyncio.wait_for(writer.drain(), ANSWER_WITHIN_S)
    except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        _log.warning("a request to sign was cut off or too long")
    except Exception:  # noqa: BLE001  # boundary: one request must not end the signer
        _log.exception("a request to sign failed")
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def run(settings: Settings) -> None:
    """Serve until the process is told to end."""
    signer = Signer(prepare_keys(settings))
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(signer, bind(settings.socket)))


def main() -> None:
    """Entry point of the process."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s signer %(levelname)s %(message)s")
    run(settings_from_environment())
