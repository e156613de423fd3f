"""`fsck` on answers: each way in which one could be read without its owner's word, or tell whose it is, is named."""

import json
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from tests.requests.stage import Asked, make_asked, row_of, signed_clip, work

from consentry.core.at_rest import _key
from consentry.kernel.ids import AnswerId
from consentry.requests import models
from consentry.requests.identity import Identity, open_identity, seal_identity
from consentry.requests.invariants import broken_invariants

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(tmp_path: Path, settings: Settings) -> tuple[Asked, AnswerId]:
    """One answer in the vault, in a data folder of its own; all of it holds."""
    settings.DATA = tmp_path
    asked = make_asked(homes=2)
    home = asked.stage.homes[0]
    body = b"film" * 900
    answer = asked.answer(home, body=body, camera=home.camera.id, signed=signed_clip(home, body))
    work()
    assert row_of(answer).state == "sent"
    assert said() == []
    return asked, answer


def said() -> list[str]:
    return [f"{broken.number}: {broken.what}" for broken in broken_invariants()]


def change(answer: str, **values: object) -> None:
    models.Answer.objects.filter(id=answer).update(**values)


def test_an_answer_without_its_own_signed_receipt_is_named(sent: tuple[Asked, AnswerId]) -> None:
    _, answer = sent
    row = row_of(answer)
    change(answer, receipt=row.receipt.replace("consent of the owner", "consent of somebody"))
    assert f"10: answer {answer} has a receipt that was not signed here" in said()
    change(answer, receipt=row.receipt, name="Given later")
    assert said() == [f"10: answer {answer} has the receipt of something else"]


def test_an_item_that_names_another_receipt_is_named(sent: tuple[Asked, AnswerId]) -> None:
    asked, answer = sent
    other = asked.answer(asked.stage.homes[1], body=b"another")
    work()
    first, second = row_of(answer), row_of(other)
    change(answer, item="itm_none")
    change(other, item=first.item)
    found = said()
    assert f"10: item {first.item} does not name the receipt of answer {other}" in found
    assert f"8: item {second.item} is an answer that nobody sent" in found


def test_an_answer_in_the_vault_that_nobody_sent_or_that_is_not_sent_yet_is_named(
    sent: tuple[Asked, AnswerId],
) -> None:
    _, answer = sent
    item = row_of(answer).item
    change(answer, state="receiving")
    assert said() == [f"8: answer {answer} can be read before it was sent"]
    change(answer, state="sent", item="")
    assert f"8: item {item} is an answer that nobody sent" in said()


def test_an_identity_that_is_not_sealed_here_or_is_another_homes_is_named(sent: tuple[Asked, AnswerId]) -> None:
    asked, answer = sent
    row = row_of(answer)
    identity = open_identity(answer, bytes(row.identity))
    change(answer, identity=json.dumps({"person": identity.person}).encode())
    assert said() == [f"8: answer {answer} is not sealed under this installation's key"]
    stranger = Identity(asked.stage.homes[1].owner.principal.person)  # type: ignore[arg-type]
    change(answer, identity=seal_identity(answer, stranger))
    assert said() == [f"8: answer {answer} is found by somebody else than who sent it"]
    change(answer, identity=bytes(row.identity), pseudonym=identity.person)
    assert f"8: answer {answer} names a person, camera or edge in clear" in said()


def test_another_installations_key_opens_nothing(sent: tuple[Asked, AnswerId], settings: Settings) -> None:
    _, answer = sent
    path = Path(settings.DATA) / "keys" / "answers.key"
    path.write_bytes(bytes(32))
    _key.cache_clear()
    assert said() == [f"8: answer {answer} is not sealed under this installation's key"]
    _key.cache_clear()
