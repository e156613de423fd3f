"""The face finder YuNet (Wu, Peng, Yu 2023; OpenCV zoo, MIT), run by onnxruntime. It says where faces are, not whose.

Of its outputs only the boxes are used; the five points per face are not even asked for, as they are what a recogniser
would begin with. It was trained on faces of 10 to 300 pixels, hence `sizes_to_look_at`.
"""

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import onnxruntime

from consentry.kernel.limits import MAX_FACES_PER_PICTURE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

STRIDES = (8, 16, 32)
_GRAIN = 32
_SAME = 0.3  # overlap (intersection over union) from which two boxes are one face
_WANTED = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox") for stride in STRIDES]
# The file says 640 × 640. Any size does: these bytes name the two sides instead ("h", "w"), as the zoo's later export.
_FIXED_SIDE = b"\x0a\x03\x08\x80\x05"
_OPEN_SIDES = b"\x0a\x03\x12\x01h" + b"\x0a\x03\x12\x01w"


class Face(NamedTuple):
    """Pixels of the picture, and a score from 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float
    score: float


class FaceFinder:
    """Owns one inference session; ValueError for a file that is not the pinned one's shape."""

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        fixed = 2 * _FIXED_SIDE
        if model.count(fixed) != 1:
            raise ValueError("not the face finder we know")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3  # it warns of outputs whose stated size no longer holds
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others use these cores too
        self._session = onnxruntime.InferenceSession(
            model.replace(fixed, _OPEN_SIDES), options, providers=["CPUExecutionProvider"]
        )

    def find(self, picture: "NDArray[np.uint8]", least_score: float) -> list[Face]:
        """All boxes in `picture` (uint8[height, width, 3], BGR), several to a face: see `apart`."""
        height, width = picture.shape[:2]
        padded = np.zeros((1, 3, -(-height // _GRAIN) * _GRAIN, -(-width // _GRAIN) * _GRAIN), np.float32)
        padded[0, :, :height, :width] = picture.transpose(2, 0, 1)
        answers = dict(zip(_WANTED, self._session.run(_WANTED, {"input": padded}), strict=True))
        faces: list[Face] = []
        for stride in STRIDES:
            scores = np.sqrt(np.clip(answers[f"cls_{stride}"], 0, 1) * np.clip(answers[f"obj_{stride}"], 0, 1))
            faces += decode_boxes(scores[0, :, 0], answers[f"bbox_{stride}"][0], (stride, padded.shape[3]), least_score)
        return faces


def decode_boxes(scores: "Floats", boxes: "Floats", grid: tuple[int, int], least_score: float) -> list[Face]:
    """Faces of one grid: `scores` float[n], `boxes` float[n, 4] (centre offset and log size in strides).

    `grid`: stride and padded width in pixels.
    """
    stride, width = grid
    faces = []
    for at in np.flatnonzero(scores >= least_score):
        row, column = divmod(int(at), width // stride)
        across, down, log_width, log_height = (float(number) for number in boxes[at])
        wide, high = math.exp(min(log_width, 8)) * stride / 2, math.exp(min(log_height, 8)) * stride / 2
        middle, centre = (column + across) * stride, (row + down) * stride
        faces.append(Face(middle - wide, centre - high, middle + wide, centre + high, float(scores[at])))
    return faces


def sizes_to_look_at(width_px: int, height_px: int, look_px: int) -> list[tuple[int, int]]:
    """The sizes in which a picture is looked at: enlarged up to `look_px` for small faces, halved for big ones.

    Enlarged at most three times; a picture that is larger than `look_px` is taken as it is.
    """
    zoom = max(1.0, min(3.0, look_px / max(width_px, height_px)))
    return [(round(width_px * zoom), round(height_px * zoom)), (max(width_px // 2, 1), max(height_px // 2, 1))]


def apart(faces: list[Face]) -> list[Face]:
    """One of each group of overlapping boxes, the best; best first, at most `MAX_FACES_PER_PICTURE`."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda one: -one.score):
        if len(kept) == MAX_FACES_PER_PICTURE:
            break
        if all(_overlap(face, other) < _SAME for other in kept):
            kept.append(face)
    return kept


def _overlap(one: Face, other: Face) -> float:
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    if across <= 0 or down <= 0:
        return 0.0
    shared = across * down
    both = (one.right - one.left) * (one.bottom - one.top) + (other.right - other.left) * (other.bottom - other.top)
    return shared / (both - shared)
