"""Puts the gateway together and runs it: one process, one event loop."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Coroutine, Mapping

import aiohttp
import uvloop
from aiohttp import web

from consentry.gateway.carrier import Carrier
from consentry.gateway.city_eyes import CityEyes
from consentry.gateway.city_turning import CityTurning
from consentry.gateway.clocks import Clocks
from consentry.gateway.control import Control, ControlEvent
from consentry.gateway.edges import PING_S, EdgeLinks
from consentry.gateway.hls import HlsDoor
from consentry.gateway.janus import JanusDoor
from consentry.gateway.keeping import Keeping, parse_keeps
from consentry.gateway.keys import Identity, load_identity
from consentry.gateway.own_door import OwnDoor
from consentry.gateway.pushes import PushedCameras
from consentry.gateway.recorder import SegmentRecorder
from consentry.gateway.reports import Reports
from consentry.gateway.room import Room
from consentry.gateway.rtc.ground import Ground
from consentry.gateway.session import ViewDoor
from consentry.gateway.sessions import Event, Sessions
from consentry.gateway.settings import Settings, read_settings
from consentry.gateway.sources import CitySources
from consentry.gateway.state import ControlState, parse_state, read_pins, read_vault_pin
from consentry.gateway.whep import WhepDoor
from consentry.gateway.whip import WhipDoor
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import ConsentryError, Malformed, Untrusted
from consentry.kernel.ids import EdgeId, SessionId
from consentry.kernel.key_folder import KeyFolder
from consentry.kernel.steady import hold_what_is_loaded

_log = logging.getLogger(__name__)
SWEEP_S = 0.1
MAX_LEASED = 1_000_000


class Gateway:
    """All parts of one gateway. `start`, then it works until `stop`."""

    def __init__(self, settings: Settings, identity: Identity, clocks: Clocks | None = None) -> None:
        clocks = clocks or Clocks()
        self.settings, self.identity = settings, identity
        self.port = settings.port
        self.reports = Reports(settings.web_url, identity, clocks)
        self.sessions = Sessions(settings.lease_s, settings.max_viewers, self.reports.add, clocks)
        self.edges = EdgeLinks(identity.gateway, self.sessions, self.reports.add, lambda: self.state)
        self.sessions.connect(self.edges)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.carrier = Carrier(settings.web_url, identity, clocks, self.reports.add)
        self.recorder: SegmentRecorder | None = None
        self.keeping: Keeping | None = None
        self.eyes = CityEyes(self.reports.add, self.sessions.hubs)
        taps = (self.eyes.take,)
        self.sources = CitySources(self.sessions, self.reports.add, taps, settings.srt_ports)
        self.pushes = PushedCameras(self.sessions, self.reports.add, taps)
        self.control = Control(settings.web_url, identity, self._take, settings.lease_s, clocks)
        self.state: ControlState | None = None
        self.turning = CityTurning(self.sessions.hubs)
        room = Room(identity.gateway, settings, self.sessions, clocks, self._trusted_state, self.turning)
        self.ground = Ground(settings)
        self._door, self._whep = ViewDoor(room), WhepDoor(room, self.ground)
        self._hls = HlsDoor(room, self.ground)
        self._own = OwnDoor(room, self.edges.own)
        self.janus = JanusDoor(room, self.ground) if settings.janus_url else None
        self._whip = WhipDoor(self.ground, self.pushes, self.sessions, self.reports.add)
        self._keys = KeyFolder(settings.pins) if settings.pins else None
        self._tasks: list[asyncio.Task[None]] = []
        self._http: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen and dial the web; OSError when the port is taken."""
        self._loop = asyncio.get_running_loop()
        if self.settings.record_to is not None:
            self.recorder = SegmentRecorder(self.settings.record_to, self._tell)
            self.keeping = Keeping(self.sessions, self.recorder, self.carrier.take)
            self.carrier.is_open = self.recorder.is_open
        app = web.Application(client_max_size=65_536)
        app.router.add_get("/view", self._door.serve)
        app.router.add_routes([*self._whep.routes(), *self._whip.routes(), *self._hls.routes()])
        if self.janus is not None:
            app.router.add_routes(self.janus.routes())
        app.router.add_get("/own", self._own.serve)
        app.router.add_get("/edge", self.edges.serve)
        app.router.add_get("/healthz", self._health)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.settings.host, self.settings.port, backlog=1_024)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.ground.open()
        if self.settings.rtmp_port is not None:
            await self.pushes.open(self.settings.host, self.settings.rtmp_port)
        self._http = aiohttp.ClientSession()
        own = (self._tick(), self._tend_edges(), self.eyes.run(), self.carrier.run(self._http))
        for work in (self.control.run(self._http), self.reports.run(self._http), *own):
            self._tasks.append(asyncio.create_task(_forever(work)))

    async def stop(self) -> None:
        """End every session, stop reading, close."""
        self.sessions.end_where(lambda _: True, "closed")
        self.edges.own.sweep(None)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.janus is not None:
            await self.janus.stage.close()
        await self.sources.stop()
        await self.pushes.close()
        await self.turning.close()
        if self.recorder is not None:
            self.recorder.close()
        if self._http is not None:
            await self._http.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self.ground.endpoint.close()

    def _trusted_state(self) -> ControlState | None:
        return self.state if self.control.is_alive else None

    def _take(self, event: ControlEvent) -> None:
        """One event of the control stream; Malformed or Untrusted drops the stream, and with it all leases."""
        data = event.data
        if event.kind == "state":
            self._take_state(data)
        elif event.kind == "lease":
            self._take_lease(_whole(data.get("at_ms")), _names(data.get("sessions")))
        elif event.kind == "end":
            self.sessions.end(SessionId(_text(data.get("session"))), _text(data.get("reason")))
        elif event.kind == "keeps":
            self._take_keeps(data)
        elif event.kind == "letter":
            self.edges.send_letter(EdgeId(_text(data.get("edge"))), _text(data.get("id")), data.get("body"))

    def _take_lease(self, at_ms: int, names: frozenset[str]) -> None:
        age_s = self.control.age.of(at_ms)
        if age_s >= self.settings.lease_s:
            raise Untrusted("a lease came too late to count", kind="lease-late")
        self.sessions.lease(at_ms, names, age_s=age_s)

    def _take_keeps(self, data: Mapping[str, object]) -> None:
        keeps = parse_keeps(data)
        self.carrier.trust(keeps.vault_keys, read_vault_pin(self.settings.pins))
        if self.keeping is not None:
            self.keeping.follow(keeps)
            return
        marks = {mark.recording: mark.camera for mark in keeps.marks.values()}
        for state, named in (("no-recorder", marks), ("delivered", keeps.over)):
            for recording, camera in named.items():
                said = {"type": "recorder", "recording": recording, "camera": camera, "state": state}
                self.reports.add({**said, "lost_units": 0})

    def _take_state(self, data: Mapping[str, object]) -> None:
        try:
            state = parse_state(data, self.identity.gateway, read_pins(self._keys, to_ms(utc_now())))
        except ConsentryError:
            self.state = None
            raise
        before, self.state = self.state, state
        if before is not None and not before.trust.still_holds(state.trust):
            self.sessions.end_where(lambda _: True, "closed")
        self.sessions.end_where(
            lambda session: state.edge_of.get(session.admission.camera) != session.edge, "camera_gone"
        )
        self.edges.take_state(state)
        self.sources.take_state(state)
        self.pushes.take_state(state)
        self.eyes.take_state(state)
        self.turning.take_state(state)

    def _tell(self, event: Event) -> None:
        """A report from the recorder's thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.carrier.take, event)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self.sessions.sweep()
            self.edges.own.sweep(self._trusted_state())
            if self.keeping is not None:
                self.keeping.sweep()
            silent_s = self.control.silent_s
            if silent_s is not None and silent_s > self.settings.pull_grace_s:
                # Another gateway reads our cameras by now. The next state says which are ours again.
                self.sources.release()

    async def _tend_edges(self) -> None:
        while True:
            await asyncio.sleep(PING_S)
            self.edges.tick()

    async def _health(self, _request: web.Request) -> web.Response:
        """Counts only: this is open to anyone who reaches the port."""
        cameras = [*self.sources.states().values(), *self.pushes.states().values()]
        return web.json_response({
            "gateway": self.identity.gateway, "control": self.control.is_alive, "viewers": len(self.sessions),
            "edges": len(self.edges.online()), "city_cameras": len(cameras),
            "city_cameras_online": cameras.count("online"), "reports_dropped": self.reports.dropped,
        })  # fmt: skip


async def _forever(work: Coroutine[None, None, None]) -> None:
    """A part that dies takes the process with it: the supervisor starts it again, and until then nothing is shown."""
    try:
        await work
    except Exception:  # noqa: BLE001 - boundary: a gateway that no longer checks must not go on
        _log.critical("a part of the gateway died", exc_info=True)
        signal.raise_signal(signal.SIGTERM)


async def serve(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM."""
    gateway = Gateway(settings, load_identity(settings.data / settings.folder))
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    await gateway.start()
    hold_what_is_loaded()
    _log.info("gateway %s listens on %s:%d", gateway.identity.gateway, settings.host, gateway.port)
    try:
        await over.wait()
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(gateway.stop(), 3)


def run() -> None:
    """The process `consentry gateway`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    uvloop.run(serve(read_settings()))


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed("a whole number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise Malformed("a short text")
    return value


def _names(value: object) -> frozenset[str]:
    if not isinstance(value, list) or len(value) > MAX_LEASED:
        raise Malformed("a list of sessions")
    return frozenset(_text(item) for item in value)
