"""The seam of redaction: index an original, plan, look at a picture, render, check. Synchronous; for a worker or a job.

It fails closed: without the pinned finder, with one frame that cannot be decoded, or with one that nobody reviewed,
there is no output. Callers throw away what was written to `out` when an error comes.
"""

import hashlib
import struct
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol

from consentry.evidence.redact.child_process import number_in, places_of, run_child
from consentry.evidence.redact.cover import Covers
from consentry.evidence.redact.finder_file import FINDER_SHA256, check_finder
from consentry.evidence.redact.job import Job
from consentry.evidence.redact.original import Original, Part, RangeReader
from consentry.evidence.redact.plan import plan_bytes
from consentry.evidence.redact.records import FIND, FINDS_HEAD, FRAME, SHAPE, Said
from consentry.evidence.redact.review import check_reviewed
from consentry.evidence.redact.track import track_finds
from consentry.evidence.redact.types import Box, Find, FinderRules, Frames, Plan, Region, RegionKey
from consentry.kernel.errors import Malformed, Unavailable, Untrusted
from consentry.kernel.limits import MAX_FACES_PER_PICTURE, MAX_PREVIEW_PX, MAX_REDACTED_FRAMES
from consentry.kernel.mask import MASK_SPAN, Corner

MEDIA_TYPE = "video/mp4"
Progress = Callable[[int, int], None]


class Sink(Protocol):
    """Takes the rendered bytes in order."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""
        ...


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """What was rendered; `is_release` only when every frame was reviewed and nothing was made smaller."""

    sha256: str
    size_bytes: int
    frames: int
    is_release: bool
    media_type: str = MEDIA_TYPE


def index_frames(original: Original) -> Frames:
    """Times and key frames as the container says them, for stepping; only the first picture is decoded.

    Errors as `run_child`. A plan stands on `decode_frames` instead: what the container says need not be there.
    """
    return _scan(original, Job("index", places_of(original.parts)), b"", _silent)[0]


def decode_frames(original: Original, progress: Progress | None = None) -> Frames:
    """Every frame that there is, each decoded whole; no face is looked for. Errors as `run_child`."""
    return _scan(original, Job("scan", places_of(original.parts)), b"", progress or _silent)[0]


def plan_redaction(
    original: Original, finder: bytes, rules: FinderRules | None = None, progress: Progress | None = None
) -> Plan:
    """Find faces and join them to tracks: a plan that nobody reviewed yet and that drops the sound.

    `finder` are the bytes of the pinned file (`finder_file.load_finder`). `progress(done, 0)` is called as it goes on;
    an error that it raises ends the child.
    Untrusted for another file; Malformed, Unavailable as `run_child`.
    """
    check_finder(finder)
    rules = rules or FinderRules()
    job = Job("scan", places_of(original.parts), rules.every_us, rules.look_px, rules.least_score_pm)
    frames, finds = _scan(original, job, finder, progress or _silent)
    return Plan(original.name, frames, FINDER_SHA256, rules, track_finds(finds, frames.at_us, rules))


def plan_by_hand(original: Original, frames: Frames) -> Plan:
    """A plan with nothing found, where regions are drawn by hand alone; its `finder_sha256` is empty and says so."""
    return Plan(original.name, frames, "")


def region_of(name: str, corners: Sequence[Corner], frames: Frames) -> Region:
    """A region that stands still and hides from the first frame to the last."""
    return Region(name, (RegionKey(0, tuple(corners)),), frames.count)


def picture(original: Original, plan: Plan, frame: int, *, is_outline: bool) -> bytes:
    """JPEG of one frame, at most `MAX_PREVIEW_PX` wide: covers outlined (for who reviews) or burnt in (as it goes out).

    Outlined it shows what is hidden: only for who may see the original.
    """
    _check_original(original, plan)
    if not 0 <= frame < plan.frames.count:
        raise Malformed("there is no such picture", kind="redact-no-frame")
    job = Job(
        "picture", places_of(original.parts), covers=(Covers(plan).at(frame),), at_us=(plan.frames.at_us[frame],),
        is_outline=is_outline,
    )  # fmt: skip
    with closing(run_child(job, original.parts)) as answers:
        return b"".join(body for kind, body in answers if kind is Said.OUT)


def render_release(original: Original, plan: Plan, out: Sink, progress: Progress | None = None) -> RenderedFile:
    """Write the redaction that may go out, as MP4.

    Raises:
        Refused: `not-reviewed`, the ranges as conditions.
        LimitReached: the plan is too long to be kept with it.
        Untrusted: the plan is for another original.
        Malformed, Unavailable: as `run_child`; also when the frames are not those of the plan.
    """
    check_reviewed(plan)
    plan_bytes(plan)
    return _render(original, plan, out, progress or _silent, (plan.frames.width_px, plan.frames.height_px))


def render_preview(original: Original, plan: Plan, out: Sink, progress: Progress | None = None) -> RenderedFile:
    """The same, unreviewed and at most `MAX_PREVIEW_PX` wide, for the person who reviews it."""
    width = min(plan.frames.width_px, MAX_PREVIEW_PX) // 2 * 2
    height = max(plan.frames.height_px * width // plan.frames.width_px // 2 * 2, 2)
    return replace(_render(original, plan, out, progress or _silent, (width, height)), is_release=False)


def check_rendered(plan: Plan, rendered: RangeReader, progress: Progress | None = None) -> None:
    """Read a release back in a fresh child: has every frame its time, is every cover of one colour?

    Malformed: `redact-uncovered` when not, others as `run_child`. To be called before a release is sealed.
    """
    part = Part(rendered, "")
    covers = Covers(plan)
    job = Job(
        "check", places_of((part,)), covers=tuple(covers.at(frame) for frame in range(plan.frames.count)),
        at_us=plan.frames.at_us,
    )  # fmt: skip
    done, tell = 0, progress or _silent
    with closing(run_child(job, (part,))) as answers:
        for kind, body in answers:
            if kind in (Said.AT, Said.DONE):
                done = number_in(body)
                tell(done, plan.frames.count)
    if done != plan.frames.count:
        raise Malformed("the rendered file shows what the plan hides, or other frames", kind="redact-uncovered")


def _render(
    original: Original, plan: Plan, out: Sink, progress: Progress, size_px: tuple[int, int]
) -> RenderedFile:  # fmt: skip
    _check_original(original, plan)
    covers, count = Covers(plan), plan.frames.count
    job = Job(
        "render", places_of(original.parts), covers=tuple(covers.at(frame) for frame in range(count)),
        at_us=plan.frames.at_us, size_px=size_px, has_sound=plan.keep_sound and plan.frames.has_sound,
        sound_spans=plan.sound_spans,
    )  # fmt: skip
    digest, size_bytes, done = hashlib.sha256(), 0, 0
    with closing(run_child(job, original.parts)) as answers:
        for kind, body in answers:
            if kind is Said.OUT:
                digest.update(body)
                size_bytes += len(body)
                out.write(body)
            elif kind in (Said.AT, Said.DONE):
                done = number_in(body)
                progress(done, count)
    if done != count or not size_bytes:
        raise Unavailable("the redaction's helper stopped early", kind="redact-helper")
    return RenderedFile(digest.hexdigest(), size_bytes, count, is_release=True)


def _scan(original: Original, job: Job, model: bytes, progress: Progress) -> tuple[Frames, Sequence[Find]]:
    heard = _Scan()
    with closing(run_child(job, original.parts, model)) as answers:
        for kind, body in answers:
            heard.take(kind, body)
            if kind is Said.FRAME:
                progress(len(heard.at_us), 0)
    width_px, height_px, has_sound = heard.shape
    if not heard.at_us or not width_px or not height_px:
        raise Malformed("the original has no picture", kind="redact-no-video")
    return Frames(width_px, height_px, tuple(heard.at_us), tuple(heard.keys), has_sound), heard.finds


class _Scan:
    """What a child said of an original so far; Unavailable when it cannot be."""

    def __init__(self) -> None:
        self.shape = (0, 0, False)
        self.at_us: list[int] = []
        self.keys: list[int] = []
        self.finds: list[Find] = []

    def take(self, kind: Said, body: bytes) -> None:
        try:
            if kind is Said.SHAPE:
                self.shape = SHAPE.unpack(body)
            elif kind is Said.FRAME:
                self._frame(*FRAME.unpack(body))
            elif kind is Said.FINDS:
                self._faces(int(FINDS_HEAD.unpack_from(body)[0]), body[FINDS_HEAD.size :])
        except struct.error as error:
            raise _nonsense() from error

    def _frame(self, moment_us: int, is_key: bool) -> None:
        if len(self.at_us) >= MAX_REDACTED_FRAMES or (self.at_us and moment_us <= self.at_us[-1]):
            raise _nonsense()
        if is_key:
            self.keys.append(len(self.at_us))
        self.at_us.append(moment_us)

    def _faces(self, frame: int, body: bytes) -> None:
        if frame >= len(self.at_us) or len(self.finds) >= MAX_REDACTED_FRAMES * MAX_FACES_PER_PICTURE:
            raise _nonsense()
        for *sides, score_pm in FIND.iter_unpack(body):
            box = Box(*(max(-MASK_SPAN, min(2 * MASK_SPAN, side)) for side in sides))
            if box.width > 0 and box.height > 0:
                self.finds.append(Find(frame, box, min(score_pm, 1_000)))


def _nonsense() -> Unavailable:
    return Unavailable("the redaction's helper says what cannot be", kind="redact-helper")


def _check_original(original: Original, plan: Plan) -> None:
    if original.name != plan.original:
        raise Untrusted("the plan was made for another original", kind="redact-original")


def _silent(_done: int, _of: int) -> None:
    pass
