"""A real MQTT broker (Debian's mosquitto) with TLS and a password, for one test."""

import asyncio
import contextlib
import datetime
import ipaddress
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "consentry", "broker-secret"


@dataclass
class RunningBroker:
    """`ca`: PEM of its certificate. `restart` hangs up on everybody and listens again."""

    port: int
    ca: str
    folder: Path
    process: "subprocess.Popen[bytes]"

    async def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """As another program of the house does: by mosquitto's own client."""
        line = f"mosquitto_pub -h 127.0.0.1 -p {self.port} --cafile {self.folder}/cert.pem -u {USER} -P {PASSWORD} -q 1"
        kept = ["-r"] if retain else []
        done = await asyncio.create_subprocess_exec(*line.split(), "-t", topic, "-m", payload, *kept)
        assert await done.wait() == 0

    async def restart(self) -> None:
        await self.stop()
        self.process = _start(self.folder)
        await _until_listening(self.port)

    async def stop(self) -> None:
        self.process.terminate()
        await asyncio.to_thread(self.process.wait, 10)


@contextlib.asynccontextmanager
async def real_broker(folder: Path, port: int) -> AsyncIterator[RunningBroker]:
    for program in ("mosquitto", "mosquitto_pub", "mosquitto_passwd"):
        if shutil.which(program, path="/usr/sbin:/usr/bin:/usr/local/bin") is None:
            pytest.skip("needs the MQTT broker (Debian: apt-get install mosquitto mosquitto-clients)")
    broker = RunningBroker(port, _set_up(folder, port), folder, _start(folder))
    await _until_listening(port)
    try:
        yield broker
    finally:
        await broker.stop()


def _set_up(folder: Path, port: int) -> str:
    folder.mkdir()
    (folder / "users").touch(0o600)
    subprocess.run(["mosquitto_passwd", "-b", str(folder / "users"), USER, PASSWORD], check=True)
    (folder / "conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {folder}/users\npersistence false\n"
        f"certfile {folder}/cert.pem\nkeyfile {folder}/key.pem\nuser root\n"
    )
    return make_certificate(folder)


def _start(folder: Path) -> "subprocess.Popen[bytes]":
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/bin")
    return subprocess.Popen([str(program), "-c", str(folder / "conf")], stderr=subprocess.DEVNULL)


async def _until_listening(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.02)


def make_certificate(folder: Path) -> str:
    """A certificate of its own making for 127.0.0.1, as `cert.pem` and `key.pem`; the text of the former."""
    folder.mkdir(exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1)).add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = built.public_bytes(serialization.Encoding.PEM).decode()
    (folder / "cert.pem").write_text(pem)
    (folder / "key.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    return pem
