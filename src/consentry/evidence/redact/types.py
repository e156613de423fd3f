"""What a redaction is made of: finds, tracks, regions, spans of sound, reviews, the plan.

Places are in ten-thousandths of the picture's width and height (as in `kernel/mask.py`), times in microseconds since
the item began, frames are numbered from 0 over all parts of the original. Frame ranges are half-open.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from consentry.kernel.mask import Corner


class Box(NamedTuple):
    """[left, right) × [top, bottom) in ten-thousandths; may reach beyond the picture."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Right minus left."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Bottom minus top."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Find:
    """A face found in one frame; `score_pm` from 0 to 1000."""

    frame: int
    box: Box
    score_pm: int


@dataclass(frozen=True, slots=True)
class Track:
    """One thing followed over time, finds by rising frame; `name` is its number and says nothing of who it is."""

    name: str
    finds: tuple[Find, ...]


@dataclass(frozen=True, slots=True)
class RegionKey:
    """Where a region's corners stand at one frame; who put them there, and when (empty and 0 in plans of version 1)."""

    frame: int
    corners: tuple[Corner, ...]
    by: str = ""
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """A person says where a track is at a frame, however it was found there."""

    track: str
    frame: int
    box: Box
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Region:
    """Drawn by hand: hidden from its first key to `end` (exclusive), moved in a straight line between keys.

    All keys have the same number of corners.
    """

    name: str
    keys: tuple[RegionKey, ...]
    end: int


class Hush(StrEnum):
    """What happens to a span of sound."""

    MUTE = "mute"
    BLEEP = "bleep"


@dataclass(frozen=True, slots=True)
class SoundSpan:
    """[start_us, end_us) of sound that nobody is to hear."""

    start_us: int
    end_us: int
    how: Hush


@dataclass(frozen=True, slots=True)
class Review:
    """A person looked at frames [start, end) as they will go out; `sha256` is that of `review.shown_sha256`."""

    start: int
    end: int
    reviewer: str
    at_ms: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Dismissal:
    """A person says that a track is no face; it is then not hidden."""

    track: str
    reviewer: str
    at_ms: int


class View(StrEnum):
    """How a range is shown: as it will go out, with what is hidden outlined, or as it was recorded."""

    HIDDEN = "hidden"
    ORIGINAL = "original"
    OUTLINE = "outline"


@dataclass(frozen=True, slots=True)
class FinderRules:
    """How faces are looked for and how far around them is hidden; margins in per mille of the box's width and height.

    `every_us`: from one look to the next at least. `look_px`: up to which side a picture is enlarged to be looked at.
    `bridge_us`: how long a face may be out of sight and still be the same track. `hold_us`: how long before its first
    and after its last find a track hides.
    """

    every_us: int = 200_000
    look_px: int = 1_920
    least_score_pm: int = 450
    margin_pm: int = 250
    drift_pm_per_s: int = 600
    bridge_us: int = 2_000_000
    hold_us: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of an original: size in pixels as shown (turned upright), times and which are key frames."""

    width_px: int
    height_px: int
    at_us: tuple[int, ...]
    keys: tuple[int, ...]
    has_sound: bool

    @property
    def count(self) -> int:
        """How many."""
        return len(self.at_us)


@dataclass(frozen=True, slots=True)
class OriginalName:
    """Which original a plan is for: the item and the hash of each part's plain bytes, in order."""

    item: str
    parts_sha256: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that makes a redaction, the same bytes for the same redaction (`plan.plan_record`)."""

    original: OriginalName
    frames: Frames
    finder_sha256: str
    rules: FinderRules = field(default_factory=FinderRules)
    tracks: tuple[Track, ...] = ()
    dismissals: tuple[Dismissal, ...] = ()
    moves: tuple[Move, ...] = ()
    regions: tuple[Region, ...] = ()
    keep_sound: bool = False
    sound_spans: tuple[SoundSpan, ...] = ()
    reviews: tuple[Review, ...] = ()
