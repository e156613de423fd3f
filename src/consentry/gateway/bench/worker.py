"""The measured process: cameras read as the gateway reads the city's (`CitySources`, `CityEyes`), and what it is asked.

Each line on stdin is answered by one JSON line: `mark` gives what happened since the last mark, `end` ends all looks.
Run as `python -m consentry.gateway.bench.worker PLAN`, PLAN a JSON object (`Plan`).
"""

import asyncio
import json
import socket
import ssl
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

import uvloop
from aiohttp import web

from consentry.gateway.admission import Admission, Trust
from consentry.gateway.bench.join_page import JOIN_PAGE
from consentry.gateway.bench.plan import Mark, Plan
from consentry.gateway.city_eyes import CityEyes
from consentry.gateway.clocks import Clocks
from consentry.gateway.cut import keep_little_unsent
from consentry.gateway.hub import Tap
from consentry.gateway.main import SWEEP_S
from consentry.gateway.recorder import SegmentRecorder
from consentry.gateway.room import Room
from consentry.gateway.rtc.ground import Ground
from consentry.gateway.sessions import Sessions
from consentry.gateway.settings import Settings
from consentry.gateway.sources import CitySources
from consentry.gateway.state import ControlState, PublicCamera
from consentry.gateway.viewer import SocketViewer
from consentry.gateway.whep import WhepDoor
from consentry.kernel.ids import CameraId, EdgeId, GatewayId, RecordingId, SessionId, new_id
from consentry.kernel.steady import hold_what_is_loaded
from consentry.kernel.ticket import Ticket
from consentry.media.bench_rig import PERIOD_US
from consentry.media.units import AccessUnit

_FOREVER_MS = 1 << 45
_GAP_US = 3 * PERIOD_US // 2


class Meter:
    """A tap that counts every picture; `cameras_seen` tells when all of them play."""

    def __init__(self) -> None:
        self.cameras_seen: dict[CameraId, int] = {}
        self._reset()

    def take(self, camera: CameraId, unit: AccessUnit) -> None:
        """One picture reached the hub."""
        before_us = self.cameras_seen.get(camera)
        if before_us is not None and unit.ts_us - before_us > _GAP_US:
            self._lost += round((unit.ts_us - before_us) / PERIOD_US) - 1
        self.cameras_seen[camera] = unit.ts_us
        self._pictures += 1
        self._delays_us.append(time.time_ns() // 1_000 - unit.wallclock_us)

    def mark(self, viewers: int) -> Mark:
        """What happened since the last call."""
        delays = sorted(self._delays_us) or [0]
        p95, p99 = (delays[min(len(delays) - 1, int(share * len(delays)))] / 1_000 for share in (0.95, 0.99))
        used_s, seconds = time.process_time() - self._cpu_s, time.monotonic() - self._since_s
        told = Mark(used_s, seconds, self._pictures, self._lost, p95, p99, viewers)
        self._reset()
        return told

    def _reset(self) -> None:
        self._pictures = self._lost = 0
        self._delays_us: list[int] = []
        self._cpu_s, self._since_s = time.process_time(), time.monotonic()


class Worker:
    """Hubs, their pullers and perhaps a door that lets anybody in: signatures have no part in what is measured."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._meter = plan, Meter()
        self._sessions = Sessions(3_600.0, 10_000, lambda _: None, Clocks())
        self._recorder = SegmentRecorder(Path(plan.record_to), lambda _: None) if plan.record_to else None
        cameras = {CameraId(new_id("camera")): PublicCamera(url) for url in plan.urls}
        taps: tuple[Tap, ...] = (CityEyes(lambda _: None, {}).take, *self._recording(cameras), self._meter.take)
        self._sources = CitySources(self._sessions, lambda _: None, taps)
        self._state = ControlState({}, cameras, {}, Trust(GatewayId(new_id("gateway")), (), ()))

    def _recording(self, cameras: Iterable[CameraId]) -> tuple[Tap, ...]:
        """Each camera's own recording, where any is wanted."""
        recorder = self._recorder
        if recorder is None:
            return ()
        names = {camera: RecordingId(new_id("recording")) for camera in cameras}
        return (lambda camera, unit: recorder.take(names[camera], camera, unit),)

    async def run(self) -> None:
        """Pull until stdin ends; the first line printed is the port (0 without viewers) once every camera plays."""
        self._sources.take_state(self._state)
        sweeping = asyncio.create_task(self._sweep())
        port = await self._serve() if self._plan.serve else 0
        while len(self._meter.cameras_seen) < len(self._plan.urls):  # noqa: ASYNC110 - a counter, not an event
            await asyncio.sleep(0.05)
        hold_what_is_loaded()
        _say({"port": port})
        await self._obey()
        sweeping.cancel()
        await self._sources.stop()
        if self._recorder is not None:
            self._recorder.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self._sessions.sweep()

    async def _obey(self) -> None:
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := (await lines.readline()).strip():
            if line == b"mark":
                _say(asdict(self._meter.mark(len(self._sessions))))
            elif line == b"end":
                at_s = time.monotonic()
                self._sessions.end_where(lambda _: True, "withdrawn")
                _say({"at_s": at_s, "took_s": time.monotonic() - at_s})

    async def _serve(self) -> int:
        line = socket.create_server(("127.0.0.1", 0), backlog=512)
        port = int(line.getsockname()[1])
        settings = Settings(data=Path(), origin=f"http://127.0.0.1:{port}")
        ground, clocks = Ground(settings), Clocks()
        room = _OpenRoom(GatewayId(new_id("gateway")), settings, self._sessions, clocks, lambda: None)
        app = web.Application()
        app.router.add_routes([web.get("/view", self._view), web.get("/page", _page), *WhepDoor(room, ground).routes()])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        secured = None
        if self._plan.certificate:
            secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            secured.load_cert_chain(self._plan.certificate)
        await web.SockSite(runner, line, ssl_context=secured, backlog=512).start()
        ground.open()
        return port

    async def _view(self, request: web.Request) -> web.StreamResponse:
        answer = web.WebSocketResponse(compress=False)
        await answer.prepare(request)
        if request.transport is None:
            return answer
        keep_little_unsent(request.transport)
        viewer = SocketViewer(request.transport)
        session = self._sessions.admit(_admission(next(iter(self._sessions.hubs))), viewer, None)
        async for _ in answer:
            pass
        self._sessions.left(session.admission.session, viewer, lost=False)
        return answer


class _OpenRoom(Room):
    """Lets anybody see the first camera."""

    def check(self, value: Mapping[str, object], nonce: bytes) -> tuple[Admission, EdgeId | None]:  # noqa: ARG002
        """See `Room`."""
        return _admission(next(iter(self.sessions.hubs))), None


async def _page(_request: web.Request) -> web.Response:
    return web.Response(text=JOIN_PAGE, content_type="text/html")


def _admission(camera: CameraId) -> Admission:
    session, gateway = SessionId(new_id("session")), GatewayId(new_id("gateway"))
    ticket = Ticket(bytes(32), camera, gateway, bytes(32), 0, _FOREVER_MS, 1)
    return Admission(session, camera, ticket, b"", _FOREVER_MS, {})


def _say(value: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(Worker(Plan(**json.loads(sys.argv[1]))).run())
