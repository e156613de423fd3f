"""A recipient's receipt for a disclosure: what was shown, signed by a key of the recipient's browser.

Format and rules: docs/spec/disclosure.md. It proves that whoever held link and pass-phrase was shown these items.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from consentry.kernel.canonical import canonical_json, from_b64, parse_object, to_b64
from consentry.kernel.errors import Malformed
from consentry.kernel.holder import POINT_BYTES, verify_holder
from consentry.kernel.ids import DisclosureId, ItemId
from consentry.kernel.limits import MAX_ITEMS_PER_DISCLOSURE, MAX_RECEIPT_BYTES

VERSION: Final = 1
NONCE_BYTES: Final = 32
_CONTEXT = b"consentry-receipt-v1\n"
_FIELDS = {"v", "disclosure", "nonce", "opened_ms", "items", "public_key"}
_MAX_NUMBER = 1 << 53


@dataclass(frozen=True)
class Receipt:
    """What the recipient signed. `items`: (item, SHA-256 hex of its manifest's payload), as the disclosure lists them.

    `opened_ms`: the recipient's clock, UTC. `public_key`: 65-byte point of P-256.
    """

    disclosure: DisclosureId
    nonce: bytes
    opened_ms: int
    items: tuple[tuple[ItemId, str], ...]
    public_key: bytes


def receipt_message(receipt: Mapping[str, Any]) -> bytes:
    """The bytes that are signed."""
    return _CONTEXT + canonical_json(dict(receipt))


def receipt_record(receipt: Receipt) -> dict[str, Any]:
    """The JSON object that is signed."""
    items = [{"item": item, "payload_sha256": digest} for item, digest in receipt.items]
    return {"v": VERSION, "disclosure": receipt.disclosure, "nonce": to_b64(receipt.nonce), "items": items,
            "opened_ms": receipt.opened_ms, "public_key": to_b64(receipt.public_key)}  # fmt: skip


def open_receipt(signed: bytes) -> Receipt:
    """The receipt in `{"receipt": {…}, "signature"}`, if its own key signed it; the caller compares what it says.

    Raises:
        Malformed: not such a text. Untrusted: signed by another key, or changed since.
    """
    value = parse_object(signed, max_bytes=MAX_RECEIPT_BYTES)
    record = value.get("receipt")
    if set(value) != {"receipt", "signature"} or not isinstance(record, dict) or set(record) != _FIELDS:
        raise Malformed("a receipt has other fields")
    public_key = from_b64(record["public_key"], length=POINT_BYTES)
    verify_holder(public_key, from_b64(value["signature"], length=64), receipt_message(record))
    opened_ms = record["opened_ms"]
    if record["v"] != VERSION or type(opened_ms) is not int or not 0 <= opened_ms < _MAX_NUMBER:
        raise Malformed("a receipt of another version, or without a time")
    if not isinstance(record["disclosure"], str):
        raise Malformed("a receipt names its disclosure")
    nonce = from_b64(record["nonce"], length=NONCE_BYTES)
    return Receipt(DisclosureId(record["disclosure"]), nonce, opened_ms, _items(record["items"]), public_key)


def _items(value: object) -> tuple[tuple[ItemId, str], ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_ITEMS_PER_DISCLOSURE:
        raise Malformed("a receipt lists its items")
    found = []
    for one in value:
        if not isinstance(one, dict) or set(one) != {"item", "payload_sha256"}:
            raise Malformed("an item of a receipt has other fields")
        if not all(isinstance(text, str) for text in one.values()):
            raise Malformed("an item of a receipt is texts")
        found.append((ItemId(one["item"]), str(one["payload_sha256"])))
    return tuple(found)
