"""One camera as low-latency HLS: the hub's fragments gathered into parts, parts into segments, shared by all viewers.

Source: draft-pantos-hls-rfc8216bis. Nothing is kept once nobody looks, and nobody is given what was before the group of
pictures that ran when the look began.
"""

from dataclasses import dataclass, field

from consentry.gateway.posted import PostedViewer
from consentry.gateway.viewer import Beginning, Shot
from consentry.kernel.clock import from_ms
from consentry.kernel.limits import HLS_PART_US, HLS_SEGMENT_US, HLS_TARGET_US, MAX_HLS_BYTES

# A part shorter than this share of the target may only be the last of its segment (4.4.4.9).
_FULL = 0.85
# Durations are written in milliseconds.
_ROUND_US = 499


@dataclass(slots=True)
class Part:
    """Some pictures. `wall_us`: UTC of the first one's capture."""

    wall_us: int
    independent: bool
    duration_us: int = 0
    pictures: int = 0
    data: bytes = b""


@dataclass(slots=True)
class Segment:
    """`number`: its media sequence number; `init`: of the initialisation segment, which counts discontinuities too."""

    number: int
    init: int
    parts: list[Part] = field(default_factory=list)
    is_whole: bool = False

    @property
    def duration_us(self) -> int:
        """How long it plays."""
        return sum(part.duration_us for part in self.parts)

    @property
    def data(self) -> bytes:
        """All of it."""
        return b"".join(part.data for part in self.parts)


class HlsStream:
    """Owned by the event loop. `viewers`: who looks; their bells ring with each new part."""

    def __init__(self) -> None:
        self.viewers: set[PostedViewer] = set()
        self.segments: list[Segment] = []
        self.inits: dict[int, bytes] = {}
        self._beginning: Beginning | None = None
        self._newest: Shot | None = None
        self._part: Part | None = None
        self._built: list[bytes] = []
        self._bytes = 0

    @property
    def last(self) -> tuple[int, int]:
        """Numbers of the segment and the part that come next."""
        if not self.segments:
            return 0, 0
        now = self.segments[-1]
        return (now.number + 1, 0) if now.is_whole else (now.number, len(now.parts))

    def join(self, viewer: PostedViewer, beginning: Beginning, shots: tuple[Shot, ...]) -> int:
        """`viewer` looks; the number of the first segment that it may fetch."""
        if not self.viewers:
            self._restart()
        if beginning is not self._beginning:
            self._begin(beginning)
        if not self.viewers:
            for shot in shots:
                self._add(shot)
        self.viewers.add(viewer)
        return self.segments[-1].number if self.segments else 0

    def take(self, shot: Shot) -> None:
        """The next picture; every viewer of the hub hands it on, it counts once."""
        if shot is not self._newest and self._add(shot):
            for viewer in self.viewers:
                viewer.bell.set()

    def has(self, number: int, part: int | None) -> bool:
        """Is this part there, or without a part this whole segment? After a segment's last part the next one counts."""
        segment = self.find_segment(number)
        if part is not None and segment is not None and segment.is_whole and part >= len(segment.parts):
            number, part = number + 1, 0
        return self.last > (number, 2**31 if part is None else part)

    def find_segment(self, number: int) -> Segment | None:
        """A segment that is still kept."""
        return next((one for one in self.segments if one.number == number), None)

    def playlist(self, since: int) -> str:
        """The playlist from segment `since` on."""
        listed = [one for one in self.segments if one.number >= since]
        first = listed[0] if listed else None
        lines = [
            "#EXTM3U", "#EXT-X-VERSION:9", f"#EXT-X-TARGETDURATION:{HLS_TARGET_US // 1_000_000}",
            f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={_seconds(3 * HLS_PART_US)}",
            f"#EXT-X-PART-INF:PART-TARGET={_seconds(HLS_PART_US)}",
            f"#EXT-X-MEDIA-SEQUENCE:{first.number if first else since}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{first.init if first else 0}",
        ]  # fmt: skip
        init = -1
        for segment in listed:
            if segment.init != init:
                lines += ["#EXT-X-DISCONTINUITY"] if init >= 0 else []
                lines.append(f'#EXT-X-MAP:URI="init-{segment.init}.mp4"')
                init = segment.init
            lines += _lines_of(segment)
        number, part = self.last
        lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{number}.{part}.m4s"')
        return "\n".join(lines) + "\n"

    def _restart(self) -> None:
        """Nobody looked: nothing of before is left."""
        self.segments.clear()
        self.inits.clear()
        self._built.clear()
        self._beginning = self._part = None
        self._bytes = 0

    def _begin(self, beginning: Beginning) -> None:
        """Another initialisation segment: the camera changed."""
        self._close_part()
        self._close_segment()
        self._beginning = beginning
        self.inits[max(self.inits, default=-1) + 1] = beginning.init

    def _add(self, shot: Shot) -> bool:
        """Take one picture in; was a part finished?"""
        self._newest, fragment, finished = shot, shot.fragment, False
        now = self.segments[-1] if self.segments else None
        if self._part is None and (now is None or now.is_whole) and not shot.key and not self._goes_on(now):
            return False
        if self._is_at_an_end(shot):
            finished = self._close_part()
            self._close_segment()
        elif self._part is not None and not _fits(self._part.duration_us + fragment.duration_us):
            finished = self._close_part()
        part = self._part = self._part or Part(shot.wallclock_us, shot.key)
        part.duration_us += fragment.duration_us
        part.pictures += 1
        self._built.append(fragment.build())
        # One more of the same length would be too much: who waits gets it now.
        if not _fits(part.duration_us + fragment.duration_us):
            finished = self._close_part() or finished
        return finished

    def _goes_on(self, now: Segment | None) -> bool:
        return now is not None and now.init == max(self.inits)

    def _is_at_an_end(self, shot: Shot) -> bool:
        """Does the segment end before this picture? At a key frame, or where it would be longer than is announced."""
        now = self.segments[-1] if self.segments else None
        if now is None or now.is_whole:
            return False
        known_us = now.duration_us + (self._part.duration_us if self._part else 0)
        return (shot.key and known_us >= HLS_SEGMENT_US) or known_us + shot.fragment.duration_us > HLS_TARGET_US

    def _close_part(self) -> bool:
        part = self._part
        if part is None:
            return False
        part.data, self._part, self._built = b"".join(self._built), None, []
        if not self.segments or self.segments[-1].is_whole:
            self.segments.append(Segment(self.last[0], max(self.inits)))
        self.segments[-1].parts.append(part)
        self._bytes += len(part.data)
        if part.duration_us < _FULL * HLS_PART_US:
            self._close_segment()
        self._forget()
        return True

    def _close_segment(self) -> None:
        if self.segments:
            self.segments[-1].is_whole = True

    def _forget(self) -> None:
        whole_us = sum(one.duration_us for one in self.segments)
        while len(self.segments) > 1:
            oldest = self.segments[0]
            if whole_us - oldest.duration_us < 3 * HLS_TARGET_US and self._bytes <= MAX_HLS_BYTES:
                return
            whole_us -= oldest.duration_us
            self._bytes -= sum(len(part.data) for part in oldest.parts)
            del self.segments[0]
            for number in [it for it in self.inits if it < self.segments[0].init]:
                del self.inits[number]


def _lines_of(segment: Segment) -> list[str]:
    lines = [f"#EXT-X-PROGRAM-DATE-TIME:{_date(segment.parts[0].wall_us)}"]
    for number, part in enumerate(segment.parts):
        free = ",INDEPENDENT=YES" if part.independent else ""
        uri = f"{segment.number}.{number}.m4s"
        lines.append(f'#EXT-X-PART:DURATION={_seconds(part.duration_us)},URI="{uri}"{free}')
    if segment.is_whole:
        lines += [f"#EXTINF:{_seconds(segment.duration_us)},", f"{segment.number}.m4s"]
    return lines


def _fits(duration_us: int) -> bool:
    return duration_us <= HLS_PART_US + _ROUND_US


def _seconds(duration_us: int) -> str:
    return f"{duration_us / 1_000_000:.3f}"


def _date(wall_us: int) -> str:
    return from_ms(wall_us // 1_000).strftime("%Y-%m-%dT%H:%M:%S.") + f"{wall_us // 1_000 % 1_000:03}Z"
