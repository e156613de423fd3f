"""What a child is told to do, as JSON on its stdin; the parent writes it, so it is believed."""

import json
from dataclasses import asdict, dataclass

from consentry.evidence.redact.cover import Cover
from consentry.evidence.redact.types import Box, Hush, SoundSpan


@dataclass(frozen=True, slots=True)
class Job:
    """`task`: `check`, `film`, `index`, `picture`, `render` or `scan`; `parts`: size, start_us and container of each.

    `covers` are those of all frames (render, check), of a range (film) or of the one (picture). A film begins at the
    key frame at `seek_us` of the first part (0: at its beginning) and ends before `until_us`.
    """

    task: str
    parts: tuple[tuple[int, int, str], ...]
    every_us: int = 0
    look_px: int = 0
    least_score_pm: int = 0
    covers: tuple[Cover, ...] = ()
    at_us: tuple[int, ...] = ()
    size_px: tuple[int, int] = (0, 0)
    has_sound: bool = False
    sound_spans: tuple[SoundSpan, ...] = ()
    is_outline: bool = False
    seek_us: int = 0
    until_us: int = 0


def pack_job(job: Job) -> bytes:
    """As bytes."""
    return json.dumps(asdict(job)).encode()


def parse_job(data: bytes) -> Job:
    """The same job again."""
    said = json.loads(data)
    said["parts"] = tuple(tuple(part) for part in said["parts"])
    said["covers"] = tuple(
        Cover(
            tuple(Box(*box) for box in cover["boxes"]),
            tuple(tuple((x, y) for x, y in polygon) for polygon in cover["polygons"]),
        )
        for cover in said["covers"]
    )
    said["at_us"], said["size_px"] = tuple(said["at_us"]), tuple(said["size_px"])
    said["sound_spans"] = tuple(
        SoundSpan(one["start_us"], one["end_us"], Hush(one["how"])) for one in said["sound_spans"]
    )
    return Job(**said)
