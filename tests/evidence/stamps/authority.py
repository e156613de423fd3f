"""A real timestamp authority: `openssl ts` behind HTTP on this machine, with certificates of its own."""

import contextlib
import datetime
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from consentry.evidence.stamps.check import Trust

POLICY = "1.3.6.1.4.1.13762.3"
_CONFIG = """
[tsa]
dir = {folder}
serial = $dir/serial
crypto_device = builtin
signer_cert = $dir/{signer}.pem
certs = $dir/{root}.pem
signer_key = $dir/{key}.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.13762.3
digests = sha256, sha3-256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclass
class OpensslTsa:
    """`how`: what the HTTP server does with the next requests; "well", or a fault."""

    url: str
    folder: Path
    how: str = "well"
    seen: list[bytes] = field(default_factory=list)

    def trust(self, root: str = "root", policy: str = "") -> Trust:
        return Trust((self.certificate(root),), (), policy)

    def certificate(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.folder / f"{name}.pem").read_bytes())

    def reply(self, query: bytes, signer: str = "tsa", root: str = "root") -> bytes:
        """`openssl ts -reply`, signed with the certificate `signer`."""
        (self.folder / "query").write_bytes(query)
        config = self.folder / f"{signer}.cnf"
        config.write_text(_CONFIG.format(folder=self.folder, signer=signer, root=root, key=signer))
        command = ["openssl", "ts", "-reply", "-config", config, "-section", "tsa", "-queryfile", self.folder / "query"]
        done = subprocess.run([*command, "-out", self.folder / "reply"], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return (self.folder / "reply").read_bytes()


@contextlib.contextmanager
def openssl_tsa(folder: Path) -> Iterator[OpensslTsa]:
    if shutil.which("openssl") is None:
        pytest.fail("the timestamp authority of the tests is openssl: apt-get install openssl")
    (folder / "serial").write_text("01\n")
    _certificates(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    tsa = OpensslTsa(f"http://127.0.0.1:{server.server_address[1]}/", folder)
    server.tsa = tsa  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield tsa
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        tsa: OpensslTsa = self.server.tsa  # type: ignore[attr-defined]
        query = self.rfile.read(int(self.headers["Content-Length"]))
        tsa.seen.append(query)
        status, body = _answer(tsa, query)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", tsa.url)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        with contextlib.suppress(OSError):
            for piece in [body] if tsa.how != "drip" else [body[at : at + 1] for at in range(len(body))]:
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(0.05 if tsa.how == "drip" else 0)

    def log_message(self, *said: object) -> None:
        """Be quiet."""


def _answer(tsa: OpensslTsa, query: bytes) -> tuple[int, bytes]:
    if tsa.how == "expired":
        return 200, tsa.reply(query, "expired")
    if tsa.how == "foreign":
        return 200, tsa.reply(query, "foreign", "stranger")
    if tsa.how == "old":  # the answer to the first question, once more
        return 200, tsa.reply(tsa.seen[0])
    if tsa.how == "other":  # an honest stamp, over other bytes
        at = query.index(b"\x04\x20") + 2
        return 200, tsa.reply(query[:at] + bytes([query[at] ^ 1]) + query[at + 1 :])
    if tsa.how == "sha3":  # the same 32 bytes, called something else
        return 200, tsa.reply(query.replace(b"\x65\x03\x04\x02\x01", b"\x65\x03\x04\x02\x08", 1))
    if tsa.how == "refused":
        return 200, tsa.reply(query.replace(b"\x65\x03\x04\x02\x01", b"\x65\x03\x04\x02\x02", 1))
    wrong = {"garbage": b"0\x82\xff\xff" + b"\x30" * 900, "huge": b"0" * 200_000, "empty": b""}
    if tsa.how in wrong:
        return 200, wrong[tsa.how]
    return {"down": 503, "moved": 302}.get(tsa.how, 200), tsa.reply(query)


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _certificates(folder: Path) -> None:
    """`root` → `tsa`, `expired` (a year ago) and `codes` (as `tsa`, but for signing code); `stranger` → `foreign`."""
    now = datetime.datetime.now(datetime.UTC)
    for name, issuer, begins_d, ends_d, usage in (
        ("root", "root", -900, 900, None), ("stranger", "stranger", -900, 900, None),
        ("tsa", "root", -1, 90, ExtendedKeyUsageOID.TIME_STAMPING),
        ("codes", "root", -1, 90, ExtendedKeyUsageOID.CODE_SIGNING),
        ("expired", "root", -700, -365, ExtendedKeyUsageOID.TIME_STAMPING),
        ("foreign", "stranger", -1, 90, ExtendedKeyUsageOID.TIME_STAMPING),
    ):  # fmt: skip
        named = "tsa" if name == "codes" else name
        built = (
            x509.CertificateBuilder().subject_name(_name(named)).issuer_name(_name(issuer))
            .public_key(_key().public_key()).serial_number(int.from_bytes(named.encode(), "big"))
            .not_valid_before((now + datetime.timedelta(days=begins_d)).replace(microsecond=0))
            .not_valid_after((now + datetime.timedelta(days=ends_d)).replace(microsecond=0))
            .add_extension(x509.BasicConstraints(ca=usage is None, path_length=None), critical=True)
        )  # fmt: skip
        if usage is not None:
            built = built.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        made = built.sign(_key(), hashes.SHA256())
        (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (folder / f"{name}.key").write_bytes(_key().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ))  # fmt: skip


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
