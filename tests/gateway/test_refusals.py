"""Everything that must not open: forged, borrowed, old, replayed, for somewhere else, or not in the log."""

import dataclasses
import json

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.gateway.world import Authority, Holder, Viewer, now_ms, until

from consentry.kernel.canonical import to_b64
from consentry.kernel.ids import CameraId, GatewayId, new_id
from consentry.kernel.merkle import root_of
from consentry.kernel.note import Signer
from consentry.kernel.opening import dump_opening
from consentry.kernel.ticket import Mode


async def test_without_a_ticket_nothing_opens(city):
    viewer = await city.viewer().dial()
    assert await viewer.refused(ticket=None) == "malformed"
    assert viewer.closed == 4001


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"type":"present"}',
        '{"type":"ping","t":1}',
        '{"type":"present","opening":{"\\ud83d":1}}',
        "{" * 5_000,
    ],
)
async def test_anything_but_a_presentation_is_malformed(city, text):
    viewer = await city.viewer().dial()
    await viewer.socket.send_str(text)
    await viewer.read()
    assert viewer.closed == 4001
    assert not viewer.media


async def test_a_binary_or_oversized_message_ends_the_connection(city):
    viewer = await city.viewer().dial()
    await viewer.socket.send_bytes(b"\0" * 100)
    await viewer.read()
    assert viewer.closed == 4001
    other = await city.viewer().dial()
    await other.socket.send_str("x" * 200_000)
    await other.read()
    assert not other.media
    assert other.closed in (1006, 1009, 4001)


@pytest.mark.parametrize(("start_ms", "life_ms"), [(-61_000, 60_000), (5_000, 60_000)])
async def test_a_ticket_that_is_not_valid_now_is_refused(city, start_ms, life_ms):
    viewer = city.viewer()
    viewer.ticket = city.authority.ticket(viewer.opening, start_ms=now_ms() + start_ms, life_ms=life_ms)
    assert await (await viewer.dial()).refused() == "ticket-expired"
    assert viewer.closed == 4003


async def test_a_ticket_of_another_key_is_refused(city):
    viewer = city.viewer()
    forger = Authority(log=city.authority.log, ticket_key=Ed25519PrivateKey.generate())
    viewer.ticket = forger.ticket(viewer.opening)
    assert await (await viewer.dial()).refused() == "ticket-signature"


async def test_a_stolen_ticket_is_useless_without_the_holders_key(city):
    owner, thief = city.viewer(), city.viewer()
    thief.opening, thief.ticket = owner.opening, owner.ticket
    assert await (await thief.dial()).refused() == "holder-other"
    liar = city.viewer()
    liar.opening, liar.ticket = owner.opening, owner.ticket
    await liar.dial()
    assert await liar.refused(holder_key=to_b64(owner.holder.point)) == "holder-signature"


async def test_a_recorded_presentation_does_not_answer_the_next_challenge(city):
    first = await city.looking()
    recorded = first.message()
    second = await Viewer(city.authority, city.identity.gateway, city.gateway.port, city.public).dial()
    city.open.append(second)
    assert await second.refused(**recorded) == "holder-signature"
    assert first.closed is None


@pytest.mark.parametrize(("field", "value", "kind"), [
    ("camera", CameraId(new_id("camera")), "camera-other"),
    ("audience", GatewayId(new_id("gateway")), "audience-other"),
    ("holder_sha256", b"x" * 32, "holder-other"), ("leaf", b"x" * 32, "leaf-other"), ("mode", Mode.SEALED, "malformed"),
])  # fmt: skip
async def test_a_ticket_for_something_else_is_refused(city, field, value, kind):
    viewer = city.viewer()
    viewer.ticket = city.authority.ticket(viewer.opening, **{field: value})
    assert await (await viewer.dial()).refused() == kind


async def test_an_opening_for_another_gateway_is_refused(city):
    viewer = city.viewer(audience=GatewayId(new_id("gateway")))
    viewer.ticket = city.authority.ticket(viewer.opening, audience=city.identity.gateway)
    assert await (await viewer.dial()).refused() == "audience-other"


async def test_each_field_of_an_opening_is_bound_to_the_ticket(city):
    viewer = await city.viewer().dial()
    honest = json.loads(dump_opening(viewer.opening))
    for record in ("public", "private"):
        for field, value in honest[record].items():
            changed = json.loads(json.dumps(honest))
            changed[record][field] = value + 1 if isinstance(value, int) else value + "y"
            other = Viewer(city.authority, city.identity.gateway, city.gateway.port, city.public)
            other.holder, other.opening, other.ticket = viewer.holder, viewer.opening, viewer.ticket
            await other.dial()
            kind = await other.refused(opening=changed)
            await other.close()
            assert kind in ("leaf-other", "untrusted", "audience-other", "camera-other", "malformed"), (field, kind)


async def test_an_opening_that_is_not_in_the_log_is_refused(city):
    viewer = city.viewer()
    viewer.opening = dataclasses.replace(viewer.opening, index=1)
    assert await (await viewer.dial()).refused() == "log-proof"
    lost = city.viewer()
    lost.opening = dataclasses.replace(lost.opening, proof=(root_of([b"x" * 32]),) * len(lost.opening.proof))
    assert await (await lost.dial()).refused() == "log-proof"


async def test_a_proof_of_another_log_is_refused(city):
    other_log = Authority(log=Signer.generate("log.test"), ticket_key=city.authority.ticket_key)
    viewer = city.viewer()
    viewer.opening = other_log.opening(city.identity.gateway, city.public, viewer.holder)
    viewer.ticket = city.authority.ticket(viewer.opening)
    kind = await (await viewer.dial()).refused()
    assert kind.startswith("note") or kind == "untrusted"


async def test_a_grant_that_is_over_is_refused_though_its_ticket_lives(city):
    viewer = city.viewer(max_until=now_ms() - 1)
    assert await (await viewer.dial()).refused() == "grant-over"


async def test_unknown_cameras_and_absent_edges_are_refused(city):
    unknown = city.viewer(CameraId(new_id("camera")))
    assert await (await unknown.dial()).refused() == "camera-unknown"
    lonely = city.viewer(city.private)
    assert await (await lonely.dial()).refused() == "edge-offline"


async def test_an_ended_session_does_not_come_back_under_a_living_ticket(city):
    viewer = await city.looking()
    city.web.tell("end", {"session": viewer.session, "reason": "withdrawn"})
    await viewer.ended()
    again = city.viewer()
    again.holder, again.opening, again.ticket = viewer.holder, viewer.opening, viewer.ticket
    assert await (await again.dial()).refused() == "session-over"


async def test_an_end_that_overtakes_the_viewer_still_ends_it(city):
    viewer = city.viewer()
    city.web.tell("end", {"session": viewer.session, "reason": "withdrawn"})
    await until(lambda: viewer.session in city.gateway.sessions._ended)
    assert await (await viewer.dial()).refused() == "session-over"


async def test_a_renewal_must_be_newer_and_for_the_same_look(city):
    viewer, other = await city.looking(), city.viewer()
    older = city.authority.ticket(viewer.opening, serial=0)
    for ticket, kind in ((older, "ticket-serial"), (other.ticket, "ticket-other"), (b"short", "malformed")):
        viewer.texts.clear()
        await viewer.socket.send_json({"type": "renew", "ticket": to_b64(ticket)})
        await until(lambda: any(text["type"] in ("error", "renewed") for text in viewer.texts))
        assert [text["kind"] for text in viewer.texts if text["type"] == "error"] == [kind]
    assert viewer.closed is None


async def test_a_full_gateway_says_so(tmp_path, cars):
    from tests.gateway.conftest import City

    city = City(tmp_path, cars)
    await city.start(max_viewers=1)
    try:
        await city.looking()
        assert await (await city.viewer().dial()).refused() == "gateway-full"
    finally:
        await city.stop()


async def test_a_silent_connection_is_dropped(tmp_path, cars):
    from tests.gateway.conftest import City

    city = City(tmp_path, cars)
    await city.start(present_s=0.3, max_unpresented=2)
    try:
        silent = [await city.viewer().dial() for _ in range(2)]
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await city.viewer().dial()
        for viewer in silent:
            await viewer.read()
            assert viewer.texts[-1] == {"type": "error", "kind": "too-slow"}
    finally:
        await city.stop()


async def test_a_foreign_holder_key_that_is_no_point_is_malformed(city):
    viewer = await city.viewer().dial()
    assert await viewer.refused(holder_key=to_b64(Holder().point[:-1] + b"\0")) in ("malformed", "holder-other")
