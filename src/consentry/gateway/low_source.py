"""The smaller sub-stream of one city camera: dialled while a viewer needs it, and hung up when nobody does."""

import asyncio
import logging

from consentry.gateway.hub import CameraHub
from consentry.media.pulling import keep_pulling
from consentry.media.rtsp_client import Patience
from consentry.media.units import LOW, AccessUnit

_log = logging.getLogger(__name__)


class LowSource:
    """`ask` is what the hub calls. Its faults are no news: who waits for it stays at the main stream."""

    def __init__(self, hub: CameraHub, url: str, patience: Patience) -> None:
        self._hub, self._url, self._patience = hub, url, patience
        self._task: asyncio.Task[None] | None = None

    def ask(self, on: bool) -> None:
        """Read it from now on, or no longer."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if on:
            reading = keep_pulling(self._url, self._take, on_state=self._tell, patience=self._patience)
            self._task = asyncio.create_task(reading, name=f"low {self._hub.camera}")

    def _take(self, unit: AccessUnit) -> None:
        self._hub.take(unit._replace(track=LOW))

    def _tell(self, state: str) -> None:
        _log.info("camera %s, sub-stream: %s", self._hub.camera, state)
