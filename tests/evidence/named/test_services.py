"""Named copies in the room: asked for by the recipient, made piece by piece, ended with what they show."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.evidence.named.stage import FRAMES, SIZE, disclosed, film
from tests.evidence.named.test_render import frames_of
from tests.evidence.stage import bytes_of, colleague
from tests.evidence.test_disclosure import made, of, opened, post

from consentry.evidence import models, services
from consentry.evidence.named import services as named
from consentry.evidence.named.services import advance_named
from consentry.evidence.redact.bench_film import make_film
from consentry.kernel import limits
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.roles import Role

pytestmark = pytest.mark.django_db


def watch(client: Client, item: str, at_ms: int = 0) -> dict[str, Any]:
    answer = client.post(f"/api/disclosed/items/{item}/watch?at_ms={at_ms}", content_type="application/json")
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)  # type: ignore[no-any-return]


def make(for_s: float = 3_600.0) -> int:
    return advance_named(utc_now, for_s=for_s)


def folder(item: models.Item) -> Path:
    return Path(settings.DATA) / "vault-named" / str(models.NamedCopy.objects.get(place__item=item).id)


@pytest.mark.slow
def test_a_recipient_plays_pieces_with_their_name_while_the_rest_is_made() -> None:
    _, item, client, _ = disclosed(film(), film())
    first = watch(client, item.id)
    assert (first["state"], first["files"], first["total_ms"]) == ("waiting", [], 17_000)
    assert client.get(f"/api/disclosed/items/{item.id}/watch/0").status_code == 404
    assert make(for_s=0.0) == 1
    now = watch(client, item.id)
    assert (now["state"], len(now["files"]), now["made_ms"]) == ("waiting", 1, 6_000)
    assert make() == 2
    done = watch(client, item.id)
    assert (done["state"], len(done["files"]), done["made_ms"]) == ("ready", 3, done["total_ms"])
    assert [one["start"] for one in done["files"]] == sorted(one["start"] for one in done["files"])
    for one in done["files"]:
        answer = client.get(f"/api/disclosed/items/{item.id}/watch/{one['number']}")
        data = bytes_of(answer)
        assert ("no-store" in answer["Cache-Control"], len(data), data[4:8]) == (True, one["size_bytes"], b"ftyp")
    assert make() == 0


@pytest.mark.slow
def test_who_jumps_ahead_is_served_there_first_and_then_what_was_left_out() -> None:
    _, item, client, _ = disclosed(film(), film(), film())
    watch(client, item.id)
    make(for_s=0.0)
    watch(client, item.id, at_ms=25_000)
    assert models.NamedCopy.objects.get().is_waited
    make(for_s=0.0)
    there = watch(client, item.id, at_ms=25_000)
    assert places(there) == [(0, 6_000), (24_000, 27_000)]
    assert [one["number"] for one in there["files"]] == [0, 1]
    assert not models.NamedCopy.objects.get().is_waited
    make()
    done = watch(client, item.id, at_ms=25_000)
    assert (done["state"], done["made_ms"], done["total_ms"]) == ("ready", 27_000, 27_000)
    assert [begin for begin, _ in places(done)] == sorted(begin for begin, _ in places(done))
    assert all(one[1] == other[0] for one, other in pairwise(places(done)))
    assert sum(1 for one in done["files"] for _ in frames_of(fetched(client, item, one["number"]))) == 3 * FRAMES


@pytest.mark.slow
def test_a_place_where_nothing_was_recorded_is_no_place_to_wait_for() -> None:
    _, item, client, _ = disclosed(film(50), film(50))
    watch(client, item.id)
    watch(client, item.id, at_ms=9_000)
    make()
    done = watch(client, item.id, at_ms=9_000)
    assert (done["state"], len(done["files"])) == ("ready", 2)
    assert make() == 0


@pytest.mark.parametrize("at_ms", ["-1", "99999999999999", "x", "1.5"])
@pytest.mark.slow
def test_a_place_that_cannot_be_is_refused(at_ms: str) -> None:
    _, item, client, _ = disclosed(film(50))
    assert client.post(f"/api/disclosed/items/{item.id}/watch?at_ms={at_ms}").status_code in (400, 422)


@pytest.mark.slow
def test_who_looks_where_nothing_is_made_comes_before_what_nobody_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    stage, item, ours, _ = disclosed(film(), film(), film())
    watch(ours, item.id)
    make(for_s=0.0)
    theirs = opened(made(stage, item.id, kind="prosecution"))
    third = opened(made(stage, item.id, kind="court"))
    watch(theirs, item.id)
    make(for_s=0.0)
    assert [len(watch(client, item.id)["files"]) for client in (ours, theirs)] == [1, 1]
    real = named._keep

    def asked_meanwhile(*words: Any) -> bool:
        watch(third, item.id)
        return real(*words)

    monkeypatch.setattr(named, "_keep", asked_meanwhile)
    assert make() == 1, "the long turn ends where another waits"
    make(for_s=0.0)
    assert len(watch(third, item.id)["files"]) == 1


@pytest.mark.parametrize(
    ("kind", "with_original", "is_heard"),
    [("defence", False, True), ("other", True, True), ("other", False, False)],
)
@pytest.mark.slow
def test_sound_is_heard_by_who_has_the_original(*, kind: str, with_original: bool, is_heard: bool) -> None:
    sound = make_film(SIZE, 50, (), tone_hz=440)
    _, item, client, _ = disclosed(sound, kind=kind, with_original=with_original)
    models.Item.objects.filter(id=item.id).update(kind="upload")  # looks are recorded without sound
    watch(client, item.id)
    make()
    assert watch(client, item.id)["has_sound"] is is_heard
    assert (b"mp4a" in fetched(client, item, 0)) is is_heard


def fetched(client: Client, item: models.Item, number: int) -> bytes:
    return bytes_of(client.get(f"/api/disclosed/items/{item.id}/watch/{number}"))


def places(said: dict[str, Any]) -> list[tuple[int, int]]:
    """[start, end) of each file in ms since the item began."""
    start = to_ms(datetime.fromisoformat(said["start"]))
    edges = ((one["start"], one["end"]) for one in said["files"])
    return [tuple(to_ms(datetime.fromisoformat(edge)) - start for edge in both) for both in edges]  # type: ignore[misc]


@pytest.mark.slow
def test_who_may_not_have_the_original_may_watch() -> None:
    _, item, client, _ = disclosed(film(50), kind="other")
    watch(client, item.id)
    make()
    assert len(watch(client, item.id)["files"]) == 1
    assert client.get(f"/api/disclosed/items/{item.id}/files/0").status_code == 403


@pytest.mark.slow
def test_pieces_lie_sealed_and_end_with_the_items_key() -> None:
    _, item, client, _ = disclosed(film(50))
    watch(client, item.id)
    make()
    (piece,) = folder(item).iterdir()
    assert b"ftyp" not in piece.read_bytes()
    models.Item.objects.filter(id=item.id).update(keep_until=utc_now())
    services.destroy_due(utc_now())
    assert client.get(f"/api/disclosed/items/{item.id}/watch/0").status_code == 409
    make()
    assert not piece.exists()
    assert not models.NamedCopy.objects.exists()


@pytest.mark.slow
def test_a_changed_piece_is_never_sent_on() -> None:
    _, item, client, _ = disclosed(film(50))
    watch(client, item.id)
    make()
    (piece,) = folder(item).iterdir()
    piece.write_bytes(piece.read_bytes()[:-1] + b"x")
    answer = client.get(f"/api/disclosed/items/{item.id}/watch/0")
    with pytest.raises(Exception, match="changed"):
        bytes_of(answer)


@pytest.mark.slow
def test_revoking_removes_the_copy_and_stops_what_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    stage, item, client, said = disclosed(film(), film())
    watch(client, item.id)
    real = named._keep

    def revoke_first(*words: Any) -> bool:
        post(of(colleague(stage, Role.SUPERVISOR)), f"/disclosures/{said['id']}/revoke")
        return real(*words)

    monkeypatch.setattr(named, "_keep", revoke_first)
    where = folder(item)
    assert make() == 0
    assert client.post(f"/api/disclosed/items/{item.id}/watch").status_code == 409
    make()
    assert not where.exists()
    assert not models.NamedCopy.objects.exists()


@pytest.mark.slow
def test_a_crash_between_file_and_row_is_made_good(monkeypatch: pytest.MonkeyPatch) -> None:
    _, item, client, _ = disclosed(film())
    watch(client, item.id)

    def crash(*_: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(named, "_keep", crash)
        with pytest.raises(KeyboardInterrupt):
            make()
    assert (len(list(folder(item).iterdir())), models.NamedPiece.objects.count()) == (1, 0)
    assert make() == 2
    assert len(watch(client, item.id)["files"]) == 2


@pytest.mark.slow
def test_two_recipients_take_turns_and_have_copies_of_their_own() -> None:
    stage, item, ours, _ = disclosed(film(), film())
    theirs = opened(made(stage, item.id, kind="prosecution"))
    watch(ours, item.id)
    watch(theirs, item.id)
    make(for_s=0.0)
    make(for_s=0.0)
    assert [len(watch(client, item.id)["files"]) for client in (ours, theirs)] == [1, 1]
    assert models.NamedCopy.objects.count() == 2


@pytest.mark.slow
def test_what_cannot_be_decoded_fails_with_a_reason_and_what_is_no_film_is_refused() -> None:
    _, item, client, _ = disclosed(b"no film at all" * 100)
    watch(client, item.id)
    make()
    said = watch(client, item.id)
    assert (said["state"], said["why"]) == ("failed", "redact-unsupported")
    models.Item.objects.filter(id=item.id).update(media_type="application/pdf")
    answer = client.post(f"/api/disclosed/items/{item.id}/watch")
    assert (answer.status_code, answer.json()["kind"]) == (409, "not-played")


@pytest.mark.slow
def test_a_helper_that_fails_again_and_again_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    _, item, client, _ = disclosed(film(50))
    watch(client, item.id)
    monkeypatch.setattr("consentry.evidence.named.render.COMMAND", ("/bin/false",))
    for _ in range(limits.MAX_NAMED_TRIES):
        assert watch(client, item.id)["state"] == "waiting"
        make()
    assert watch(client, item.id)["state"] == "failed"


@pytest.mark.slow
def test_what_nobody_plays_for_a_day_goes_and_all_together_stay_within_their_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, item, client, _ = disclosed(film(50))
    watch(client, item.id)
    make()
    where = folder(item)
    named.remove_over(utc_now() + timedelta(hours=23))
    assert where.exists()
    named.remove_over(utc_now() + timedelta(hours=24, seconds=1))
    assert not where.exists()
    watch(client, item.id)
    make()
    where = folder(item)
    monkeypatch.setattr(named, "MAX_NAMED_BYTES", 100)
    named.remove_over(utc_now())
    assert not where.exists()
    monkeypatch.setattr(named, "MAX_NAMED_BYTES", 10**9)
    (where.parent / "987654").mkdir(parents=True)
    named.remove_over(utc_now())
    assert not (where.parent / "987654").exists()


@pytest.mark.slow
def test_without_the_cookie_of_an_opening_nothing_is_made_or_shown() -> None:
    _, item, _, _ = disclosed(film(50))
    stranger = Client(SERVER_NAME="localhost")
    assert stranger.post(f"/api/disclosed/items/{item.id}/watch").status_code == 401
    assert stranger.get(f"/api/disclosed/items/{item.id}/watch/0").status_code == 401
    assert not models.NamedCopy.objects.exists()
