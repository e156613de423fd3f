"""Feeds: each has one agency and one key. An HMAC key is random and kept sealed, so no table holds it in clear."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from consentry.incidents import models
from consentry.incidents.feed_key import new_key, open_key, seal_key
from consentry.incidents.presets import get_preset
from consentry.incidents.records import feed_of
from consentry.incidents.services.types import locked_feed, map_types
from consentry.incidents.types import Bounds, Feed
from consentry.kernel.errors import Conflict, Malformed, NotFound
from consentry.kernel.ids import AgencyId, FeedId

MAX_NAME_CHARS = 120


@dataclass(frozen=True)
class FeedPlan:
    """What a new feed is. `public_key` (32 bytes, Ed25519) only when the sender signs so; else HMAC-SHA256.

    `id` is given by seeds only, so that they are stable.
    """

    agency: AgencyId
    name: str
    kind: str
    preset: str = ""
    origin: str = "cad"
    public_key: bytes = b""
    bounds: Bounds | None = None
    id: FeedId | None = None


def add_feed(plan: FeedPlan) -> Feed:
    """Add a feed, with its preset's meaning of types.

    Raises Malformed for an unknown kind, origin, preset or key, Conflict when the agency has that name already.
    """
    _check_plan(plan)
    types = get_preset(plan.preset).types if plan.preset else {}
    box = plan.bounds
    row = models.Feed(
        pk=plan.id or models.new_feed_id(),
        agency_id=plan.agency,
        name=plan.name,
        kind=plan.kind,
        preset=plan.preset,
        origin=plan.origin,
        key_kind="ed25519" if plan.public_key else "hmac-sha256",
        public_key=plan.public_key,
        south=None if box is None else box.south,
        west=None if box is None else box.west,
        north=None if box is None else box.north,
        east=None if box is None else box.east,
    )
    if not plan.public_key:
        row.sealed_key = seal_key(new_key(), feed=row.pk, version=row.key_version)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            map_types(FeedId(row.pk), types)
    except IntegrityError as error:
        raise Conflict("this agency has a feed of that name already") from error
    return feed_of(row)


def _check_plan(plan: FeedPlan) -> None:
    if plan.kind not in models.KINDS:
        raise Malformed(f"a feed is one of {', '.join(models.KINDS)}")
    if plan.origin not in models.ORIGINS:
        raise Malformed(f"an origin is one of {', '.join(models.ORIGINS)}")
    if plan.public_key and len(plan.public_key) != 32:
        raise Malformed("an Ed25519 public key has 32 bytes")
    if not plan.name.strip() or len(plan.name) > MAX_NAME_CHARS:
        raise Malformed(f"a name has 1 to {MAX_NAME_CHARS} characters")


def feed_secret(feed: Feed) -> bytes:
    """The HMAC key of `feed`, 32 bytes; shown once to who adds it, stored sealed only, never logged.

    Conflict for a feed that signs with Ed25519: we hold no secret of it. NotFound when there is no such feed.
    """
    if feed.key_kind != "hmac-sha256":
        raise Conflict("this feed signs with a key of its own")
    row = models.Feed.objects.filter(pk=feed.id).only("sealed_key", "key_version").first()
    if row is None:
        raise NotFound("no such feed")
    return open_key(bytes(row.sealed_key), feed=row.pk, version=row.key_version)


@transaction.atomic
def renew_secret(feed: FeedId) -> Feed:
    """Give the feed a new HMAC key; the old one stops at once."""
    row = locked_feed(feed)
    if row.key_kind != "hmac-sha256":
        raise Conflict("this feed signs with a key of its own")
    row.key_version += 1
    row.sealed_key = seal_key(new_key(), feed=row.pk, version=row.key_version)
    row.save(update_fields=["key_version", "sealed_key"])
    return feed_of(row)


@transaction.atomic
def stop_feed(feed: FeedId) -> None:
    """Take nothing from the feed any more; its calls stay."""
    row = locked_feed(feed)
    row.active = False
    row.save(update_fields=["active"])
