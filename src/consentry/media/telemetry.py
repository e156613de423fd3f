"""Where a drone is and what it looks at: the items of MISB ST 0601 that the map needs, to numbers and back."""

from collections.abc import Mapping
from dataclasses import dataclass

from consentry.kernel.errors import Malformed
from consentry.kernel.geo import Place, bearing_deg, distance_m
from consentry.media.klv import local_sets

MAX_TEXT_CHARS = 127
# Beyond this a centre or corner is no footprint but a look at the horizon; it is not drawn.
MAX_FOOTPRINT_M = 20_000.0
# Nearer than this to the point below, where the drone looks is not told by the centre of its picture.
_LOOKS_DOWN_M = 5.0


@dataclass(frozen=True, slots=True)
class _Scale:
    """A linear map of ST 0601: an integer of `size` bytes to [low, high]; signed ones have one code for an error."""

    size: int
    low: float
    high: float
    signed: bool = False

    def read(self, data: bytes) -> float | None:
        """The number, None for the error code or another size."""
        if len(data) != self.size:
            return None
        raw, top = int.from_bytes(data, "big", signed=self.signed), 1 << 8 * self.size
        if self.signed:
            return None if raw == -top // 2 else raw * (self.high - self.low) / (top - 2)
        return self.low + raw * (self.high - self.low) / (top - 1)

    def write(self, value: float) -> bytes:
        """The nearest code; Malformed outside the range."""
        if not self.low <= value <= self.high:
            raise Malformed("a number is out of the range of its item")
        top = 1 << 8 * self.size
        raw = value * (top - 2) if self.signed else (value - self.low) * (top - 1)
        return round(raw / (self.high - self.low)).to_bytes(self.size, "big", signed=self.signed)


_LAT, _LON = _Scale(4, -90, 90, signed=True), _Scale(4, -180, 180, signed=True)
_HEIGHT = _Scale(2, -900, 19_000)
_FOV, _TURN = _Scale(2, 0, 180), _Scale(4, 0, 360)
_OFFSET = _Scale(2, -0.075, 0.075, signed=True)
SCALES: Mapping[int, _Scale] = {
    5: _Scale(2, 0, 360), 6: _Scale(2, -20, 20, signed=True), 7: _Scale(2, -50, 50, signed=True), 13: _LAT, 14: _LON,
    15: _HEIGHT, 16: _FOV, 17: _FOV, 18: _TURN, 19: _Scale(4, -180, 180, signed=True), 20: _TURN,
    21: _Scale(4, 0, 5_000_000), 22: _Scale(2, 0, 10_000), 23: _LAT, 24: _LON, 25: _HEIGHT,
    **dict.fromkeys(range(26, 34), _OFFSET), **dict.fromkeys(range(82, 90, 2), _LAT),
    **dict.fromkeys(range(83, 90, 2), _LON),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What one local set says; None (or an empty tuple) for what it does not. Degrees, metres, WGS84.

    `captured_us`: UTC microseconds by the drone's own clock. `heading_deg`, `pitch_deg`, `roll_deg`: the platform's.
    `azimuth_deg`, `elevation_deg`, `rotation_deg`: the sensor's, relative to the platform. `corners`: of the picture
    on the ground, in order around it; four or none. `version`: of ST 0601.
    """

    captured_us: int
    place: Place | None = None
    altitude_m: float | None = None
    heading_deg: float | None = None
    pitch_deg: float | None = None
    roll_deg: float | None = None
    hfov_deg: float | None = None
    vfov_deg: float | None = None
    azimuth_deg: float | None = None
    elevation_deg: float | None = None
    rotation_deg: float | None = None
    slant_range_m: float | None = None
    target_width_m: float | None = None
    centre: Place | None = None
    centre_height_m: float | None = None
    corners: tuple[Place, ...] = ()
    platform: str = ""
    mission: str = ""
    version: int | None = None

    @property
    def looks_deg(self) -> float | None:
        """Where the camera looks, degrees from north: to its picture's centre, else by platform and sensor."""
        if self.place is not None and self.centre is not None and distance_m(self.place, self.centre) > _LOOKS_DOWN_M:
            return bearing_deg(self.place, self.centre)
        if self.heading_deg is None:
            return None
        return (self.heading_deg + (self.azimuth_deg or 0.0)) % 360.0


def read_telemetry(packet: bytes) -> list[Telemetry]:
    """What the local sets in one KLV packet say, in order; Malformed when it is none or a checksum does not hold."""
    return [_telemetry(items) for items in local_sets(packet)]


def _telemetry(items: Mapping[int, bytes]) -> Telemetry:
    if len(items.get(2, b"")) != 8:
        raise Malformed("a local set without a time")
    said = {tag: scale.read(items[tag]) for tag, scale in SCALES.items() if tag in items}
    place, centre = _place(said, 13), _near(_place(said, 13), _place(said, 23))
    return Telemetry(
        captured_us=int.from_bytes(items[2], "big"), place=place, altitude_m=said.get(15), heading_deg=said.get(5),
        pitch_deg=said.get(6), roll_deg=said.get(7), hfov_deg=said.get(16), vfov_deg=said.get(17),
        azimuth_deg=said.get(18), elevation_deg=said.get(19), rotation_deg=said.get(20), slant_range_m=said.get(21),
        target_width_m=said.get(22), centre=centre, centre_height_m=said.get(25), corners=_corners(said, place, centre),
        platform=_text(items.get(10, b"")), mission=_text(items.get(3, b"")),
        version=items[65][0] if len(items.get(65, b"")) == 1 else None,
    )  # fmt: skip


def _place(said: Mapping[int, float | None], tag: int) -> Place | None:
    lat, lon = said.get(tag), said.get(tag + 1)
    return None if lat is None or lon is None else Place(lat, lon)


def _near(place: Place | None, other: Place | None) -> Place | None:
    """`other`, unless it is so far from the drone that it cannot be what its camera shows."""
    if place is not None and other is not None and distance_m(place, other) > MAX_FOOTPRINT_M:
        return None
    return other


def _corners(said: Mapping[int, float | None], place: Place | None, centre: Place | None) -> tuple[Place, ...]:
    """The full corners (82 to 89), else the centre and the offsets (26 to 33)."""
    corners = [_near(place, _place(said, tag)) for tag in range(82, 90, 2)]
    if None in corners and centre is not None:
        steps = [_place(said, tag) for tag in range(26, 34, 2)]
        corners = [None if step is None else Place(centre.lat + step.lat, centre.lon + step.lon) for step in steps]
    found = tuple(corner for corner in corners if corner is not None and abs(corner.lat) <= 90)
    return found if len(found) == 4 else ()


def _text(data: bytes) -> str:
    text = data[:MAX_TEXT_CHARS].decode("utf-8", "replace")
    return "".join(char for char in text if char.isprintable())
