"""Pairing by a square: the code is left once, by its owner, for one square; the server cannot read it."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from tests.cameras.stage import Owner, make_owner, pair_request
from tests.sign_in import client_for

from consentry.cameras import services
from consentry.cameras.models import PairingCode
from consentry.core.principal import Principal
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, ConsentryError, Malformed, NotFound
from consentry.kernel.ids import PersonId
from consentry.kernel.meeting import name_of, open_code, seal_code

pytestmark = pytest.mark.django_db
SECRET = bytes(range(20))
NAME = name_of(SECRET)


def _code(owner: Owner) -> str:
    return services.prepare_pairing(owner.principal, owner_key=owner.key_id, edge_name="", now=utc_now()).code


def _box(code: str, secret: bytes = SECRET) -> bytes:
    return seal_code(secret, code + "ABCDEFGHIJKL")


def test_the_box_with_the_square_finds_the_code_and_pairs_with_it() -> None:
    owner = make_owner()
    code = _code(owner)
    assert services.find_code(NAME, now=utc_now()) is None
    services.leave_code(owner.principal, code, meeting=NAME, box=_box(code), now=utc_now())
    found = services.find_code(NAME, now=utc_now())
    assert found is not None
    assert open_code(SECRET, found)[:8] == code
    services.pair_edge(pair_request(code), source="192.0.2.1", now=utc_now())
    assert services.find_code(NAME, now=utc_now()) is None, "a used code is not handed out again"


def test_what_lies_in_the_database_is_neither_the_code_nor_the_square() -> None:
    owner = make_owner()
    code = _code(owner)
    services.leave_code(owner.principal, code, meeting=NAME, box=_box(code), now=utc_now())
    row = PairingCode.objects.values().get()
    kept = b"".join(
        bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode() for value in row.values()
    )
    assert code.encode() not in kept
    assert SECRET not in kept


def test_a_code_of_somebody_else_used_or_over_is_not_left() -> None:
    owner, other = make_owner(), make_owner()
    code = _code(owner)
    soon = utc_now() + timedelta(minutes=10, seconds=1)
    for who, now in ((other.principal, utc_now()), (Principal(None), utc_now()), (owner.principal, soon)):
        with pytest.raises(NotFound):
            services.leave_code(who, code, meeting=NAME, box=_box(code), now=now)
    services.pair_edge(pair_request(code), source="192.0.2.1", now=utc_now())
    with pytest.raises(NotFound):
        services.leave_code(owner.principal, code, meeting=NAME, box=_box(code), now=utc_now())


def test_a_square_is_answered_once_and_a_code_goes_to_one_square() -> None:
    owner, other = make_owner(), make_owner()
    code, second = _code(owner), _code(other)
    services.leave_code(owner.principal, code, meeting=NAME, box=_box(code), now=utc_now())
    for who, said, name in ((other, second, NAME), (owner, code, name_of(bytes(20)))):
        with pytest.raises(Conflict) as refused:
            services.leave_code(who.principal, said, meeting=name, box=_box(said), now=utc_now())
        assert refused.value.kind == "meeting-taken"
    found = services.find_code(NAME, now=utc_now())
    assert found is not None
    assert open_code(SECRET, found)[:8] == code


def test_what_was_left_ends_with_the_code() -> None:
    owner = make_owner()
    code = _code(owner)
    services.leave_code(owner.principal, code, meeting=NAME, box=_box(code), now=utc_now())
    assert services.find_code(NAME, now=utc_now() + timedelta(minutes=10, seconds=1)) is None


@pytest.mark.parametrize(
    ("name", "box"), [(b"", bytes(60)), (bytes(31), bytes(60)), (bytes(32), bytes(61)), (NAME, b"")]
)
def test_other_sizes_are_refused(name: bytes, box: bytes) -> None:
    owner = make_owner()
    with pytest.raises(Malformed):
        services.leave_code(owner.principal, _code(owner), meeting=name, box=box, now=utc_now())


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_at_once_one_is_told_no() -> None:
    owners = [make_owner(), make_owner()]
    codes = [_code(owner) for owner in owners]
    said: list[str] = []
    start = threading.Barrier(2)

    def answer(owner: Owner, code: str) -> None:
        start.wait()
        try:
            services.leave_code(owner.principal, code, meeting=NAME, box=_box(code), now=utc_now())
            said.append("left")
        except ConsentryError as error:
            said.append(error.kind)
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=pair) for pair in zip(owners, codes, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["left", "meeting-taken"]


def test_over_http_a_stranger_may_ask_and_only_the_owner_may_leave() -> None:
    owner = make_owner()
    code = _code(owner)
    body = {"code": code, "meeting": to_b64(NAME), "box": to_b64(_box(code))}
    stranger, signed_in = Client(SERVER_NAME="localhost"), client_for(PersonId(owner.id))
    post = {"content_type": "application/json"}
    assert stranger.post("/api/edge-meetings", body, **post).status_code == 401
    assert stranger.post("/api/edge-meetings/find", {"meeting": to_b64(NAME)}, **post).json() == {"box": None}
    assert signed_in.post("/api/edge-meetings", body, **post).status_code == 204
    found = stranger.post("/api/edge-meetings/find", {"meeting": to_b64(NAME)}, **post)
    assert found.json() == {"box": body["box"]}
    assert found.headers["Cache-Control"] == "no-store"
    for wrong in ("", "AAAA", "?" * 43, "A" * 4_000):
        assert stranger.post("/api/edge-meetings/find", {"meeting": wrong}, **post).status_code in (400, 422)
