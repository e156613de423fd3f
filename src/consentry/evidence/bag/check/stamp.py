"""A time-stamp (RFC 3161): that an authority whom the reader trusts saw a digest at a time.

Checked: the digest, the authority's signature, its certificate's purpose and chain up to a root that was handed over
apart, all valid at the time that is said. Not checked: whether a certificate was revoked (that needs the network).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from consentry.evidence.bag.check.der import OCTETS, SEQUENCE, SET, Der, read_one
from consentry.kernel.errors import Untrusted

_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_CERTIFICATE_V2, _CERTIFICATE_V1 = "1.2.840.113549.1.9.16.2.47", "1.2.840.113549.1.9.16.2.12"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
_MAX_CHAIN = 6


@dataclass(frozen=True)
class Stamp:
    """A time-stamp that held: when, by the certificate of whom."""

    time: datetime
    authority: str


@dataclass(frozen=True)
class _Signer:
    sid: Der
    digest: hashes.HashAlgorithm
    attributes: Der
    signature: bytes


def check_stamp(reply: bytes, stamped: bytes, roots: Sequence[x509.Certificate]) -> Stamp:
    """The stamp in `reply` (DER of TimeStampResp) over `stamped`, by an authority under one of `roots`.

    ValueError or LookupError when it is no such reply, Untrusted when something in it does not hold.
    """
    try:
        return _check_reply(reply, stamped, roots)
    except (UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion) as error:
        raise Untrusted(f"the time-stamp cannot be checked: {error}") from error


def _check_reply(reply: bytes, stamped: bytes, roots: Sequence[x509.Certificate]) -> Stamp:
    signed = _signed_data(reply)
    content, certificates, signer = _parts(signed)
    imprint, time = _tst_info(content)
    _hold(imprint == hashlib.sha256(stamped).digest(), "it is over other bytes")
    _check_attributes(signer, content)
    leaf = _leaf(signer.sid, certificates)
    _check_certificate_named(signer.attributes, leaf)
    message = bytes([SET]) + signer.attributes.whole[1:]
    _check_signature(leaf, signer, message)
    _check_purpose(leaf)
    _check_chain(leaf, certificates, roots, time)
    return Stamp(time, leaf.subject.rfc4514_string())


def _signed_data(reply: bytes) -> list[Der]:
    status, token, *more = read_one(reply).expect(SEQUENCE).items()
    _hold(not more and status.items()[0].number in (0, 1), "the authority did not grant it")
    kind, wrapped = token.expect(SEQUENCE).items()
    _hold(kind.oid == _SIGNED_DATA, "it is not signed")
    return read_one(wrapped.expect(0xA0).content).expect(SEQUENCE).items()


def _parts(signed: list[Der]) -> tuple[bytes, list[x509.Certificate], _Signer]:
    """The content that is signed, the certificates beside it, the one signer."""
    kind, wrapped = signed[2].expect(SEQUENCE).items()
    _hold(kind.oid == _TST_INFO, "it signs something that is no time")
    content = read_one(wrapped.expect(0xA0).content).expect(OCTETS).content
    beside = [item for item in signed[3:-1] if item.tag == 0xA0]
    encoded = [item.whole for found in beside for item in found.items()]
    _hold(0 < len(encoded) <= 2 * _MAX_CHAIN, "the authority's certificate is not inside")
    signers = signed[-1].expect(SET).items()
    _hold(len(signers) == 1, "it has not exactly one signer")
    parts = signers[0].expect(SEQUENCE).items()
    _, sid, digest, attributes, _, signature = parts[:6]
    algorithm = _HASHES.get(digest.items()[0].oid)
    _hold(algorithm is not None, "its digest is weak or unknown")
    signer = _Signer(sid, algorithm or hashes.SHA256(), attributes.expect(0xA0), signature.expect(OCTETS).content)
    return content, [x509.load_der_x509_certificate(raw) for raw in encoded], signer


def _tst_info(content: bytes) -> tuple[bytes, datetime]:
    """The digest that was stamped, and when."""
    _, _, imprint, _, time = read_one(content).expect(SEQUENCE).items()[:5]
    algorithm, digest = imprint.items()
    _hold(algorithm.items()[0].oid == "2.16.840.1.101.3.4.2.1", "it is not over a SHA-256")
    return digest.expect(OCTETS).content, time.time


def _attribute(attributes: Der, oid: str) -> Der | None:
    found = [item.items() for item in attributes.items()]
    values = [pair[1].expect(SET).items() for pair in found if pair[0].oid == oid]
    if len(values) > 1 or any(len(value) != 1 for value in values):
        raise ValueError("a signed attribute stands there twice")
    return values[0][0] if values else None


def _check_attributes(signer: _Signer, content: bytes) -> None:
    kind, digest = _attribute(signer.attributes, _CONTENT_TYPE), _attribute(signer.attributes, _MESSAGE_DIGEST)
    _hold(kind is not None and kind.oid == _TST_INFO, "its signature is over something that is no time")
    whole = hashlib.new(signer.digest.name, content).digest()
    _hold(digest is not None and digest.expect(OCTETS).content == whole, "its content was changed")


def _leaf(sid: Der, certificates: list[x509.Certificate]) -> x509.Certificate:
    issuer, serial = sid.expect(SEQUENCE).items()
    found = [one for one in certificates
             if one.serial_number == serial.number and one.issuer.public_bytes() == issuer.whole]  # fmt: skip
    _hold(len(found) == 1, "the signer's certificate is not inside")
    return found[0]


def _check_certificate_named(attributes: Der, leaf: x509.Certificate) -> None:
    """RFC 5035: the signature names its certificate by digest, so that no other of the same key can stand in."""
    encoded = leaf.public_bytes(Encoding.DER)
    second, first = _attribute(attributes, _CERTIFICATE_V2), _attribute(attributes, _CERTIFICATE_V1)
    _hold(second is not None or first is not None, "its signature names no certificate")
    if second is not None:
        fields = second.items()[0].items()[0].items()
        algorithm = _HASHES.get(fields[0].items()[0].oid) if fields[0].tag == SEQUENCE else hashes.SHA256()
        _hold(algorithm is not None, "its certificate's digest is unknown")
        named = fields[1 if fields[0].tag == SEQUENCE else 0].expect(OCTETS).content
        _hold(named == leaf.fingerprint(algorithm or hashes.SHA256()), "its signature names another certificate")
    elif first is not None:
        named = first.items()[0].items()[0].items()[0].expect(OCTETS).content
        _hold(named == hashlib.sha1(encoded, usedforsecurity=False).digest(), "its signature names another certificate")


def _check_signature(leaf: x509.Certificate, signer: _Signer, message: bytes) -> None:
    key = leaf.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signer.signature, message, padding.PKCS1v15(), signer.digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signer.signature, message, ec.ECDSA(signer.digest))
        else:
            raise Untrusted("the authority's key is of an unknown kind")
    except InvalidSignature as error:
        raise Untrusted("the authority's signature does not hold") from error


def _check_purpose(leaf: x509.Certificate) -> None:
    try:
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as error:
        raise Untrusted("its certificate is not for time-stamps") from error
    _hold(usage.critical and list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING],
          "its certificate is not for time-stamps alone")  # fmt: skip


def _check_chain(
    leaf: x509.Certificate, beside: list[x509.Certificate], roots: Sequence[x509.Certificate], time: datetime
) -> None:
    child = leaf
    for below in range(_MAX_CHAIN):
        _hold(child.not_valid_before_utc <= time <= child.not_valid_after_utc, "a certificate was not valid then")
        if child in roots:
            return
        issuers = [one for one in (*roots, *beside) if one != child and _may_issue(one, below) and _issued(one, child)]
        _hold(bool(issuers), "its authority does not lead to a root that you trust")
        child = issuers[0]
    raise Untrusted("the time-stamp does not hold: its chain of certificates is too long")


def _may_issue(issuer: x509.Certificate, below: int) -> bool:
    """May it issue certificates, with `below` others of such kind under it?"""
    found: dict[type, Any] = {type(one.value): one.value for one in issuer.extensions}
    basic, usage = found.get(x509.BasicConstraints), found.get(x509.KeyUsage)
    if basic is None or not basic.ca or (usage is not None and not usage.key_cert_sign):
        return False
    return basic.path_length is None or basic.path_length >= below


def _issued(issuer: x509.Certificate, child: x509.Certificate) -> bool:
    try:
        child.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _hold(holds: bool, why: str) -> None:
    if not holds:
        raise Untrusted(f"the time-stamp does not hold: {why}")
