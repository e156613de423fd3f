"""Device keys of the demo's made-up owners, derived from this installation's secret so that no two demos share one."""

from cryptography.hazmat.primitives.asymmetric import ec
from django.utils.crypto import salted_hmac

from consentry.kernel.canonical import to_b64
from consentry.kernel.ids import PersonId

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def device_key_of(person: PersonId) -> ec.EllipticCurvePrivateKey:
    """The P-256 key that signs for this made-up owner; the same each time."""
    made = salted_hmac("consentry.demo.device-key.v1", person, algorithm="sha512").digest()
    return ec.derive_private_key(int.from_bytes(made, "big") % (P256_ORDER - 1) + 1, ec.SECP256R1())


def jwk_of(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The private key as a JSON Web Key, as WebCrypto imports it."""
    numbers = key.private_numbers()
    public = numbers.public_numbers
    parts = {"x": public.x, "y": public.y, "d": numbers.private_value}
    return {"kty": "EC", "crv": "P-256", **{name: to_b64(value.to_bytes(32, "big")) for name, value in parts.items()}}
