"""A paired edge at work: wires store, guard, cameras, log watch, gateway links and letters together."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp

from consentry.edge.addresses import address_of
from consentry.edge.clips import Clips, ClockSaid
from consentry.edge.clock import EdgeClock
from consentry.edge.dial import GatewayLink
from consentry.edge.event_desk import Ears, EventDesk
from consentry.edge.event_letter import event_keys, guest_keys
from consentry.edge.event_log import EventLog
from consentry.edge.event_sources import EventSources
from consentry.edge.eyes import Eyes
from consentry.edge.hand_over import HandOver
from consentry.edge.hook import HookDesk
from consentry.edge.kept import secret_of
from consentry.edge.key_files import load_keys
from consentry.edge.key_letter import rotation_notes
from consentry.edge.letters import Desk, sign_letter
from consentry.edge.looks import Ended, Looks
from consentry.edge.low_streams import LowStreams, low_address_of
from consentry.edge.motion import Motion
from consentry.edge.onvif.discovery import find_cameras
from consentry.edge.onvif.kept import AskedCamera, ask_camera, place_of, sealed_list
from consentry.edge.opening_desk import OpeningDesk
from consentry.edge.own_looks import OwnHome, OwnLooks
from consentry.edge.own_reel import OwnReel
from consentry.edge.owner_terms import Shown, mask_due
from consentry.edge.picture import SealedPicture, Which, sealed_picture, still_of
from consentry.edge.pins import Pins
from consentry.edge.pull import CameraFeed, Due
from consentry.edge.ring import Ring
from consentry.edge.ring_files import ring_key
from consentry.edge.ring_settings import read_ring_settings
from consentry.edge.ring_writer import Place
from consentry.edge.rooms import Rooms
from consentry.edge.send_line import SendLine
from consentry.edge.sends import SendHome, Sends
from consentry.edge.settings import EdgeSettings
from consentry.edge.store import CameraState, Store
from consentry.edge.turning import TurnDesk
from consentry.edge.view_memory import has_moved
from consentry.edge.watch import LogWatch
from consentry.edge.whom import TrustNow
from consentry.kernel.errors import ConsentryError, Unavailable
from consentry.kernel.ids import CameraId
from consentry.kernel.mask import Mask
from consentry.media.onvif.address import parse_onvif_address

_log = logging.getLogger(__name__)


class Box:
    """Owns the tasks of one paired edge, all on one loop."""

    def __init__(self, settings: EdgeSettings, pins: Pins, store: Store, clock: EdgeClock) -> None:
        self.pins, self._store, self._settings, self._clock = pins, store, settings, clock
        self._keys = load_keys(settings.folder)
        place = Place(settings.where_ring(), settings.folder, ring_key(self._keys.at_rest))
        self.ring = Ring(place, read_ring_settings(store, settings.ring))
        self.clips = Clips(settings.folder / "clips", self.ring, pins.edge, self._keys.identity)
        trusted = TrustNow(pins, store, clock)
        self.feeds: dict[CameraId, CameraFeed] = {}
        self.looks = Looks(store, trusted, clock, self._ended, self._shown)
        self.looks.sealed_only = settings.sealed_only
        self.watch = LogWatch(pins.ledger_url, trusted, store, self.looks, clock)
        self.hand_over = HandOver(pins.witness_urls, trusted, self.watch)
        self._event_log = EventLog(settings.folder)
        ears = Ears(lambda camera: event_keys(store) + guest_keys(store, camera), self._say, self._still)
        self.events = EventDesk(self._event_log, clock, ears, lambda camera: camera in self.feeds)
        self.hooks = HookDesk(clock, lambda camera: secret_of(store, self._keys, f"hook/{camera}"))
        self._sources = EventSources(store, self._keys, clock, self.events.take)
        self.desk = Desk(pins.edge, store, self._keys, trusted, clock, self._take_picture, self._find, self._ask)
        self.turns = TurnDesk(self.looks.may_turn, lambda camera: place_of(store, self._keys, camera))
        openings = OpeningDesk(self.looks, self.watch, self.feeds)
        self.eyes = Eyes(store, self.feeds, self._note_health)
        self.low = LowStreams(self.feeds, lambda camera: low_address_of(store, self._keys, camera))
        self._send_line = SendLine(pins.server, pins.edge, self._keys.identity, clock)
        self.sends = self._new_sends(trusted)
        reel = OwnReel(self.ring, self.clips, self._event_log, self.clock_said, self.sends)
        sign = self._keys.identity.sign
        self.own = OwnLooks(OwnHome(pins.edge, store, trusted, clock, sign, self.feeds, self._state_of, reel))
        rooms = Rooms(
            self.desk, self.looks, openings, self.feeds, self._stop_letter, self.turns, self.eyes.warnings,
            self._state_of, self.low, self.own,
        )  # fmt: skip
        self.links = tuple(GatewayLink(gateway, rooms) for gateway in pins.gateways)
        self.motion = Motion(store, self.eyes.thumbnails, self.events.take, clock.now_ms)
        self._tasks: list[asyncio.Task[None]] = []
        self._told: dict[str, str] = {}
        self._faults: dict[CameraId, str] = {}
        self._was_connected = False

    def start(self, http: aiohttp.ClientSession) -> None:
        """Watch the log and dial the gateways."""
        self._http = self.turns.http = self._send_line.http = http
        self.sends.start()
        self._tasks = [asyncio.create_task(self.watch.run(http)), asyncio.create_task(self.hand_over.run(http))]
        self._tasks.append(asyncio.create_task(self.eyes.run()))
        self._tasks += [asyncio.create_task(link.run(http)) for link in self.links]

    async def close(self) -> None:
        """End looks, links and cameras."""
        self.looks.close_all("closed")
        self.own.close_all("closed")
        self.motion.stop()
        await self.sends.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self.ring.close)
        await self.turns.close()
        await self.low.close()
        await self._sources.close()
        await self.events.close()
        await asyncio.gather(*(feed.stop() for feed in self.feeds.values()))
        self.feeds.clear()
        self._event_log.close()

    def _new_sends(self, trusted: TrustNow) -> Sends:
        return Sends(SendHome(
            self.pins.edge, self._store, trusted, self._clock, self._send_line,
            lambda clip: asyncio.to_thread(self.clips.digest_of, clip),
            lambda clip, at, most: asyncio.to_thread(self.clips.read_clip, clip, at, most),
            lambda: bool(self.looks.running()),
        ))  # fmt: skip

    def tick(self) -> None:
        """End what is over; cut a line that is stuck."""
        for camera, until_ms in self._store.pause_ends().items():
            if until_ms <= self._clock.now_ms():  # by this clock alone, with the line cut too
                self._store.end_pause(camera, now_ms=self._clock.now_ms())
        self.looks.tick()
        self.own.tick()
        connected = any(link.connected for link in self.links)
        if connected and not self._was_connected:
            self.events.tell_waiting()
        self._was_connected = connected
        if self.looks.waits_for_witnesses():
            self.watch.hurry()
        for link in self.links:
            link.cut_if_stuck()
        self.ring.tick()

    def note_stop(self, *, stopped: bool) -> None:
        """The owner pressed stop here, or allowed again: end all looks, then say so."""
        if stopped:
            self.looks.close_all("stopped")
            self.own.close_all("stopped")
            self.sends.stop()
        letter = self._stop_letter()
        for link in self.links:
            if letter is not None:
                link.tell_letter(letter)

    async def follow_cameras(self) -> None:
        """Read exactly the cameras whose address is kept here, each under the mask that is due."""
        wanted = {state.id: state for state in self._store.cameras() if state.has_address}
        for camera in [camera for camera in self.feeds if camera not in wanted]:
            await self.feeds.pop(camera).stop()
        for _, state in sorted(wanted.items()):
            await self._follow(state)
        self.motion.follow(self.feeds)
        self.ring.follow(self.feeds, frozenset(wanted), read_ring_settings(self._store, self._settings.ring))
        self._sources.follow(self._http)
        if self.camera_states() != self._told:  # the owner signed what had closed a camera
            self._note_health()

    def take_hook(self, camera: str, header: str, body: bytes) -> None:
        """A signed webhook; raises as `HookDesk.read`."""
        self.events.take(self.hooks.read(camera, header, body))

    def clock_said(self) -> ClockSaid:
        """What this edge knows of the time."""
        witnessed = self.watch.witnessed()
        return ClockSaid(self._clock.now_ms(), 0 if witnessed is None else witnessed.median_ms)

    def look_lines(self) -> tuple[str, ...]:
        """One line per running look, for the owner's page."""
        openings = [look.request.opening for look in self.looks.running()]
        looks = (f"{item.text('agency')} ({item.text('role')}): {item.text('purpose')}" for item in openings)
        return (*looks, *self.own.lines(), *self.sends.lines())

    def camera_states(self) -> dict[str, str]:
        """Camera → state."""
        states = {str(camera): self._state_of(feed) for camera, feed in sorted(self.feeds.items())}
        states.update((str(camera), kind) for camera, kind in self._faults.items())
        return states

    def is_working(self) -> bool:
        """Is a gateway connected, and does every camera give pictures?"""
        states = self.camera_states().values()
        return any(link.connected for link in self.links) and bool(states) and set(states) == {"online"}

    def notes(self) -> tuple[str, ...]:
        """What the owner should know is wrong."""
        found = [f"The public log cannot be checked ({self.watch.last_error})."] if self.watch.last_error else []
        if self._store.fact("forked") is not None:
            found.append("The log showed two different histories. Nobody can look until this edge is paired again.")
        found += rotation_notes(self._store.rotations())
        if not any(link.connected for link in self.links):
            found.append("No gateway is connected.")
        found += [self.ring.note()] if self.ring.note() else []
        return tuple(found)

    async def _follow(self, state: CameraState) -> None:
        """One feed has one address and one mask for life: what changes either begins anew, with nothing cached."""
        camera = state.id
        try:
            url = address_of(self._store, self._keys, camera)
            self._faults.pop(camera, None)
        except ConsentryError as error:
            self._faults[camera] = error.kind
            return
        mask, closed = self._mask_of(state)
        due = Due(mask, closed, hears=state.terms is not None and state.terms.audio)
        feed = self.feeds.get(camera)
        if url is None or (feed is not None and feed.is_for(url, due)):
            return
        if feed is not None:
            self.looks.tick()  # those that the owner's new terms end hear of that reason
            self.looks.close_all("closed", camera=camera)
            await feed.stop()
        self.feeds[camera] = CameraFeed(camera, url, self._note_health, due)

    @staticmethod
    def _mask_of(state: CameraState) -> tuple[Mask | None, str]:
        """The mask that is due, and the fault for which nothing may be shown ("" for none)."""
        try:
            return mask_due(state), ""
        except ConsentryError as error:
            return None, error.kind

    def _shown(self, camera: CameraId) -> Shown:
        feed = self.feeds.get(camera)
        return Shown() if feed is None else Shown(feed.mask_sha256, self._has_moved(feed))

    def _has_moved(self, feed: CameraFeed) -> bool:
        """Does the mask hide something else than the owner drew it for? Nobody looks then; the owner records on."""
        return feed.mask is not None and has_moved(self._store, feed.camera)

    def _state_of(self, feed: CameraFeed) -> str:
        return "view-moved" if feed.state == "online" and self._has_moved(feed) else feed.state

    def _note_health(self) -> None:
        self._told = self.camera_states()
        for link in self.links:
            link.tell_health()

    def _ended(self, ended: Ended) -> None:
        _log.info("look ended: %s", ended.reason)
        self.turns.ended(ended.session)
        if ended.reason == "unwitnessed":
            self.hand_over.add(ended.shown)
        for link in self.links:
            if link.gateway.id == ended.audience:
                link.ended(ended)

    def _stop_letter(self) -> Mapping[str, Any] | None:
        """How the owner's switch stands; None if never pressed. Said on connecting too, as the line may be cut."""
        stopped_at = self._store.fact("stopped")
        if stopped_at is None and self._store.fact("resumed") is None:
            return None
        kind = "resumed" if stopped_at is None else "stopped"
        return sign_letter(self.desk, {"type": kind, "cameras": [state.id for state in self._store.cameras()]})

    def _say(self, fields: Mapping[str, Any]) -> bool:
        """Send a letter over one line that is open: over all of them it would come as often."""
        link = next((link for link in self.links if link.connected), None)
        if link is not None:
            link.tell_letter(sign_letter(self.desk, fields))
        return link is not None

    async def _find(self, reply_point: bytes) -> bytes:
        interfaces = self._settings.find_on or None
        return sealed_list(await find_cameras(interfaces=interfaces), self.pins.edge, reply_point)

    async def _ask(self, address: str) -> AskedCamera:
        return await ask_camera(self._http, *parse_onvif_address(address))

    async def _still(self, camera: CameraId, max_bytes: int) -> bytes:
        feed = self.feeds.get(camera)
        if feed is not None and self._has_moved(feed):
            raise Unavailable("the mask hides something else than it was drawn for", kind="view-moved")
        return await still_of(feed, max_bytes)

    async def _take_picture(self, camera: CameraId, reply_point: bytes, which: Which) -> SealedPicture:
        return await sealed_picture(lambda: self.feeds.get(camera), camera, reply_point, which)
