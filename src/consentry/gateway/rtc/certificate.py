"""The gateway's DTLS certificate: made at each start, known to a browser by the fingerprint in our answer."""

import datetime
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from consentry.kernel.clock import utc_now

_LIFE = datetime.timedelta(days=365)


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate and its key; `fingerprint`: SHA-256 as SDP writes it."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def fingerprint(self) -> str:
        """Hexadecimal bytes, a colon between."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def make_certificate() -> Certificate:
    """A new key and certificate (P-256)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    now = utc_now()
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + _LIFE)
    )  # fmt: skip
    return Certificate(key, builder.sign(key, hashes.SHA256()))
