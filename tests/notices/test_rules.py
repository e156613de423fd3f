"""Which addresses are push services, and when a delivery is tried again."""

from datetime import timedelta
from itertools import pairwise

import pytest

from consentry.notices.mail import words
from consentry.notices.rules import MAX_TRIES, WORTH, is_push_address, wait_after

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
    assert set(words()) == {*WORTH, "footer"}
    for kind, said in words().items():
        assert set(said) == {"en", "fr", "es"}, kind
        assert all(text["body"].strip() and text.get("subject", "x").strip() for text in said.values()), kind
