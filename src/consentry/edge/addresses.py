"""Camera addresses, which hold passwords: encrypted at rest, bound to their camera, dialled from here only."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consentry.edge.key_files import EdgeKeys
from consentry.edge.store import Store
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import CameraId, bytes_of_id
from consentry.kernel.sealed_box import address_context, open_box
from consentry.media.source_address import parse_source
from consentry.media.srt_source import listens

MAX_URL_CHARS = 1_000
_NONCE_BYTES = 12


def keep_address(store: Store, keys: EdgeKeys, camera: CameraId, url: str, *, said_ms: int = 0) -> None:
    """Keep `url` for `camera`; Malformed for an id, SourceFault for an address that is none."""
    try:
        bytes_of_id(camera)
    except ValueError as error:
        raise Malformed("not a camera's id (the camera's page shows it)") from error
    if len(url) > MAX_URL_CHARS or not camera.startswith("cam_"):
        raise Malformed("not a camera's address")
    if listens(parse_source(url)):
        raise Malformed("an edge opens no port: let it call the camera")
    nonce = os.urandom(_NONCE_BYTES)
    store.put_address(
        camera, nonce + AESGCM(keys.at_rest).encrypt(nonce, url.encode(), camera.encode()), said_ms=said_ms
    )


def address_of(store: Store, keys: EdgeKeys, camera: CameraId) -> str | None:
    """The address in clear, or None; Untrusted when it was not written by this edge for this camera."""
    sealed = store.sealed_address(camera)
    if sealed is None:
        return None
    try:
        plain = AESGCM(keys.at_rest).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], camera.encode())
    except InvalidTag as error:
        raise Untrusted("a kept address does not open with this edge's key", kind="at-rest") from error
    return plain.decode()


def open_sealed_address(keys: EdgeKeys, camera: CameraId, box: bytes) -> str:
    """The address that the owner's browser sealed to this edge; Untrusted or Malformed when it is not for us."""
    try:
        return open_box(box, keys.box, context=address_context(camera)).decode()
    except UnicodeDecodeError as error:
        raise Malformed("an address is text") from error
