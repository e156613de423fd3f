"""When a disclosure is open, who may have what, which receipt counts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.evidence.disclosure.rules import (
    Span,
    State,
    check_receipt,
    commit_of,
    ends_at,
    new_passphrase,
    plain_passphrase,
    state_of,
    with_original,
)
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import DisclosureId, ItemId
from consentry.kernel.receipt import Receipt

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DISCLOSURE, OTHER = DisclosureId("dis_a"), DisclosureId("dis_b")
ITEMS = ((ItemId("itm_a"), "ab"), (ItemId("itm_b"), "cd"))


@pytest.mark.parametrize(
    ("expires_in", "revoked_ago", "state"),
    [
        (HOUR, None, State.OPEN),
        (timedelta(0), None, State.EXPIRED),
        (-HOUR, None, State.EXPIRED),
        (HOUR, timedelta(0), State.REVOKED),
        (-HOUR, HOUR, State.REVOKED),
    ],
)
def test_it_is_open_until_it_expires_or_is_revoked(
    expires_in: timedelta, revoked_ago: timedelta | None, state: State
) -> None:
    span = Span(NOW + expires_in, None if revoked_ago is None else NOW - revoked_ago)
    assert state_of(span, NOW) is state


@pytest.mark.parametrize(("days", "lasts"), [(None, 30), (1, 1), (365, 365)])
def test_it_lasts_thirty_days_or_as_chosen(days: int | None, lasts: int) -> None:
    assert ends_at(days, NOW) == NOW + timedelta(days=lasts)


@pytest.mark.parametrize("days", [0, -1, 366, 10**9])
def test_it_is_never_endless(days: int) -> None:
    with pytest.raises(Malformed):
        ends_at(days, NOW)


@given(wished=st.booleans())
def test_the_defence_has_what_the_prosecution_has(wished: bool) -> None:
    rights = {kind: with_original(kind, wished=wished) for kind in ("court", "defence", "prosecution")}
    assert set(rights.values()) == {True}
    assert with_original("other", wished=wished) is wished


def test_a_passphrase_is_new_each_time_and_survives_being_copied() -> None:
    one = new_passphrase()
    assert one != new_passphrase()
    assert [len(group) for group in one.split("-")] == [4] * 5
    assert plain_passphrase(f"  {one.upper().replace('-', ' ')}\n") == plain_passphrase(one)


def test_commitments_hide_the_record_and_tell_records_apart() -> None:
    assert commit_of(bytes(32), b"{}") != commit_of(bytes(31) + b"\x01", b"{}")
    assert commit_of(bytes(32), b"{}") != commit_of(bytes(32), b"[]")


def receipt(
    disclosure: DisclosureId = DISCLOSURE, at: datetime = NOW, items: tuple[tuple[ItemId, str], ...] = ITEMS
) -> Receipt:
    return Receipt(disclosure, bytes(32), to_ms(at), items, bytes(65))


def test_the_receipt_for_all_items_counts() -> None:
    check_receipt(receipt(), DISCLOSURE, ITEMS, now=NOW)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (receipt(OTHER), "receipt-other"),
        (receipt(items=ITEMS[:1]), "receipt-other"),
        (receipt(items=ITEMS[::-1]), "receipt-other"),
        (receipt(items=((ItemId("itm_a"), "ab"), (ItemId("itm_b"), "ce"))), "receipt-other"),
        (receipt(at=NOW + timedelta(days=2)), "receipt-clock"),
        (receipt(at=NOW - timedelta(days=2)), "receipt-clock"),
    ],
)
def test_another_receipt_does_not(said: Receipt, kind: str) -> None:
    with pytest.raises(Untrusted) as refused:
        check_receipt(said, DISCLOSURE, ITEMS, now=NOW)
    assert refused.value.kind == kind
