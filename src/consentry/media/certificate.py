"""The certificate of a camera that made it itself: shown to its owner once, pinned by its SHA-256, and no other after.

Cameras have no authority that would vouch for them. What the owner compared with the camera's own page is worth more
than a chain; before that nothing is sent, not even a user's name.
"""

import asyncio
import hashlib
import ssl

from consentry.kernel.errors import Unavailable
from consentry.media.reach import dialled_socket
from consentry.media.source_address import Address, parse_source
from consentry.media.units import SourceFault

CONNECT_S = 4.0


def tls_for(address: Address) -> ssl.SSLContext | None:
    """How a line to `address` is opened, None where it is in clear.

    With a confirmed certificate the chain is not looked at: `check_certificate` MUST be called before anything is sent.
    """
    if not address.encrypted:
        return None
    return _believe_anything() if address.certificate else ssl.create_default_context()


def check_certificate(address: Address, transport: asyncio.BaseTransport) -> None:
    """SourceFault `certificate-changed`, and the line is cut, when the other side shows another than the confirmed one.

    Nothing may have been sent before, so that an impostor hears no user's name and no digest.
    """
    if not address.certificate:
        return
    shown = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
    if hashlib.sha256(shown or b"").hexdigest() != address.certificate:
        transport.close()
        raise SourceFault("certificate-changed", f"{address.host} shows another certificate than the confirmed one")


def unknown_certificate(address: Address) -> SourceFault:
    """What is wrong when no authority vouches for the certificate at `address`."""
    return SourceFault("certificate-unknown", f"nobody vouches for the certificate of {address.host}")


async def ask_certificate(url: str) -> str:
    """The fingerprint of the certificate at `url` when this machine's authorities do not vouch for it, else "".

    Sends nothing. Raises Unavailable `unreachable` when nobody answers there.
    """
    address = parse_source(url)
    if not address.encrypted:
        return ""
    try:
        await _shake_hands(address, ssl.create_default_context())
    except ssl.SSLCertVerificationError:
        shown = await _shake_hands(address, _believe_anything())
        return hashlib.sha256(shown).hexdigest()
    return ""


def spelt(certificate: str) -> str:
    """A fingerprint as cameras and browsers show it."""
    return ":".join(certificate[at : at + 2] for at in range(0, len(certificate), 2)).upper()


def _believe_anything() -> ssl.SSLContext:
    """Only for a line over which nothing is sent before its certificate was compared."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def _shake_hands(address: Address, context: ssl.SSLContext) -> bytes:
    """The certificate (DER) of the other side; ssl.SSLCertVerificationError when `context` does not believe it."""
    try:
        async with asyncio.timeout(CONNECT_S):
            line = await dialled_socket(address.host, address.port)
            _, writer = await asyncio.open_connection(sock=line, ssl=context, server_hostname=address.host)
    except ssl.SSLCertVerificationError:
        raise
    except (OSError, TimeoutError) as error:
        raise Unavailable(f"{address.host} does not answer by TLS", kind="unreachable") from error
    try:
        seen: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    if not seen:
        raise Unavailable("the camera shows no certificate", kind="unreachable")
    return seen
