"""Benchmark of requests (docs/design/benchmarks.md): `requests.fanout`."""

import random
import secrets
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection

from consentry.accounts import services as accounts
from consentry.agencies import services as agencies
from consentry.agencies.types import Papers, Programme, State, Vote
from consentry.cameras import services as cameras
from consentry.cameras.types import NewCamera
from consentry.cells.services import freeze_partition
from consentry.consent import services as consents
from consentry.consent.offers import offer_of
from consentry.consent.rules import careful_terms
from consentry.consent.types import Said
from consentry.core.principal import MFA_SECOND, Principal, Seat
from consentry.incidents.services import FeedPlan, add_feed, take_call
from consentry.incidents.types import RawCall
from consentry.kernel.bench import Result
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.geo import Place, View, offset
from consentry.kernel.ids import IncidentId, new_id
from consentry.kernel.limits_residents import MAX_REQUEST_AREA_SQ_M
from consentry.kernel.owner_record import owner_record, public_point, sign_as_device
from consentry.kernel.roles import Role
from consentry.kernel.terms import Tier, ViewAttested, terms_sha256
from consentry.requests import services
from consentry.requests.types import NewRequest

HOMES = 5_000
ROUNDS = 3
TARGET_S = 10.0
CITY = Place(39.96, -83.0)
REACH_M = 300.0
_SEED = 20_261_129
_HASH = "ab" * 32


def fanout_bench() -> Result:
    """Seconds from a request to 5,000 homes' inboxes, each with its notice, by one worker."""
    now = utc_now()
    analyst, feed = _build(now)
    values = [_timed(analyst, feed) for _ in range(ROUNDS)]
    value = statistics.median(values)
    return Result("requests.fanout", value, "s", None, None, "<= 10", value <= TARGET_S, tuple(values))


BENCHES: dict[str, Callable[[], Result]] = {"requests.fanout": fanout_bench}


def _timed(analyst: Principal, feed: str) -> float:
    now = utc_now()
    new = NewRequest(
        _call(feed), secrets.token_hex(4), "desk", now - timedelta(hours=2), now, MAX_REQUEST_AREA_SQ_M, ("vehicle",)
    )
    started = time.perf_counter()
    services.make_request(analyst, new, now=now)
    asked, told = services.send_out_due(utc_now()), services.tell_due(utc_now())
    taken_s = time.perf_counter() - started
    if (asked, told) != (HOMES, HOMES):
        raise AssertionError(f"{HOMES} homes are asked and told, not {asked} and {told}")
    return taken_s


def _build(now: datetime) -> tuple[Principal, str]:
    """An agency with a running programme, a feed, and 5,000 homes with one consenting camera each."""
    freeze_partition((offset(CITY, bearing=n * 137.5 % 360, metres=n * 0.4) for n in range(1_000)), city="b", now=now)
    programme = _programme(now)
    person = accounts.create_person(f"{secrets.token_hex(4)}@example.org", name="Analyst")
    accounts.seat_person(person, Role.ANALYST, programme.agency)
    _clone(_one_camera(programme, now))
    feed = add_feed(FeedPlan(agency=programme.agency, name="CAD", kind="webhook"))
    return Principal(person, frozenset({Seat(Role.ANALYST, programme.agency)}), MFA_SECOND), feed.id


def _programme(now: datetime) -> Programme:
    agency = agencies.create_agency(f"Bench {secrets.token_hex(4)}", jurisdiction="us_city")
    made = agencies.create_programme(agency.id, preset="requests_only", name="Bench")
    start, end = now - timedelta(minutes=1), now + timedelta(days=40)
    contacts = dict.fromkeys(("programme", "privacy", "complaints"), "x@example.org")
    agencies.set_papers(made.id, Papers(start, end, _HASH, _HASH, contacts))
    agencies.record_vote(made.id, Vote("Council", "R 1", now, end, _HASH))
    for state in (State.COMMENT, State.PUBLISHED, State.ACTIVE):
        made = agencies.change_state(made.id, state, now=now)
    return made


def _one_camera(programme: Programme, now: datetime) -> str:
    """One camera whose owner's consent goes as far as requests; the others are copies of both."""
    owner = accounts.create_person(f"{secrets.token_hex(4)}@example.org", name="Owner")
    principal = Principal(owner, frozenset({Seat(Role.OWNER)}), 1)
    key = ec.generate_private_key(ec.SECP256R1())
    cameras.register_owner_key(principal, public_point(key), name="phone", now=now)
    camera = cameras.register_camera(principal, NewCamera("door", "doorbell", CITY, View(90, 100, 25)), now=now)
    offer, _ = offer_of(camera.id, programme.id)
    careful = careful_terms(offer, version=1, time_zone="UTC", now=now)
    said = type(careful)(**{
        **vars(careful), "view_attested": ViewAttested(True, True, ""), "tier": Tier.REQUEST,
    })  # fmt: skip
    record = owner_record("terms.loosen", t_ms=to_ms(now), camera=camera.id, terms_sha256=terms_sha256(said))
    consents.give_consent(principal, programme.id, Said(said, sign_as_device(record, key)), now=now)
    return camera.id


def _clone(camera: str) -> None:
    """Copies of the owner, the camera, its chain and its version, straight into the tables: this is only data."""
    chance = random.Random(_SEED)  # noqa: S311 - makes data, guards nothing
    rows = [
        (new_id("person"), new_id("camera"), new_id("consent"), 1_000_000 + number, *_near(chance))
        for number in range(HOMES - 1)
    ]
    tables = (
        ("accounts_person", "'id', n.person, 'email', n.person || '@example.org'",
         "(SELECT owner_id FROM cameras_camera WHERE id = %s)"),
        ("cameras_camera", "'id', n.camera, 'owner_id', n.person, 'lat', n.lat, 'lon', n.lon", "%s"),
        ("consent_chain", "'id', n.chain, 'camera_id', n.camera, 'owner_id', n.person",
         "(SELECT id FROM consent_chain WHERE camera_id = %s)"),
        ("consent_version", "'id', n.number, 'chain_id', n.chain",
         "(SELECT v.id FROM consent_version v JOIN consent_chain c ON c.id = v.chain_id WHERE c.camera_id = %s)"),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE TEMPORARY TABLE bench_homes
               (person text, camera text, chain text, number bigint, lat float, lon float)"""
        )
        cursor.executemany("INSERT INTO bench_homes VALUES (%s, %s, %s, %s, %s, %s)", rows)
        for table, change, source in tables:
            cursor.execute(
                f"""INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object({change}))).*
                    FROM {table} AS t, bench_homes AS n WHERE t.id = {source}""",  # noqa: S608 - constants only
                [camera],
            )


def _near(chance: random.Random) -> Place:
    return offset(CITY, bearing=chance.uniform(0, 360), metres=chance.uniform(0, REACH_M))


def _call(feed: str) -> IncidentId:
    """A burglary five minutes ago, given its place in the log as the sequencer does."""
    reported = utc_now() - timedelta(minutes=5)
    call = RawCall(secrets.token_hex(6), "BURG IP", "BURGLARY", "open", reported, reported, CITY, "100 block of A ST")
    incident = take_call(feed, call, now=utc_now()).incident  # type: ignore[arg-type] # a FeedId, as add_feed gave it
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE ledger_entry SET index = (SELECT coalesce(max(index), -1) FROM ledger_entry) + n.place,
               leaf = sha256('\\x00'::bytea || entry)
               FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM ledger_entry WHERE index IS NULL) AS n
               WHERE ledger_entry.id = n.id"""
        )
    return incident
