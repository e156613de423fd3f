"""RTSP on one TCP connection: text messages and `$`-framed packets, told apart (RFC 2326, sections 4 to 10)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from consentry.kernel.errors import Malformed

MAX_HEAD_BYTES = 16_384
MAX_BODY_BYTES = 65_536
_FRAME_HEAD = 4


@dataclass(frozen=True, slots=True)
class RtspMessage:
    """A request or an answer. `start`: the first line; `headers`: lower-case names, repeated ones as a tuple."""

    start: str
    headers: Mapping[str, tuple[str, ...]]
    body: bytes = b""

    def header(self, name: str, default: str = "") -> str:
        """The first header `name` (lower case), or `default`."""
        values = self.headers.get(name)
        return values[0] if values else default

    @property
    def status(self) -> int | None:
        """The status code of an answer, None for a request; Malformed when the line is neither."""
        parts = self.start.split(" ", 2)
        if not self.start.startswith("RTSP/"):
            return None
        if len(parts) < 2 or not parts[1].isdigit() or len(parts[1]) != 3:
            raise Malformed("not an RTSP status line")
        return int(parts[1])


def write_message(start: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The bytes of one message; Content-Length is added when there is a body."""
    lines = [start, *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    if any("\r" in line or "\n" in line for line in lines):
        raise Malformed("a header may not hold a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class RtspFraming:
    """Cuts a byte stream into messages and packets, and hands them on in order.

    Memory is bounded: at most one head, body or packet is kept. Raises Malformed when the peer speaks something else.
    `skim(buffer, at)` may take whole packets out of the buffer by itself and says where it stopped.
    """

    def __init__(
        self,
        on_packet: Callable[[int, bytes], None],
        on_message: Callable[[RtspMessage], None],
        skim: Callable[[bytes, int], int] = lambda _, at: at,
    ) -> None:
        self._on_packet, self._skim = on_packet, skim
        self._on_message = on_message
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take the next bytes from the connection."""
        buffer = self._rest + data if self._rest else data
        at, size = 0, len(buffer)
        while at < size:
            began, at = at, self._skim(buffer, at)
            if at > began:
                continue
            if buffer[at] == 0x24:
                if size - at < _FRAME_HEAD:
                    break
                end = at + _FRAME_HEAD + ((buffer[at + 2] << 8) | buffer[at + 3])
                if end > size:
                    break
                self._on_packet(buffer[at + 1], buffer[at + _FRAME_HEAD : end])
                at = end
                continue
            if buffer.startswith(b"\r\n", at):  # some cameras pad between messages
                at += 2
                continue
            taken = self._take_message(buffer, at)
            if taken == at:
                break
            at = taken
        self._rest = buffer[at:]

    def _take_message(self, buffer: bytes, at: int) -> int:
        end = buffer.find(b"\r\n\r\n", at, at + MAX_HEAD_BYTES + 4)
        if end < 0:
            if len(buffer) - at > MAX_HEAD_BYTES:
                raise Malformed("an RTSP head is too long")
            return at
        start, headers = _parse_head(buffer[at:end])
        length = _content_length(headers)
        if len(buffer) - end - 4 < length:
            return at
        body_end = end + 4 + length
        self._on_message(RtspMessage(start, headers, buffer[end + 4 : body_end]))
        return body_end


def _parse_head(head: bytes) -> tuple[str, dict[str, tuple[str, ...]]]:
    lines = head.decode("utf-8", "replace").split("\r\n")
    if "RTSP/1.0" not in lines[0]:
        raise Malformed("the peer does not speak RTSP 1.0")
    headers: dict[str, tuple[str, ...]] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            key = name.strip().lower()
            headers[key] = (*headers.get(key, ()), value.strip())
    return lines[0], headers


def _content_length(headers: Mapping[str, tuple[str, ...]]) -> int:
    text = headers.get("content-length", ("0",))[0]
    if not text.isdigit() or int(text) > MAX_BODY_BYTES:
        raise Malformed("an RTSP body has no readable length or is too long")
    return int(text)
