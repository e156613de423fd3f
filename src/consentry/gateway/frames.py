"""Ready-made WebSocket frames (RFC 6455, server to client: unmasked), so that one is built once for all viewers."""

import json
import struct
from collections.abc import Mapping

INIT, FRAGMENT, SEALED, SOUND_INIT, SOUND = 1, 2, 3, 4, 5
_TEXT, _BINARY, _CLOSE = 0x81, 0x82, 0x88
_MEDIA_HEAD = struct.Struct(">BQ")


def text_frame(message: Mapping[str, object]) -> bytes:
    """A JSON text message."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return _head(_TEXT, len(body)) + body


def media_frame(kind: int, wallclock_us: int, body: bytes) -> bytes:
    """A binary message of the viewer's protocol: kind, wall clock of capture in UTC microseconds, MP4 bytes."""
    return _head(_BINARY, _MEDIA_HEAD.size + len(body)) + _MEDIA_HEAD.pack(kind, wallclock_us) + body


def binary_frame(body: bytes) -> bytes:
    """A binary message as it is."""
    return _head(_BINARY, len(body)) + body


def close_frame(code: int) -> bytes:
    """The closing handshake with a status code."""
    return _head(_CLOSE, 2) + struct.pack(">H", code)


def _head(first: int, length: int) -> bytes:
    if length < 126:
        return bytes((first, length))
    if length < 65_536:
        return struct.pack(">BBH", first, 126, length)
    return struct.pack(">BBQ", first, 127, length)
