"""The copy for players: the very pictures of the segments in one file that others open, labelled."""

import hashlib
import io
import json
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import c2pa
import pytest
from tests.evidence.bag_maker import ITEM, Kept, World, payload_of

from consentry.evidence.bag.check.item_form import ItemForm, parse_item
from consentry.evidence.bag.label import LabelKey, make_label_key
from consentry.evidence.bag.make import draft_bag, open_bag, player_path
from consentry.evidence.bag.player import make_player
from consentry.evidence.bag.types import BagItem
from consentry.kernel.errors import Conflict, Unavailable
from consentry.media.coding import sets_of
from consentry.media.file_source import load_loop
from consentry.media.fmp4 import Muxer

RATE = 25


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Three seconds with B-frames and sound, as a phone would send them."""
    made = tmp_path_factory.mktemp("film") / "film.mp4"
    with av.open(str(made), "w") as out:
        picture = out.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "g": str(RATE)})
        picture.width, picture.height, picture.pix_fmt = 160, 120, "yuv420p"
        sound = out.add_stream("aac", rate=48_000, layout="mono")
        for number in range(3 * RATE):
            frame = av.VideoFrame(160, 120, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes((at + 5 * number) % 256 for at in range(plane.buffer_size)))
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(picture.encode(frame))
        for number in range(140):
            beat = av.AudioFrame("fltp", "mono", 1_024)
            beat.planes[0].update(bytes(beat.planes[0].buffer_size))
            beat.sample_rate, beat.pts, beat.time_base = 48_000, 1_024 * number, Fraction(1, 48_000)
            out.mux(sound.encode(beat))
        out.mux([*picture.encode(None), *sound.encode(None)])
    return made.read_bytes()


@pytest.fixture(scope="module")
def segments(film: bytes, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The same film as a gateway records it: fragmented MP4, a segment each second."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    path.write_bytes(film)
    made: list[bytes] = []
    muxer: Muxer | None = None
    for unit in load_loop(path, key_every_s=1.0).units:
        if unit.key or muxer is None:
            muxer = Muxer(sets_of(unit), unit.codec)
            made.append(muxer.init)
        made[-1] += muxer.take(unit).build()
    return made


@pytest.fixture(scope="module")
def label() -> LabelKey:
    return make_label_key("Columbus Police")


def item_of(folder: Path, contents: list[bytes], kind: str = "look") -> tuple[World, BagItem, ItemForm]:
    folder.mkdir(exist_ok=True)
    world = World(folder)
    world.__dict__["contents"] = contents
    about, journal, manifest = world.item_files(ITEM, kind)
    item = BagItem(about, journal, manifest, None, Kept(contents), world.events(5))
    return world, item, parse_item(payload_of(manifest))


def pictures(content: bytes) -> list[str]:
    """SHA-256 of each coded picture, without how it is packed."""
    with av.open(io.BytesIO(content)) as opened:
        return [hashlib.sha256(bytes(one)).hexdigest() for one in opened.demux(video=0) if one.size]


def test_the_copy_holds_the_very_pictures_of_the_segments(
    segments: list[bytes], label: LabelKey, tmp_path: Path
) -> None:
    world, item, form = item_of(tmp_path / "w", segments)
    copy = make_player(tmp_path, item, form, label)
    made = player_path(tmp_path).read_bytes()
    assert len(segments) == 3
    assert pictures(made) == [one for content in segments for one in pictures(content)]
    draft_bag(tmp_path, item, world.order(), world.vault, copy)
    assert copy.label == "c2pa"
    words = ["ffmpeg", "-v", "error", "-xerror", "-i", str(player_path(tmp_path)), "-f", "null", "-"]
    assert subprocess.run(words, capture_output=True, check=True).stderr == b""
    with av.open(io.BytesIO(made)) as opened:
        times = [frame.time for frame in opened.decode(video=0)]
    assert len(times) == 75
    # the segments of an item begin ten seconds apart: so do their pictures in the copy
    assert times[25] - times[0] == pytest.approx(10.0, abs=0.05)


def test_a_standard_reader_accepts_the_label_and_trusts_it_by_our_root(
    segments: list[bytes], label: LabelKey, tmp_path: Path
) -> None:
    _, item, form = item_of(tmp_path / "w", segments)
    make_player(tmp_path, item, form, label)
    made = player_path(tmp_path).read_bytes()
    said = json.loads(c2pa.Reader("video/mp4", io.BytesIO(made)).json())
    assert said["validation_state"] == "Valid"
    assertions = said["manifests"][said["active_manifest"]]["assertions"]
    tied = next(one["data"] for one in assertions if one["label"] == "org.consentry.item")
    assert tied == {
        "item": form.item,
        "manifest_sha256": hashlib.sha256(item.manifest).hexdigest(),
        "operation": "remux",
    }
    settings = c2pa.Settings.from_dict({"trust": {"trust_anchors": label.root}, "verify": {"verify_trust": True}})
    trusted = c2pa.Reader("video/mp4", io.BytesIO(made), context=c2pa.Context(settings))
    assert json.loads(trusted.json())["validation_state"] == "Trusted"
    at = made.index(b"mdat") + 100
    changed = made[:at] + bytes([made[at] ^ 1]) + made[at + 1 :]
    assert json.loads(c2pa.Reader("video/mp4", io.BytesIO(changed)).json())["validation_state"] == "Invalid"


def test_an_upload_is_one_film_in_pieces_with_its_sound_and_no_label(
    film: bytes, label: LabelKey, tmp_path: Path
) -> None:
    third = len(film) // 3
    pieces = [film[:third], film[third : 2 * third], film[2 * third :]]
    _, item, form = item_of(tmp_path / "w", pieces, "upload")
    assert make_player(tmp_path, item, form, label).label == ""
    made = player_path(tmp_path).read_bytes()
    assert pictures(made) == pictures(film)
    with av.open(io.BytesIO(made)) as opened:
        assert {stream.type for stream in opened.streams} == {"video", "audio"}


@pytest.mark.parametrize("what", ["noise", "another size", "nothing"])
def test_what_cannot_be_joined_says_why_and_leaves_nothing(
    what: str, segments: list[bytes], film: bytes, tmp_path: Path
) -> None:
    with av.open(io.BytesIO(film)) as opened:
        assert opened.streams.video[0].width == 160
    other = film if what == "another size" else bytes(4_000) if what == "noise" else b""
    _, item, form = item_of(tmp_path / "w", [segments[0], other])
    with pytest.raises(Unavailable, match="there is no copy for players"):
        make_player(tmp_path, item, form, None)
    assert not player_path(tmp_path).exists()


def test_where_a_copy_is_made_again_there_is_no_bag_until_it_is_finished(tmp_path: Path) -> None:
    world, item, form = item_of(tmp_path / "w", [bytes(4_000)])
    folder = world.make("again")
    assert open_bag(folder, item.segments).size_bytes > 0
    with pytest.raises(Unavailable):
        make_player(folder, item, form, None)
    with pytest.raises(Conflict):
        open_bag(folder, item.segments)
