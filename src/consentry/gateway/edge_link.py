"""One edge's connection, as the gateway writes to it."""

import asyncio
import re
from collections.abc import Mapping

from consentry.gateway.cut import abort
from consentry.gateway.frames import text_frame
from consentry.gateway.state import EdgeEntry
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId, EdgeId

MAX_UNSENT_BYTES = 1_048_576
# How long a replaced link may take to show that it still lives; nothing else of it is heard meanwhile.
ALIVE_S = 1.0
_MOST_WARNINGS = 8
_WORD = re.compile(r"[A-Za-z0-9_-]{1,40}")


class EdgeLink:
    """One authenticated edge; writes never wait, an edge that does not read is dropped."""

    def __init__(self, edge: EdgeId, entry: EdgeEntry, transport: asyncio.Transport) -> None:
        self.edge, self.entry = edge, entry
        self.heard_s = self.health_told_s = asyncio.get_running_loop().time()
        self.stray_units = 0
        # What the edge said of its cameras; the web may tell us later than the edge that one of them is its own.
        self.health: dict[CameraId, str] = {}
        self.warnings: dict[CameraId, tuple[str, ...]] = {}
        self._unanswered = 0
        self._transport = transport

    def ping(self) -> None:
        """Ask whether it is still there."""
        self._unanswered += 1
        self.send({"type": "ping"})

    def has_answered(self) -> bool:
        """It sent a `pong`: was that the answer to our last question? Answers come in the order of the questions."""
        self._unanswered -= 1
        return self._unanswered == 0

    def replace(self) -> None:
        """Another link of this edge is here: ask once more, then drop it."""
        self.ping()
        asyncio.get_running_loop().call_later(ALIVE_S, self.drop)

    def send(self, message: Mapping[str, object]) -> None:
        """Send a text message."""
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.drop()
        elif not self._transport.is_closing():
            self._transport.write(text_frame(message))

    def drop(self) -> None:
        """Reset the connection."""
        abort(self._transport)


def read_word(value: object) -> str:
    """A short machine word of an edge, safe to show and to log; Malformed otherwise."""
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise Malformed("not a word")
    return value


def read_words(value: object) -> tuple[str, ...]:
    """A few of them; Malformed otherwise."""
    if not isinstance(value, list) or len(value) > _MOST_WARNINGS:
        raise Malformed("not a few words")
    return tuple(read_word(item) for item in value)
