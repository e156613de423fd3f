"""Pairing codes: one use, ten minutes, hashed, hard to guess. What edges pin."""

import threading
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from tests.cameras.stage import Owner, make_camera, make_owner, pair, pair_request

from consentry.cameras import queries, services
from consentry.cameras.models import Edge, PairingCode, PairingFailure
from consentry.cameras.services.pairing import MAX_FAILURES_PER_SOURCE
from consentry.cameras.types import Passkey
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, ConsentryError, LimitReached, Malformed, NotFound, Refused
from consentry.kernel.holder import load_point
from consentry.kernel.ids import PersonId
from consentry.kernel.owner_record import public_point

pytestmark = pytest.mark.django_db


def _code(owner: Owner) -> str:
    return services.prepare_pairing(owner.principal, owner_key=owner.key_id, edge_name="attic", now=utc_now()).code


def test_an_edge_with_the_code_gets_the_owners_key_to_pin() -> None:
    owner = make_owner()
    paired = services.pair_edge(pair_request(_code(owner)), source="192.0.2.1", now=utc_now())
    assert paired.owner_key == public_point(owner.key)
    assert [edge.id for edge in queries.edges_of(owner.principal.person)] == [paired.edge]


def test_a_code_works_once() -> None:
    code = _code(make_owner())
    services.pair_edge(pair_request(code), source="192.0.2.1", now=utc_now())
    with pytest.raises(Refused) as refused:
        services.pair_edge(pair_request(code), source="192.0.2.2", now=utc_now())
    assert refused.value.kind == "pairing-code"


def test_a_code_ends_after_ten_minutes() -> None:
    code = _code(make_owner())
    with pytest.raises(Refused):
        services.pair_edge(pair_request(code), source="192.0.2.1", now=utc_now() + timedelta(minutes=10, seconds=1))


def test_a_code_is_not_readable_in_the_database() -> None:
    code = _code(make_owner())
    assert code.encode() not in bytes(PairingCode.objects.get().code_sha256)


def test_a_source_that_guesses_is_stopped_even_with_the_right_code() -> None:
    code = _code(make_owner())
    for _ in range(MAX_FAILURES_PER_SOURCE):
        with pytest.raises(Refused):
            services.pair_edge(pair_request("AAAAAAAA"), source="192.0.2.9", now=utc_now())
    with pytest.raises(LimitReached):
        services.pair_edge(pair_request(code), source="192.0.2.9", now=utc_now())
    services.pair_edge(pair_request(code), source="192.0.2.1", now=utc_now())
    later = utc_now() + timedelta(minutes=11)
    with pytest.raises(Refused):
        services.pair_edge(pair_request("AAAAAAAA"), source="192.0.2.9", now=later)
    assert PairingFailure.objects.count() == 1, "failures out of the window are forgotten"


def test_an_owner_has_at_most_three_codes_open() -> None:
    owner = make_owner()
    for _ in range(3):
        _code(owner)
    with pytest.raises(LimitReached):
        _code(owner)


def test_a_code_is_prepared_with_ones_own_key_only() -> None:
    owner, stranger = make_owner(), make_owner()
    with pytest.raises(NotFound):
        services.prepare_pairing(owner.principal, owner_key=stranger.key_id, edge_name="", now=utc_now())


def test_a_code_dies_with_its_key() -> None:
    owner = make_owner()
    code = _code(owner)
    services.revoke_owner_key(owner.principal, owner.key_id, now=utc_now())
    with pytest.raises(Refused):
        services.pair_edge(pair_request(code), source="192.0.2.1", now=utc_now())


def test_an_edge_paired_again_keeps_its_id_and_cannot_be_taken_over() -> None:
    owner, stranger = make_owner(), make_owner()
    home = pair(owner)
    again = services.pair_edge(pair_request(_code(owner), home.key), source="192.0.2.1", now=utc_now())
    assert again.edge == home.id
    with pytest.raises(Conflict):
        services.pair_edge(pair_request(_code(stranger), home.key), source="192.0.2.1", now=utc_now())
    assert queries.get_edge(home.id).owner == owner.principal.person


def test_a_removed_edge_is_out_with_its_cameras_and_its_key_never_comes_back() -> None:
    owner, stranger = make_owner(), make_owner()
    home, other = pair(owner), pair(owner)
    camera, kept = make_camera(owner, home), make_camera(owner, other)
    with pytest.raises(NotFound):
        services.remove_edge(stranger.principal, home.id, now=utc_now())
    services.remove_edge(owner.principal, home.id, now=utc_now())
    assert [edge.id for edge in queries.edges_of(PersonId(owner.id))] == [other.id]
    assert [edge.id for edge in queries.edges_for_gateway()] == [other.id]
    with pytest.raises(NotFound):
        queries.get_camera(camera.id)
    assert queries.get_camera(kept.id).edge == other.id
    with pytest.raises(NotFound):
        services.take_letters(home.id, home.say("stopped", cameras=[camera.id]), now=utc_now())
    with pytest.raises(Conflict) as refused:
        services.pair_edge(pair_request(_code(owner), home.key), source="192.0.2.1", now=utc_now())
    assert refused.value.kind == "edge-removed"
    with pytest.raises(NotFound):
        services.remove_edge(owner.principal, home.id, now=utc_now())


def test_keys_of_wrong_shape_are_refused_before_the_code_is_looked_at() -> None:
    asked = pair_request("AAAAAAAA")
    for broken in (
        asked.__class__("AAAAAAAA", b"short", asked.box_key),
        asked.__class__("AAAAAAAA", asked.public_key, b"x"),
    ):
        with pytest.raises(Malformed):
            services.pair_edge(broken, source="192.0.2.1", now=utc_now())
    assert not PairingFailure.objects.exists()


def test_a_key_that_an_edge_pins_is_not_revoked() -> None:
    owner = make_owner()
    pair(owner)
    with pytest.raises(Conflict):
        services.revoke_owner_key(owner.principal, owner.key_id, now=utc_now())


def test_somebody_elses_key_cannot_be_registered() -> None:
    owner, stranger = make_owner(), make_owner()
    load_point(public_point(owner.key))
    with pytest.raises(Conflict):
        services.register_owner_key(stranger.principal, public_point(owner.key), name="", now=utc_now())
    same = services.register_owner_key(owner.principal, public_point(owner.key), name="", now=utc_now())
    assert same.id == owner.key_id


@pytest.mark.django_db(transaction=True)
def test_of_two_edges_with_one_code_at_once_one_is_paired() -> None:
    code = _code(make_owner())
    start, results = threading.Barrier(2), []

    def attempt(source: str) -> None:
        start.wait()
        try:
            services.pair_edge(pair_request(code, Ed25519PrivateKey.generate()), source=source, now=utc_now())
            results.append("paired")
        except ConsentryError as error:
            results.append(error.kind)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(f"192.0.2.{number}",)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["paired", "pairing-code"]
    assert Edge.objects.count() == 1


def test_a_passkey_is_pinned_with_its_site() -> None:
    owner, key = make_owner(), ec.generate_private_key(ec.SECP256R1())
    passkey = Passkey("home.example", b"its id")
    made = services.register_owner_key(owner.principal, public_point(key), name="phone", passkey=passkey, now=utc_now())
    assert (made.rp_id, made.credential) == ("home.example", b"its id")
    code = services.prepare_pairing(owner.principal, owner_key=made.id, edge_name="", now=utc_now()).code
    paired = services.pair_edge(pair_request(code), source="192.0.2.1", now=utc_now())
    assert (paired.owner_key, paired.owner_rp_id) == (public_point(key), "home.example")


@pytest.mark.parametrize(
    "passkey",
    [
        Passkey("", b"an id"), Passkey("home.example", b""), Passkey("home.example", b"x" * 1_024),
        Passkey("https://home.example", b"an id"), Passkey("Home.example", b"an id"), Passkey("a" * 64, b"an id"),
    ],
)  # fmt: skip
def test_half_a_passkey_is_none(passkey: Passkey) -> None:
    key = public_point(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(Malformed):
        services.register_owner_key(make_owner().principal, key, name="", passkey=passkey, now=utc_now())
