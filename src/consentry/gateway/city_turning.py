"""Turning a city camera for who looks: only where its agency's manager gave its ONVIF address for that.

The room asks for each word whether it counts (a live look, a web that is not silent). The motors (`media/onvif/head`)
stand 0.7 s after the last word, so at most that long after the end of a look, and after a second by themselves.
"""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from urllib.parse import urlsplit

import aiohttp

from consentry.gateway.hub import CameraHub
from consentry.gateway.state import ControlState
from consentry.kernel.errors import ConsentryError, Malformed, Refused, Unavailable
from consentry.kernel.ids import CameraId, SessionId
from consentry.media.onvif.address import OnvifPlace, parse_onvif_address
from consentry.media.onvif.head import Head, Say, Wish, ask_presets, presets_message
from consentry.media.onvif.turn import MAX_PRESET_CHARS, MAX_PRESETS
from consentry.media.reach import Reach

_log = logging.getLogger(__name__)
_ALLOWED = {"type": "ptz", "state": "allowed"}
_REFUSED = {"type": "ptz", "state": "terms-ptz"}


class CityTurning:
    """Owns the motors of the city's cameras that this gateway reads. `hubs`: whom to tell."""

    def __init__(self, hubs: Mapping[CameraId, CameraHub]) -> None:
        self._hubs = hubs
        self._addresses: dict[CameraId, str] = {}
        self._places: dict[CameraId, OnvifPlace] = {}
        self._lines: dict[CameraId, aiohttp.ClientSession] = {}
        self._heads: dict[CameraId, Head] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def take_state(self, state: ControlState) -> None:
        """Exactly the cameras of `state` with an address for it may be turned."""
        due = {camera: entry.turn for camera, entry in state.public_cameras.items() if entry.turn}
        for camera in [camera for camera, address in self._addresses.items() if due.get(camera) != address]:
            self._forget(camera)
        for camera, address in due.items():
            if camera not in self._addresses:
                self._begin(camera, address)

    def turn(self, camera: CameraId, session: SessionId, wish: Wish, say: Say) -> None:
        """Turn, or Refused (`terms-ptz`, `busy`, `too-many`); what goes wrong later is said to `say`."""
        place = self._places.get(camera)
        if place is None:
            raise Refused("this camera is not turned from here", kind="terms-ptz")
        head = self._heads.get(camera) or self._new_head(camera, place)
        refused = head.take(session, wish, say)
        if refused is not None:
            raise Refused("not now", kind=refused)

    async def close(self) -> None:
        """Stand still and let go."""
        for camera in tuple(self._addresses):
            self._forget(camera)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, camera: CameraId, address: str) -> None:
        self._addresses[camera] = address
        try:
            url, who, certificate = parse_onvif_address(address)
            place = OnvifPlace(url, who, certificate=certificate)
            host = urlsplit(place.url).hostname or ""
            if not Reach(host).allows_literal(host):
                raise Unavailable("an address that is not dialled", kind="unreachable")
        except ConsentryError as error:
            _log.warning("camera %s is not turned: %s", camera, error.kind)
            return
        connector = aiohttp.TCPConnector(resolver=Reach(host), use_dns_cache=False, limit=2)
        self._lines[camera] = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        self._places[camera] = place
        self._keep(self._greet(camera, place))

    def _forget(self, camera: CameraId) -> None:
        """No word counts any more; what turns stands still."""
        del self._addresses[camera]
        self._places.pop(camera, None)
        head, line = self._heads.pop(camera, None), self._lines.pop(camera, None)
        if head is not None:
            head.task.cancel()
        hub = self._hubs.get(camera)
        if hub is not None and hub.greeting:
            hub.greet(_REFUSED)
            hub.greeting = ()
        if line is not None:
            self._keep(_hang_up(line, head))

    def _new_head(self, camera: CameraId, place: OnvifPlace) -> Head:
        head = Head(place.camera(self._lines[camera]))
        self._heads[camera] = head
        head.task.add_done_callback(lambda _: self._rested(camera, head))
        return head

    def _rested(self, camera: CameraId, head: Head) -> None:
        if self._heads.get(camera) is head:
            del self._heads[camera]

    async def _greet(self, camera: CameraId, place: OnvifPlace) -> None:
        presets = await ask_presets(place.camera(self._lines[camera]))
        hub = self._hubs.get(camera)
        if hub is not None and self._places.get(camera) is place:
            hub.greet(_ALLOWED, *([presets_message(presets)] if presets else []))

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _hang_up(line: aiohttp.ClientSession, head: Head | None) -> None:
    if head is not None:
        await asyncio.gather(head.task, return_exceptions=True)
    await line.close()


def read_presets(value: object) -> list[dict[str, str]]:
    """What an edge says of a camera's places; Malformed for anything else."""
    if not isinstance(value, list) or len(value) > MAX_PRESETS:
        raise Malformed("a list of at most 32 places")
    found = [
        {name: text for name in ("token", "name") if isinstance(text := item.get(name), str)}
        for item in value if isinstance(item, dict)
    ]  # fmt: skip
    if any(len(item) != 2 or max(map(len, item.values())) > MAX_PRESET_CHARS for item in found):
        raise Malformed("a place has a token and a name")
    return found
