"""One's own data: asked for, gathered, fetched after a fresh sign-in by its person alone, destroyed in a week."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client
from tests.evidence.stage import bytes_of
from tests.sign_in import client_for, make_person

from consentry.accounts.models import Person, PersonalExport
from consentry.accounts.own_data import make, sealed_file, services
from consentry.accounts.own_data.sealed_file import PIECE_BYTES, SealedWriter, open_pieces
from consentry.core.principal import MFA_SECOND, Principal, Seat
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, NotSignedIn, Refused, Untrusted
from consentry.kernel.ids import AgencyId
from consentry.kernel.roles import Role
from consentry.notices.services import notify

pytestmark = pytest.mark.django_db
JSON = "application/json"
OLD_S = 16 * 60.0


def principal_of(role: Role = Role.OWNER, *, mfa: int = MFA_SECOND) -> Principal:
    """Somebody who has just signed in."""
    agency = None if role is Role.OWNER else AgencyId("agy_ours")
    person = make_person(role, agency)
    return Principal(person, frozenset({Seat(role, agency)}), mfa, utc_now())


def opened(principal: Principal, export: str) -> ZipFile:
    """The zip that its person fetches."""
    fetched = services.fetch_export(principal, export, now=utc_now())
    data = b"".join(fetched.pieces)
    assert len(data) == fetched.size_bytes
    return ZipFile(io.BytesIO(data))


def rows_of(book: ZipFile, section: str) -> Any:  # Any: JSON
    """One part of the zip."""
    return json.loads(book.read(f"data/{section}.json"))


def test_a_person_asks_sees_it_gathered_and_fetches_it_over_http() -> None:
    person = make_person()
    client = client_for(person)
    assert client.get("/api/account/export").json() == {"export": None, "is_fresh": True}
    asked = client.post("/api/account/export", {"language": "fr"}, content_type=JSON)
    assert asked.status_code == 202
    name = asked.json()["id"]
    assert client.get(f"/api/account/exports/{name}/file").json()["kind"] == "export-not-ready"
    assert services.advance_exports(utc_now()) == 1
    said = client.get("/api/account/export").json()["export"]
    assert (said["state"], said["done"]) == ("ready", said["total"])
    answer = client.get(f"/api/account/exports/{name}/file")
    assert answer["Content-Type"] == "application/zip"
    assert "no-store" in answer["Cache-Control"]
    data = bytes_of(answer)
    assert len(data) == int(answer["Content-Length"]) == said["size_bytes"]
    book = ZipFile(io.BytesIO(data))
    assert book.testzip() is None
    (profile,) = rows_of(book, "profile")
    assert profile["email"] == Person.objects.get(id=person).email
    page = book.read("index.html").decode()
    assert "Tout ce que Consentry sait de vous" in page
    assert profile["email"] in page
    assert "chez vous, dans votre boîtier" in page


def test_no_secret_and_no_other_person_is_in_it() -> None:
    me, other = principal_of(), make_person()
    client = client_for(me.person or other)
    notify(me.person or other, "look.started", "cam_mine")
    notify(other, "look.started", "cam_theirs")
    export = services.ask_export(me, "en", now=utc_now()).id
    services.advance_exports(utc_now())
    book = opened(me, export)
    text = b"".join(book.read(name) for name in book.namelist()).decode()
    assert "cam_mine" in text
    assert len(rows_of(book, "sign_ins")) == 1
    stranger = Person.objects.get(id=other)
    for secret in (stranger.id, stranger.email, "cam_theirs", str(client.session.session_key)):
        assert secret not in text


def test_the_file_that_lies_here_is_sealed() -> None:
    me = principal_of()
    export = services.ask_export(me, "en", now=utc_now()).id
    services.advance_exports(utc_now())
    kept = services.file_of(export).read_bytes()
    assert Person.objects.get(id=me.person).email.encode() not in kept
    assert b"PK\x03\x04" not in kept
    assert services.file_of(export).stat().st_mode & 0o077 == 0


def test_an_old_sign_in_fetches_nothing_and_says_what_to_do() -> None:
    me = principal_of()
    export = services.ask_export(me, "en", now=utc_now()).id
    services.advance_exports(utc_now())
    old = client_for(me.person, age_s=OLD_S)  # type: ignore[arg-type]  # has a person
    assert old.get("/api/account/export").json()["is_fresh"] is False
    refused = old.get(f"/api/account/exports/{export}/file")
    assert (refused.status_code, refused.json()["kind"]) == (403, "fresh-sign-in")
    assert client_for(me.person).get(f"/api/account/exports/{export}/file").status_code == 200  # type: ignore[arg-type]


def test_anybody_elses_export_is_not_there() -> None:
    me, stranger = principal_of(), principal_of()
    export = services.ask_export(me, "en", now=utc_now()).id
    services.advance_exports(utc_now())
    for client in (client_for(stranger.person), client_for(principal_of(Role.MANAGER).person)):  # type: ignore[arg-type]
        assert client.get(f"/api/account/exports/{export}/file").status_code == 404
        assert client.post(f"/api/account/exports/{export}/cancel").status_code == 404
        assert client.get("/api/account/export").json()["export"] is None
    nobody = Client(SERVER_NAME="localhost")
    assert nobody.get(f"/api/account/exports/{export}/file").status_code == 401
    assert PersonalExport.objects.get(id=export).state == "ready"
    with pytest.raises(NotFound):
        services.fetch_export(stranger, export, now=utc_now())


@pytest.mark.parametrize("body", [{"language": "de"}, {"language": "x" * 3}, {"language": 1}, []])
def test_malformed_asks_are_refused(body: object) -> None:
    answer = client_for(make_person()).post("/api/account/export", json.dumps(body), content_type=JSON)
    assert answer.status_code == 400


def test_one_in_a_day_and_one_at_a_time() -> None:
    me, now = principal_of(), utc_now()
    services.ask_export(me, "en", now=now)
    with pytest.raises(LimitReached):
        services.ask_export(me, "en", now=now)
    services.advance_exports(now)
    with pytest.raises(LimitReached):
        services.ask_export(me, "en", now=now + timedelta(hours=23))
    services.ask_export(me, "en", now=now + timedelta(hours=25))


def test_who_takes_it_back_may_ask_again_but_not_all_day() -> None:
    me, now = principal_of(), utc_now()
    for _ in range(5):
        services.cancel_export(me, services.ask_export(me, "en", now=now).id)
    with pytest.raises(LimitReached):
        services.ask_export(me, "en", now=now)


def test_what_is_taken_back_while_it_is_gathered_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    me = principal_of()
    export = services.ask_export(me, "en", now=utc_now()).id
    whole = make.sections()

    def cancel(person: object) -> list[dict[str, object]]:
        services.cancel_export(me, export)
        return []

    monkeypatch.setattr(make, "sections", lambda: (replace(whole[0], rows=cancel), *whole[1:]))
    assert services.advance_exports(utc_now()) == 0
    assert PersonalExport.objects.get(id=export).state == "cancelled"
    assert list(services.file_of("x").parent.glob(f"{export}*")) == []


def test_what_a_killed_worker_left_is_gathered_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def die(person: object) -> list[dict[str, object]]:
        raise Killed

    me = principal_of()
    export = services.ask_export(me, "en", now=utc_now()).id
    whole = make.sections()
    with monkeypatch.context() as patch:
        patch.setattr(make, "sections", lambda: (*whole[:3], replace(whole[3], rows=die)))
        with pytest.raises(Killed):
            services.advance_exports(utc_now())
    assert PersonalExport.objects.get(id=export).state == "gathering"
    assert services.advance_exports(utc_now()) == 1
    assert opened(me, export).testzip() is None


def test_after_a_week_it_is_destroyed() -> None:
    me, now = principal_of(), utc_now()
    export = services.ask_export(me, "en", now=now).id
    services.advance_exports(now)
    later = utc_now() + timedelta(days=7)
    with pytest.raises(Conflict):
        services.fetch_export(replace(me, signed_in_at=later), export, now=later)
    services.advance_exports(later)
    assert PersonalExport.objects.get(id=export).state == "gone"
    assert not services.file_of(export).exists()


def test_files_that_no_row_names_go() -> None:
    services.file_of("pex_lost").write_bytes(b"x")
    services.file_of("pex_lost").with_suffix(".part").write_bytes(b"x")
    services.advance_exports(utc_now())
    assert not list(services.file_of("x").parent.glob("pex_lost*"))


def test_more_than_a_file_may_hold_is_said_and_nothing_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_file, "MAX_PERSONAL_EXPORT_BYTES", 100)
    me = principal_of()
    export = services.ask_export(me, "en", now=utc_now()).id
    assert services.advance_exports(utc_now()) == 0
    row = PersonalExport.objects.get(id=export)
    assert (row.state, row.why) == ("failed", "export-too-large")
    assert list(services.file_of("x").parent.glob(f"{export}*")) == []


def test_agency_people_need_their_second_factor_and_get_no_acts_of_office() -> None:
    weak = principal_of(Role.ANALYST, mfa=1)
    with pytest.raises(NotSignedIn):
        services.ask_export(weak, "en", now=utc_now())
    strong = replace(weak, mfa_level=MFA_SECOND)
    export = services.ask_export(strong, "en", now=utc_now()).id
    services.advance_exports(utc_now())
    book = opened(strong, export)
    assert rows_of(book, "seats")[0]["role"] == "analyst"
    assert "Ask the agency for it" in book.read("index.html").decode()
    client = client_for(strong.person, second_factor=False)  # type: ignore[arg-type]  # has a person
    assert client.get("/api/account/export").status_code == 401


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_a_sealed_file_opens_to_what_was_written(size: int) -> None:
    path = services.file_of("pex_test")
    with SealedWriter(path, "a") as out:
        for start in range(0, size, 300_000):
            out.write(b"x" * min(300_000, size - start))
    assert sum(map(len, open_pieces(path, "a"))) == size


@pytest.mark.parametrize("spoil", ["cut", "swap", "name", "flip", "empty"])
def test_a_sealed_file_that_was_touched_is_not_opened(spoil: str) -> None:
    path = services.file_of("pex_test")
    with SealedWriter(path, "a") as out:
        out.write(b"x" * (2 * PIECE_BYTES + 5))
    data = path.read_bytes()
    length = 4 + int.from_bytes(data[:4], "big")
    first, second, rest = data[:length], data[length : 2 * length], data[2 * length :]
    made = {
        "cut": first + second, "swap": second + first + rest, "name": data, "flip": data[:-1] + bytes([data[-1] ^ 1]),
        "empty": b"",
    }  # fmt: skip
    path.write_bytes(made[spoil])
    with pytest.raises(Untrusted):
        list(open_pieces(path, "b" if spoil == "name" else "a"))


def test_a_fresh_proof_is_one_of_the_last_quarter_of_an_hour() -> None:
    me, now = principal_of(), utc_now()
    export = services.ask_export(me, "en", now=now).id
    services.advance_exports(now)
    for age, is_refused in ((timedelta(minutes=14), False), (timedelta(minutes=15), True)):
        asked = replace(me, signed_in_at=now - age)
        if is_refused:
            with pytest.raises(Refused):
                services.fetch_export(asked, export, now=now)
        else:
            services.fetch_export(asked, export, now=now)


def test_an_unknown_language_is_malformed() -> None:
    with pytest.raises(Malformed):
        services.ask_export(principal_of(), "xx", now=utc_now())
