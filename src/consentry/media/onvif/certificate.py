"""The certificate of a camera that made it itself: shown to the owner once, pinned by its SHA-256, and no other after.

Cameras at home have no authority that would vouch for them. What the owner compared with the camera's own page is
worth more than a chain; before that nothing is sent, not even a user's name.
"""

import asyncio
import hashlib
import re
import ssl
from urllib.parse import urlsplit

from consentry.kernel.errors import Malformed, Unavailable

CONNECT_S = 4.0
_HEX = re.compile("[0-9a-f]{64}")


def read_fingerprint(text: str) -> str:
    """64 hexadecimal digits in small letters, out of `AB:CD:…` or the like; "" for ""; Malformed for anything else."""
    found = re.sub("[ :]", "", text.strip()).lower()
    if found and not _HEX.fullmatch(found):
        raise Malformed("a certificate's fingerprint has 64 hexadecimal digits (SHA-256)")
    return found


async def ask_certificate(url: str) -> str:
    """The fingerprint of the certificate at `url` (https) when this machine's authorities do not vouch for it, else "".

    Sends nothing. Raises Unavailable `unreachable` when nobody answers there.
    """
    if not url.startswith("https://"):
        return ""
    try:
        await _shake_hands(url, ssl.create_default_context())
    except ssl.SSLCertVerificationError:
        shown = await _shake_hands(url, _believe_anything())
        return hashlib.sha256(shown).hexdigest()
    return ""


def _believe_anything() -> ssl.SSLContext:
    """Only to see the certificate: nothing is sent over such a line."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def _shake_hands(url: str, context: ssl.SSLContext) -> bytes:
    """The certificate (DER) of the other side; ssl.SSLCertVerificationError when `context` does not believe it."""
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=context)
    except ssl.SSLCertVerificationError:
        raise
    except (OSError, TimeoutError) as error:
        raise Unavailable(f"{parts.hostname} does not answer by TLS", kind="unreachable") from error
    try:
        seen: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    if not seen:
        raise Unavailable("the camera shows no certificate", kind="unreachable")
    return seen
