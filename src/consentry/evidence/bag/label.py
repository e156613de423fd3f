"""What a C2PA label says of a copy for players, and the certificate that signs it. A label is no seal: SHA-256 is.

C2PA readers want a certificate chain, which the vault's raw key has none of; so the label has a key of its own, under a
root of the installation's. A reader that does not know that root calls the label valid and its signer unknown.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from consentry.evidence.bag.check.item_form import ItemForm
from consentry.evidence.bag.seal import sha256_hex

# Only what a camera recorded may be called so: who knows where an upload comes from?
LABELLED_KINDS = frozenset({"look", "answer", "order"})
_CAPTURE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
_LIFE = timedelta(days=3_650)


@dataclass(frozen=True)
class LabelKey:
    """A certificate chain (PEM, leaf first) with the leaf's key (PEM, secret); `root` is the certificate to trust."""

    chain: str
    root: str
    key: str = field(repr=False)


def make_label_key(organisation: str, now: datetime | None = None) -> LabelKey:
    """A root and a leaf below it, both P-256; the root's key is forgotten, so it can sign no second leaf."""
    now = now or datetime.now(UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, name = _name(organisation, "C2PA root"), _name(organisation, "C2PA label")
    root = _certificate(root_name, root_name, root_key.public_key(), now)
    root = root.add_extension(x509.BasicConstraints(True, 0), True).add_extension(_usage(signs_certificates=True), True)
    leaf = _certificate(name, root_name, key.public_key(), now)
    leaf = leaf.add_extension(x509.BasicConstraints(False, None), True).add_extension(_usage(), True)
    leaf = leaf.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
    leaf = leaf.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False)
    signed_root, signed_leaf = root.sign(root_key, hashes.SHA256()), leaf.sign(root_key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    root_pem = signed_root.public_bytes(pem).decode()
    return LabelKey(signed_leaf.public_bytes(pem).decode() + root_pem, root_pem, secret)


def label_manifest(form: ItemForm, envelope: bytes, version: str) -> dict[str, Any]:
    """What the label says: which item, by which sealed manifest, and that nothing was coded anew."""
    made = {"action": "c2pa.created", "digitalSourceType": _CAPTURE}
    item = {"item": form.item, "manifest_sha256": sha256_hex(envelope), "operation": "remux"}
    return {
        "claim_generator_info": [{"name": "Consentry", "version": version}],
        "title": form.item,
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": [made]}},
            {"label": "org.consentry.item", "data": item},
        ],
    }


def _name(organisation: str, common: str) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:60] or "Consentry"),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ])  # fmt: skip


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + _LIFE)
    return made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)


def _usage(*, signs_certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
