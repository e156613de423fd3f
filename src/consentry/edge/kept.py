"""Small secrets that the edge keeps beside cameras' addresses: encrypted at rest, each bound to its name."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consentry.edge.key_files import EdgeKeys
from consentry.edge.store import Store
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Untrusted

_NONCE_BYTES = 12


def keep_secret(store: Store, keys: EdgeKeys, name: str, text: str | None) -> None:
    """Keep `text` under `name` (`onvif/cam_…`, `hook/cam_…`, `mqtt`), or forget it."""
    if text is None:
        store.put_fact(_fact(name), None)
        return
    nonce = os.urandom(_NONCE_BYTES)
    store.put_fact(_fact(name), to_b64(nonce + AESGCM(keys.at_rest).encrypt(nonce, text.encode(), _bound(name))))


def secret_of(store: Store, keys: EdgeKeys, name: str) -> str | None:
    """What is kept under `name`, or None; Untrusted when it was not written by this edge under this name."""
    sealed = store.fact(_fact(name))
    if sealed is None:
        return None
    raw = from_b64(sealed)
    try:
        return AESGCM(keys.at_rest).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound(name)).decode()
    except InvalidTag as error:
        raise Untrusted("a kept secret does not open with this edge's key", kind="at-rest") from error


def _fact(name: str) -> str:
    return f"secret/{name}"


def _bound(name: str) -> bytes:
    return b"consentry-kept-v1\n" + name.encode()
