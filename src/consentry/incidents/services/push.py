"""Who may push: the holder of the feed's key, once per signature, within the replay window."""

import hashlib
import hmac
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import IntegrityError, transaction

from consentry.incidents import models
from consentry.incidents.queries import get_feed
from consentry.incidents.services.feeds import feed_secret
from consentry.incidents.signature import FeedSignature, signed_message
from consentry.incidents.types import Feed
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Untrusted
from consentry.kernel.ids import FeedId

REPLAY_WINDOW_S = 300


@transaction.atomic
def check_push(feed: FeedId, kind: str, header: str, body: bytes, *, now: datetime) -> Feed:
    """The feed, when `header` is its signature over `body`, fresh and never seen before.

    Raises:
        NotFound: no such active feed.
        Malformed: the header is not in the format.
        Untrusted: wrong key, wrong body, too old, from the future, or replayed.
    """
    known = get_feed(feed)
    signature = FeedSignature.parse(header)
    message = signed_message(feed, signature.at_ms, body)
    _verify(known, signature.raw, message)
    if abs(to_ms(now) - signature.at_ms) > REPLAY_WINDOW_S * 1000:
        raise Untrusted("the signature is not fresh; is the sender's clock right?", kind="not-fresh")
    if known.kind != kind:
        raise Untrusted(f"this feed does not send {kind}", kind="wrong-format")
    models.SeenSignature.objects.filter(at__lt=now - timedelta(seconds=2 * REPLAY_WINDOW_S)).delete()
    try:
        with transaction.atomic():
            seen = models.SeenSignature(digest=hashlib.sha256(message).digest(), feed_id=feed, at=now)
            seen.save(force_insert=True)
    except IntegrityError as error:
        raise Untrusted("this push was taken already", kind="replayed") from error
    return known


def _verify(feed: Feed, signature: bytes, message: bytes) -> None:
    if feed.key_kind == "hmac-sha256":
        if not hmac.compare_digest(hmac.digest(feed_secret(feed), message, "sha256"), signature):
            raise Untrusted("the signature does not fit this feed's key", kind="bad-signature")
        return
    try:
        Ed25519PublicKey.from_public_bytes(feed.public_key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise Untrusted("the signature does not fit this feed's key", kind="bad-signature") from error
