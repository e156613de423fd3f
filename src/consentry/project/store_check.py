"""Nothing serves over a store that only pretends to keep what is locked."""

import logging
from pathlib import Path

from consentry.evidence.stores.settings import authority_said, fixity_said, stored_items
from consentry.kernel.errors import Unavailable

logger = logging.getLogger(__name__)


def need_store(data: Path) -> None:
    """Try the store of the settings and read those of timestamps and fixity.

    Raises Untrusted, Refused, Malformed, Unavailable: what the operator must mend before anything starts. A store that
    does not answer now stops nothing: items stay in the vault's folder until it does.
    """
    items = stored_items(data)
    authority_said()
    fixity_said()
    if items.is_one_place:
        return
    try:
        items.store.try_out()
    except Unavailable as error:
        logger.warning("the store %s is away: %s", items.store.place, error)
