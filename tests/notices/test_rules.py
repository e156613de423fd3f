"""Which addresses are push services, and when a delivery is tried again."""

from datetime import timedelta
from itertools import pairwise

import pytest

from consentry.notices.kinds import LANGUAGES, kinds, parse_kind
from consentry.notices.mail import letter_words
from consentry.notices.rules import MAX_TRIES, is_push_address, wait_after

SERVICES = ["https://fcm.googleapis.com", "https://*.push.services.mozilla.com"]


@pytest.mark.parametrize(
    "endpoint",
    ["https://fcm.googleapis.com/fcm/send/x", "https://updates.push.services.mozilla.com/wpush/v2/y"],
)
def test_known_push_services_are_called(endpoint: str) -> None:
    assert is_push_address(endpoint, SERVICES)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x", "https://fcm.googleapis.com:8443/x", "https://user@fcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example/x", "https://evil.example/fcm.googleapis.com", "https://127.0.0.1/x",
        "https://push.services.mozilla.com/x", "https://.push.services.mozilla.com/x", "https://[::1", "ftp://x", "",
        "https://fcm.googleapis.com\n/x", "https://evilpush.services.mozilla.com/x", "https://fcm.googleapis.com:x/",
    ],
)  # fmt: skip
def test_nothing_else_is_ever_called(endpoint: str) -> None:
    assert not is_push_address(endpoint, SERVICES)


def test_tries_come_further_and_further_apart_and_end() -> None:
    waits = [wait_after(tries) for tries in range(1, MAX_TRIES)]
    assert waits[0] == timedelta(seconds=15)
    assert all(later == 4 * sooner for sooner, later in pairwise(waits))
    assert sum(waits, timedelta()) < timedelta(minutes=30)


def test_each_kind_that_leaves_the_house_has_words_in_each_language() -> None:
    assert {"ask.opened", "edge.doubled", "flag.raised", "item.damaged", "look.ended", "look.started"} <= set(kinds())
    for name, kind in kinds().items():
        assert set(kind.words) == set(LANGUAGES), name
        texts = [(said.title, said.short, said.text) for said in kind.words.values()]
        assert all(len(title) <= 60 and len(short) <= 140 and len(text) <= 500 for title, short, text in texts), name
        assert "{" not in kind.mail_page, name
    for said in letter_words().values():
        assert set(said) == set(LANGUAGES)
        assert all(text.strip() for text in said.values())


WORDS = {"title": "a", "short": "b", "text": "c"}
KIND = {"minutes": 5, "page": "/home", "roles": ["owner"], "urgent": False, "en": WORDS, "fr": WORDS, "es": WORDS}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("a.b", {"minutes": 0}), ("a.b", {"page": "https://elsewhere"}), ("a.b", {"fr": {**WORDS, "short": " "}}),
        ("a.b", {"colour": "red"}), ("ab", {}), ("a.b", {"roles": ["king"]}),
    ],
)  # fmt: skip
def test_a_kind_that_forgets_something_is_refused_at_start(name: str, other: dict[str, object]) -> None:
    assert parse_kind("a.b", KIND).words["es"].title == "a"
    with pytest.raises(ValueError):
        parse_kind(name, KIND | other)
