"""One camera whose units this gateway cannot read: it forwards and caches them as they came from the edge."""

import re
from collections.abc import Mapping

from consentry.gateway.frames import SEALED, media_frame
from consentry.gateway.hub import ALIVE, CameraHub
from consentry.gateway.viewer import Beginning, Shot, Viewer
from consentry.kernel.errors import Malformed
from consentry.kernel.wire import WireUnit
from consentry.media.fmp4 import Fragment
from consentry.media.units import AccessUnit, SoundUnit

# A box holds a point, a nonce, 36 bytes and a tag.
MAX_BOX_CHARS = 400
_CODEC = re.compile(r"avc1\.[0-9a-fA-F]{6}|hvc1(\.[0-9A-Za-z]{1,8}){3,9}")


class SealedShot(Shot):
    """One sealed unit, header and all; times and key flag are the header's, the rest is opaque."""

    __slots__ = ()

    def frame(self) -> bytes:
        """The WebSocket frame, shared by all viewers."""
        if self._frame is None:
            self._frame = media_frame(SEALED, self.wallclock_us, self.fragment.nals[0])
        return self._frame


class SealedHub(CameraHub):
    """As `CameraHub`, for opaque units."""

    def take_sealed(self, wire: WireUnit, message: bytes) -> None:
        """The next unit as it came (`message`); before the first key unit there is nothing to start from."""
        if not wire.sealed:
            raise Malformed("a plain unit among sealed ones")
        if wire.low or (not wire.key and not self.main.group):
            return
        opaque = AccessUnit(0, wire.ts_us, (), wire.key, wire.wallclock_us)
        shot = SealedShot(Fragment(0, 0, 0, 0, wire.key, (message,)), opaque)
        self.main.keep(shot)
        self.main.give(shot)

    def take(self, unit: AccessUnit) -> None:  # noqa: ARG002 - as in the hub above
        """Never: whoever sends a plain unit here is not the edge that sealed the others."""
        raise Malformed("a plain unit among sealed ones")

    def take_sound(self, unit: SoundUnit) -> None:  # noqa: ARG002 - as in the hub above
        """Never: a sealed look has no sound that we could read."""
        raise Malformed("sound among sealed units")

    def join(self, viewer: Viewer, *, hears: bool = False) -> None:  # noqa: ARG002 - as in the hub above
        """From now on `viewer` gets every unit, the cached group first unless the camera is known to be dead."""
        self._greet(viewer)
        self.main.viewers.add(viewer)
        viewer.begin(Beginning({}, b""), tuple(self.main.group) if self.state in ALIVE else ())


def init_of(value: Mapping[str, object]) -> dict[str, object]:
    """What the viewer of a sealed look is told of the picture, in the edge's words."""
    codec, width, height = value.get("codec"), value.get("width"), value.get("height")
    sizes = [size for size in (width, height) if isinstance(size, int) and 0 < size <= 16_384]
    if not isinstance(codec, str) or not _CODEC.fullmatch(codec) or len(sizes) != 2:
        raise Malformed("a picture has a codec and a size")
    return {"type": "init", "codec": codec, "width": width, "height": height}
