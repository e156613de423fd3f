"""Which frames a person still has to look at before a redaction may go out; pure. Unreviewed means unreleased.

A review is bound to what was shown: who changes a track, a region or the sound of a range makes its reviews void, and
those alone. A review of a range holds as a whole or not at all.
"""

import hashlib
from collections.abc import Sequence

from consentry.evidence.redact.cover import Covers, cover_record
from consentry.evidence.redact.types import Plan, Review
from consentry.kernel.canonical import canonical_json
from consentry.kernel.errors import Refused


def shown_sha256(plan: Plan, start: int, end: int) -> str:
    """Name of what a reviewer of frames [start, end) sees and hears: covers, frame times, sound; ValueError outside."""
    if not 0 <= start < end <= plan.frames.count:
        raise ValueError("no such frames")
    covers = Covers(plan)
    digest = hashlib.sha256(b"consentry-shown-v1\n")
    digest.update(canonical_json(_frame_of_all(plan, start, end)))
    for frame in range(start, end):
        digest.update(canonical_json([plan.frames.at_us[frame], cover_record(covers.at(frame))]))
    return digest.hexdigest()


def unreviewed(plan: Plan) -> tuple[tuple[int, int], ...]:
    """The frame ranges [start, end) that no valid review covers, in order; empty when all was reviewed."""
    gaps: list[tuple[int, int]] = []
    at = 0
    for review in sorted(valid_reviews(plan), key=lambda one: (one.start, one.end)):
        if review.start > at:
            gaps.append((at, review.start))
        at = max(at, review.end)
    if at < plan.frames.count:
        gaps.append((at, plan.frames.count))
    return tuple(gaps)


def valid_reviews(plan: Plan) -> Sequence[Review]:
    """The reviews that still name what would go out."""
    return [
        review for review in plan.reviews
        if 0 <= review.start < review.end <= plan.frames.count and review.reviewer
        and review.sha256 == shown_sha256(plan, review.start, review.end)
    ]  # fmt: skip


def check_reviewed(plan: Plan) -> None:
    """Refused (`not-reviewed`, its conditions the ranges) unless a person looked at every frame as it will go out."""
    if plan.frames.count == 0:
        raise Refused("there is nothing to review", kind="not-reviewed")
    gaps = unreviewed(plan)
    if gaps:
        ranges = tuple(f"{start}-{end}" for start, end in gaps)
        raise Refused("some frames were not reviewed as they would go out", kind="not-reviewed", conditions=ranges)


def _frame_of_all(plan: Plan, start: int, end: int) -> dict[str, object]:
    times = plan.frames.at_us
    until_us = times[end] if end < len(times) else None
    spans = [
        [span.start_us, span.end_us, span.how.value] for span in plan.sound_spans
        if (until_us is None or span.start_us < until_us) and span.end_us > times[start]
    ]  # fmt: skip
    return {
        "item": plan.original.item, "parts": list(plan.original.parts_sha256), "start": start, "end": end,
        "keep_sound": plan.keep_sound, "sound": spans,
    }  # fmt: skip
