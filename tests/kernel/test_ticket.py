"""Tickets against the published vectors of docs/spec/ticket.md."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.canonical import from_b64
from consentry.kernel.errors import ConsentryError, Malformed
from consentry.kernel.ids import CameraId, GatewayId, id_of_bytes
from consentry.kernel.ticket import Mode, Ticket, sign_ticket, verify_ticket

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "docs/spec/vectors/ticket.json").read_text()
)
KEYS = tuple(Ed25519PublicKey.from_public_bytes(from_b64(key)) for key in VECTORS["public_keys"])
SIGNER = Ed25519PrivateKey.generate()


@pytest.mark.parametrize("vector", VECTORS["valid"])
def test_a_valid_ticket_says_what_its_vector_says(vector: dict[str, Any]) -> None:
    ticket = verify_ticket(from_b64(vector["ticket"]), KEYS, now_ms=vector["now_ms"])
    assert ticket == Ticket(
        leaf=bytes.fromhex(vector["leaf"]), camera=vector["camera"], audience=vector["audience"],
        holder_sha256=bytes.fromhex(vector["holder_sha256"]), not_before_ms=vector["not_before_ms"],
        not_after_ms=vector["not_after_ms"], serial=vector["serial"], mode=Mode(vector["mode"]),
    )  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS["invalid"], ids=[vector["name"] for vector in VECTORS["invalid"]])
def test_an_invalid_ticket_is_refused_with_its_kind(vector: dict[str, Any]) -> None:
    with pytest.raises(ConsentryError) as caught:
        verify_ticket(from_b64(vector["ticket"]), KEYS, now_ms=vector["now_ms"])
    assert caught.value.kind == vector["kind"]


def test_a_ticket_is_not_valid_without_any_key() -> None:
    with pytest.raises(ConsentryError):
        verify_ticket(from_b64(VECTORS["valid"][0]["ticket"]), (), now_ms=VECTORS["valid"][0]["now_ms"])


@pytest.mark.parametrize("life_ms", [0, -1, 60_001])
def test_a_signer_makes_no_ticket_that_lives_too_long_or_not_at_all(life_ms: int) -> None:
    with pytest.raises(Malformed):
        sign_ticket(make(start_ms=1_000, life_ms=life_ms, serial=1), SIGNER)


def make(*, start_ms: int, life_ms: int, serial: int) -> Ticket:
    camera, gateway = CameraId(id_of_bytes("camera", b"\x01" * 16)), GatewayId(id_of_bytes("gateway", b"\x02" * 16))
    return Ticket(b"\x03" * 32, camera, gateway, b"\x04" * 32, start_ms, start_ms + life_ms, serial)


@given(start=st.integers(0, 2**52), life=st.integers(1, 60_000), serial=st.integers(0, 2**64 - 1), data=st.data())
def test_what_was_signed_is_read_back_inside_its_life(start: int, life: int, serial: int, data: st.DataObject) -> None:
    ticket = make(start_ms=start, life_ms=life, serial=serial)
    now = data.draw(st.integers(start, start + life - 1))
    assert verify_ticket(sign_ticket(ticket, SIGNER), (SIGNER.public_key(),), now_ms=now) == ticket
