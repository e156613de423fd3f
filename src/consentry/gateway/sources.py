"""City cameras: always read, so that a look shows a picture at once. Addresses come from the control state only.

A private camera is never read from here: it comes from its owner's edge and from nothing else.
"""

import asyncio
import functools
from collections.abc import Mapping
from dataclasses import replace

from consentry.gateway.hub import CameraHub, Tap
from consentry.gateway.low_source import LowSource
from consentry.gateway.sessions import Report, Sessions
from consentry.gateway.state import ControlState, PublicCamera
from consentry.gateway.telemetry import TelemetryDesk
from consentry.kernel.ids import CameraId
from consentry.media.outlet import Besides
from consentry.media.pulling import keep_pulling
from consentry.media.rtsp_client import Patience
from consentry.media.units import AccessUnit, SoundUnit

# The city's own network, and a look waits: dial sooner than a home would.
_PATIENCE = Patience(last_retry_s=3.0)


class CitySources:
    """One task per city camera, started and stopped as the state says."""

    def __init__(
        self, sessions: Sessions, report: Report, taps: tuple[Tap, ...] = (), srt_ports: range = range(0)
    ) -> None:
        self._patience = replace(_PATIENCE, listen_ports=srt_ports)
        self._sessions, self._report, self._taps = sessions, report, taps
        self._telemetry = TelemetryDesk(report)
        self._running: dict[CameraId, tuple[PublicCamera, asyncio.Task[None]]] = {}
        self._epochs: Mapping[CameraId, int] = {}

    def take_state(self, state: ControlState) -> None:
        """Read exactly the cameras of `state`; a camera that is gone ends its sessions, which may go on elsewhere."""
        self._epochs = state.epochs
        dialled = {camera: entry for camera, entry in state.public_cameras.items() if entry.url is not None}
        for camera, (entry, _) in tuple(self._running.items()):
            if dialled.get(camera) != entry:
                self._stop(camera, gone=camera not in state.public_cameras)
        for camera, entry in dialled.items():
            if camera not in self._running:
                self._start(camera, entry)

    def release(self) -> None:
        """Read nothing any more: nobody told us for long which cameras are ours."""
        for camera in tuple(self._running):
            self._stop(camera, gone=True)

    def states(self) -> dict[CameraId, str]:
        """The state of each city camera."""
        return {camera: self._sessions.hubs[camera].state for camera in self._running}

    async def stop(self) -> None:
        """Stop all and wait for them."""
        tasks = [task for _, task in self._running.values()]
        for camera in tuple(self._running):
            self._stop(camera, gone=True)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, camera: CameraId, entry: PublicCamera) -> None:
        hub = self._sessions.hubs.setdefault(camera, CameraHub(camera, self._taps))
        hub.allow_sound(allowed=entry.audio)
        low = LowSource(hub, entry.low_url, self._patience) if entry.low_url is not None else None
        hub.switching.offer(low.ask if low is not None else None)
        sound = functools.partial(self._take_sound, hub) if entry.audio else None
        pulling = keep_pulling(
            entry.url or "", functools.partial(self._take, hub), on_state=functools.partial(self._tell, hub),
            patience=self._patience, besides=Besides(functools.partial(self._telemetry.take, camera), sound),
        )  # fmt: skip
        self._running[camera] = (entry, asyncio.create_task(pulling, name=f"city {camera}"))

    def _take(self, hub: CameraHub, unit: AccessUnit) -> None:
        self._sessions.wake()
        hub.take(unit)

    def _take_sound(self, hub: CameraHub, unit: SoundUnit) -> None:
        self._sessions.wake()
        hub.take_sound(unit)

    def _stop(self, camera: CameraId, *, gone: bool) -> None:
        _, task = self._running.pop(camera)
        task.cancel()
        kept = self._sessions.hubs.get(camera)
        if kept is not None:
            kept.switching.offer(None)
        if gone:
            self._sessions.end_where(lambda session: session.admission.camera == camera, "moved")
            hub = self._sessions.hubs.pop(camera, None)
            if hub is not None:
                hub.forget()

    def _tell(self, hub: CameraHub, state: str) -> None:
        """A fault stays on the tile until there is a picture again: dialling anew is not news."""
        if state not in ("connecting", hub.state):
            hub.tell_state(state)
            epochs = {hub.camera: self._epochs.get(hub.camera, 0)}
            self._report({"type": "camera_health", "cameras": {hub.camera: state}, "epochs": epochs})
