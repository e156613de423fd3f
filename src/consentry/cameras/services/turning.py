"""May looks at a public camera turn it? Off until its agency's manager gives the address of its motors (ONVIF)."""

from django.db import transaction

from consentry.cameras.rows import camera_of
from consentry.cameras.services.sound import access_managed
from consentry.cameras.types import Camera
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, Malformed
from consentry.media.onvif.address import ONVIF_SCHEME, parse_onvif_address

MAX_ADDRESS_CHARS = 500


@transaction.atomic
def set_turning(principal: Principal, camera: str, address: str | None) -> Camera:
    """Let looks turn a public camera that the principal manages, at `address`, or with None nobody; at once.

    `address`: `http(s)://user:password@host/path`, with the SHA-256 of the camera's own certificate behind `#`; the
    path may be left out. Raises NotFound as `set_sound`, Malformed for no such address, Conflict (`no-address`) for a
    camera that sends to us.
    """
    row = access_managed(principal, camera)
    if address is not None and not row.url:
        raise Conflict("a camera that sends to us is not turned", kind="no-address")
    row.turn_url = "" if address is None else _checked(address)
    row.save(update_fields=["turn_url"])
    tell("gateway:*", "state.changed", "cameras")
    return camera_of(row)


def _checked(address: str) -> str:
    if not address.startswith(("http://", "https://")) or len(address) > MAX_ADDRESS_CHARS:
        raise Malformed("an ONVIF address is http://user:password@host")
    parse_onvif_address(ONVIF_SCHEME + address)
    return ONVIF_SCHEME + address
