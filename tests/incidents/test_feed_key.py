"""Keys of feeds: random, sealed, each for its own feed and number."""

import pytest
from django.db import connection
from django.test import override_settings

from consentry.agencies.services import create_agency
from consentry.incidents import models
from consentry.incidents.feed_key import KEY_BYTES, new_key, open_key, seal_key
from consentry.incidents.services import FeedPlan, add_feed, feed_secret, renew_secret
from consentry.incidents.types import Feed
from consentry.kernel.errors import Untrusted


@pytest.fixture
def feed(db: None) -> Feed:
    """A feed that signs with HMAC."""
    agency = create_agency("Test Police", jurisdiction="us_city", place="Testville")
    return add_feed(FeedPlan(agency=agency.id, name="Dispatch", kind="eido"))


def test_sealed_key_opens_for_its_own_feed_and_number_only() -> None:
    key = new_key()
    sealed = seal_key(key, feed="fee_a", version=1)
    assert key not in sealed
    assert open_key(sealed, feed="fee_a", version=1) == key
    broken = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for box, name, version in ((sealed, "fee_b", 1), (sealed, "fee_a", 2), (broken, "fee_a", 1), (b"", "fee_a", 1)):
        with pytest.raises(Untrusted):
            open_key(box, feed=name, version=version)


def test_key_is_random_and_has_nothing_to_do_with_the_webs_secret(feed: Feed) -> None:
    key = feed_secret(feed)
    assert len(key) == KEY_BYTES
    with override_settings(SECRET_KEY="another secret altogether"):
        assert feed_secret(feed) == key
    other = add_feed(FeedPlan(agency=feed.agency, name="Another", kind="eido"))
    assert feed_secret(other) != key


def test_database_alone_does_not_hold_the_key(feed: Feed) -> None:
    key = feed_secret(feed)
    with connection.cursor() as cursor:
        cursor.execute("select row_to_json(f)::text from incidents_feed f where id = %s", [feed.id])
        (row,) = cursor.fetchone()
    assert key.hex() not in row
    assert key not in bytes(models.Feed.objects.get(pk=feed.id).sealed_key)


def test_renewed_key_is_another_one_and_the_old_row_does_not_come_back(feed: Feed) -> None:
    old, sealed = feed_secret(feed), bytes(models.Feed.objects.get(pk=feed.id).sealed_key)
    fresh = renew_secret(feed.id)
    assert feed_secret(fresh) != old
    models.Feed.objects.filter(pk=feed.id).update(sealed_key=sealed)
    with pytest.raises(Untrusted):
        feed_secret(fresh)
