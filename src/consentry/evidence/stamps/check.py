"""Is this an RFC 3161 reply over these bytes, by an authority that we believe?

`rfc3161-client` checks signature, chain, nonce, policy, and the digest's bytes. It does not look at the digest's
algorithm, judges certificates at the time that the reply itself claims, and is content with further key usages: these
are ours. A reply that was just asked for must claim about our own time, so that an authority's old key stamps nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import TimeStampResponse, VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError

from consentry.evidence.stamps.order import in_order
from consentry.kernel.errors import Malformed, Unavailable, Untrusted
from consentry.kernel.limits import MAX_TIMESTAMP_BYTES, TIMESTAMP_MAX_SKEW_MS

_SHA256: Final = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_GRANTED: Final = 0
_MAX_TRUST_BYTES: Final = 262_144


@dataclass(frozen=True)
class Trust:
    """Whom to believe: `roots` (self-signed, at least one), certificates between, and a policy (OID) or "" for any."""

    roots: tuple[x509.Certificate, ...]
    between: tuple[x509.Certificate, ...] = ()
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reply must answer: its nonce, and our time (aware, UTC) when it came. None for a reply that is kept."""

    nonce: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a reply says: these bytes existed at `at` (aware, UTC), by `authority` (its certificate's name)."""

    at: datetime
    authority: str
    policy: str
    serial: int


def check_stamp(reply: bytes, sha256: bytes, trust: Trust, asked: Asked | None = None) -> Stamp:
    """What the reply (DER) says of the bytes with this SHA-256 (32 bytes); Untrusted `timestamp` unless all holds."""
    if len(reply) > MAX_TIMESTAMP_BYTES:
        raise _wrong("it is too large")
    try:
        answer = decode_timestamp_response(in_order(reply))
    except ValueError as error:
        raise _wrong("it is no RFC 3161 reply") from error
    _check(answer.status == _GRANTED, "the authority did not grant it")
    _check_library(answer, sha256, trust, asked)
    info = answer.tst_info
    _check(info.message_imprint.hash_algorithm == _SHA256, "it is over another kind of digest")
    signer = _signer_of(answer)
    usages = list(signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    _check(usages == [ExtendedKeyUsageOID.TIME_STAMPING], "its certificate is for other uses, too")
    at = info.gen_time if info.gen_time.tzinfo else info.gen_time.replace(tzinfo=UTC)
    skew = timedelta(milliseconds=TIMESTAMP_MAX_SKEW_MS)
    _check(asked is None or abs(at - asked.now) <= skew, "its time is not ours")
    return Stamp(at, signer.subject.rfc4514_string(), info.policy.dotted_string, info.serial_number)


def read_trust(path: Path, policy: str = "") -> Trust:
    """Certificates (PEM) of a file. Unavailable: it cannot be read; Malformed: none of them is a root."""
    try:
        with path.open("rb") as file:
            found = x509.load_pem_x509_certificates(file.read(_MAX_TRUST_BYTES))
        wanted = x509.ObjectIdentifier(policy).dotted_string if policy else ""
    except OSError as error:
        raise Unavailable(f"the timestamp authority's certificates cannot be read from {path}", kind="stamp") from error
    except ValueError as error:
        raise Malformed(f"{path} holds no certificates, or the policy is no OID", kind="stamp") from error
    roots = tuple(one for one in found if one.issuer == one.subject)
    if not roots:
        raise Malformed(f"{path} holds no self-signed root", kind="stamp")
    return Trust(roots, tuple(one for one in found if one not in roots), wanted)


def _check_library(answer: TimeStampResponse, sha256: bytes, trust: Trust, asked: Asked | None) -> None:
    verifier = VerifierBuilder(
        policy_id=x509.ObjectIdentifier(trust.policy) if trust.policy else None,
        intermediates=list(trust.between),
        roots=list(trust.roots),
        nonce=asked.nonce if asked else None,
    ).build()
    _tried(lambda: verifier.verify(answer, sha256))


def _signer_of(answer: TimeStampResponse) -> x509.Certificate:
    """The certificate that signed; `_check_library` found exactly one signer, and that it is there."""
    signers = list(answer.signed_data.signer_infos)
    certificates = map(x509.load_der_x509_certificate, answer.signed_data.certificates)
    mine = [
        one
        for one in certificates
        for by in signers
        if (one.issuer, one.serial_number) == (by.issuer, by.serial_number)
    ]
    _check(len(signers) == 1 and len(mine) == 1, "it does not say who signed it")
    return mine[0]


def _tried(verify: Callable[[], object]) -> None:
    try:
        verify()
    except VerificationError as error:
        raise _wrong(str(error)) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise _wrong("it cannot be read") from error


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _wrong(otherwise)


def _wrong(why: str) -> Untrusted:
    return Untrusted(f"this timestamp does not hold: {why}", kind="timestamp")
