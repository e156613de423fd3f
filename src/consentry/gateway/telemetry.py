"""What a drone's KLV says of where it is, told to the web: at most twice a second for each camera, newest first."""

import logging
import time

from consentry.gateway.sessions import Report
from consentry.kernel.errors import Malformed
from consentry.kernel.geo import Place
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import TELEMETRY_EVERY_S
from consentry.media.telemetry import Telemetry, read_telemetry

_log = logging.getLogger(__name__)
_DIGITS = 7  # of a degree: 1 cm


class TelemetryDesk:
    """Owned by the event loop."""

    def __init__(self, report: Report) -> None:
        self.malformed = 0
        self._report = report
        self._due_s: dict[CameraId, float] = {}

    def take(self, camera: CameraId, packet: bytes) -> None:
        """One KLV packet of `camera`; one that does not hold is counted and passed over."""
        now_s = time.monotonic()
        if now_s < self._due_s.get(camera, 0.0):
            return
        try:
            said = [one for one in read_telemetry(packet) if one.place is not None]
        except Malformed as error:
            self.malformed += 1
            _log.debug("camera %s sends KLV that does not hold: %s", camera, error)
            return
        if said:
            self._due_s[camera] = now_s + TELEMETRY_EVERY_S
            self._report({"type": "telemetry", "camera": camera, **report_of(said[-1])})


def report_of(said: Telemetry) -> dict[str, object]:
    """The fields of a report: degrees and metres, WGS84; None for what the drone did not say."""
    return {
        "captured_us": said.captured_us, "place": _pair(said.place), "altitude_m": _short(said.altitude_m),
        "heading_deg": _short(said.heading_deg), "looks_deg": _short(said.looks_deg), "centre": _pair(said.centre),
        "corners": [_pair(corner) for corner in said.corners], "platform": said.platform,
    }  # fmt: skip


def _pair(place: Place | None) -> list[float] | None:
    return None if place is None else [round(place.lat, _DIGITS), round(place.lon, _DIGITS)]


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
