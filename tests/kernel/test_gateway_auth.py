"""The gateway's signature over its requests."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.gateway_auth import WINDOW_MS, Request, parse_header, verify_claim, write_header
from consentry.kernel.ids import GatewayId, new_id

KEY = Ed25519PrivateKey.generate()
ME = GatewayId(new_id("gateway"))
POST = Request("POST", "/internal/gateway/reports", b'{"events":[]}')


def test_a_signed_request_is_accepted_by_the_public_key():
    claim = parse_header(write_header(ME, KEY, POST, now_ms=1_000_000))
    assert claim.gateway == ME
    verify_claim(claim, KEY.public_key(), POST, now_ms=1_000_000 + WINDOW_MS)


@pytest.mark.parametrize("other", [
    Request("GET", POST.path, POST.body), Request("POST", "/internal/other", POST.body),
    Request("POST", POST.path, b'{"events":[1]}'),
])  # fmt: skip
def test_a_changed_request_is_untrusted(other):
    claim = parse_header(write_header(ME, KEY, POST, now_ms=5_000))
    with pytest.raises(Untrusted):
        verify_claim(claim, KEY.public_key(), other, now_ms=5_000)


def test_another_key_or_an_old_request_is_untrusted():
    claim = parse_header(write_header(ME, KEY, POST, now_ms=100_000))
    with pytest.raises(Untrusted):
        verify_claim(claim, Ed25519PrivateKey.generate().public_key(), POST, now_ms=100_000)
    with pytest.raises(Untrusted):
        verify_claim(claim, KEY.public_key(), POST, now_ms=100_000 + WINDOW_MS + 1)


@pytest.mark.parametrize(
    "text", ["", "Bearer x", "Consentry-Key a.b.c.d", "Consentry-Key a.1.c", f"Consentry-Key {ME}.1.AA.AA"]
)
def test_anything_else_is_malformed(text):
    with pytest.raises(Malformed):
        parse_header(text)
