"""Clips: cut without decoding, playable anywhere, signed by the edge, and what was changed since is not believed."""

import dataclasses
import hashlib
import itertools
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.edge.test_ring import NOON_US, Home, minute
from tests.edge.world import until

from consentry.edge.clip_cut import cut_span
from consentry.edge.clips import Clips, ClockSaid
from consentry.kernel.canonical import to_b64
from consentry.kernel.clip import ClipManifest, ClipSegment, check_clip_bytes, open_clip, parse_manifest, sign_clip
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Untrusted
from consentry.kernel.ids import CameraId, ClipId, EdgeId, new_id
from consentry.media.file_source import Loop

SECOND_US = 1_000_000
CLOCK = ClockSaid(NOON_US // 1_000 + 90_000, NOON_US // 1_000 + 80_000)
EDGE = EdgeId("edg_" + "a" * 26)
VECTOR = Path(__file__).resolve().parents[2] / "docs" / "spec" / "vectors" / "clip.json"


class Studio:
    """A home with a minute of recording, and its clips."""

    def __init__(self, folder: Path, cars: Loop) -> None:
        self.home, self.key, self.units = Home(folder), Ed25519PrivateKey.generate(), minute(cars)
        self.public = self.key.public_key().public_bytes_raw()
        self.home.feed.play(self.units)
        until(lambda: not self.home.ring.writer._queue and len(self.home.files()) >= 5)
        self.clips = Clips(folder / "clips", self.home.ring, EDGE, self.key)

    def span(self, from_s: float, to_s: float) -> tuple[int, int]:
        return NOON_US + int(from_s * SECOND_US), NOON_US + int(to_s * SECOND_US)


@pytest.fixture
def studio(tmp_path: Path, cars: Loop) -> Iterator[Studio]:
    made = Studio(tmp_path, cars)
    yield made
    made.home.ring.close()


def test_a_clip_begins_at_the_key_frame_before_it_ends_where_asked_and_plays_everywhere(studio: Studio) -> None:
    asked = studio.span(7.3, 24.2)
    draft = studio.clips.draft(studio.home.camera, asked, CLOCK)
    first, end = draft.manifest.cut
    assert first <= asked[0] < first + 500_000, "one group of pictures is half a second here"
    assert asked[1] - 50_000 < end <= asked[1]
    wanted = [unit for unit in studio.units if first <= unit.wallclock_us < end]
    assert draft.manifest.units == len(wanted)
    with av.open(str(draft.path)) as opened:
        frames = list(opened.decode(video=0))
        assert opened.format.name.startswith("mov,mp4")
        assert opened.duration == pytest.approx(end - first, abs=100_000)
    assert len(frames) == len(wanted)
    times = [frame.time for frame in frames]
    gaps = [round(1_000_000 * (b - a)) for a, b in itertools.pairwise(times)]
    real = [b.wallclock_us - a.wallclock_us for a, b in itertools.pairwise(wanted)]
    assert max(abs(a - b) for a, b in zip(gaps, real, strict=True)) <= 2
    said = subprocess.run(["ffprobe", "-v", "error", str(draft.path)], capture_output=True, check=True).stderr
    assert said == b""


def test_a_kept_clip_is_the_very_file_that_was_seen_and_verifies_with_the_edges_key_alone(studio: Studio) -> None:
    draft = studio.clips.draft(studio.home.camera, studio.span(12, 31), CLOCK)
    assert studio.clips.kept() == []
    with pytest.raises(NotFound):
        studio.clips.read_clip(ClipId(draft.manifest.clip), 0, 100)
    clip = studio.clips.keep(ClipId(draft.manifest.clip), CLOCK)
    assert studio.clips.keep(ClipId(draft.manifest.clip), CLOCK) == clip
    manifest = open_clip(clip.signed, studio.public)
    assert (manifest.edge, manifest.camera, manifest.witnessed_ms) == (EDGE, studio.home.camera, CLOCK.witnessed_ms)
    pieces = []
    while piece := studio.clips.read_clip(ClipId(manifest.clip), sum(map(len, pieces)), 100_000):
        pieces.append(piece)
    check_clip_bytes(manifest, pieces)
    assert hashlib.sha256(b"".join(pieces)).hexdigest() == draft.manifest.sha256
    assert len(manifest.segments) >= 2
    assert all(segment.finished for segment in manifest.segments)
    assert studio.clips.kept() == [clip]
    with pytest.raises(Untrusted):
        check_clip_bytes(manifest, [*pieces[:-1], pieces[-1][:-1] + bytes((pieces[-1][-1] ^ 1,))])
    with pytest.raises(Untrusted):
        check_clip_bytes(manifest, [*pieces, b"more"])
    studio.clips.delete(ClipId(manifest.clip))
    assert list(clip.path.parent.iterdir()) == []


@pytest.mark.parametrize("change", [
    {"camera": "cam_" + "b" * 26}, {"cut": [0, 5]}, {"sha256": "0" * 64}, {"size_bytes": 1}, {"made_at_ms": 1},
    {"witnessed_ms": 2**52}, {"gaps": []}, {"segments": []}, {"edge": "edg_" + "b" * 26},
])  # fmt: skip
def test_one_changed_field_breaks_a_signed_clip(change: dict[str, object]) -> None:
    key = Ed25519PrivateKey.generate()
    value = json.loads(sign_clip(example(), key))
    public = key.public_key().public_bytes_raw()
    assert open_clip(json.dumps(value).encode(), public) == example()
    value["manifest"].update(change)
    with pytest.raises(Untrusted):
        open_clip(json.dumps(value).encode(), public)
    with pytest.raises(Untrusted):
        open_clip(sign_clip(example(), Ed25519PrivateKey.generate()), public)


@pytest.mark.parametrize("change", [
    {"v": 2}, {"cut": [5, 5]}, {"cut": "ab"}, {"units": -1}, {"units": True}, {"sha256": "A" * 64}, {"more": 1},
    {"segments": [{"start_us": 1, "sha256": "f" * 64}]}, {"gaps": [[0, 1]]}, {"codec": ""}, {"segments": 7},
])  # fmt: skip
def test_a_manifest_that_makes_no_sense_is_malformed(change: dict[str, object]) -> None:
    record = json.loads(sign_clip(example(), Ed25519PrivateKey.generate()))["manifest"]
    with pytest.raises(Malformed):
        parse_manifest({**record, **change})


def example() -> ClipManifest:
    return ClipManifest(
        clip="clp_" + "a" * 26, edge=EDGE, camera="cam_" + "a" * 26, asked=(NOON_US, NOON_US + 9 * SECOND_US),
        cut=(NOON_US - 400_000, NOON_US + 9 * SECOND_US), gaps=((NOON_US + SECOND_US, NOON_US + 4 * SECOND_US),),
        sha256="ab" * 32, size_bytes=1_234_567, codec="avc1.64001f", width_px=1920, height_px=1080, units=240,
        made_at_ms=NOON_US // 1_000 + 60_000, witnessed_ms=NOON_US // 1_000 + 50_000,
        segments=(ClipSegment(NOON_US - 5 * SECOND_US, "cd" * 32, True),),
    )  # fmt: skip


def test_the_vector_of_the_specification_holds() -> None:
    said = json.loads(VECTOR.read_text())
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(said["private_key"]))
    assert sign_clip(example(), key).decode() == said["signed"]
    assert to_b64(key.public_key().public_bytes_raw()) == said["public_key"]


def test_a_hole_inside_is_in_the_manifest_and_a_span_with_nothing_is_refused(studio: Studio, cars: Loop) -> None:
    studio.home.feed.play(minute(cars, NOON_US + 90 * SECOND_US, 20 * SECOND_US))
    until(lambda: not studio.home.ring.writer._queue and studio.home.spans()[-1][1] > NOON_US + 100 * SECOND_US)
    manifest = studio.clips.draft(studio.home.camera, studio.span(50, 100), CLOCK).manifest
    ((gap_from, gap_to),) = manifest.gaps
    assert (round((gap_from - NOON_US) / SECOND_US), round((gap_to - NOON_US) / SECOND_US)) == (60, 90)
    assert manifest.segments[-1].finished
    with pytest.raises(NotFound):
        studio.clips.draft(studio.home.camera, studio.span(62, 88), CLOCK)
    with pytest.raises(NotFound):
        studio.clips.draft(CameraId(new_id("camera")), studio.span(1, 5), CLOCK)
    assert len(list((studio.home.place.state / "clips").glob("*.mp4"))) == 1
    late = studio.clips.draft(studio.home.camera, studio.span(88, 95), CLOCK).manifest
    assert late.cut[0] == NOON_US + 90 * SECOND_US, "what is not there is not claimed"


@pytest.mark.parametrize(("from_s", "to_s"), [(5, 5), (6, 5), (0, 1_801), (-2e9, 4)])
def test_a_span_that_is_none_or_too_long_is_refused(studio: Studio, from_s: float, to_s: float) -> None:
    with pytest.raises(Malformed):
        studio.clips.draft(studio.home.camera, studio.span(from_s, to_s), CLOCK)


def test_a_clip_of_now_reads_the_segment_that_is_being_written(studio: Studio) -> None:
    assert (part := list(studio.home.place.folder.glob("*/*.part")))
    manifest = studio.clips.draft(studio.home.camera, studio.span(52, 59), CLOCK).manifest
    assert manifest.segments[-1].finished is False
    assert part[0].exists()


def test_where_the_picture_size_changes_the_clip_ends(studio: Studio, cars: Loop) -> None:
    other = dataclasses.replace(cars, units=tuple(
        unit._replace(nals=tuple(nal + b"\x80" if nal[0] & 31 == 8 else nal for nal in unit.nals))
        for unit in cars.units))  # fmt: skip
    studio.home.feed.play(minute(other, NOON_US + 60 * SECOND_US, 15 * SECOND_US))
    until(lambda: not studio.home.ring.writer._queue and studio.home.spans()[-1][1] > NOON_US + 70 * SECOND_US)
    manifest = studio.clips.draft(studio.home.camera, studio.span(45, 70), CLOCK).manifest
    assert NOON_US + 59 * SECOND_US < manifest.cut[1] <= NOON_US + 60 * SECOND_US
    assert all(segment.start_us < NOON_US + 60 * SECOND_US for segment in manifest.segments)


def test_a_draft_that_was_changed_is_not_signed_and_old_drafts_go(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = studio.clips.draft(studio.home.camera, studio.span(5, 9), CLOCK)
    with draft.path.open("r+b") as file:
        file.seek(2_000)
        file.write(b"forged")
    with pytest.raises(Untrusted):
        studio.clips.keep(ClipId(draft.manifest.clip), CLOCK)
    monkeypatch.setattr("consentry.edge.clips.DRAFT_S", -1.0)
    studio.clips.draft(studio.home.camera, studio.span(5, 9), CLOCK)
    with pytest.raises(NotFound):
        studio.clips.get(ClipId(draft.manifest.clip))


def test_bounds_of_number_room_and_one_at_a_time(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    with studio.clips._cutting, pytest.raises(Conflict):
        studio.clips.draft(studio.home.camera, studio.span(5, 9), CLOCK)
    monkeypatch.setattr("consentry.edge.clips.MAX_CLIPS", 1)
    studio.clips.draft(studio.home.camera, studio.span(5, 9), CLOCK)
    with pytest.raises(LimitReached):
        studio.clips.draft(studio.home.camera, studio.span(5, 9), CLOCK)
    monkeypatch.setattr("consentry.edge.clips.MAX_CLIPS", 9)
    monkeypatch.setattr("consentry.edge.clips.RING_KEEP_FREE_BYTES", 1 << 60)
    with pytest.raises(LimitReached, match="room"):
        studio.clips.draft(studio.home.camera, studio.span(5, 9), CLOCK)


@pytest.mark.parametrize("name", ["../edge", "clp_../../identity", "", "cam_" + "a" * 26, "clp_" + "A" * 26])
def test_no_name_leads_out_of_the_folder(studio: Studio, name: str) -> None:
    for act in (studio.clips.get, studio.clips.delete, lambda clip: studio.clips.read_clip(clip, 0, 9)):
        with pytest.raises(NotFound):
            act(ClipId(name))


def test_a_damaged_segment_makes_no_clip_and_leaves_no_file(studio: Studio, tmp_path: Path) -> None:
    path = studio.home.files()[1]
    whole = path.read_bytes()
    path.write_bytes(whole[:-50] + bytes(50))
    with pytest.raises(Untrusted), (tmp_path / "x").open("w+b") as file:
        cut_span(studio.home.ring, studio.home.camera, studio.span(5, 25), file)
    with pytest.raises(Untrusted):
        studio.clips.draft(studio.home.camera, studio.span(5, 25), CLOCK)
    assert list((studio.home.place.state / "clips").iterdir()) == []
