"""One small JPEG of a video, made in a child without rights; None when it cannot be made. Blocking, a second or so."""

import subprocess
import sys
from collections.abc import Iterable

from consentry.kernel.limits import MAX_STILL_SOURCE_BYTES, MAX_THUMBNAIL_BYTES

PATIENCE_S = 15.0


def still_of(pieces: Iterable[bytes]) -> bytes | None:
    """The first picture inside `pieces` (any container that FFmpeg reads), 320 pixels wide, as a JPEG.

    The child sees at most the first `MAX_STILL_SOURCE_BYTES`; what it answers is bounded, and is no JPEG unless it
    begins as one.
    """
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) >= MAX_STILL_SOURCE_BYTES:
            break
    command = [sys.executable, "-I", "-m", "consentry.media.still_child"]
    try:
        done = subprocess.run(
            command, input=bytes(data[:MAX_STILL_SOURCE_BYTES]), capture_output=True, timeout=PATIENCE_S, check=False,
            env={},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    made = done.stdout
    is_jpeg = made.startswith(b"\xff\xd8") and len(made) <= MAX_THUMBNAIL_BYTES
    return made if done.returncode == 0 and is_jpeg else None
