"""Looks at what each city camera sees, in turn: frozen, moved, covered, its clock off. Told to the web as warnings.

A private camera's pictures are looked at by its owner's edge and by nobody here.
"""

import asyncio
import time
from collections.abc import Mapping

from consentry.gateway.hub import CameraHub
from consentry.gateway.sessions import Report
from consentry.gateway.state import ControlState
from consentry.kernel.ids import CameraId
from consentry.media.camera_eye import Eye
from consentry.media.thumbnails import Thumbnails
from consentry.media.units import AccessUnit

LOOK_EVERY_S = 15.0
# A camera that gave no unit for this long is a fault of its own, told by its source.
_GONE_S = 30.0


class CityEyes:
    """`take` is a tap on the `hubs` of the city cameras; `run` looks and tells the web, and who looks at them."""

    def __init__(self, report: Report, hubs: Mapping[CameraId, CameraHub]) -> None:
        self._report, self._hubs = report, hubs
        self._eyes: dict[CameraId, Eye] = {}
        self._newest: dict[CameraId, tuple[AccessUnit, float]] = {}
        self._said: dict[CameraId, tuple[str, ...]] = {}
        self._thumbnails = Thumbnails()
        self._epochs: Mapping[CameraId, int] = {}

    def take_state(self, state: ControlState) -> None:
        """Forget cameras that are another gateway's now."""
        self._epochs = state.epochs
        for known in (self._eyes, self._newest, self._said):
            for camera in tuple(known):
                if camera not in state.public_cameras:
                    del known[camera]

    def take(self, camera: CameraId, unit: AccessUnit) -> None:
        """Each unit of each city camera."""
        now_s = time.monotonic()
        eye = self._eyes.get(camera)
        if eye is None:
            eye = self._eyes[camera] = Eye(now_s=now_s)
        eye.note_unit(unit, now_s)
        if unit.key:
            self._newest[camera] = unit, now_s

    async def run(self) -> None:
        """Look at all, again and again."""
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                await self.look()
        finally:
            await self._thumbnails.stop()

    async def look(self) -> None:
        """One round; what changed is told."""
        for camera, (unit, at_s) in tuple(self._newest.items()):
            if time.monotonic() - at_s > _GONE_S:
                self._forget(camera)
                continue
            thumbnail = await self._thumbnails.take(unit)
            eye = self._eyes.get(camera)
            if thumbnail is None or eye is None:
                continue
            eye.note_thumbnail(thumbnail, time.monotonic())
            self._tell(camera, eye.warnings(time.monotonic()))

    def _forget(self, camera: CameraId) -> None:
        """Its state says what is wrong; the view that it had is kept in `_eyes`."""
        del self._newest[camera]
        self._tell(camera, ())

    def _tell(self, camera: CameraId, words: tuple[str, ...]) -> None:
        if self._said.get(camera, ()) != words:
            self._said[camera] = words
            if camera in self._hubs:
                self._hubs[camera].warn(words)
            epochs = {camera: self._epochs.get(camera, 0)}
            self._report({"type": "camera_health", "cameras": {}, "warnings": {camera: words}, "epochs": epochs})
