"""Bodies of redactions. Places in ten-thousandths of the picture, times in microseconds since the item began."""

from datetime import datetime
from typing import Annotated

from ninja import Field, Schema

from consentry.core.codes import one_of
from consentry.evidence import models
from consentry.evidence.redact.cover import Cover
from consentry.evidence.redact.types import Box, Hush, Plan, Region, RegionKey, SoundSpan, Track, View
from consentry.evidence.redaction.queries import Seen
from consentry.evidence.redaction.rules import Change
from consentry.evidence.schemas import Sha256
from consentry.evidence.types import REDACTION_STATES
from consentry.kernel.limits import (
    MAX_FIELD_CHARS,
    MAX_MASK_CORNERS,
    MAX_MOVES,
    MAX_REDACTED_FRAMES,
    MAX_REGION_KEYS,
    MAX_REGIONS,
    MAX_SOUND_SPANS,
)
from consentry.kernel.mask import MASK_SPAN

Frame = Annotated[int, Field(ge=0, le=MAX_REDACTED_FRAMES)]
Place = Annotated[int, Field(ge=0, le=MASK_SPAN)]
Moment = Annotated[int, Field(ge=0, lt=2**53)]
Text = Annotated[str, Field(max_length=MAX_FIELD_CHARS)]
Word = Annotated[str, Field(min_length=1, max_length=64)]
HUSHES = tuple(sorted(one.value for one in Hush))
VIEWS = tuple(sorted(one.value for one in View))


class RedactionIn(Schema):
    """Why it is redacted; `finds_faces` false: everything is drawn by hand."""

    why: Text
    finds_faces: bool = True


class RedactionOut(Schema):
    """How a redaction stands. `done` of `of` frames of the running step; `why` the last failed: a kind."""

    id: str
    item: str
    state: Annotated[str, one_of(*REDACTION_STATES)]
    why: str
    finds_faces: bool
    made_at: datetime
    revision: int
    done: int
    of: int
    derivative: str | None


class RegionKeyJson(Schema):
    """Where a region's corners stand at a frame: `[across, down]` each."""

    frame: Frame
    corners: Annotated[list[tuple[Place, Place]], Field(min_length=3, max_length=MAX_MASK_CORNERS)]


class RegionJson(Schema):
    """Drawn by hand; hidden from its first key to `end` (exclusive), moved in a straight line between keys."""

    name: Word
    keys: Annotated[list[RegionKeyJson], Field(min_length=1, max_length=MAX_REGION_KEYS)]
    end: Frame


class MoveJson(Schema):
    """A person says where a found track is at a frame: `box` is `[left, top, right, bottom]`."""

    track: Word
    frame: Frame
    box: tuple[Place, Place, Place, Place]


class SoundSpanJson(Schema):
    """Sound that nobody is to hear."""

    start_us: Moment
    end_us: Moment
    how: Annotated[str, Field(pattern="^(bleep|mute)$"), one_of(*HUSHES)]


class RedactionEditsJson(Schema):
    """All that people decide; `dismissed`: names of tracks that are no faces."""

    dismissed: Annotated[list[Word], Field(max_length=MAX_REDACTED_FRAMES)]
    moves: Annotated[list[MoveJson], Field(max_length=MAX_MOVES)]
    regions: Annotated[list[RegionJson], Field(max_length=MAX_REGIONS)]
    keep_sound: bool
    sound_spans: Annotated[list[SoundSpanJson], Field(max_length=MAX_SOUND_SPANS)]


class RedactionEditsIn(RedactionEditsJson):
    """A change, of revision `revision`."""

    revision: Annotated[int, Field(ge=0, lt=2**31)]


class RevisionIn(Schema):
    """Which revision is meant."""

    revision: Annotated[int, Field(ge=0, lt=2**31)]


class ReviewedRangeOut(Schema):
    """Frames [start, end) as one piece to look at. `reviewer`: who looked at it as it would go out now; else empty."""

    start: int
    end: int
    sha256: str
    reviewer: str
    reviewed_at: datetime | None


class RedactionEditedOut(RedactionOut):
    """A redaction that can be worked at: what was decided, and how each range stands.

    `is_opened` false: its pictures are shown to the caller once they say why.
    """

    is_opened: bool
    edits: RedactionEditsJson
    ranges: list[ReviewedRangeOut]


class FaceTrackOut(Schema):
    """A face followed over time: `finds` are `[frame, left, top, right, bottom, score in per mille]`."""

    name: str
    finds: list[tuple[int, int, int, int, int, int]]


class RedactionFoundOut(Schema):
    """What was found in the original; it never changes. `at_us`: time of every frame, `keys`: its key frames."""

    width: int
    height: int
    at_us: list[int]
    keys: list[int]
    has_sound: bool
    tracks: list[FaceTrackOut]


class CoverOut(Schema):
    """What is hidden in a frame: boxes `[left, top, right, bottom]`, and polygons of corners."""

    boxes: list[tuple[int, int, int, int]]
    polygons: list[list[tuple[int, int]]]


class RangeReviewIn(Schema):
    """The name of what was shown, as the film's answer said it."""

    sha256: Sha256


def redaction_fields(row: models.Redaction) -> dict[str, object]:
    """A row as `RedactionOut` has it."""
    fields: dict[str, object] = {name: getattr(row, name) for name in RedactionOut.model_fields if name != "item"}
    return {**fields, "item": row.item_id, "derivative": row.derivative_id}


def edits_out(plan: Plan) -> RedactionEditsJson:
    """What was decided."""
    return RedactionEditsJson(
        dismissed=[one.track for one in plan.dismissals], keep_sound=plan.keep_sound,
        moves=[MoveJson(track=one.track, frame=one.frame, box=(*one.box,)) for one in plan.moves],
        regions=[
            RegionJson(name=one.name, end=one.end, keys=[RegionKeyJson(frame=key.frame, corners=list(key.corners))
                                                         for key in one.keys])
            for one in plan.regions
        ],
        sound_spans=[SoundSpanJson(start_us=one.start_us, end_us=one.end_us, how=one.how.value)
                     for one in plan.sound_spans],
    )  # fmt: skip


def change_of(said: RedactionEditsJson) -> Change:
    """What was decided, as the room takes it."""
    return Change(
        tuple(said.dismissed),
        tuple(Region(one.name, tuple(RegionKey(key.frame, tuple(key.corners)) for key in one.keys), one.end)
              for one in said.regions),
        said.keep_sound,
        tuple(SoundSpan(one.start_us, one.end_us, Hush(one.how)) for one in said.sound_spans),
        tuple((one.track, one.frame, Box(*one.box)) for one in said.moves),
    )  # fmt: skip


def edited_out(row: models.Redaction, plan: Plan, seen: list[Seen], *, is_opened: bool) -> RedactionEditedOut:
    """A redaction that can be worked at."""
    ranges = [ReviewedRangeOut.model_validate(dict(vars(one))) for one in seen]
    said = {"is_opened": is_opened, "edits": edits_out(plan), "ranges": ranges}
    return RedactionEditedOut.model_validate({**redaction_fields(row), **said})


def found_out(plan: Plan) -> RedactionFoundOut:
    """What was found."""
    frames = plan.frames
    return RedactionFoundOut(
        width=frames.width_px, height=frames.height_px, at_us=list(frames.at_us), keys=list(frames.keys),
        has_sound=frames.has_sound, tracks=[_track_out(track) for track in plan.tracks],
    )  # fmt: skip


def cover_out(cover: Cover) -> CoverOut:
    """What is hidden in a frame."""
    return CoverOut(boxes=list(cover.boxes), polygons=[list(polygon) for polygon in cover.polygons])


def _track_out(track: Track) -> FaceTrackOut:
    return FaceTrackOut(name=track.name, finds=[(find.frame, *find.box, find.score_pm) for find in track.finds])
