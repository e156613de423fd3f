"""Pictures and videos: made anew, without metadata, covered for good; hostile files are named and refused."""

import io
import struct
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from tests.neighbors.stage import TEXTS, make_neighbor, picture_file, post, video_file

from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Refused
from consentry.neighbors import services
from consentry.neighbors.models import Picture
from consentry.neighbors.picture_form import form_of
from consentry.neighbors.picture_make import make_picture
from consentry.neighbors.services.pictures import file_of

pytestmark = pytest.mark.django_db
PLACE = b"Exif\x00\x00MM\x00*GPSLatitude 37.7749"


def with_exif(jpeg: bytes) -> bytes:
    """The JPEG with an Exif block that names a place."""
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(PLACE) + 2) + PLACE + jpeg[2:]


def png_bomb(side: int) -> bytes:
    """A PNG of some kilobytes that says it is `side` × `side`."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
        + chunk(b"IEND", b"")
    )


def pixels_of(jpeg: bytes) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """uint8[height, width, 3], RGB."""
    with av.open(io.BytesIO(jpeg), "r") as opened:
        return next(opened.decode(video=0)).to_ndarray(format="rgb24")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "picture-form"),
        (b"GIF89a" + bytes(40), "picture-form"),
        (b"%PDF-1.7 ...", "picture-form"),
        (b"", "picture-form"),
        (picture_file() + b"<script>alert(1)</script>", "picture-two-files"),
        (picture_file() + b"PK\x03\x04...PK\x05\x06", "picture-two-files"),
        (picture_file("png") + b"%PDF-1.7", "picture-two-files"),
        (png_bomb(30_000), "picture-too-large"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "picture-damaged"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8X", "picture-damaged"),
        (picture_file()[:200], "picture-damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "picture-damaged"),
    ],
)
def test_what_is_no_plain_picture_is_refused_by_name(data: bytes, kind: str) -> None:
    with pytest.raises(Malformed) as refused:
        make_picture(data, find_faces=False)
    assert refused.value.kind == kind


@pytest.mark.parametrize("form", ["mjpeg", "png"])
def test_a_picture_is_made_anew_without_what_its_file_told(form: str) -> None:
    data = picture_file(form)
    sent = with_exif(data) if form == "mjpeg" else data
    made = make_picture(sent, find_faces=False)
    assert (made.width_px, made.height_px) == (320, 240)
    assert all(word not in made.jpeg for word in (b"Exif", b"GPS", b"37.77", b"Lavc"))
    assert abs(pixels_of(made.jpeg).astype(int) - pixels_of(sent).astype(int)).mean() < 4


def test_a_large_picture_is_made_smaller() -> None:
    made = make_picture(picture_file(width=4_000, height=1_000), find_faces=False)
    assert (made.width_px, made.height_px) == (1_600, 400)


def test_what_is_covered_is_in_no_byte_any_more() -> None:
    author = make_neighbor()
    name = services.take_picture(author, picture_file("png"), now=utc_now())
    services.cover_picture(author, name, [[5_000, 0, 10_000, 10_000]])
    pixels = pixels_of(file_of(name).read_bytes())
    assert np.ptp(pixels[4:-4, 170:316]) < 12
    assert np.ptp(pixels[4:-4, :150]) > 80
    files = [path for path in file_of(name).parent.iterdir() if path.name.startswith(name)]
    assert files == [file_of(name)]


@pytest.mark.parametrize("boxes", [[[0, 0, 0, 0]], [[5, 5, 4, 6]], [[-1, 0, 5, 5]], [[0, 0, 10_001, 5]], [[1, 2, 3]]])
def test_a_cover_lies_in_the_picture(boxes: list[list[int]]) -> None:
    author = make_neighbor()
    name = services.take_picture(author, picture_file(), now=utc_now())
    with pytest.raises(Malformed):
        services.cover_picture(author, name, boxes)


def test_faces_are_found_and_forgotten_with_the_post(shared_data: Path) -> None:
    with av.open(str(shared_data / "video" / "vtest.avi")) as film:
        frame = next(film.decode(video=0)).to_ndarray(format="rgb24")
    author = make_neighbor()
    name = services.take_picture(author, _png(frame), now=utc_now())
    row = Picture.objects.get(id=name)
    assert row.faces
    services.cover_picture(author, name, row.faces)
    assert Picture.objects.get(id=name).faces == []
    post(author, pictures=(name,))
    assert Picture.objects.get(id=name).state == "posted"
    with pytest.raises(NotFound):
        services.cover_picture(author, name, [[0, 0, 10, 10]])


def test_pictures_of_others_or_posted_ones_are_not_posted() -> None:
    author, other = make_neighbor(), make_neighbor()
    name = services.take_picture(author, picture_file(), now=utc_now())
    with pytest.raises(Malformed):
        post(other, pictures=(name,))
    for names in ((name, name), ("pic_nothing",)):
        with pytest.raises(Malformed):
            post(author, pictures=names)
    post(author, pictures=(name,))
    with pytest.raises(Malformed):
        post(author, TEXTS[1], pictures=(name,))
    with pytest.raises(NotFound):
        services.drop_picture(other, name)


def test_loose_pictures_are_few_and_end_after_a_day() -> None:
    author = make_neighbor()
    names = [services.take_picture(author, picture_file(), now=utc_now()) for _ in range(8)]
    with pytest.raises(LimitReached):
        services.take_picture(author, picture_file(), now=utc_now())
    services.forget_loose(utc_now())
    assert Picture.objects.count() == 8
    assert services.forget_loose(utc_now() + timedelta(hours=25)) == 8
    assert not any(file_of(name).exists() for name in names)


def test_pictures_of_a_post_that_was_taken_back_go_after_a_month() -> None:
    author = make_neighbor()
    name = services.take_picture(author, picture_file(), now=utc_now())
    services.withdraw_post(author, post(author, pictures=(name,)))
    assert services.forget_loose(utc_now() + timedelta(days=2)) == 0
    assert services.forget_loose(utc_now() + timedelta(days=31)) == 1
    assert not file_of(name).exists()


@pytest.mark.parametrize("form", ["mp4", "matroska", "avi", "mpegts"])
def test_a_video_of_any_container_is_made_anew_without_sound_and_title(form: str) -> None:
    author = make_neighbor()
    name = services.take_video(author, [video_file(form)], cover_faces=False, now=utc_now())
    with pytest.raises(Refused):
        post(author, pictures=(name,))
    assert services.advance_videos(utc_now()) == 1
    row = Picture.objects.get(id=name)
    assert (row.state, row.width_px, row.height_px, row.said) == ("ready", 320, 240, "")
    data = file_of(name).read_bytes()
    assert b"37.7749" not in data
    with av.open(io.BytesIO(data)) as opened:
        assert not opened.streams.audio
        assert sum(1 for _ in opened.decode(video=0)) == 25
    assert post(author, pictures=(name,))


@pytest.mark.parametrize(("data", "kind"), [
    (b"MZ not a video" * 100, "video-form"), (picture_file(), "video-form"),
    (video_file("mp4", 100)[:9_000], "video-form"),
])  # fmt: skip
def test_what_is_no_video_is_refused_and_leaves_nothing(data: bytes, kind: str) -> None:
    author = make_neighbor()
    name = services.take_video(author, [data], cover_faces=False, now=utc_now())
    services.advance_videos(utc_now())
    row = Picture.objects.get(id=name)
    assert (row.state, row.said) == ("refused", kind)
    assert [path.name for path in file_of(name).parent.iterdir() if path.name.startswith(name)] == []


def test_long_videos_and_those_of_new_accounts_are_refused() -> None:
    with pytest.raises(Refused):
        services.take_video(make_neighbor(days=1), [b"x"], cover_faces=True, now=utc_now())
    author = make_neighbor()
    name = services.take_video(author, [video_file("mp4", 25 * 61)], cover_faces=False, now=utc_now())
    services.advance_videos(utc_now())
    assert Picture.objects.get(id=name).said == "video-long"
    with pytest.raises(Malformed):
        services.take_video(author, (b"x" * 8_388_608 for _ in range(9)), cover_faces=True, now=utc_now())
    with pytest.raises(Conflict):
        services.cover_picture(author, name, [[0, 0, 10, 10]])


def test_sizes_are_read_from_the_heads() -> None:
    assert (form_of(picture_file()).form, form_of(picture_file("png")).width_px) == ("jpeg", 320)


def _png(pixels: "np.ndarray[Any, np.dtype[np.uint8]]") -> bytes:
    from fractions import Fraction

    from av.video.frame import VideoFrame

    frame = VideoFrame.from_ndarray(pixels, "rgb24")
    encoder: Any = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = (
        frame.width,
        frame.height,
        "rgb24",
        Fraction(1, 25),
    )
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
