"""The pairing code that travels by a square: whoever did not read it learns nothing and makes nothing."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.meeting import BOX_BYTES, CODE_CHARS, SECRET_BYTES, name_of, open_code, seal_code

VECTOR = json.loads((Path(__file__).resolve().parents[2] / "docs/spec/vectors/meeting.json").read_text())
SECRET = bytes(range(SECRET_BYTES))
CODE = "ABCDEFGHIJKLMNOPQR23"


def test_the_vector_says_what_the_browser_makes() -> None:
    secret, nonce = from_b64(VECTOR["secret"]), from_b64(VECTOR["nonce"])
    assert to_b64(name_of(secret)) == VECTOR["meeting"]
    assert to_b64(seal_code(secret, VECTOR["code"], nonce=nonce)) == VECTOR["box"]
    assert open_code(secret, from_b64(VECTOR["box"])) == VECTOR["code"]


@given(st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES))
def test_what_was_sealed_opens_by_its_secret_only(secret: bytes) -> None:
    box = seal_code(secret, CODE)
    assert len(box) == BOX_BYTES
    assert open_code(secret, box) == CODE
    other = bytes([secret[0] ^ 1]) + secret[1:]
    assert name_of(other) != name_of(secret)
    with pytest.raises(Untrusted):
        open_code(other, box)


@given(st.integers(0, BOX_BYTES - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused(at: int, change: int) -> None:
    box = bytearray(seal_code(SECRET, CODE))
    box[at] ^= change
    with pytest.raises(Untrusted):
        open_code(SECRET, bytes(box))


@pytest.mark.parametrize("box", [b"", b"x" * (BOX_BYTES - 1), b"x" * (BOX_BYTES + 1), b"x" * 100_000])
def test_another_size_is_no_box(box: bytes) -> None:
    with pytest.raises(Malformed):
        open_code(SECRET, box)


@pytest.mark.parametrize("secret", [b"", bytes(SECRET_BYTES - 1), bytes(SECRET_BYTES + 1)])
def test_a_secret_has_its_size(secret: bytes) -> None:
    with pytest.raises(Malformed):
        name_of(secret)


@pytest.mark.parametrize("code", ["", "ABCD", "A" * (CODE_CHARS + 1), "É" * CODE_CHARS])
def test_a_code_has_its_size(code: str) -> None:
    with pytest.raises(Malformed):
        seal_code(SECRET, code)
