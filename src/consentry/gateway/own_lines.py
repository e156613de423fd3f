"""Owners' own looks as this gateway carries them: sealed frames from an edge to one browser, sealed words back.

It can open none of them. It knows which camera, when, and how much; it writes no report of them and keeps nothing.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from consentry.gateway.cut import cut
from consentry.gateway.frames import binary_frame, close_frame, text_frame
from consentry.gateway.state import ControlState
from consentry.gateway.viewer import CLOSE_ENDED, CLOSE_REFUSED
from consentry.kernel.errors import LimitReached, Malformed, Refused, Unavailable
from consentry.kernel.ids import CameraId, EdgeId, OwnLookId
from consentry.kernel.limits import (
    MAX_OWN_ANSWERS_BYTES,
    MAX_OWN_LOOKS_PER_EDGE,
    MAX_OWN_LOOKS_PER_GATEWAY,
    MAX_VIEWER_QUEUE_BYTES,
    OWN_LOOK_FRESH_MS,
    OWN_LOOK_MIN,
)
from consentry.kernel.own_channel import FrameKind, parse_frame

OWN_WORDS = frozenset({"own_opened", "own_refused", "own_closed"})
EDGE_ANSWER_S = 10.0
# A little more than the edge gives: the edge ends it, and this is for an edge that does not.
_LIFE_S = OWN_LOOK_MIN * 60.0 + 10.0
# An owner's word is fresh for so long, with both clocks off; a session of it begins once.
_REMEMBERED_S = 2 * OWN_LOOK_FRESH_MS / 1_000 + 120.0
_MAX_BOX_CHARS, _MAX_SIGNATURE_CHARS, _MAX_WORD_CHARS = 400, 100, 40
Tell = Callable[[EdgeId, Mapping[str, object]], bool]


@dataclass
class OwnLine:
    """One browser. `*_s`: monotonic seconds."""

    session: OwnLookId
    edge: EdgeId
    camera: CameraId
    transport: asyncio.Transport
    began_s: float
    opened: bool = False
    needs_key: bool = False
    over: bool = False
    dropped: int = field(default=0)

    def say(self, message: Mapping[str, object]) -> None:
        """Send a text."""
        if not self.over and not self.transport.is_closing():
            self.transport.write(text_frame(message))


class OwnLines:
    """All of this gateway. Nothing here waits. `tell` sends to an edge, False when it is away."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._lines: dict[OwnLookId, OwnLine] = {}
        self._seen: dict[OwnLookId, float] = {}

    def __len__(self) -> int:
        return len(self._lines)

    def open(self, line: OwnLine, owner_signature: str) -> None:
        """Ask the edge; Refused for a session that began before, LimitReached, Unavailable when the edge is away."""
        if line.session in self._seen or line.session in self._lines:
            raise Refused("this own look was begun already", kind="session-over")
        at_edge = sum(other.edge == line.edge for other in self._lines.values())
        if len(self._lines) >= MAX_OWN_LOOKS_PER_GATEWAY or at_edge >= MAX_OWN_LOOKS_PER_EDGE:
            raise LimitReached("too many own looks at once", kind="own-busy")
        said = {"type": "own_open", "session": line.session, "owner_signature": owner_signature}
        if not self._tell(line.edge, said):
            raise Unavailable("the edge of this camera is not connected", kind="edge-offline")
        self._lines[line.session] = line
        self._seen[line.session] = line.began_s + _REMEMBERED_S

    def say(self, line: OwnLine, box: str) -> None:
        """The browser's next word, for the edge."""
        if line.opened and not line.over:
            self._tell(line.edge, {"type": "own_say", "session": line.session, "box": box})

    def left(self, line: OwnLine) -> None:
        """The browser is gone."""
        if self._lines.pop(line.session, None) is not None:
            line.over = True
            self._tell(line.edge, {"type": "own_close", "session": line.session})

    def hear(self, edge: EdgeId, value: Mapping[str, object]) -> None:
        """A text of an edge about an own look; Malformed ends its link."""
        line = self._lines.get(OwnLookId(str(value.get("session", ""))[:64]))
        if value.get("type") == "own_opened":
            said = {"type": "opened", "box": _text(value, "box", _MAX_BOX_CHARS)}
            said["signature"] = _text(value, "signature", _MAX_SIGNATURE_CHARS)
            if line is not None and line.edge == edge and not line.opened:
                line.opened = True
                line.say(said)
            return
        word = _text(value, "kind" if value.get("type") == "own_refused" else "reason", _MAX_WORD_CHARS)
        if line is not None and line.edge == edge:
            self._end(line, word if line.opened else f"edge:{word}")

    def take(self, edge: EdgeId, frame: bytes) -> None:
        """A frame of an edge. Who reads too slowly loses pictures up to a key picture, and never an answer."""
        head = parse_frame(frame)
        line = self._lines.get(head.session)
        if line is None or line.edge != edge or not line.opened or line.transport.is_closing():
            return
        waiting = line.transport.get_write_buffer_size()
        if head.kind & FrameKind.PICTURE:
            is_late = waiting > MAX_VIEWER_QUEUE_BYTES
            line.needs_key = is_late or (line.needs_key and not head.kind & FrameKind.KEY)
            if line.needs_key:
                line.dropped += 1
                return
        elif waiting > MAX_OWN_ANSWERS_BYTES:
            self._end(line, "too-slow")
            return
        line.transport.write(binary_frame(frame))

    def edge_gone(self, edge: EdgeId) -> None:
        """Its link is gone, and all that it carried."""
        for line in tuple(self._lines.values()):
            if line.edge == edge:
                self._end(line, "edge_gone")

    def sweep(self, state: ControlState | None) -> None:
        """End what is over. `state` is None while the web is silent: then nothing goes on."""
        now_s = asyncio.get_running_loop().time()
        for line in tuple(self._lines.values()):
            if state is None:
                self._end(line, "lapsed")
            elif state.edge_of.get(line.camera) != line.edge:
                self._end(line, "camera_gone")
            elif not line.opened and now_s - line.began_s > EDGE_ANSWER_S:
                self._end(line, "edge:silent")
            elif now_s - line.began_s > _LIFE_S:
                self._end(line, "expired")
        for session in [session for session, until_s in self._seen.items() if now_s > until_s]:
            del self._seen[session]

    def _end(self, line: OwnLine, reason: str) -> None:
        self.left(line)
        finish(line.transport, {"type": "end", "reason": reason}, CLOSE_ENDED)


def finish(transport: asyncio.Transport, farewell: Mapping[str, object], code: int = CLOSE_REFUSED) -> None:
    """Say the last word and close; what waits does not leave."""
    cut(transport, text_frame(farewell) + close_frame(code))


def _text(value: Mapping[str, object], name: str, most: int) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= most:
        raise Malformed(f"{name} is a short text")
    return found
