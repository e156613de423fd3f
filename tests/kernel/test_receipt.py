"""Receipts of recipients: the published vector, and whatever is changed of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from consentry.kernel.canonical import canonical_json, from_b64, to_b64
from consentry.kernel.errors import ConsentryError, Untrusted
from consentry.kernel.receipt import open_receipt, receipt_record

VECTOR: dict[str, str] = json.loads(
    (Path(__file__).resolve().parents[2] / "docs/spec/vectors/receipt.json").read_text()
)


def test_the_published_receipt_opens_and_says_what_was_signed() -> None:
    receipt = open_receipt(VECTOR["signed"].encode())
    assert canonical_json(receipt_record(receipt)).decode() == VECTOR["canonical"]
    assert len(receipt.items) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"opened_ms": 1790000000001}, {"disclosure": "dis_" + "b" * 26}, {"nonce": to_b64(bytes(32))},
        {"items": [{"item": "itm_" + "a" * 26, "payload_sha256": "ab" * 32}]},
    ],
)  # fmt: skip
def test_what_was_changed_after_it_was_signed_is_refused(change: dict[str, Any]) -> None:
    value = json.loads(VECTOR["signed"])
    value["receipt"] |= change
    with pytest.raises(Untrusted):
        open_receipt(canonical_json(value))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: value.pop("signature"),
        lambda value: value.update(more=1),
        lambda value: value["receipt"].pop("items"),
        lambda value: value["receipt"].update(public_key="AA"),
        lambda value: value.update(signature=to_b64(bytes(63))),
        lambda value: value.update(receipt=[]),
    ],
)
def test_what_is_no_receipt_is_refused(spoil: Any) -> None:
    value = json.loads(VECTOR["signed"])
    spoil(value)
    with pytest.raises(ConsentryError):
        open_receipt(canonical_json(value))


def test_a_flipped_bit_of_the_signature_is_refused() -> None:
    value = json.loads(VECTOR["signed"])
    raw = bytearray(from_b64(value["signature"]))
    raw[40] ^= 1
    value["signature"] = to_b64(bytes(raw))
    with pytest.raises(Untrusted):
        open_receipt(canonical_json(value))
