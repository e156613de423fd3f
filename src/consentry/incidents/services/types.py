"""What a feed's own call types mean. A code may open private cameras, so who says it by hand is in the ledger."""

from collections.abc import Mapping
from uuid import uuid4

from django.db import transaction

from consentry.core.principal import Principal
from consentry.incidents import models
from consentry.incidents.catalog import is_known
from consentry.incidents.minimise import type_text
from consentry.incidents.queries import access_feed
from consentry.kernel.errors import LimitReached, Malformed, NotFound
from consentry.kernel.ids import FeedId
from consentry.kernel.limits import MAX_TYPES_PER_FEED
from consentry.kernel.roles import Role
from consentry.ledger.services import append

NOTHING = ""


@transaction.atomic
def say_types(principal: Principal, feed: FeedId, mapping: Mapping[str, str]) -> int:
    """`map_types` by a manager of the feed's agency; NotFound for anyone else's feed as for none."""
    found = access_feed(principal, feed, Role.MANAGER)
    said = map_types(found.id, mapping)
    fields = {"act": "feed.types", "agency": str(found.agency), "role": Role.MANAGER.value}
    append("admin.act", fields, key=f"admin.act:{uuid4().hex}")
    return said


@transaction.atomic
def map_types(feed: FeedId, mapping: Mapping[str, str]) -> int:
    """Say what the feed's own types mean from the next version of a call on; `NOTHING` unsays it. Answers how many.

    Raises Malformed for a code that is not of the closed table, a type without a text, one said twice differently;
    LimitReached; NotFound for a feed that is not active.
    """
    said = _checked(mapping)
    row = locked_feed(feed)
    row.type_mappings.filter(local_type__in=[local for local, code in said.items() if code == NOTHING]).delete()
    rows = [models.TypeMapping(feed=row, local_type=local, code=code) for local, code in said.items() if code]
    models.TypeMapping.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["feed", "local_type"], update_fields=["code"]
    )
    if row.type_mappings.count() > MAX_TYPES_PER_FEED:
        raise LimitReached(f"at most {MAX_TYPES_PER_FEED} types per feed", kind="types-per-feed")
    return len(said)


def _checked(mapping: Mapping[str, str]) -> dict[str, str]:
    """The mapping by types as calls bear them (upper case, nothing personal typed behind)."""
    said: dict[str, str] = {}
    for local, code in mapping.items():
        name = type_text(local)
        if not name:
            raise Malformed("a call type has a text")
        if code != NOTHING and not is_known(code):
            raise Malformed(f"not a common call type: {code[:20]}")
        if said.setdefault(name, code) != code:
            raise Malformed("one call type is said twice, differently")
    return said


def locked_feed(feed: FeedId) -> models.Feed:
    """The active feed's row, locked until the transaction ends; NotFound when there is none."""
    row = models.Feed.objects.select_for_update().filter(pk=feed, active=True).first()
    if row is None:
        raise NotFound("no such feed")
    return row
