"""HMAC keys of feeds: random, held sealed (`core.at_rest`), so that a copy of the database alone forges no push.

The feed and the number of its key are bound in, so that no row stands for another.
"""

import os

from consentry.core.at_rest import open_at_rest, seal_at_rest
from consentry.kernel.errors import Untrusted

KEY_BYTES = 32
_NAME = "feeds"


def new_key() -> bytes:
    """32 random bytes."""
    return os.urandom(KEY_BYTES)


def seal_key(key: bytes, *, feed: str, version: int) -> bytes:
    """The key sealed, for this feed and version only."""
    return seal_at_rest(_NAME, key, context=_bound(feed, version))


def open_key(sealed: bytes, *, feed: str, version: int) -> bytes:
    """The key, 32 bytes; Untrusted when it was sealed for another feed, version or installation."""
    try:
        return open_at_rest(_NAME, sealed, context=_bound(feed, version))
    except Untrusted as error:
        raise Untrusted("this feed's key cannot be opened; give it a new one", kind="feed-key") from error


def _bound(feed: str, version: int) -> str:
    return f"consentry-feed-key-v1\n{feed}:{version}"
