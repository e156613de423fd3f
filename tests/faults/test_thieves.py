"""The rows of the thief's table in docs/design/keys.md that need the whole server: database, dispatch feed, edge."""

import json
from pathlib import Path

import pytest
from django.db import connection
from tests.access.stage import integrate, make_stage
from tests.ledger.conftest import PRIVATE, PUBLIC, data, sequencer, sequencer_settings  # noqa: F401 fixtures

from consentry.access.models import Grant
from consentry.cameras.queries import get_camera, waiting_letters
from consentry.cameras.services import pause_camera, send_letter
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import NotFound
from consentry.kernel.note import Verifier
from consentry.ledger import queries, services
from consentry.ledger.invariants import broken_invariants
from consentry.ledger.kinds import make_entry
from consentry.ledger.models import LedgerEntry
from consentry.ledger.sequencer.loop import Sequencer
from consentry.ledger.verify import Audit, audit_log
from consentry.live.reports import take_reports

transactional = pytest.mark.django_db(transaction=True)


def audited(folder: Path) -> Audit:
    """What an outsider finds in the published files."""
    (folder / "ledger" / "checkpoint").write_bytes((folder / "ledger" / "checkpoint.latest").read_bytes())
    return audit_log(str(folder / "ledger"), Verifier.parse((folder / "keys" / "log.pub").read_text()))


@transactional
@pytest.mark.parametrize("crime", [
    "DELETE FROM ledger_look; DELETE FROM ledger_entry WHERE key = 'ses_1'",
    "UPDATE ledger_entry SET entry = 'another story' WHERE key = 'ses_1'",
])  # fmt: skip
def test_who_has_the_database_erases_no_entry(data: Path, sequencer: Sequencer, crime: str) -> None:  # noqa: F811
    services.commit_look(PUBLIC, PRIVATE, key="ses_1", now=utc_now())
    sequencer.integrate()
    with connection.cursor() as cursor:
        cursor.execute(crime)
    found = audited(data)
    assert (found.head.size, found.commits, found.holds) == (2, 1, True)
    told = list(broken_invariants())
    assert bool(told) is ("UPDATE" in crime)


@transactional
def test_who_has_the_database_invents_no_reveal(data: Path, sequencer: Sequencer) -> None:  # noqa: F811
    services.commit_look(PUBLIC, PRIVATE, key="ses_1", now=utc_now())
    sequencer.integrate()
    nicer = {**PUBLIC, "purpose": "a nicer story"}
    fields = {"index": 1, "inner": to_b64(b"\1" * 32), "public": nicer, "salt_pub": to_b64(b"\2" * 32)}
    services.append_raw(make_entry("look.reveal", fields, t_ms=1_800_000_000_000), kind="look.reveal", key="nicer")
    sequencer.integrate()
    assert [finding.text for finding in audited(data).findings] == ["it does not open the commit 1"]


@transactional
def test_who_has_the_database_gets_no_opening_for_a_grant_of_their_own(data: Path, sequencer: Sequencer) -> None:  # noqa: F811
    """A session that was never committed has no leaf; without one there is no opening, and the signer signs nothing."""
    sequencer.integrate()
    with pytest.raises(NotFound):
        queries.make_opening("ses_invented")


@pytest.mark.django_db
def test_who_has_an_edges_key_lies_about_that_home_alone_and_opens_nothing(tmp_path: Path) -> None:
    """The thief dials as the edge, and signs letters and states as it; the owner's pause and all other homes stand."""
    stage = make_stage(tmp_path, homes=2)
    robbed, other = stage.homes
    thief = robbed.home
    letter = send_letter(other.home.id, {"type": "policy", "entry": "x"}, now=utc_now())
    pause_camera(robbed.owner.principal, robbed.camera.id, now=utc_now())
    lies = [
        thief.say("resumed", cameras=[robbed.camera.id, other.camera.id]),
        thief.say("stopped", cameras=[other.camera.id]),
        thief.say("policy_taken", id=letter, policy_sha256="0" * 64, usable_from=0),
        thief.say("picture", id=letter, camera=other.camera.id, box="AAAA"),
    ]
    states = {robbed.camera.id: "fault", other.camera.id: "fault"}
    taken = take_reports(stage.gateway, [
        {"type": "edge_online", "edge": thief.id},
        {"type": "edge_health", "edge": thief.id, "cameras": states},
        *({"type": "letter", "edge": thief.id, "body": lie} for lie in lies),
        *({"type": "letter", "edge": other.home.id, "body": lie} for lie in lies),
    ], now=utc_now())  # fmt: skip
    assert taken == 2 + len(lies)
    assert [(c.paused, str(c.health)) for c in (get_camera(robbed.camera.id), get_camera(other.camera.id))] == [
        (True, "fault"), (False, "online"),
    ]  # fmt: skip
    assert letter in [waiting.id for waiting in waiting_letters([other.home.id], utc_now())]
    ask = stage.ask(views=2)
    grants = Grant.objects.filter(incident=stage.incident, state="open").values_list("camera", flat=True)
    assert (list(grants), len(ask.sessions)) == ([other.camera.id], 1)


@pytest.mark.django_db
def test_every_false_call_of_a_stolen_feeds_key_is_in_the_log_before_it_opens_anything(tmp_path: Path) -> None:
    stage = make_stage(tmp_path)
    before = LedgerEntry.objects.filter(kind="call.receive").count()
    stage.incident = stage.call(number="false-1")
    stage.call(number="false-2")
    ask = stage.ask()
    integrate()
    rows = [json.loads(bytes(row.entry)) for row in LedgerEntry.objects.filter(kind="call.receive").order_by("index")]
    assert len(rows) == before + 2
    assert {row["feed"] for row in rows} == {stage.feed}
    assert all(set(row) == {"v", "kind", "t", "commit", "feed"} for row in rows)
    look = LedgerEntry.objects.get(key=ask.sessions[0].id)
    received = LedgerEntry.objects.filter(kind="call.receive").order_by("-index").first()
    assert Grant.objects.filter(incident=stage.incident).count() == 1
    assert received is not None
    assert (received.index or 0) < (look.index or 0)
