"""Runs what listens for events: the broker, each ONVIF camera's pull point. Started anew when what is kept changes."""

import asyncio
import functools
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp

from consentry.edge.clock import EdgeClock
from consentry.edge.events import CameraEvent, EventKind, EventSink
from consentry.edge.kept import secret_of
from consentry.edge.key_files import EdgeKeys
from consentry.edge.mqtt import Topics, keep_listening, parse_broker, parse_topics
from consentry.edge.onvif.kept import place_of
from consentry.edge.onvif.notices import keep_noticing
from consentry.edge.store import Store
from consentry.kernel.errors import ConsentryError
from consentry.kernel.ids import CameraId
from consentry.media.onvif.address import OnvifPlace

_log = logging.getLogger(__name__)
AGAIN_S = 60.0
Start = Callable[[], Coroutine[Any, Any, None]]


async def _keep_running(start: Start) -> None:
    while True:
        try:
            await start()
        except Exception:  # boundary: events of one source fail, and are listened to again
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise  # it failed while it was being ended: it must not begin anew
            _log.exception("a source of events failed")
        await asyncio.sleep(AGAIN_S)


class EventSources:
    """Owns the listening tasks, by what they listen to."""

    def __init__(self, store: Store, keys: EdgeKeys, clock: EdgeClock, sink: EventSink) -> None:
        self._store, self._keys, self._clock, self._sink = store, keys, clock, sink
        self._tasks: dict[object, asyncio.Task[None]] = {}

    def follow(self, http: aiohttp.ClientSession) -> None:
        """Listen to exactly what is kept now."""
        cameras = [state.id for state in self._store.cameras() if state.has_address]
        wanted: dict[object, Start] = {}
        for camera in cameras:
            place = self._place(camera)
            if place is not None:
                wanted[camera, place] = functools.partial(self._notice, http, camera, place)
        broker, topics = secret_of(self._store, self._keys, "mqtt"), self._topics(cameras)
        if broker is not None and topics:
            wanted[broker, tuple(topics.items())] = functools.partial(
                keep_listening, parse_broker(broker), topics, functools.partial(self._hear, "mqtt")
            )
        for key in [key for key in self._tasks if key not in wanted]:
            self._tasks.pop(key).cancel()
        for key, start in wanted.items():
            if key not in self._tasks:
                self._tasks[key] = asyncio.create_task(_keep_running(start))

    async def close(self) -> None:
        """Give subscriptions back and hang up."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    async def _notice(self, http: aiohttp.ClientSession, camera: CameraId, place: OnvifPlace) -> None:
        await keep_noticing(place.camera(http), functools.partial(self._hear, "onvif", camera))

    def _place(self, camera: CameraId) -> OnvifPlace | None:
        """A record that does not open costs this camera's events, and nothing else."""
        try:
            return place_of(self._store, self._keys, camera)
        except ConsentryError as error:
            _log.warning("events of camera %s: %s", camera, error.kind)
            return None

    def _topics(self, cameras: list[CameraId]) -> dict[CameraId, Topics]:
        kept = {camera: secret_of(self._store, self._keys, f"mqtt/{camera}") for camera in cameras}
        return {camera: parse_topics(text) for camera, text in kept.items() if text is not None}

    def _hear(self, source: str, camera: CameraId, kind: EventKind) -> None:
        self._sink(CameraEvent(camera, kind, self._clock.now_ms(), source))
