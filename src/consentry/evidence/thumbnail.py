"""Thumbnails: made anew from the sealed pictures for who may play them, kept in memory alone and only for moments."""

import threading
import time
from collections import OrderedDict

from consentry.core.principal import Principal
from consentry.evidence.access import HANDLERS, access_item
from consentry.evidence.rules import SEEN_ACTS
from consentry.evidence.services.play import may_be_seen
from consentry.evidence.vault_door import open_vault
from consentry.kernel.errors import Conflict, NotFound
from consentry.kernel.ids import ItemId
from consentry.media.still import still_of

KEPT_S, MOST_KEPT = 300.0, 256
# Each is a process that decodes; a page full of items must not become a hundred of them.
_turn = threading.BoundedSemaphore(2)
_kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()


def thumbnail_of(principal: Principal, item: str) -> bytes:
    """A JPEG, 320 pixels wide. NotFound: not the caller's, or nothing to be seen in it. Conflict `item-gone`.

    Rights and the item's state are looked at each time; what is kept in memory saves only the decoding.
    """
    row = access_item(principal, item, roles=HANDLERS)
    if not may_be_seen(row):
        _kept.pop(row.id, None)
        raise Conflict("this item is destroyed", kind="item-gone")
    if row.kind == "answer" and not row.acts.filter(kind__in=SEEN_ACTS).exists():
        raise NotFound("its owner may still take this back: nobody sees it before it is opened")
    made_s, picture = _kept.get(row.id, (0.0, b""))
    if picture and time.monotonic() - made_s < KEPT_S:
        return picture
    if not row.segments or not row.media_type.startswith(("video/", "image/")):
        raise NotFound("there is no picture of this item")
    with _turn:
        made = still_of(open_vault().open_segment(ItemId(row.id), 0))
    if made is None:
        raise NotFound("there is no picture of this item")
    _kept[row.id] = (time.monotonic(), made)
    while len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)
    return made
