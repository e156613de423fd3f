"""The recording as its owner's own look reaches it: time line, pictures, clips. Nobody else is handed this."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from consentry.edge.clip_cut import units_within
from consentry.edge.clips import Clip, Clips, ClockSaid
from consentry.edge.event_log import EventLog
from consentry.edge.ring import Ring, RingSpan
from consentry.edge.sends import Sends
from consentry.kernel.clip import manifest_record
from consentry.kernel.errors import Malformed, NotFound
from consentry.kernel.ids import CameraId, ClipId
from consentry.kernel.limits import MAX_CLIP_US
from consentry.media.units import AccessUnit


class OwnReel:
    """`own_talk.Reel`. A clip of another camera is as none: a look is at one camera."""

    def __init__(
        self, ring: Ring, clips: Clips, events: EventLog, clock: Callable[[], ClockSaid], sends: Sends
    ) -> None:
        self._ring, self._clips, self._events, self._clock, self._sends = ring, clips, events, clock, sends

    def now_us(self) -> int:
        """This edge's clock."""
        return self._clock().now_ms * 1_000

    def events(self, camera: CameraId, span: RingSpan, limit: int) -> list[Mapping[str, Any]]:
        """`{at, kind}`, oldest first, the newest `limit` of them."""
        found = self._events.within(camera, span[0] // 1_000, -(-span[1] // 1_000), limit)
        return [{"at": kept.event.at_ms * 1_000, "kind": str(kept.event.kind)} for kept in found]

    async def spans(self, camera: CameraId, span: RingSpan) -> list[RingSpan]:
        """What is recorded within `span`."""
        return await asyncio.to_thread(self._ring.spans, camera, *span)

    def units(self, camera: CameraId, span: RingSpan) -> Iterator[AccessUnit]:
        """As `clip_cut.units_within`; Malformed for more than 30 minutes."""
        if span[1] - span[0] > MAX_CLIP_US:
            raise Malformed("at most 30 minutes at once", kind="clip-span")
        return units_within(self._ring, camera, span)

    async def cut(self, camera: CameraId, span: RingSpan) -> Mapping[str, Any]:
        """A draft; raises as `Clips.draft`."""
        drafted = await asyncio.to_thread(self._clips.draft, camera, span, self._clock())
        said = manifest_record(drafted.manifest)
        return {name: value for name, value in said.items() if name != "segments"}

    async def read(self, camera: CameraId, clip: ClipId, at: int, most: int) -> bytes:
        """For the owner's own eyes, so a draft too."""
        return await asyncio.to_thread(lambda: self._clips.read_any(self._own(camera, clip), at, most))

    async def keep(self, camera: CameraId, clip: ClipId) -> str:
        """The signed manifest; raises as `Clips.keep`."""
        clock = self._clock()

        def keep() -> bytes:
            self._own(camera, clip)
            return self._clips.keep(clip, clock).signed

        return (await asyncio.to_thread(keep)).decode()

    async def send(self, camera: CameraId, clip: ClipId, signed: object) -> Mapping[str, Any]:
        """Send a kept clip as an answer; raises as `Sends.take`. NotFound for a draft: its owner has not kept it."""
        found = await asyncio.to_thread(self._own, camera, clip)
        if not found.signed:
            raise NotFound("there is no such clip")
        return self._sends.take(found.manifest, signed)

    async def drop(self, camera: CameraId, clip: ClipId) -> None:
        """Delete it."""
        await asyncio.to_thread(lambda: self._clips.delete(ClipId(self._own(camera, clip).manifest.clip)))

    def _own(self, camera: CameraId, clip: ClipId) -> Clip:
        found = self._clips.get(clip)
        if found.manifest.camera != camera:
            raise NotFound("there is no such clip")
        return found
