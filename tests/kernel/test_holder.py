"""Keys held by browsers. Passkeys have their vectors in test_owner_record.py."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.holder import load_point, verify_holder
from consentry.kernel.owner_record import public_point

KEY = ec.generate_private_key(ec.SECP256R1())
POINT = public_point(KEY)


def sign(message: bytes) -> bytes:
    """r ‖ s, as WebCrypto makes it."""
    r, s = decode_dss_signature(KEY.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def test_a_signature_by_the_holder_holds_for_its_message_only() -> None:
    verify_holder(POINT, sign(b"nonce"), b"nonce")
    with pytest.raises(Untrusted):
        verify_holder(POINT, sign(b"nonce"), b"another nonce")


def test_another_holders_signature_is_refused() -> None:
    other = public_point(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(Untrusted):
        verify_holder(other, sign(b"nonce"), b"nonce")


@pytest.mark.parametrize("signature", [bytes(64), b"\xff" * 64])
def test_numbers_that_are_no_signature_are_refused(signature: bytes) -> None:
    with pytest.raises(Untrusted):
        verify_holder(POINT, signature, b"nonce")


@pytest.mark.parametrize("length", [0, 63, 65, 72])
def test_a_signature_of_another_length_is_malformed(length: int) -> None:
    with pytest.raises(Malformed):
        verify_holder(POINT, bytes(length), b"nonce")


@pytest.mark.parametrize(
    "point", [b"", bytes(65), b"\x02" + POINT[1:33], b"\x04" + bytes(64), POINT[:-1] + bytes([POINT[-1] ^ 1])]
)
def test_what_is_no_point_of_the_curve_is_malformed(point: bytes) -> None:
    with pytest.raises(Malformed):
        load_point(point)
