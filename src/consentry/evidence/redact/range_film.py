"""A range of an original as a small film, for whoever edits or reviews: as it will go out, outlined, or as recorded.

Made when it is asked for and handed over in memory. Only the parts and key frames that the range needs are read.
"""

import bisect
from contextlib import closing, suppress
from dataclasses import replace

from consentry.evidence.redact.child_process import places_of, run_child
from consentry.evidence.redact.cover import Cover, covers_between
from consentry.evidence.redact.job import Job
from consentry.evidence.redact.original import Original, Part
from consentry.evidence.redact.records import Said
from consentry.evidence.redact.types import Frames, Plan, View
from consentry.kernel.errors import LimitReached, Malformed, Untrusted
from consentry.kernel.limits import MAX_PREVIEW_PX, MAX_RANGE_FILM_BYTES, MAX_RANGE_FRAMES

_NOTHING = Cover((), ())
# Sound or pictures of a part may be stored a little after what is shown with them.
_AFTER_LAST_US = 1_000_000


def range_film(original: Original, plan: Plan, start: int, end: int, view: View) -> bytes:
    """MP4 of frames [start, end), its first at 0, each at its distance in µs, at most `MAX_PREVIEW_PX` wide.

    As recorded it has all of its sound, as it will go out what is left of it, outlined none. Untrusted
    `redact-original`: the plan is another's. Malformed `redact-no-frame`, and as `run_child`. LimitReached: too large.
    """
    if original.name != plan.original:
        raise Untrusted("the plan was made for another original", kind="redact-original")
    if not 0 <= start < end <= min(plan.frames.count, start + MAX_RANGE_FRAMES):
        raise Malformed("there is no such range", kind="redact-no-frame")
    parts, seek_us = _needed(original, plan.frames, start, end)
    with suppress(Malformed):
        return _film(parts, _job(plan, (start, end), view, seek_us))
    # Parts that overlap, or a file whose key frames do not stand alone: read from the beginning on.
    return _film(original.parts, _job(plan, (start, end), view, 0))


def _job(plan: Plan, span: tuple[int, int], view: View, seek_us: int) -> Job:
    start, end = span
    frames = plan.frames
    width = min(frames.width_px, MAX_PREVIEW_PX) // 2 * 2
    height = max(frames.height_px * width // frames.width_px // 2 * 2, 2)
    is_plain = view is View.ORIGINAL
    covers = (_NOTHING,) * (end - start) if is_plain else tuple(covers_between(plan, start, end))
    return Job(
        "film", (), covers=covers, at_us=frames.at_us[start:end], size_px=(width, height),
        has_sound=frames.has_sound and (is_plain or (plan.keep_sound and view is View.HIDDEN)),
        sound_spans=() if is_plain else plan.sound_spans, is_outline=view is View.OUTLINE, seek_us=seek_us,
        until_us=end_us(frames, end),
    )  # fmt: skip


def end_us(frames: Frames, end: int) -> int:
    """When frame `end` is shown; of the last one, when it would be."""
    if end < frames.count:
        return frames.at_us[end]
    return frames.at_us[-1] + (frames.at_us[-1] - frames.at_us[-2] if frames.count > 1 else 40_000)


def _needed(original: Original, frames: Frames, start: int, end: int) -> tuple[tuple[Part, ...], int]:
    """The parts that the range lies in, and the key frame to begin at: one more back than it takes."""
    first_us, last_us = frames.at_us[start], frames.at_us[end - 1]
    starts = [part.start_us for part in original.parts]
    first = max(bisect.bisect_right(starts, first_us) - 1, 0)
    parts = original.parts[first : max(bisect.bisect_right(starts, last_us + _AFTER_LAST_US), first + 1)]
    key = frames.keys[max(bisect.bisect_right(frames.keys, start) - 2, 0)] if frames.keys else 0
    seek_us = frames.at_us[key]
    return parts, seek_us if seek_us > parts[0].start_us else 0


def _film(parts: tuple[Part, ...], job: Job) -> bytes:
    made = bytearray()
    with closing(run_child(replace(job, parts=places_of(parts)), parts)) as answers:
        for kind, body in answers:
            if kind is Said.OUT:
                made += body
                if len(made) > MAX_RANGE_FILM_BYTES:
                    raise LimitReached("this range is too large to be shown", kind="redact-too-large")
    return bytes(made)
