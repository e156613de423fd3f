"""What the tests of redaction share: films with drawn heads, originals, plans that somebody reviewed, decoding."""

import hashlib
import io
from dataclasses import replace
from functools import cache

import av
import numpy as np

from consentry.evidence.redact.bench_film import Walker, make_film
from consentry.evidence.redact.original import BytesReader, Original, Part
from consentry.evidence.redact.review import shown_sha256
from consentry.evidence.redact.types import Plan, Review

SIZE = (480, 270)
# One crosses the picture, one comes in the middle of the film.
WALKERS = (Walker(40, (20, 60), (5.0, 0.6)), Walker(56, (330, 120), (-1.0, 0.5), first=30))
FRAMES = 60


@cache
def film() -> bytes:
    """Two drawn heads for 2.4 s, with a tone."""
    return make_film(SIZE, FRAMES, WALKERS, tone_hz=440)


def original_of(*films: bytes, starts_us: tuple[int, ...] = (0,)) -> Original:
    """An original of these parts."""
    parts = (
        Part(BytesReader(data), hashlib.sha256(data).hexdigest(), start_us)
        for data, start_us in zip(films, starts_us, strict=True)
    )
    return Original("itm_test", tuple(parts))


def reviewed(plan: Plan) -> Plan:
    """The same plan after a person looked at all of it."""
    review = Review(0, plan.frames.count, "usr_reviewer", 1_000, shown_sha256(plan, 0, plan.frames.count))
    return replace(plan, reviews=(review,))


def pictures_of(data: bytes) -> list[tuple[int, np.ndarray]]:
    """(time in µs, uint8[height, width] brightness) of every frame."""
    with av.open(io.BytesIO(data)) as opened:
        return [
            (round(frame.pts * frame.time_base * 1_000_000), frame.to_ndarray(format="yuv420p")[: frame.height])
            for frame in opened.decode(video=0)
        ]


def sound_of(data: bytes) -> np.ndarray:
    """float[n], mono, from the first sample that is to be heard."""
    with av.open(io.BytesIO(data)) as opened:
        pieces = [
            (frame.pts * frame.time_base, frame.to_ndarray()[0], frame.sample_rate) for frame in opened.decode(audio=0)
        ]
    heard = np.concatenate([samples for _, samples, _ in pieces])
    start = pieces[0][0]
    return heard[max(0, round(-start * pieces[0][2])) :] if start < 0 else heard
