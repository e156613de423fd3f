"""The box sends a clip by itself: a real edge behind a real gateway, and the owner's word, which is checked at home."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from tests.edge.answer_server import AnswerServer, Taken
from tests.edge.own_browser import OwnBrowser
from tests.edge.test_own_look import OwnStreet
from tests.gateway.world import until

from consentry.edge.box import Box
from consentry.edge.key_files import load_keys
from consentry.kernel.ids import new_id
from consentry.kernel.owner_record import OwnerKey, open_owner_record, owner_record, public_point, sign_as_device

PART = 4_096


@dataclass
class Kept:
    """A clip that its owner saw and kept, and the look in which that was."""

    browser: OwnBrowser
    clip: str
    sha256: str
    size: int


class SendStreet(OwnStreet):
    """A street whose home was paired with a server that takes answers."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.server = AnswerServer()

    @property
    def box(self) -> Box:
        assert self.home.process is not None
        assert self.home.process.box is not None
        return self.home.process.box

    async def keep(self) -> Kept:
        """Cut what there is, look at it, keep it."""
        browser, camera = await self.own_look(), self.home.world.camera
        await until(lambda: self.box.ring.spans(camera, 0, 1 << 52))
        await asyncio.sleep(2.2)
        ((first, last), *_) = (await browser.ask("line", **{"from": 0, "to": 1 << 52}))["spans"]
        cut = (await browser.ask("cut", **{"from": first, "to": last}))["cut"]
        kept = await browser.ask("keep", clip=cut["clip"])
        assert kept["sends"] is True
        return Kept(browser, cut["clip"], cut["sha256"], cut["size_bytes"])

    def word(self, kept: Kept, owner: ec.EllipticCurvePrivateKey | None = None, **changes: Any) -> str:
        """The owner's word for this clip as the answer of the request."""
        world = self.home.world
        t_ms = changes.pop("t_ms", 0) or time.time_ns() // 1_000_000
        fields = {
            "agency": new_id("agency"), "answer": new_id("answer"), "camera": world.camera, "clip": kept.clip,
            "edge": world.edge, "request": new_id("request"), "sha256": kept.sha256, **changes,
        }  # fmt: skip
        return sign_as_device(owner_record("clip.send", t_ms=t_ms, **fields), owner or world.owner)

    def expect(self, kept: Kept) -> tuple[str, Taken]:
        """The server waits for this clip; the answer's id."""
        answer = new_id("answer")
        self.server.answers[answer] = Taken(kept.size, kept.sha256)
        return answer, self.server.answers[answer]

    async def restart(self) -> None:
        await self.home.stop_edge()
        await self.home.start_edge()


@pytest_asyncio.fixture
async def street(tmp_path: Path, camera_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SendStreet]:
    monkeypatch.setattr("consentry.edge.sends.BOX_PART_BYTES", PART)
    monkeypatch.setattr("consentry.edge.sends.FIRST_RETRY_S", 0.05)
    made = SendStreet(tmp_path)
    await made.server.start()
    try:
        made.home.server = made.server.url
        await made.start(camera_url)
        made.server.edge_key = load_keys(made.home.folder).public_key()
        made.name_owner(made.home.world.owner)
        await until(lambda: made.gateway.state is not None and made.gateway.state.edges[made.home.world.edge].owner)
        yield made
    finally:
        await made.stop()
        await made.server.stop()


async def test_the_box_sends_what_its_owner_signed_for_with_the_phone_gone(street: SendStreet) -> None:
    kept = await street.keep()
    answer, taken = street.expect(kept)
    word = street.word(kept, answer=answer)
    said = await kept.browser.ask("send", clip=kept.clip, owner_signature=word)
    assert said["sending"] == {"answer": answer, "size_bytes": kept.size}
    await kept.browser.close()
    await until(lambda: taken.state == "checking", 20)
    assert hashlib.sha256(taken.body).hexdigest() == kept.sha256
    assert taken.offsets == list(range(0, kept.size, PART)), "in parts, each byte once"
    record = open_owner_record(taken.word, OwnerKey(public_point(street.home.world.owner)), kind="clip.send")
    assert record["answer"] == answer
    taken.state = "sent"
    await until(lambda: not street.box.sends._jobs)
    assert street.box.clips.get(kept.clip).signed, "the clip stays at home until its owner deletes it"


@pytest.mark.parametrize(("what", "kind"), [
    ("owner", "holder-signature"), ("camera", "owner-signature"), ("clip", "owner-signature"),
    ("edge", "owner-signature"), ("sha256", "owner-signature"), ("old", "owner-record-time"),
    ("future", "owner-record-time"), ("answer", "malformed"), ("request", "malformed"), ("kind", "malformed"),
    ("garbage", "malformed"), ("nothing", "malformed"), ("stopped", "stopped"),
])  # fmt: skip
async def test_nothing_leaves_for_a_word_that_is_not_just_that(street: SendStreet, what: str, kind: str) -> None:
    """All that a server, a gateway or a page without the owner's key could bring about."""
    kept = await street.keep()
    now_ms = time.time_ns() // 1_000_000
    others: dict[str, str] = {"camera": new_id("camera"), "clip": new_id("clip"), "edge": new_id("edge"),
                              "sha256": "ab" * 32, "answer": "ans_../../x", "request": new_id("answer")}  # fmt: skip
    word: object = street.word(kept)
    if what == "owner":
        word = street.word(kept, ec.generate_private_key(ec.SECP256R1()))
    elif what in others:
        word = street.word(kept, **{what: others[what]})
    elif what in ("old", "future"):
        word = street.word(kept, t_ms=now_ms + (61_500 if what == "future" else -121_000))
    elif what == "kind":
        record = {"v": 1, "kind": "camera.resume", "t": now_ms, "camera": street.home.world.camera}
        word = sign_as_device(record, street.home.world.owner)
    elif what == "stopped":
        street.box._store.put_fact("stopped", "1")
    else:
        word = "{" * 900 if what == "garbage" else None
    said = await kept.browser.ask("send", clip=kept.clip, owner_signature=word)
    assert said["error"] == kind
    await asyncio.sleep(0.3)
    assert street.server.requests == []


async def test_a_draft_is_not_sent_nor_a_clip_of_another_camera(street: SendStreet) -> None:
    kept = await street.keep()
    line = await kept.browser.ask("line", **{"from": 0, "to": 1 << 52})
    cut = (await kept.browser.ask("cut", **{"from": line["spans"][0][0], "to": line["now"]}))["cut"]
    draft = Kept(kept.browser, cut["clip"], cut["sha256"], cut["size_bytes"])
    for clip in (draft.clip, new_id("clip"), "../../keys"):
        said = await kept.browser.ask("send", clip=clip, owner_signature=street.word(draft))
        assert said["error"] == "not-found"
    assert street.server.requests == []


async def test_a_word_counts_once_also_after_a_restart(street: SendStreet) -> None:
    kept = await street.keep()
    answer, taken = street.expect(kept)
    word = street.word(kept, answer=answer)
    assert "sending" in await kept.browser.ask("send", clip=kept.clip, owner_signature=word)
    await until(lambda: taken.state == "checking", 20)
    taken.state = "withdrawn"
    await until(lambda: not street.box.sends._jobs)
    count = len(street.server.requests)
    manifest = street.box.clips.get(kept.clip).manifest
    for _ in range(2):
        with pytest.raises(Exception, match="too old, used"):
            street.box.sends.take(manifest, word)
        await street.restart()
        await until(lambda: street.home.process is not None and street.home.process.box is not None)
    assert len(street.server.requests) == count


async def test_taking_it_back_while_it_is_sent_stops_the_box(street: SendStreet) -> None:
    kept = await street.keep()
    answer, taken = street.expect(kept)
    street.server.goes.clear()
    await kept.browser.ask("send", clip=kept.clip, owner_signature=street.word(kept, answer=answer))
    await street.server.parted.wait()
    taken.state, taken.body = "withdrawn", b""
    street.server.goes.set()
    await until(lambda: not street.box.sends._jobs)
    count = len(street.server.requests)
    await asyncio.sleep(0.3)
    assert len(street.server.requests) == count
    assert taken.body == b""
    await street.restart()
    await asyncio.sleep(0.5)
    assert len(street.server.requests) == count, "forgotten for good"


async def test_a_box_that_is_killed_goes_on_where_the_server_has_it(street: SendStreet) -> None:
    kept = await street.keep()
    answer, taken = street.expect(kept)
    taken.body = b""
    street.server.goes.clear()
    await kept.browser.ask("send", clip=kept.clip, owner_signature=street.word(kept, answer=answer))
    await street.server.parted.wait()
    await street.home.stop_edge()
    street.server.goes.set()
    taken.body = street.home.folder.joinpath("clips", f"{kept.clip}.mp4").read_bytes()[: 2 * PART]
    taken.offsets.clear()
    await street.home.start_edge()
    await until(lambda: taken.state == "checking", 20)
    assert taken.offsets == list(range(2 * PART, kept.size, PART)), "nothing is sent twice"
    assert hashlib.sha256(taken.body).hexdigest() == kept.sha256


async def test_a_clip_that_is_gone_or_changed_is_told_and_not_sent(street: SendStreet) -> None:
    kept = await street.keep()
    for change in ("changed", "gone"):
        answer, taken = street.expect(kept)
        street.server.broken = 3
        await kept.browser.ask("send", clip=kept.clip, owner_signature=street.word(kept, answer=answer))
        path = street.home.folder / "clips" / f"{kept.clip}.mp4"
        if change == "changed":
            path.write_bytes(b"x" * kept.size)
        else:
            path.unlink()
        await until(lambda taken=taken: taken.state == "failed", 20)
        assert (taken.why, taken.body) == ("box-clip", b"")


async def test_the_switch_in_the_house_ends_what_is_on_its_way(street: SendStreet) -> None:
    kept = await street.keep()
    answer, taken = street.expect(kept)
    street.server.goes.clear()
    await kept.browser.ask("send", clip=kept.clip, owner_signature=street.word(kept, answer=answer))
    await street.server.parted.wait()
    assert street.home.process is not None
    assert any("clip" in line for line in street.box.look_lines()), "the page in the house names it"
    street.home.process.stop()
    await until(lambda: taken.state == "failed", 20)
    assert taken.why == "box-stopped"
    street.server.goes.set()
    await until(lambda: not street.box.sends._jobs)
    assert taken.body == b""


async def test_a_server_that_is_away_is_asked_again_and_one_that_loses_it_not_for_ever(street: SendStreet) -> None:
    kept = await street.keep()
    answer, taken = street.expect(kept)
    street.server.broken = 4
    await kept.browser.ask("send", clip=kept.clip, owner_signature=street.word(kept, answer=answer))
    await until(lambda: taken.state == "checking", 20)
    taken.state = "sent"
    other, lost = street.expect(kept)
    street.server.lies = 100
    await kept.browser.ask("send", clip=kept.clip, owner_signature=street.word(kept, answer=other))
    await until(lambda: lost.state == "failed", 20)
    assert lost.why == "box-line"


async def test_at_most_eight_are_on_their_way(street: SendStreet) -> None:
    kept = await street.keep()
    street.server.goes.clear()
    for _ in range(8):
        answer, _ = street.expect(kept)
        await asyncio.sleep(0.002)  # each is said later than the one before
        said = await kept.browser.ask("send", clip=kept.clip, owner_signature=street.word(kept, answer=answer))
        assert "sending" in said, said
    await asyncio.sleep(0.002)
    said = await kept.browser.ask("send", clip=kept.clip, owner_signature=street.word(kept))
    assert said["error"] == "sends-busy"
    street.server.goes.set()


async def test_another_owner_after_a_new_pairing_sends_nothing_of_the_one_before(street: SendStreet) -> None:
    kept = await street.keep()
    answer, taken = street.expect(kept)
    street.server.goes.clear()
    await kept.browser.ask("send", clip=kept.clip, owner_signature=street.word(kept, answer=answer))
    await street.server.parted.wait()
    await street.home.stop_edge()
    street.home.world.owner = ec.generate_private_key(ec.SECP256R1())
    street.home.prepare("rtsp://127.0.0.1:1/none", gateway_port=street.gateway.port)
    count = len(street.server.requests)
    street.server.goes.set()
    await street.home.start_edge()
    await until(lambda: street.home.process is not None and street.home.process.box is not None)
    await asyncio.sleep(0.5)
    assert len(street.server.requests) == count
    assert taken.state == "receiving"
