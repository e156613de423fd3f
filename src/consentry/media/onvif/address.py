"""Where an ONVIF camera is and as whom it is asked, and the one line of text that says it."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

import aiohttp

from consentry.kernel.errors import Malformed
from consentry.media.onvif.camera import OnvifCamera
from consentry.media.onvif.places import device_url
from consentry.media.rtsp_auth import Credentials
from consentry.media.source_address import read_fingerprint

ONVIF_SCHEME = "onvif+"


@dataclass(frozen=True)
class OnvifPlace:
    """A camera's device service, who asks, the profile whose motors turn (or ""), and the certificate that the owner
    confirmed (SHA-256, hexadecimal, or "").
    """

    url: str
    who: Credentials | None = field(repr=False)
    turner: str = ""
    certificate: str = ""

    def camera(self, http: aiohttp.ClientSession) -> OnvifCamera:
        """The camera there, to be asked."""
        return OnvifCamera(http, self.url, self.who, self.certificate)


def parse_onvif_address(text: str) -> tuple[str, Credentials | None, str]:
    """`onvif+http://user:password@host/path` as an owner's browser seals it: the device's address, who asks, and the
    fingerprint behind `#`, of the certificate that the owner confirmed.
    """
    try:
        parts = urlsplit(text.removeprefix(ONVIF_SCHEME))
    except ValueError as error:
        raise Malformed("not a camera's address") from error
    who = Credentials(unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    url = device_url(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")))
    return url, who, read_fingerprint(parts.fragment)
