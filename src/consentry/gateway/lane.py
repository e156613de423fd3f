"""One stream of a camera on its way to viewers: muxed once, its newest group of pictures kept, shared by all.

A camera has its main lane, and perhaps one of its smaller sub-stream. Who is on which says the hub.
"""

import dataclasses

from consentry.gateway.frames import INIT, media_frame, text_frame
from consentry.gateway.viewer import Beginning, Shot, Viewer
from consentry.kernel.limits import MAX_GOP_BYTES
from consentry.media.coding import sets_of
from consentry.media.fmp4 import Muxer
from consentry.media.units import AccessUnit


class Lane:
    """Owned by the event loop. `few`: those of its viewers that get its key frames alone."""

    def __init__(self) -> None:
        self.viewers: set[Viewer] = set()
        self.few: set[Viewer] = set()
        self.muxer: Muxer | None = None
        self.codec = ""
        self.group: list[Shot] = []
        self.last_s = float("-inf")
        self._beginning = Beginning({}, b"")
        self._group_bytes = 0
        self._group_us = 0

    def open(self, unit: AccessUnit) -> bool:
        """A key unit is about to be taken: does it bring other parameter sets? Malformed when they are not readable."""
        sets, is_other = sets_of(unit), False
        if self.muxer is None or sets != self.muxer.parameter_sets:
            muxer = Muxer(sets, unit.codec)
            self.muxer, self.codec, is_other = muxer, unit.codec, True
            picture = muxer.picture
            told = {"type": "init", "codec": picture.codec, "width": picture.width_px, "height": picture.height_px}
            frames = text_frame(told) + media_frame(INIT, unit.wallclock_us, muxer.init)
            self._beginning = Beginning(told, frames, muxer.init)
        return is_other

    def announce(self) -> None:
        """Say to all that another beginning is here."""
        for viewer in self.viewers:
            viewer.begin(self._beginning)

    def take(self, unit: AccessUnit, now_s: float) -> None:
        """Mux the next unit and give it to all; anything before the first `open` is passed over."""
        if self.muxer is None:
            return
        shot = Shot(self.muxer.take(unit), unit)
        self.last_s = now_s
        self.keep(shot)
        self.give(shot)

    def keep(self, shot: Shot) -> None:
        """Put a shot into the cached group, a key one begins it; a group that grows too large is given up."""
        if shot.key:
            self._group_us = sum(one.fragment.duration_us for one in self.group)
            self.group, self._group_bytes = [], 0
        elif not self.group:
            return
        self._group_bytes += shot.size_bytes
        if self._group_bytes > MAX_GOP_BYTES:
            self.group = []
        else:
            self.group.append(shot)

    def give(self, shot: Shot) -> None:
        """To every viewer; one that gets few pictures gets a key frame that lasts until the next."""
        alone = None
        for viewer in tuple(self.viewers):
            if viewer not in self.few:
                viewer.push(shot)
            elif shot.key:
                alone = alone or self._long(shot)
                viewer.push(alone)

    def begin(self, viewer: Viewer, *, cached: bool) -> None:
        """What is to come, and with `cached` the newest group; nothing before the first picture."""
        if self.muxer is not None:
            viewer.begin(self._beginning, tuple(self.group) if cached else ())

    def leave(self, viewer: Viewer) -> None:
        """Nothing further goes to `viewer`."""
        self.viewers.discard(viewer)
        self.few.discard(viewer)

    def rest(self) -> None:
        """It does not come for now: what is cached would pass for a picture of now."""
        self.group, self._group_bytes = [], 0

    def forget(self) -> None:
        """Drop the cache and whatever could show an old picture."""
        self.muxer, self.codec, self.group, self._group_bytes = None, "", [], 0

    def _long(self, shot: Shot) -> Shot:
        """A player that gets key frames alone would stand at each gap between them."""
        lasts_us = max(shot.fragment.duration_us, self._group_us)
        return Shot(dataclasses.replace(shot.fragment, duration_us=lasts_us, _built=None), shot.unit)
