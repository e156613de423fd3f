"""Makes a picture anew in a child without rights (`picture_child`), and a video through the redaction's child."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from consentry.evidence.redact.finder_file import load_finder
from consentry.evidence.redact.original import FileReader, Original, Part
from consentry.evidence.redact.service import decode_frames, plan_by_hand, plan_redaction, render_preview
from consentry.kernel.errors import ConsentryError, Malformed, Unavailable
from consentry.kernel.limits_residents import MAX_PICTURE_SIDE_PX, MAX_POST_VIDEO_US
from consentry.kernel.mask import MASK_SPAN
from consentry.neighbors.picture_form import form_of

PATIENCE_S = 60.0
MAX_JPEG_BYTES = 4_194_304
LOOK_PX, LEAST_PM = 1_920, 450
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class MadePicture:
    """A new JPEG, its size, and the faces found in it as boxes in ten-thousandths (left, top, right, bottom)."""

    jpeg: bytes
    width_px: int
    height_px: int
    faces: tuple[Box, ...]


def make_picture(data: bytes, *, covers: Sequence[Box] = (), find_faces: bool = True) -> MadePicture:
    """A new JPEG of what `data` shows, with `covers` painted over; blocking, a second or two.

    Raises:
        Malformed: as `form_of`; `picture-damaged` when it cannot be decoded.
        Unavailable: `finder-missing`, or the child did not answer.
    """
    form = form_of(data)
    model = load_finder() if find_faces else b""
    job = {
        "form": form.form, "most_px": MAX_PICTURE_SIDE_PX, "covers": [list(box) for box in covers],
        "finder_bytes": len(model), "picture_bytes": len(data), "look_px": LOOK_PX, "least_pm": LEAST_PM,
    }  # fmt: skip
    command = [sys.executable, "-I", "-m", "consentry.neighbors.picture_child"]
    try:
        done = subprocess.run(
            command, input=json.dumps(job).encode() + b"\n" + model + data, capture_output=True, timeout=PATIENCE_S,
            check=False, env={},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable("the picture could not be looked at", kind="picture-helper") from error
    if done.returncode != 0:
        raise Malformed("this picture cannot be read", kind="picture-damaged")
    return _said(done.stdout)


def make_video(source: BinaryIO, target: BinaryIO, *, cover_faces: bool) -> tuple[int, int]:
    """Write a new MP4 of at most 960 pixels across, without sound and metadata; its width and height as made.

    Every face that the finder finds and follows is covered if `cover_faces`. Blocking, about as long as it plays.

    Raises:
        Malformed: `video-form`, `video-damaged` or `video-long`.
        Unavailable: the finder is missing, or the child did not answer.
    """
    digest = hashlib.sha256(source.read()).hexdigest()
    original = Original("post", (Part(FileReader(source), digest),))
    try:
        frames = decode_frames(original, _at_most)
        if frames.at_us and frames.at_us[-1] > MAX_POST_VIDEO_US:
            raise Malformed("a video has at most a minute", kind="video-long")
        plan = plan_redaction(original, load_finder()) if cover_faces else plan_by_hand(original, frames)
        render_preview(original, plan, target)
    except Malformed as error:
        raise (
            error if error.kind == "video-long" else Malformed("this video cannot be read", kind=_kind(error))
        ) from error
    width = min(frames.width_px, 960) // 2 * 2
    return width, max(frames.height_px * width // frames.width_px // 2 * 2, 2)


def check_boxes(boxes: Sequence[Sequence[int]]) -> tuple[Box, ...]:
    """Boxes as `make_picture` takes them; Malformed (`cover`) unless each lies in the picture and hides something."""
    made = []
    for box in boxes:
        if len(box) != 4:
            raise Malformed("a cover has four sides", kind="cover")
        left, top, right, bottom = box
        if not (0 <= left < right <= MASK_SPAN and 0 <= top < bottom <= MASK_SPAN):
            raise Malformed("a cover lies inside the picture", kind="cover")
        made.append((left, top, right, bottom))
    return tuple(made)


def write_whole(path: Path, data: bytes) -> None:
    """All of `data` under `path` or nothing, 0600, durable."""
    aside = path.with_suffix(f".{os.getpid()}.part")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _at_most(done: int, _of: int) -> None:
    """A minute at 120 pictures a second; what has more is not worth to be decoded to its end."""
    if done > 120 * MAX_POST_VIDEO_US // 1_000_000:
        raise Malformed("a video has at most a minute", kind="video-long")


def _kind(error: ConsentryError) -> str:
    return "video-form" if error.kind in ("redact-unsupported", "redact-no-video") else "video-damaged"


def _said(answer: bytes) -> MadePicture:
    head, _, jpeg = answer.partition(b"\n")
    try:
        said = json.loads(head)
        faces = check_boxes([box for box in said["faces"] if box[0] < box[2] and box[1] < box[3]])
        made = MadePicture(jpeg, int(said["width_px"]), int(said["height_px"]), faces)
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable("the picture's helper says what cannot be", kind="picture-helper") from error
    if len(jpeg) != said["jpeg_bytes"] or not jpeg.startswith(b"\xff\xd8") or len(jpeg) > MAX_JPEG_BYTES:
        raise Unavailable("the picture's helper says what cannot be", kind="picture-helper")
    return made
