"""Time-stamps by authorities as they are: RSA and EC, other digests, chains of certificates; `openssl ts` judges."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rfc3161_client
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from tests.evidence.bag_maker import World, unzip
from tests.evidence.tampering import CASES, Case

from consentry.evidence.bag.check.stamp import check_stamp
from consentry.evidence.bag.check.tags import SEAL, SEAL_STAMP
from consentry.kernel.errors import Untrusted

PEM = serialization.Encoding.PEM
# What is wrong with these is not in the reply itself.
NOT_IN_THE_REPLY = ("no time-stamp of the seal", "a seal that says", "stamped before", "a byte of the item's")


@dataclass(frozen=True)
class Chain:
    """What kind of authority: its key, what its signature digests, how the certificate between it and the root is."""

    name: str
    key: str = "ec"
    digest: str = "sha256"
    between: str = ""
    days_ago: int = 1
    holds: bool = True


CHAINS = [
    Chain("rsa", key="rsa"),
    Chain("sha512", key="rsa", digest="sha512"),
    Chain("p384", key="p384", digest="sha384"),
    Chain("between", between="ca"),
    Chain("between that may issue none", between="path", holds=False),
    Chain("between that is no authority", between="leaf", holds=False),
    Chain("weak digest", digest="sha1", holds=False),
]


def _key(kind: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    if kind == "rsa":
        return rsa.generate_private_key(65_537, 2_048)
    return ec.generate_private_key(ec.SECP384R1() if kind == "p384" else ec.SECP256R1())


class Authority:
    """A root, perhaps a certificate between, a leaf; `openssl ts` stamps."""

    def __init__(self, folder: Path, chain: Chain) -> None:
        self.folder = folder
        root_key, key = _key("ec"), _key(chain.key)
        path_length = 0 if chain.between == "path" else None
        root = self._certificate("root", "root", root_key, root_key, x509.BasicConstraints(True, path_length))
        issuer, issuer_key, more = "root", root_key, b""
        if chain.between:
            between_key = _key("ec")
            basic = x509.BasicConstraints(chain.between != "leaf", None)
            more = self._certificate("between", "root", between_key, root_key, basic).public_bytes(PEM)
            issuer, issuer_key = "between", between_key
        leaf = self._certificate("leaf", issuer, key, issuer_key, x509.BasicConstraints(False, None))
        self.root = root
        secret = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        contents = {"root.pem": root.public_bytes(PEM), "leaf.pem": leaf.public_bytes(PEM), "more.pem": more,
                    "key.pem": secret, "serial": b"01\n", "data": b"stamped"}  # fmt: skip
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        (folder / "ts.cnf").write_text(
            f"[tsa]\nserial={folder}/serial\nsigner_digest={chain.digest}\ndefault_policy=1.2.3\ndigests=sha256\n"
            f"ess_cert_id_chain=no\ness_cert_id_alg=sha256\n"
        )
        chained = ["-chain", "more.pem"] if chain.between else []
        self._openssl("-query", "-data", "data", "-sha256", "-no_nonce", "-cert", "-out", "q")
        self._openssl("-reply", "-queryfile", "q", "-config", "ts.cnf", "-section", "tsa", "-signer", "leaf.pem",
                      "-inkey", "key.pem", "-out", "r", *chained)  # fmt: skip
        self.reply = (folder / "r").read_bytes()

    def openssl_agrees(self) -> bool:
        return self._openssl("-verify", "-in", "r", "-data", "data", "-CAfile", "root.pem", check=False) == 0

    def _openssl(self, *words: str, check: bool = True) -> int:
        return subprocess.run(["openssl", "ts", *words], cwd=self.folder, capture_output=True, check=check).returncode

    @staticmethod
    def _certificate(subject, issuer, key, issuer_key, basic) -> x509.Certificate:  # type: ignore[no-untyped-def]
        now = datetime.now(UTC)
        names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (subject, issuer)]
        made = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number()).add_extension(basic, True)
        made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        if subject == "leaf":
            made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
        return made.sign(issuer_key, hashes.SHA256())


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.name)
def test_a_stamp_holds_exactly_when_its_chain_does(chain: Chain, tmp_path: Path) -> None:
    authority = Authority(tmp_path, chain)
    if chain.holds:
        stamp = check_stamp(authority.reply, b"stamped", (authority.root,))
        assert abs(stamp.time - datetime.now(UTC)) < timedelta(minutes=5)
        assert authority.openssl_agrees()
    else:
        with pytest.raises(Untrusted):
            check_stamp(authority.reply, b"stamped", (authority.root,))
        # openssl still takes SHA-1 where it is told to; we do not
        assert chain.digest == "sha1" or not authority.openssl_agrees()


def test_every_byte_of_a_reply_counts_or_is_no_part_of_what_is_said(tmp_path: Path) -> None:
    """A changed reply is refused, or still says the same time of the same bytes: never another."""
    authority = Authority(tmp_path, Chain("each"))
    honest = check_stamp(authority.reply, b"stamped", (authority.root,))
    said = set()
    for at in range(len(authority.reply)):
        for bit in (0, 3, 7):
            changed = bytearray(authority.reply)
            changed[at] ^= 1 << bit
            try:
                said.add(check_stamp(bytes(changed), b"stamped", (authority.root,)).time)
            except (Untrusted, ValueError, LookupError):
                continue
    assert said <= {honest.time}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("stamps"))


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.layer == "timestamp" and not case.name.startswith(NOT_IN_THE_REPLY)],
    ids=lambda case: case.name,
)
def test_rfc3161_client_refuses_what_we_refuse(case: Case, world: World) -> None:
    files = unzip(case.make(world))
    verifier = rfc3161_client.VerifierBuilder().add_root_certificate(world.authority.root).build()
    with pytest.raises((rfc3161_client.VerificationError, ValueError)):
        verifier.verify_message(rfc3161_client.decode_timestamp_response(files[SEAL_STAMP]), files[SEAL])
