"""One small picture of a strange file, made where it can do no harm."""

from pathlib import Path

import pytest

from consentry.kernel.limits import MAX_THUMBNAIL_BYTES
from consentry.media.still import still_of


def test_a_still_of_a_real_video_and_none_of_anything_else(shared_data: Path) -> None:
    video = (shared_data / "video" / "car-detection.mp4").read_bytes()
    made = still_of([video[:1_000], video[1_000:]])
    assert made is not None
    assert made.startswith(b"\xff\xd8")
    assert len(made) <= MAX_THUMBNAIL_BYTES
    for odd in ([b"x" * 5_000], [], [video[:64]], [bytes(2_000_000)]):
        assert still_of(odd) is None


@pytest.mark.parametrize("playlist", [b"#EXTM3U\nfile:///etc/passwd\n", b"ffconcat version 1.0\nfile /etc/hosts\n"])
def test_a_playlist_leads_nowhere(playlist: bytes) -> None:
    assert still_of([playlist]) is None
