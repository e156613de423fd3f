"""*Keep this* at a real gateway: only the marked look is recorded, not past its end; the vault has it or we keep it."""

import asyncio
import io
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import pytest
from tests.gateway.conftest import City
from tests.gateway.world import now_ms, until

from consentry.gateway.carrier import Carrier
from consentry.gateway.clocks import Clocks
from consentry.gateway.keeping import parse_keeps
from consentry.gateway.keys import load_identity
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import new_id
from consentry.kernel.note import Signer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
async def keeping(tmp_path, cars):
    city = City(tmp_path, cars)
    await city.start(record_to=tmp_path / "recordings")
    try:
        yield city
    finally:
        await city.stop()


def mark(viewer: Any, camera: str, **other: Any) -> dict[str, Any]:
    said = {"recording": new_id("recording"), "session": viewer.session, "camera": camera, "from_us": 0}
    return said | other


def states_of(city: City, marked: dict[str, Any]) -> list[str]:
    told = [event for event in city.web.reports if event["type"] == "recorder"]
    return [event["state"] for event in told if event["recording"] == marked["recording"]]


def keep(city: City, *marks: dict[str, Any], over: tuple[dict[str, Any], ...] = ()) -> None:
    ended = [{"recording": one["recording"], "camera": one["camera"]} for one in over]
    city.web.keeps = city.web.keeps | {"recordings": list(marks), "over": ended}
    city.web.tell_keeps()


def shown(bodies: Any) -> int:
    """How many pictures play in these segments."""
    count = 0
    for body in bodies:
        with av.open(io.BytesIO(body)) as container:
            count += sum(1 for _ in container.decode(video=0))
    return count


async def test_a_city_look_is_kept_from_the_cached_pictures_on_and_the_gateway_lets_go_of_what_the_vault_has(keeping):
    viewer = await keeping.looking()
    marked = mark(viewer, keeping.public)
    keep(keeping, marked)
    await until(lambda: states_of(keeping, marked) == ["recording"])
    await viewer.pictures(len(viewer.media) + 15)
    keep(keeping, over=(marked,))
    await until(lambda: "delivered" in states_of(keeping, marked))
    assert states_of(keeping, marked)[-2:] == ["stopped", "delivered"]
    assert shown(keeping.web.brought.values()) >= 15
    assert not list((keeping.folder / "recordings").rglob("*.mp4"))
    assert not list((keeping.folder / "recordings").iterdir()), "nothing is left of it"
    assert viewer.closed is None, "the look goes on all the while"


async def test_a_private_camera_is_recorded_only_while_the_marked_session_is_shown_here(keeping):
    """The web may say what it likes, or forget to say that it is over: two look, one was marked, and ends."""
    await keeping.sending()
    marked_viewer = await keeping.looking(keeping.private)
    other = await keeping.looking(keeping.private)
    marked = mark(marked_viewer, keeping.private)
    stranger = {**mark(marked_viewer, keeping.private), "session": new_id("session")}
    wrong = mark(other, keeping.public)
    keep(keeping, marked, stranger, wrong)
    await until(lambda: states_of(keeping, marked) == ["recording"])
    await other.pictures(len(other.media) + 10)
    ended_us = now_ms() * 1_000
    keeping.gateway.sessions.end(marked_viewer.session, "withdrawn")
    await until(lambda: "delivered" in states_of(keeping, marked))
    brought = dict(keeping.web.brought)
    await other.pictures(len(other.media) + 25)
    assert keeping.web.brought == brought, "the camera still plays for the other, and is not recorded"
    assert states_of(keeping, stranger) == states_of(keeping, wrong) == []
    assert len(brought) == 1
    recorder = keeping.gateway.recorder
    assert recorder is not None
    assert not recorder._writing
    assert ended_us < now_ms() * 1_000


async def test_nothing_older_than_the_grant_is_recorded(keeping):
    viewer = await keeping.looking(count=20)
    marked = mark(viewer, keeping.public, from_us=(now_ms() + 1_500) * 1_000)
    keep(keeping, marked)
    await viewer.pictures(len(viewer.media) + 10)
    assert states_of(keeping, marked) == []
    await until(lambda: states_of(keeping, marked) == ["recording"])
    keep(keeping, over=(marked,))
    await until(lambda: "delivered" in states_of(keeping, marked))
    (path,) = keeping.web.brought
    assert path.endswith("/0")


@pytest.mark.parametrize("says", [404, 503])
async def test_what_the_vault_does_not_take_stays_on_the_disk(keeping, says):
    keeping.web.vault_says = says
    viewer = await keeping.looking()
    marked = mark(viewer, keeping.public)
    keep(keeping, marked)
    await until(lambda: states_of(keeping, marked) == ["recording"])
    await viewer.pictures(len(viewer.media) + 10)
    keep(keeping, over=(marked,))
    await until(lambda: "stopped" in states_of(keeping, marked))
    await asyncio.sleep(0.3)
    assert len(list((keeping.folder / "recordings").rglob("*.mp4"))) == 1
    assert "delivered" not in states_of(keeping, marked)
    if says == 503:
        keeping.web.vault_says = 200
        await until(lambda: "delivered" in states_of(keeping, marked))


async def test_an_acknowledgement_by_a_stranger_counts_nothing(keeping):
    keeping.web.keeps = keeping.web.keeps | {"vault_keys": [Signer.generate("other").verifier.vkey]}
    viewer = await keeping.looking()
    marked = mark(viewer, keeping.public)
    keep(keeping, marked)
    await until(lambda: states_of(keeping, marked) == ["recording"])
    keep(keeping, over=(marked,))
    await until(lambda: keeping.web.brought)
    await asyncio.sleep(0.3)
    assert list((keeping.folder / "recordings").rglob("*.mp4")), "it is not let go of"
    assert "delivered" not in states_of(keeping, marked)


async def test_a_gateway_without_a_folder_says_that_it_keeps_nothing(city):
    viewer = await city.looking()
    marked, over = mark(viewer, city.public), mark(viewer, city.public)
    keep(city, marked, over=(over,))
    await until(lambda: states_of(city, over) == ["delivered"])
    assert states_of(city, marked) == ["no-recorder"]


@pytest.mark.parametrize(
    "odd",
    [
        {"recordings": {}}, {"over": None}, {"recordings": [{}]}, {"recordings": ["x"]},
        {"over": [{"recording": "rec_x"}]},
        {"recordings": [{"recording": "../x", "session": "s", "camera": "c", "from_us": 1}]},
    ],
    ids=range(6),
)  # fmt: skip
def test_an_odd_word_of_the_web_is_refused(odd):
    with pytest.raises(Malformed):
        parse_keeps({"recordings": [], "over": [], "vault_keys": [], **odd})
    mine = {"recording": new_id("recording"), "camera": new_id("camera"), "session": new_id("session"), "from_us": -1}
    with pytest.raises(Malformed):
        parse_keeps({"recordings": [mine], "over": [], "vault_keys": []})


CRASH = """
import os, sys, time
from pathlib import Path
from tests.gateway.conftest import VIDEO
from tests.gateway.test_recorder import CAMERA, RECORDING, record
from consentry.gateway.recorder import SegmentRecorder
from consentry.media.file_source import load_loop
recorder = SegmentRecorder(Path(sys.argv[1]), lambda event: print(event["type"], flush=True))
record(recorder, load_loop(VIDEO, key_every_s=0.4, most_s=2, height_px=216), 25)
time.sleep(60)
"""


def killed_recorder(folder: Path) -> None:
    """A process that records, killed in the middle of its third segment."""
    dying = subprocess.Popen([sys.executable, "-c", CRASH, str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert dying.stdout is not None
    told = 0
    while told < 2:
        line = dying.stdout.readline()
        assert line, "it lives until it is killed"
        told += line.strip() == "segment"
    while not any(part.stat().st_size > 20_000 for part in folder.rglob("000002-*.part")):
        time.sleep(0.02)
    dying.send_signal(signal.SIGKILL)
    dying.wait()
    dying.stdout.close()


async def test_after_a_kill_all_that_is_whole_is_brought_by_the_next_process(tmp_path, cars):
    folder = tmp_path / "recordings"
    await asyncio.to_thread(killed_recorder, folder)
    recording = next(folder.iterdir()).name
    city = City(tmp_path, cars)
    city.web.keeps = city.web.keeps | {"over": [{"recording": recording, "camera": new_id("camera")}]}
    await city.start(record_to=folder)
    try:
        await until(lambda: states_of(city, {"recording": recording})[-1:] == ["delivered"])
        assert len(city.web.brought) == 3, "two that were finished, and the whole part of the one that was not"
        assert shown(city.web.brought.values()) > 400
        assert not list(folder.iterdir())
    finally:
        await city.stop()


def test_a_gateway_that_knows_the_vault_believes_no_other(tmp_path):
    carrier = Carrier("http://web", load_identity(tmp_path), Clocks(), lambda _: None)
    known, other = (Signer.generate(name).verifier.vkey for name in ("vault", "other"))
    carrier.trust([known], pinned=[known])
    with pytest.raises(Untrusted) as refused:
        carrier.trust([known, other], pinned=[known])
    assert refused.value.kind == "pin-vault"
