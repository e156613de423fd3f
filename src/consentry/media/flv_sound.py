"""Sound as FLV and RTMP carry it: AAC, G.711, and Opus in the form of Enhanced RTMP v2. All else is passed over."""

from contextlib import suppress

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_SOUND_BYTES
from consentry.media.outlet import Outlet
from consentry.media.sound_box import SoundPiece

_AAC, _ENHANCED = 10, 9
_G711 = {7: "pcma", 8: "pcmu"}
_CONFIG, _FRAMES = 0, 1


class FlvSound:
    """Takes the bodies of a publisher's audio messages, gives pieces to `outlet`; none of its faults ends a stream."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._config = b""

    def take(self, body: bytes, time_ms: int) -> None:
        """One message, heard at `time_ms`; unread where nobody may hear it, but for the decoder's configuration."""
        if len(body) < 2 or len(body) > MAX_SOUND_BYTES:
            return
        with suppress(Malformed):
            piece = self._piece_of(body)
            if piece is not None and self._outlet.hears:
                self._outlet.give_sound(piece, 1_000 * time_ms)

    def _piece_of(self, body: bytes) -> SoundPiece | None:
        kind = body[0] >> 4
        if kind in _G711:
            return SoundPiece(_G711[kind], body[1:])
        if kind == _ENHANCED and body[0] & 15 == _FRAMES and body[1:5] == b"Opus":
            return SoundPiece("opus", body[5:])
        if kind != _AAC:
            return None
        if body[1] == _CONFIG:
            self._config = body[2:]
            return None
        return SoundPiece("aac", body[2:], self._config)
