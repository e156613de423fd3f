"""A camera's smaller sub-stream: dialled while a gateway needs it for looks that run, and hung up after.

What an owner hid on the main picture may lie elsewhere on the smaller one (another shape, another crop), so a camera
with a mask has no sub-stream: it is not offered, not dialled, and stops at once when a mask is due.
"""

import asyncio
import functools
import logging
from collections.abc import Callable, Mapping

from consentry.edge.addresses import MAX_URL_CHARS
from consentry.edge.kept import keep_secret, secret_of
from consentry.edge.key_files import EdgeKeys
from consentry.edge.pull import CameraFeed
from consentry.edge.store import Store
from consentry.kernel.errors import ConsentryError, Malformed
from consentry.kernel.ids import CameraId, GatewayId
from consentry.media.pulling import keep_pulling
from consentry.media.source_address import parse_source
from consentry.media.srt_source import listens
from consentry.media.units import LOW, AccessUnit, Sink

_log = logging.getLogger(__name__)
# An address that its owner sealed as one of the smaller stream: this, then the address; nothing after it for none.
LOW_MARK = "low+"
FindUrl = Callable[[CameraId], str | None]


class LowStreams:
    """Of one edge. `url_of`: the sub-stream's address, None without one; `feeds`: the cameras as they are read now."""

    def __init__(self, feeds: Mapping[CameraId, CameraFeed], url_of: FindUrl) -> None:
        self._feeds, self._url_of = feeds, url_of
        self._reading: dict[CameraId, tuple[CameraFeed, asyncio.Task[None]]] = {}
        self._sinks: dict[CameraId, dict[GatewayId, Sink]] = {}

    def offers(self, camera: CameraId) -> bool:
        """May and can this camera's sub-stream be looked at?"""
        return _is_open(self._feeds.get(camera)) and self._find_url(camera) is not None

    def follow(self, camera: CameraId, gateway: GatewayId, sink: Sink, *, on: bool) -> None:
        """Hand its units to `sink`, as track 1, for `gateway`, or no longer; nothing where it is not offered."""
        if on:
            self._start(camera, gateway, sink)
        else:
            self.stop(camera, gateway)

    def _start(self, camera: CameraId, gateway: GatewayId, sink: Sink) -> None:
        feed, url = self._feeds.get(camera), self._find_url(camera)
        if feed is None or url is None or not _is_open(feed):
            return
        self._sinks.setdefault(camera, {})[gateway] = sink
        if camera not in self._reading:
            take = functools.partial(self._take, camera, feed)
            reading = keep_pulling(url, take, on_state=functools.partial(_note, camera))
            self._reading[camera] = feed, asyncio.get_running_loop().create_task(reading)

    def stop(self, camera: CameraId, gateway: GatewayId) -> None:
        """`gateway` needs it no more."""
        sinks = self._sinks.get(camera, {})
        sinks.pop(gateway, None)
        if not sinks:
            self._hang_up(camera)

    async def close(self) -> None:
        """Hang up all."""
        tasks = [task for _, task in self._reading.values()]
        for camera in tuple(self._reading):
            self._hang_up(camera)
        await asyncio.gather(*tasks, return_exceptions=True)

    def is_read(self, camera: CameraId) -> bool:
        """Is it dialled now?"""
        return camera in self._reading

    def _take(self, camera: CameraId, feed: CameraFeed, unit: AccessUnit) -> None:
        """Asked anew for each unit: another feed is another agreement, with another mask perhaps."""
        if self._feeds.get(camera) is not feed or not _is_open(feed):
            self._hang_up(camera)
            return
        small = unit._replace(track=LOW)
        for sink in tuple(self._sinks.get(camera, {}).values()):
            sink(small)

    def _hang_up(self, camera: CameraId) -> None:
        self._sinks.pop(camera, None)
        reading = self._reading.pop(camera, None)
        if reading is not None:
            reading[1].cancel()

    def _find_url(self, camera: CameraId) -> str | None:
        try:
            return self._url_of(camera)
        except ConsentryError as error:
            _log.warning("camera %s: the address of its sub-stream cannot be read: %s", camera, error.kind)
            return None


def keep_low_address(store: Store, keys: EdgeKeys, camera: CameraId, url: str | None) -> None:
    """Keep the sub-stream's address, encrypted, or forget it; SourceFault or Malformed for an address that is none."""
    if url is not None and (len(url) > MAX_URL_CHARS or listens(parse_source(url))):
        raise Malformed("not an address that an edge dials")
    keep_secret(store, keys, f"low/{camera}", url)


def low_address_of(store: Store, keys: EdgeKeys, camera: CameraId) -> str | None:
    """The sub-stream's address in clear, or None; Untrusted when it was not written by this edge."""
    return secret_of(store, keys, f"low/{camera}")


def _is_open(feed: CameraFeed | None) -> bool:
    return feed is not None and feed.mask is None and not feed.closed


def _note(camera: CameraId, state: str) -> None:
    _log.info("camera %s, sub-stream: %s", camera, state)
