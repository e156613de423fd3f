"""The owner's side: served, handing a recording over or not, and who stands behind an answer."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from tests.access.stage import integrate
from tests.orders.stage import DAY, HOUR, Court, camera_line, make_court, row_of, serving_of, us, work
from tests.orders.test_services import refusal
from tests.requests.stage import BODY, begin, new_request
from tests.requests.stage import row_of as answer_row
from tests.requests.stage import work as work_requests

from consentry.evidence import models as vault
from consentry.evidence import services as evidence
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clip import ClipManifest, ClipSegment, sign_clip
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Refused, Unavailable, Untrusted
from consentry.kernel.ids import AnswerId, HandOverId, ItemId, OrderId, new_id
from consentry.kernel.terms import Tier
from consentry.notices.models import Notice
from consentry.orders import models, queries, services
from consentry.orders.types import Line, NewHandOver
from consentry.requests import services as requests

pytestmark = pytest.mark.django_db


def clip_of(court: Court, body: bytes, order: OrderId, **changes: Any) -> bytes:
    """`body` as a clip that the home's edge cut out of the middle of the order's window and signed."""
    line = models.Line.objects.get(order=order)
    assert line.window_start is not None
    start = us(line.window_start) + 60_000_000
    said: dict[str, Any] = {
        "clip": new_id("clip"), "edge": court.home.home.id, "camera": court.home.camera.id,
        "asked": (start, start + 5_000_000), "cut": (start - 900_000, start + 5_000_000), "gaps": (),
        "sha256": hashlib.sha256(body).hexdigest(), "size_bytes": len(body), "codec": "avc1.42c01e", "width_px": 2,
        "height_px": 2, "units": 1, "made_at_ms": 1, "witnessed_ms": 0,
        "segments": (ClipSegment(1, "a" * 64, finished=True),),
    }  # fmt: skip
    return sign_clip(ClipManifest(**{**said, **changes}), court.home.home.key)


def new_hand_over(body: bytes = BODY, **changes: Any) -> NewHandOver:
    said: dict[str, Any] = {
        "media_type": "video/mp4", "size_bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(),
    }  # fmt: skip
    return NewHandOver(**{**said, **changes})


def hand_over(court: Court, order: OrderId, body: bytes = BODY, **changes: Any) -> HandOverId:
    """Announced, sent and complete; sealed at the next step of the worker."""
    who, serving = court.home.owner.principal, serving_of(order).id
    made = evidence.begin_handed(who, serving, new_hand_over(body, **changes), now=utc_now())
    evidence.take_handed_part(who, made.id, 0, [body])
    evidence.finish_handed(who, made.id, hashlib.sha256(body).hexdigest())
    return made.id


def test_a_clip_that_the_edge_signed_ends_in_the_vault_with_the_basis_order() -> None:
    court = make_court()
    order = court.executed()
    made = hand_over(court, order, signed=clip_of(court, BODY, order))
    work()
    row = models.HandOver.objects.get(id=made)
    item = vault.Item.objects.get(id=row.item)
    assert (row.state, item.kind, item.order, item.camera, item.state) == (
        "sent", "order", order, court.home.camera.id, "sealed",
    )  # fmt: skip
    assert (item.base_reason, item.places.get().case.number) == ("order", "26-CR-1")
    checked = open_vault().check(ItemId(item.id))
    assert checked is not None
    assert checked.manifest.segments[0].origin["manifest"]["camera"] == court.home.camera.id
    (served,) = queries.served_to(court.home.owner.principal.person, now=utc_now())  # type: ignore[arg-type]
    assert (served.state, served.handed[0].kind, served.handed[0].state) == ("handed", "clip", "sent")
    (told,) = queries.servings_of(row_of(order))
    assert (told.state, told.items) == ("handed", (item.id,))


def test_a_file_of_ones_own_is_taken_too_and_names_the_camera() -> None:
    court = make_court()
    order = court.executed()
    hand_over(court, order)
    work()
    item = vault.Item.objects.get(kind="order")
    assert (item.camera, item.order, item.start_us) == (court.home.camera.id, order, None)


def test_a_clip_outside_the_window_of_another_camera_or_of_other_bytes_is_refused() -> None:
    court = make_court(homes=2)
    order = court.executed(camera_line(court.home.camera.id, utc_now()))
    line = models.Line.objects.get(order=order)
    assert line.window_start is not None
    assert line.window_end is not None
    early, late = us(line.window_start) - 1, us(line.window_end) + 1_000_001
    who, serving = court.home.owner.principal, serving_of(order).id

    def begun(**changes: Any) -> object:
        signed = clip_of(court, BODY, order, **changes)
        return evidence.begin_handed(who, serving, new_hand_over(signed=signed), now=utc_now())

    assert refusal(lambda: begun(asked=(early, early + 10), cut=(early, early + 10))) == (Refused, "clip-window")
    assert refusal(lambda: begun(asked=(late - 10, late), cut=(late - 10, late))) == (Refused, "clip-window")
    assert refusal(lambda: begun(camera=court.stage.homes[1].camera.id)) == (Conflict, "clip-camera")
    assert refusal(lambda: begun(sha256="0" * 64)) == (Conflict, "clip-file")
    forged = clip_of(court, BODY, order).replace(b'"units":1', b'"units":2')
    assert refusal(
        lambda: evidence.begin_handed(who, serving, new_hand_over(signed=forged), now=utc_now())
    )[0] is Untrusted  # fmt: skip
    for new in (
        new_hand_over(media_type="image/svg+xml"), new_hand_over(media_type="text/html"), new_hand_over(size_bytes=0),
    ):  # fmt: skip
        assert refusal(lambda new=new: evidence.begin_handed(who, serving, new, now=utc_now()))[0] is Malformed  # type: ignore[misc]
    assert not models.HandOver.objects.exists()
    assert not vault.Upload.objects.exists()


def test_only_the_owner_it_is_served_on_reads_it_hands_over_or_stops() -> None:
    court = make_court(homes=2)
    order = court.executed(camera_line(court.home.camera.id, utc_now()))
    serving, other = serving_of(order).id, court.stage.homes[1].owner.principal
    made = evidence.begin_handed(court.home.owner.principal, serving, new_hand_over(), now=utc_now())
    for who in (other, court["first"]):
        for act in (
            lambda who=who: evidence.begin_handed(who, serving, new_hand_over(b"mine"), now=utc_now()),
            lambda who=who: services.say(who, serving, "nothing", "", now=utc_now()),
            lambda who=who: evidence.take_handed_part(who, made.id, 0, [b"x"]),
            lambda who=who: evidence.finish_handed(who, made.id, "0" * 64),
            lambda who=who: evidence.stop_handed(who, made.id),
            lambda who=who: evidence.access_handed(who, made.id),
        ):
            assert refusal(act)[0] is NotFound


def test_the_owner_says_nothing_is_there_or_contests_and_may_still_hand_over() -> None:
    court = make_court()
    order = court.executed()
    who, serving = court.home.owner.principal, serving_of(order).id
    services.say(who, serving, "nothing", "", now=utc_now())
    assert serving_of(order).state == "nothing"
    assert refusal(lambda: services.say(who, serving, "contested", "  ", now=utc_now())) == (Malformed, "contest-why")
    assert refusal(lambda: services.say(who, serving, "handed", "", now=utc_now()))[0] is Malformed
    assert refusal(lambda: services.say(who, serving, "contested", "x" * 2_001, now=utc_now()))[0] is Malformed
    assert refusal(lambda: services.say(who, serving, "contested", "a\x00b", now=utc_now()))[0] is Malformed
    services.say(who, serving, "contested", "<b>My lawyer</b> says no", now=utc_now())
    (told,) = queries.servings_of(row_of(order))
    assert (told.state, told.said) == ("contested", "<b>My lawyer</b> says no")
    hand_over(court, order)
    work()
    assert serving_of(order).state == "handed"


def test_nothing_is_taken_before_the_seal_ends_nor_after_the_last_day() -> None:
    court = make_court()
    now = utc_now()
    order = court.executed(seal_until=now + DAY, expires_at=now + 3 * DAY)
    who, serving = court.home.owner.principal, serving_of(order).id
    assert refusal(lambda: evidence.begin_handed(who, serving, new_hand_over(), now=now))[0] is NotFound
    over = now + 3 * DAY
    assert refusal(lambda: evidence.begin_handed(who, serving, new_hand_over(), now=over)) == (Conflict, "order-over")
    assert refusal(lambda: services.say(who, serving, "nothing", "", now=over)) == (Conflict, "order-over")
    evidence.begin_handed(who, serving, new_hand_over(), now=now + DAY + HOUR)


def test_the_same_file_twice_is_once_and_there_is_a_bound() -> None:
    court = make_court()
    order = court.executed()
    who, serving = court.home.owner.principal, serving_of(order).id
    hand_over(court, order)
    assert refusal(lambda: hand_over(court, order)) == (Conflict, "answer-twice")
    work()
    assert refusal(lambda: hand_over(court, order)) == (Conflict, "answer-twice")
    for number in range(9):
        hand_over(court, order, b"%d" % number + BODY)
        work()
    begun = lambda: evidence.begin_handed(who, serving, new_hand_over(b"more"), now=utc_now())  # noqa: E731
    assert refusal(begun)[0] is LimitReached


def test_what_was_stopped_or_lost_leaves_nothing_and_other_bytes_are_sent_again() -> None:
    court = make_court()
    order = court.executed()
    who, serving = court.home.owner.principal, serving_of(order).id
    made = evidence.begin_handed(who, serving, new_hand_over(), now=utc_now())
    evidence.stop_handed(who, made.id)
    evidence.stop_handed(who, made.id)
    assert refusal(lambda: evidence.take_handed_part(who, made.id, 0, [BODY])) == (Conflict, "answer-gone")
    again = evidence.begin_handed(who, serving, new_hand_over(), now=utc_now())
    evidence.take_handed_part(who, again.id, 0, [BODY[:-1] + b"x"])
    evidence.finish_handed(who, again.id, hashlib.sha256(BODY).hexdigest())
    work()
    assert models.HandOver.objects.get(id=again.id).state == "receiving"
    work(utc_now() + timedelta(days=30))
    assert models.HandOver.objects.get(id=again.id).state == "failed"
    assert not vault.Item.objects.filter(kind="order").exists()


def answered(court: Court) -> AnswerId:
    """A pseudonymous answer to a request of the court's agency, in the vault."""
    request = requests.make_request(court.stage.analyst, new_request(court.stage.incident), now=utc_now())
    requests.send_out_due(utc_now())
    owner = court.home.owner.principal
    answer = begin(request, owner)
    requests.take_part(owner, answer, 0, [BODY])
    requests.finish_answer(owner, answer, hashlib.sha256(BODY).hexdigest())
    work_requests()
    return answer


def test_only_an_executed_order_that_names_the_answer_opens_whose_it_is() -> None:
    court = make_court(homes=2, tier=Tier.REQUEST)
    answer, now = answered(court), utc_now()
    other = court.executed(camera_line(court.home.camera.id, now), docket="26-CR-5")
    assert requests.read_identities(court["first"], other, now=now) == []
    order = court.draw(Line("answer", answer), kind="subpoena")
    read = lambda who="first": requests.read_identities(court[who], order, now=utc_now())  # noqa: E731
    assert refusal(read) == (Conflict, "order-unexecuted")
    court.review(order)
    assert refusal(read) == (Conflict, "order-unexecuted")
    services.execute_order(court["first"], order, now=utc_now())
    assert refusal(read) == (Unavailable, "not-logged"), "log before look"
    integrate()
    (found,) = read()
    owner = court.home.owner.principal.person
    assert (found.answer, found.item) == (answer, answer_row(answer).item)
    assert found.name
    assert Notice.objects.get(kind="order.told").person_id == owner
    for who in ("manager", "auditor"):
        assert refusal(lambda who=who: read(who))[0] is NotFound  # type: ignore[misc]
    assert models.Act.objects.filter(order=order, kind="identity_read").count() == 1
    (served, _) = queries.served_to(owner, now=utc_now())  # type: ignore[arg-type]
    assert (served.target, served.state, served.is_open) == ("answer", "told", False)


def test_an_answerer_is_told_when_the_seal_ends_and_another_agencys_order_names_none() -> None:
    court, stranger = make_court(tier=Tier.REQUEST), make_court()
    answer, now = answered(court), utc_now()
    assert refusal(lambda: stranger.draw(Line("answer", answer)))[0] is NotFound
    order = court.executed(Line("answer", answer), seal_until=now + 30 * DAY)
    assert refusal(lambda: requests.read_identities(stranger["first"], order, now=now))[0] is NotFound
    assert len(requests.read_identities(court["first"], order, now=now)) == 1
    owner = court.home.owner.principal.person
    assert queries.served_to(owner, now=now) == []  # type: ignore[arg-type]
    assert services.tell_due(now + 30 * DAY) == 1
    assert Notice.objects.filter(person=owner, kind="order.told").count() == 1
