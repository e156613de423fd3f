"""JPEGs out of `multipart/x-mixed-replace`, as network cameras send MJPEG. Bounded; nothing is decoded."""

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_UNIT_BYTES

_MAX_HEAD_BYTES = 8_192
_START = b"\xff\xd8"


class JpegSplitter:
    """Feed it the body; it gives whole JPEGs. With `Content-Length` it counts, without it looks for the boundary."""

    def __init__(self, boundary: bytes) -> None:
        if not 0 < len(boundary) <= 200:
            raise Malformed("no boundary")
        self._boundary = b"--" + boundary.removeprefix(b"--")
        self._data = bytearray()
        self._length: int | None = None
        self._inside = False
        self._looked = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The JPEGs that `data` completes; Malformed for a part beyond the limits or that is no JPEG."""
        self._data += data
        done: list[bytes] = []
        while self._take_head() and (jpeg := self._take_body()) is not None:
            if jpeg.startswith(_START):
                done.append(jpeg)
            elif jpeg:
                raise Malformed("a part is no JPEG")
        if len(self._data) > MAX_UNIT_BYTES + _MAX_HEAD_BYTES:
            raise Malformed("a part is too long")
        return done

    def _take_head(self) -> bool:
        if self._inside:
            return True
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            if len(self._data) > _MAX_HEAD_BYTES:
                raise Malformed("a part has no head")
            return False
        self._length = _length_in(bytes(self._data[:end]))
        del self._data[: end + 4]
        self._inside, self._looked = True, 0
        return True

    def _take_body(self) -> bytes | None:
        if self._length is not None:
            end = self._length
            if len(self._data) < end:
                return None
        else:
            end = self._data.find(self._boundary, self._looked)
            if end < 0:
                self._looked = max(0, len(self._data) - len(self._boundary))
                return None
        body = bytes(self._data[:end])
        del self._data[:end]
        self._inside = False
        return body.rstrip(b"\r\n") if self._length is None else body


def boundary_of(content_type: str) -> bytes:
    """The boundary in a Content-Type; Malformed without one."""
    for part in content_type.split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.lower() == "boundary" and value:
            return value.strip('"').encode("ascii", "replace")
    raise Malformed("no boundary")


def _length_in(head: bytes) -> int | None:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            text = value.strip()
            if not text.isdigit() or not 0 < int(text[:12]) <= MAX_UNIT_BYTES:
                raise Malformed("a part is too long")
            return int(text)
    return None
