"""Sealed boxes: for one key and one purpose only; vector in docs/spec/vectors/sealed-box.json."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from consentry.kernel.canonical import from_b64
from consentry.kernel.errors import ConsentryError, Malformed, Untrusted
from consentry.kernel.owner_record import public_point
from consentry.kernel.sealed_box import address_context, open_box, picture_context, seal

VECTOR: dict[str, str] = json.loads(
    (Path(__file__).resolve().parents[2] / "docs/spec/vectors/sealed-box.json").read_text()
)
KEY = ec.derive_private_key(int(VECTOR["recipient_private"], 16), ec.SECP256R1())
BOX = from_b64(VECTOR["box"])


def test_the_published_box_opens() -> None:
    assert public_point(KEY) == from_b64(VECTOR["recipient_public"])
    assert open_box(BOX, KEY, context=VECTOR["context"]).decode() == VECTOR["plain"]


@given(plain=st.binary(max_size=300), context=st.text(max_size=20))
def test_what_was_sealed_opens_for_its_key_and_context_only(plain: bytes, context: str) -> None:
    box = seal(public_point(KEY), plain, context=context)
    assert open_box(box, KEY, context=context) == plain
    with pytest.raises(Untrusted):
        open_box(box, KEY, context=context + "x")
    with pytest.raises(Untrusted):
        open_box(box, ec.generate_private_key(ec.SECP256R1()), context=context)


@settings(max_examples=60)
@given(at=st.integers(0, len(BOX) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere_opens_nothing(at: int, bit: int) -> None:
    forged = bytearray(BOX)
    forged[at] ^= 1 << bit
    with pytest.raises(ConsentryError):
        open_box(bytes(forged), KEY, context=VECTOR["context"])


@pytest.mark.parametrize("box", [b"", BOX[:92], b"\x04" + bytes(92)])
def test_what_is_no_box_is_refused(box: bytes) -> None:
    with pytest.raises(Malformed):
        open_box(box, KEY, context="")


def test_an_address_cannot_pass_as_a_picture_or_for_another_camera() -> None:
    assert len({address_context("cam_a"), address_context("cam_b"), picture_context("cam_a")}) == 3


def test_a_key_that_is_no_point_is_refused() -> None:
    with pytest.raises(Malformed):
        seal(b"\x04" + bytes(64), b"x", context="")
