"""Sealed looks: a real edge, a real gateway that can read nothing, a viewer that opens what is meant for it alone."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from tests.edge.test_with_gateway import Street
from tests.gateway.world import Holder, Viewer, until

from consentry.edge.sealing import Sealer
from consentry.gateway.sealed_hub import SealedHub
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import CameraId, new_id
from consentry.kernel.opening import leaf_of
from consentry.kernel.owner_record import public_point
from consentry.kernel.sealed_box import open_box
from consentry.kernel.sealed_unit import ContentKey, box_message, open_unit, seal_unit, view_context
from consentry.kernel.ticket import Mode
from consentry.kernel.wire import WireUnit, pack_unit, parse_unit
from consentry.media.carry import from_wire
from consentry.media.h264 import from_avcc

VECTORS = Path(__file__).resolve().parents[2] / "docs" / "spec" / "vectors" / "sealed-unit.json"
SEALED = 3


class SealedViewer(Viewer):
    """Presents a box key besides; `opened` are the units that it could open, `closed_units` how many it could not."""

    box = ec.generate_private_key(ec.SECP256R1())

    def sealed(self, signer: Holder | None = None) -> dict[str, str]:
        point = public_point(self.box)
        signature = (signer or self.holder).sign(box_message(leaf_of(self.opening), point))
        return {"box_key": to_b64(point), "box_signature": to_b64(signature)}

    def secrets(self) -> dict[int, bytes]:
        boxes = [from_b64(text["box"]) for text in self.texts if text["type"] == "key"]
        plain = [open_box(box, self.box, context=view_context(self.session)) for box in boxes]
        return {int.from_bytes(key[:4], "big"): key[4:] for key in plain}

    def units(self, since: int = 0) -> list[WireUnit]:
        assert {kind for kind, _, _ in self.media} <= {SEALED}
        return [open_unit(body, self.secrets()) for _, _, body in self.media[since:]]


@pytest_asyncio.fixture
async def street(tmp_path: Path, camera_url: str) -> AsyncIterator[Street]:
    made = Street(tmp_path)
    try:
        await made.start(camera_url)
        yield made
    finally:
        await made.stop()


async def dialled(street: Street, mode: Mode = Mode.SEALED) -> SealedViewer:
    """A viewer with an opening and a ticket, connected, nothing presented yet."""
    holder, world = Holder(), street.home.world
    digest = hashlib.sha256(holder.point).digest()
    opening, _ = street.home.look(holder_key=to_b64(digest))
    viewer = SealedViewer(street.web.authority, street.identity.gateway, street.gateway.port, world.camera)
    viewer.holder, viewer.opening, viewer.session = holder, opening, opening.text("session")
    viewer.ticket = world.ticket(opening, holder_sha256=digest, serial=1, mode=mode)
    street.web.leased.add(viewer.session)
    street.viewers.append(viewer)
    await viewer.dial()
    return viewer


async def look(street: Street) -> SealedViewer:
    viewer = await dialled(street)
    await viewer.present(**viewer.sealed())
    return viewer


async def test_the_viewer_opens_pictures_of_which_the_gateway_holds_nothing_readable(street: Street) -> None:
    viewer = await look(street)
    await viewer.pictures(12)
    init = next(text for text in viewer.texts if text["type"] == "init")
    assert (init["height"], init["codec"][:5]) == (216, "avc1.")
    units = viewer.units()
    assert units[0].key
    pictures = [from_wire(unit) for unit in units]  # honest flags, whole NAL units, parameter sets with the first
    hub = street.gateway.sessions.hubs[street.home.world.camera]
    assert isinstance(hub, SealedHub)
    held = b"".join(shot.frame() for shot in hub.main.group) + b"".join(body for _, _, body in viewer.media)
    assert len(held) > 1_000
    for nal in (nal for picture in pictures for nal in picture.nals if len(nal) >= 8):
        assert nal[:64] not in held
    message = viewer.media[0][2]
    with pytest.raises(Malformed):
        from_wire(parse_unit(message))
    for at in (0, 20, 40, len(message) - 1):
        with pytest.raises((Untrusted, Malformed)):
            open_unit(message[:at] + bytes([message[at] ^ 4]) + message[at + 1 :], viewer.secrets())


async def test_who_left_opens_nothing_that_comes_later_and_who_stays_goes_on(street: Street) -> None:
    first, second = await look(street), await look(street)
    await first.pictures(5)
    await second.pictures(5)
    assert set(first.secrets()) == set(second.secrets()) == {1}, "one key, one sealing, for both"
    street.web.tell("end", {"session": first.session, "reason": "closed"})
    await first.ended()
    await until(lambda: 2 in second.secrets())
    count = len(second.media)
    await second.pictures(count + 10)
    assert second.units()
    late = [body for _, _, body in second.media[-3:]]
    for body in late:
        with pytest.raises(Untrusted) as refused:
            open_unit(body, first.secrets())
        assert refused.value.kind == "sealed-key"


async def test_a_gateway_cannot_put_its_own_key_in_the_viewers_place(street: Street) -> None:
    viewer = await dialled(street)
    assert await viewer.refused(**viewer.sealed(signer=Holder())) == "edge:holder-signature"
    bare = await dialled(street)
    assert await bare.refused() == "malformed"


async def test_an_edge_that_is_told_to_opens_sealed_looks_alone_and_one_camera_leaves_one_way(street: Street) -> None:
    sealed = await look(street)
    await sealed.pictures(3)
    plain = await dialled(street, Mode.PLAIN)
    assert await plain.refused() == "mode-other"
    await sealed.close()
    await until(lambda: not street.gateway.sessions.hubs)
    assert street.home.process is not None
    box = street.home.process.box
    assert box is not None
    box.looks.sealed_only = True
    plain = await dialled(street, Mode.PLAIN)
    assert await plain.refused() == "edge:ticket-mode"
    await asyncio.sleep(0)


def test_a_new_key_comes_with_a_key_unit_each_minute_and_counters_never_repeat() -> None:
    said: list[dict[str, str]] = []
    sealer = Sealer(lambda message: said.append(dict(message)))
    sealer.join("ses_a", public_point(SealedViewer.box))
    first = sealer.key_for(is_key=True, wallclock_us=0)
    assert sealer.key_for(is_key=False, wallclock_us=90_000_000) is first, "only with a key unit"
    second = sealer.key_for(is_key=True, wallclock_us=90_000_000)
    assert (first.number, second.number, len(said)) == (1, 2, 2)
    assert first.secret != second.secret
    counters = [sealer.next_counter(key) for key in (first, second, first, second, second)]
    assert counters == [1, 1, 2, 2, 3]
    sealer.leave("ses_b")
    assert sealer.key_for(is_key=True, wallclock_us=91_000_000) is second, "nobody left"
    sealer.leave("ses_a")
    assert sealer.key_for(is_key=True, wallclock_us=92_000_000).number == 3
    assert len(said) == 2, "who left is told nothing"


def test_the_published_vector_holds() -> None:
    vector = json.loads(VECTORS.read_text())
    key = ContentKey(vector["key_number"], bytes.fromhex(vector["secret"]))
    message, plain = bytes.fromhex(vector["message"]), bytes.fromhex(vector["plain"])
    assert seal_unit(parse_unit(plain), key, vector["counter"]) == message
    assert pack_unit(open_unit(message, {key.number: key.secret})) == plain
    assert from_avcc(parse_unit(plain).payload)
    assert CameraId(new_id("camera")) != parse_unit(plain).camera
