"""Benchmark `vault.redact` (docs/design/benchmarks.md): plan and render of ten seconds of 720p25 with drawn heads."""

import hashlib
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from consentry.evidence.redact.bench_film import Walker, make_film
from consentry.evidence.redact.cover import Covers
from consentry.evidence.redact.finder_file import load_finder
from consentry.evidence.redact.original import BytesReader, Original, Part
from consentry.evidence.redact.review import shown_sha256
from consentry.evidence.redact.service import plan_redaction, render_release
from consentry.evidence.redact.types import Plan, Review
from consentry.kernel.bench import Result
from consentry.kernel.errors import Unavailable
from consentry.kernel.mask import MASK_SPAN

ROUNDS = 3
SIZE_PX, FRAMES = (1280, 720), 250
TARGET_S = 10.0
# From a face at arm's length to one across the street, crossing, coming late, going early.
WALKERS = (
    Walker(160, (40, 60), (2.0, 0.2)), Walker(60, (1_200, 300), (-4.0, 0.3)), Walker(30, (300, 420), (1.5, 0.0)),
    Walker(24, (700, 500), (-1.0, 0.2), first=60), Walker(40, (900, 120), (0.5, 1.0), last=180),
)  # fmt: skip


class _Nowhere:
    def __init__(self) -> None:
        self.size_bytes = 0

    def write(self, data: bytes) -> None:
        self.size_bytes += len(data)


def redact() -> Result:
    """Seconds from the bytes of the film to those of its redaction; the review itself takes a person."""
    data = make_film(SIZE_PX, FRAMES, WALKERS, tone_hz=440)
    original = Original("itm_bench", (Part(BytesReader(data), hashlib.sha256(data).hexdigest()),))
    finder = load_finder()
    rounds = tuple(_round(original, finder) for _ in range(ROUNDS))
    value = statistics.median(rounds)
    return Result("vault.redact", value, "s", None, None, "<= 10", value <= TARGET_S, rounds)


BENCHES: dict[str, Callable[[], Result]] = {"vault.redact": redact}


def _round(original: Original, finder: bytes) -> float:
    start_s = time.perf_counter()
    plan = replace(plan_redaction(original, finder), keep_sound=True)
    shown = Review(0, FRAMES, "usr_bench", 0, shown_sha256(plan, 0, FRAMES))
    made = render_release(original, replace(plan, reviews=(shown,)), _Nowhere())
    taken_s = time.perf_counter() - start_s
    missed = uncovered(plan)
    if made.frames != FRAMES or missed:
        raise Unavailable(f"{missed} faces in {made.frames} frames were not hidden")
    return taken_s


def uncovered(plan: Plan) -> int:
    """In how many (face, frame) pairs the middle nine tenths of a drawn face stay to be seen."""
    covers, missed = Covers(plan), 0
    for frame in range(FRAMES):
        boxes = covers.at(frame).boxes
        for face in (walker.face_at(frame) for walker in WALKERS):
            if face is None:
                continue
            across, down = (face[2] - face[0]) / 20, (face[3] - face[1]) / 20
            inner = face[0] + across, face[1] + down, face[2] - across, face[3] - down
            left, top, right, bottom = (
                side * MASK_SPAN / SIZE_PX[place % 2] for place, side in enumerate(inner)
            )  # fmt: skip
            inside = [
                box for box in boxes
                if box.left <= left and box.top <= top and right <= box.right and bottom <= box.bottom
            ]  # fmt: skip
            missed += not inside
    return missed
