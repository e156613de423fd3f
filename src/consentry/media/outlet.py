"""Where one source's pictures go, over all its connections: the sink, what is told of its state, its KLV."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from consentry.media.assemble import UnitMaker
from consentry.media.coding import Coding
from consentry.media.sound_box import SoundPiece
from consentry.media.timeline import Timeline
from consentry.media.units import AccessUnit, Sink, SoundSink, SoundUnit, SourceFault

KlvSink = Callable[[bytes], None]


@dataclass(frozen=True)
class Besides:
    """What a source may give beside its pictures. Sound is asked of it only where `sound` is there to take it."""

    klv: KlvSink | None = None
    sound: SoundSink | None = None


class Outlet:
    """Owned by one task on the event loop. `last_picture_s`: monotonic seconds, of `begin` while there is none."""

    def __init__(self, sink: Sink, on_state: Callable[[str], None], besides: Besides | None = None) -> None:
        self.sink, self.on_state = sink, on_state
        self.timeline = Timeline()
        self.has_picture = False
        self.last_picture_s = self.began_s = time.monotonic()
        self.besides = besides or Besides()
        self._maker = UnitMaker(self.timeline)
        self._sound_line = Timeline()

    def begin(self) -> None:
        """A new connection: `connecting` is told, parameter sets and the source's clock are forgotten."""
        self.timeline.restart()
        self._sound_line.restart()
        self._maker = UnitMaker(self.timeline)
        self.has_picture = False
        self.last_picture_s = self.began_s = time.monotonic()
        self.on_state("connecting")

    def expect(self, coding: Coding) -> None:
        """The pictures of this connection are coded so; H.264 unless this is called, before the first of them."""
        self._maker = UnitMaker(self.timeline, coding)

    def learn(self, nals: tuple[bytes, ...]) -> None:
        """Parameter sets that come apart from the pictures."""
        self._maker.learn(nals)

    def give(self, nals: tuple[bytes, ...], source_us: int) -> None:
        """One picture, presented at `source_us` of the source's clock; SourceFault when it cannot be used."""
        unit = self._maker.make(nals, source_us, time.time_ns() // 1_000)
        if unit is not None:
            self.pass_on(unit)

    def pass_on(self, unit: AccessUnit) -> None:
        """One unit that was made elsewhere, on our `timeline`."""
        self.last_picture_s = time.monotonic()
        if not self.has_picture:
            self.has_picture = True
            self.on_state("online")
        self.sink(unit)

    def left_s(self, silence_s: float, key_frame_s: float) -> float:
        """How long the next picture may still take, the first one counted from `begin`; SourceFault when it is late."""
        since_s, patience_s = (self.last_picture_s, silence_s) if self.has_picture else (self.began_s, key_frame_s)
        left_s = since_s + patience_s - time.monotonic()
        if left_s <= 0 and self.has_picture:
            raise SourceFault("silent", f"no picture for {patience_s:g} s")
        if left_s <= 0:
            raise SourceFault("no-key-frame", f"no key frame within {patience_s:g} s")
        return left_s

    def give_klv(self, packet: bytes) -> None:
        """One KLV packet, unread."""
        if self.besides.klv is not None:
            self.besides.klv(packet)

    @property
    def hears(self) -> bool:
        """May the sound of this source be heard, as things stand? Where not, it should not even be read."""
        return self.besides.sound is not None

    def give_sound(self, piece: SoundPiece, source_us: int) -> None:
        """One piece of sound, heard at `source_us` of the source's clock; dropped where nobody may hear it."""
        if self.besides.sound is not None:
            now_us = time.time_ns() // 1_000
            ts_us = self._sound_line.place(source_us, now_us)
            self.besides.sound(SoundUnit(piece.codec, ts_us, piece.data, now_us, piece.config))
