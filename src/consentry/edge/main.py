"""The edge's process: the page, then (once paired) cameras, log watch and gateways, and one ticker that ends looks.

`serve` is a coroutine, so that a simulation runs several homes on one loop; `run` is the process.
"""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress

import aiohttp
import uvloop

from consentry.edge.box import Box
from consentry.edge.clips import ClockSaid
from consentry.edge.clips_page import ClipsPage
from consentry.edge.clock import EdgeClock, system_clock
from consentry.edge.meet import Waiting
from consentry.edge.motion import put_sensitivity, sensitivity_of
from consentry.edge.motion_page import MotionPage, motion_switch
from consentry.edge.page_door import Door
from consentry.edge.pair import pair_edge
from consentry.edge.recordings_page import Owner, Recorded, RecordingsPage
from consentry.edge.ring_settings import put_recorded, read_ring_settings
from consentry.edge.settings import EdgeSettings
from consentry.edge.stop import Status, StopPage, Switch
from consentry.edge.store import Store
from consentry.kernel.errors import Unavailable
from consentry.kernel.ids import CameraId
from consentry.kernel.steady import hold_what_is_loaded

_log = logging.getLogger(__name__)
TICK_S = 0.2


def run(settings: EdgeSettings) -> None:
    """Run until interrupted or terminated."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        uvloop.run(_serve_until_told(settings))


async def _serve_until_told(settings: EdgeSettings) -> None:
    """SIGTERM, as services and containers are stopped, ends everything in order too."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine that runs is in a task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await serve(settings, on_ready=lambda _: hold_what_is_loaded())


async def serve(
    settings: EdgeSettings, *, clock: EdgeClock | None = None, on_ready: Callable[["EdgeProcess"], None] | None = None
) -> None:
    """Run one edge until cancelled; `on_ready` is called once its page listens."""
    process = EdgeProcess(settings, clock or system_clock())
    try:
        await process.run(on_ready)
    finally:
        await process.close()


class EdgeProcess:
    """One home's edge. `box` is what runs once it is paired."""

    def __init__(self, settings: EdgeSettings, clock: EdgeClock) -> None:
        self.settings, self._clock = settings, clock
        self.store = Store(settings.folder)
        self.waiting = Waiting(settings)
        self.page = StopPage(Switch(self.status, self.stop, self.resume, self._pair, self.waiting.show, self.take_hook))
        self.box: Box | None = None
        self._seen: tuple[int, int] | None = None
        self._was_stopped = False

    async def run(self, on_ready: Callable[["EdgeProcess"], None] | None = None) -> None:
        """Serve the page and tick; starts the box when pairing is done, and again when it is done anew."""
        owner = Owner(Door(self.store), self.page.buttons, self._recorded, self._clock_said)
        others = (
            *RecordingsPage(owner, motion_switch).routes(),
            *MotionPage(owner).routes(),
            *ClipsPage(owner).routes(),
        )
        runner = await self.page.start(self.settings, others) if self.settings.page_host else None
        if runner is not None:
            _log.info("the owner's page is at %s", self.page.address)
        if on_ready is not None:
            on_ready(self)
        try:
            async with aiohttp.ClientSession() as http:
                try:
                    while True:
                        await self._step_safely(http)
                        await asyncio.sleep(TICK_S)
                finally:
                    await self._close_box()  # cameras get their subscriptions back, which needs the session
        finally:
            if runner is not None:
                await runner.cleanup()

    async def close(self) -> None:
        """End everything in order."""
        await self.waiting.close()
        await self._close_box()
        self.store.close()

    async def _close_box(self) -> None:
        if self.box is not None:
            box, self.box = self.box, None
            await box.close()

    def status(self) -> Status:
        """What the owner's page shows."""
        stopped = self.store.fact("stopped") is not None
        if self.box is None:
            notes = (self.waiting.fault,) if self.waiting.fault else ()
            return Status(self.store.pins() is not None, stopped, notes=notes, square=self.waiting.square)
        return Status(True, stopped, self.box.look_lines(), self.box.camera_states(), self.box.notes())

    def is_working(self) -> bool:
        """Paired, connected to a gateway, and every camera gives pictures?"""
        return self.box is not None and self.box.is_working()

    def stop(self) -> None:
        """Nobody looks from now on, whatever anybody says, until `resume`; durable, and ended when this returns."""
        if self.box is not None:
            self.box.looks.block(blocked=True)
        self.store.put_stop(self._clock.now_ms(), stopped=True)
        self._note_stop()

    def resume(self) -> None:
        """The owner, here in the house, allows looks again."""
        self.store.put_stop(self._clock.now_ms(), stopped=False)
        if self.box is not None:
            self.box.looks.block(blocked=False)
        self._note_stop()

    def take_hook(self, camera: str, header: str, body: bytes) -> None:
        """A signed webhook of another program in the house; Unavailable before pairing, else as `HookDesk.read`."""
        if self.box is None:
            raise Unavailable("this edge is not paired")
        self.box.take_hook(camera, header, body)

    async def _step_safely(self, http: aiohttp.ClientSession) -> None:
        try:
            await self._step(http)
        except Exception:  # noqa: BLE001  # boundary: an edge that cannot check what it should ends what runs
            _log.exception("the edge cannot check its state")
            if self.box is not None:
                self.box.looks.close_all("fault")
                self.box.own.close_all("fault")

    async def _step(self, http: aiohttp.ClientSession) -> None:
        changes = self.store.changes()
        if changes != self._seen:
            self._seen = changes
            await self._follow_changes(http)
        if self.box is not None:
            self.box.tick()

    async def _follow_changes(self, http: aiohttp.ClientSession) -> None:
        """The store changed, by us or by a command beside us: pairing, cameras, stop."""
        self._note_stop()
        pins = self.store.pins()
        if self.box is not None and self.box.pins != pins:
            await self.box.close()
            self.box = None
        if self.box is None and pins is not None:
            self.box = Box(self.settings, pins, self.store, self._clock)
            self.box.start(http)
        if self.box is not None:
            await self.box.follow_cameras()

    def _recorded(self) -> Recorded | None:
        box = self.box
        if box is None:
            return None
        return Recorded(
            box.ring, box.clips, lambda: [CameraId(name) for name in box.camera_states()],
            lambda: read_ring_settings(self.store, self.settings.ring).off,
            lambda camera, on: put_recorded(self.store, camera, recorded=on),
            lambda camera: sensitivity_of(self.store, camera),
            lambda camera, wanted: put_sensitivity(self.store, camera, wanted),
        )  # fmt: skip

    def _clock_said(self) -> ClockSaid:
        return ClockSaid(self._clock.now_ms(), 0) if self.box is None else self.box.clock_said()

    def _note_stop(self) -> None:
        stopped = self.store.fact("stopped") is not None
        if self.box is not None and stopped != self._was_stopped:
            self.box.note_stop(stopped=stopped)
        self._was_stopped = stopped

    async def _pair(self, server: str, code: str) -> None:
        await pair_edge(self.settings, server=server, code=code)
