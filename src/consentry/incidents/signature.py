"""The header of a push: `Consentry-Feed-Signature: v1.<ms>.<base64url signature>`. Senders use it too."""

import hmac
import re
from dataclasses import dataclass

from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Malformed

HEADER = "Consentry-Feed-Signature"
_FORM = re.compile(r"v1\.([1-9][0-9]{0,15})\.([A-Za-z0-9_-]{43,86})")


@dataclass(frozen=True)
class FeedSignature:
    """When it was signed (ms since 1970) and the raw signature: 32 bytes HMAC-SHA256 or 64 bytes Ed25519."""

    at_ms: int
    raw: bytes

    @classmethod
    def parse(cls, header: str) -> "FeedSignature":
        """The signature in `header`; Malformed when it is not in the format."""
        found = _FORM.fullmatch(header)
        if found is None:
            raise Malformed(f"the header {HEADER} is v1.<milliseconds>.<base64url>")
        return cls(int(found[1]), from_b64(found[2]))

    def header(self) -> str:
        """The header's value."""
        return f"v1.{self.at_ms}.{to_b64(self.raw)}"


def signed_message(feed: str, at_ms: int, body: bytes) -> bytes:
    """What is signed: the format's name, the feed, the time, then the body as sent."""
    return f"consentry-feed-v1\n{feed}\n{at_ms}\n".encode() + body


def sign_with_hmac(feed: str, secret: bytes, body: bytes, *, at_ms: int) -> str:
    """The header's value for `body`, with the feed's HMAC key."""
    return FeedSignature(at_ms, hmac.digest(secret, signed_message(feed, at_ms, body), "sha256")).header()
