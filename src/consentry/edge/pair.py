"""Pairing: the owner types a code here, and this edge pins the owner's key only if the code carries its fingerprint.

`AAAA-AAAA-BBBB-BBBB-BBBB`: 8 base32 characters of the server's one-time code, then 12 of SHA-256(owner's key) which the
owner's browser computed. A server in the wrong hands can so not slip in a key of its own. Source: docs/spec/pairing.md.
"""

import base64
import hashlib
import hmac
import json
from typing import NamedTuple
from urllib.parse import urljoin

import aiohttp

from consentry.edge.key_files import EdgeKeys, load_keys
from consentry.edge.pins import Pins, parse_pins, require_private
from consentry.edge.settings import EdgeSettings
from consentry.edge.store import Store
from consentry.kernel.canonical import parse_object, to_b64
from consentry.kernel.errors import Conflict, Malformed, Refused, Unavailable, Untrusted
from consentry.media.http_fetch import read_bounded

ONE_TIME_CHARS = 8
FINGERPRINT_CHARS = 12
MAX_ANSWER_BYTES = 65_536
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


class PairingCode(NamedTuple):
    """What the owner reads out: the server's one-time part and the fingerprint of the owner's key."""

    one_time: str
    fingerprint: str


def parse_code(text: str) -> PairingCode:
    """The code from what was typed: case, blanks and dashes do not matter; Malformed when it is none."""
    letters = "".join(text.split()).replace("-", "").upper()
    if len(letters) != ONE_TIME_CHARS + FINGERPRINT_CHARS or not set(letters) <= _ALPHABET:
        raise Malformed("a pairing code has five groups of four letters A-Z and digits 2-7")
    return PairingCode(letters[:ONE_TIME_CHARS], letters[ONE_TIME_CHARS:])


def fingerprint_of(owner_key: bytes) -> str:
    """First 12 base32 characters of SHA-256 of the 65-byte point."""
    return base64.b32encode(hashlib.sha256(owner_key).digest()).decode()[:FINGERPRINT_CHARS]


async def pair_edge(settings: EdgeSettings, *, server: str, code: str, again: bool = False) -> Pins:
    """Pair this edge with `server` and pin what it answers.

    Raises:
        Conflict: it is paired already and `again` is not set.
        Malformed, Refused, Unavailable: code or answer wrong; the server says no; it cannot be reached.
        Untrusted: the owner's key is not the one whose fingerprint is in the code; nothing is pinned.
    """
    typed = parse_code(code)
    store = Store(settings.folder)
    try:
        if store.pins() is not None and not again:
            raise Conflict("this edge is paired already; say --again to replace that")
        answer = await ask_server(server, "api/edges/pair", _said(typed, load_keys(settings.folder)))
        pins, policies = read_answer(answer, server=server, fingerprint=typed.fingerprint)
        store.pin(pins, policies)
    finally:
        store.close()
    return pins


def read_answer(answer: bytes, *, server: str, fingerprint: str) -> tuple[Pins, tuple[str, ...]]:
    """Pins and policy hashes in a server's answer; Untrusted unless the owner's key has this fingerprint."""
    value = parse_object(answer, max_bytes=MAX_ANSWER_BYTES)
    pins = parse_pins(value, server=server)
    if not hmac.compare_digest(fingerprint_of(pins.owner.public), fingerprint):
        raise Untrusted("the server gave another owner's key than the code says: not paired", kind="owner-fingerprint")
    policies = value.get("policies")
    if not isinstance(policies, list) or not 0 < len(policies) <= 8:
        raise Malformed("the server's answer names no policy in force")
    return pins, tuple(_policy_hash(item) for item in policies)


def on_server(server: str, path: str) -> str:
    """The address of `path` at `server`, which beyond this machine is HTTPS; Malformed otherwise."""
    try:
        return urljoin(require_private(server, ("http", "https")) + "/", path)
    except ValueError as error:
        raise Malformed(f"server: {error}") from error


async def ask_server(server: str, path: str, body: dict[str, str]) -> bytes:
    """The answer (at most 64 KiB) to one POST without redirects; Refused with the server's reason, Unavailable."""
    url = on_server(server, path)
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as http,
            http.post(url, json=body, allow_redirects=False) as reply,
        ):
            answer = await read_bounded(reply, MAX_ANSWER_BYTES)
            if reply.status not in (200, 201):
                raise Refused(f"the server refused this code ({_title(answer)})", kind="pairing-refused")
            return answer
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unavailable(f"{server} cannot be reached: {error}") from error


def _said(code: PairingCode, keys: EdgeKeys) -> dict[str, str]:
    return {"code": code.one_time, "public_key": to_b64(keys.public_key()), "box_key": to_b64(keys.box_point())}


def _policy_hash(item: object) -> str:
    if not isinstance(item, str) or len(item) != 64 or not set(item) <= set("0123456789abcdef"):
        raise Malformed("not a policy hash")
    return item


def _title(answer: bytes) -> str:
    try:
        return str(json.loads(answer).get("title", "no reason given"))[:200]
    except (ValueError, AttributeError):
        return "no reason given"
