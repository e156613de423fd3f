"""`--once` tells the story; then `fsck`, `verify log` and others' verifiers hold what it left, and name each damage."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.faults.running import consentry, own_folder, processes_of
from tlog_scales import backend, reader, signing, tiles, tlog

from consentry.kernel.note import Signer
from consentry.project.postgres import Cluster

pytestmark = pytest.mark.slow
GO_MODULES = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb")
AUDIT_GO = Path(__file__).parents[1] / "ledger" / "outside" / "audit.go"


@dataclass
class Told:
    """A data folder after the story, its PostgreSQL running, and what the story said."""

    data: Path
    cluster: Cluster
    measured: dict[str, object]


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    """The story once, from nothing."""
    with own_folder() as data:
        done = consentry("up", "--demo", "--once", "--data", str(data))
        assert done.returncode == 0, done.stderr[-3_000:]
        assert processes_of(data) == []
        cluster = Cluster(data)
        cluster.start()
        try:
            yield Told(data, cluster, json.loads(done.stdout))
        finally:
            cluster.stop()


@pytest.fixture
def copy(told: Told, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A copy of the folder's keys and ledger, and of its database, to damage: (folder, how to reach the database)."""
    for name in ("keys", "ledger"):
        shutil.copytree(told.data / name, tmp_path / "data" / name)
    with psycopg.connect(f"{told.cluster.url} dbname=postgres", autocommit=True) as server:
        server.execute("drop database if exists damaged with (force)")
        server.execute("create database damaged template consentry")
    return tmp_path / "data", make_conninfo(told.cluster.url, dbname="damaged")


def fsck(data: Path, database: str) -> subprocess.CompletedProcess[str]:
    """`consentry fsck` on a copy."""
    return consentry("fsck", "--data", str(data), DATABASE_URL=database)


def test_story_says_what_it_measured(told: Told) -> None:
    names = {"call_to_screen_ms", "ask_to_decision_ms", "ask_to_first_frame_ms", "stop_to_last_byte_ms", "frames"}
    assert names <= set(told.measured)
    assert told.measured["ledger_verified"] is True
    assert int(str(told.measured["frames"])) > 0
    assert int(str(told.measured["ledger_entries"])) > 0


def test_all_invariants_hold_after_the_story(told: Told, copy: tuple[Path, str]) -> None:
    for data, database in ((told.data, told.cluster.url), copy):
        done = fsck(data, database)
        assert (done.returncode, done.stdout) == (0, "all invariants hold\n"), done.stderr


def flip(path: Path, at: int = -40) -> None:
    """Change one bit of one byte."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


def newest(folder: Path) -> Path:
    """One file of a folder of tiles."""
    return max(path for path in folder.rglob("*") if path.is_file())


FILES: dict[str, Callable[[Path], None]] = {
    "a byte of a tile": lambda ledger: flip(newest(ledger / "tile" / "0")),
    "a byte of an entry bundle": lambda ledger: flip(newest(ledger / "tile" / "entries")),
    "a byte of the checkpoint": lambda ledger: flip(ledger / "checkpoint", 60),
    "a bundle that is gone": lambda ledger: newest(ledger / "tile" / "entries").unlink(),
    "no log at all": shutil.rmtree,
}
CHAIN = "(select chain_id from consent_version group by chain_id order by count(*) desc, chain_id limit 1)"
ROWS: dict[str, tuple[int, str]] = {
    "an acknowledged entry beyond the log": (
        6,
        (
            "insert into ledger_entry (key, kind, entry, index, leaf, at) "
            "values ('lost', 'call.receive', '{}', 999999, decode(repeat('00', 32), 'hex'), now())"
        ),
    ),
    "an acknowledged entry that is another one": (
        6,
        "update ledger_entry set entry = '{}' where index = (select max(index) from ledger_entry)",
    ),
    "a seen look without its ledger entry": (
        3,
        (
            "set session_replication_role = replica; update ledger_entry set key = key || 'x' "
            "where key = (select id from access_session where first_frame_at is not null limit 1)"
        ),
    ),
    "a grant without a decision": (
        2,
        "set session_replication_role = replica; update access_decision set allowed = false, rule = ''",
    ),
    "a private grant without its owner's terms": (
        1,
        (
            "set session_replication_role = replica; alter table access_grant drop constraint if exists "
            "access_grant_private_has_terms; update access_grant set terms_sha256 = '' where klass = 'private'"
        ),
    ),
    "a grant that is open after its time": (
        5,
        (
            "set session_replication_role = replica; update access_grant set state = 'open', ended_at = null, "
            "end_reason = '', until = opened_at + interval '1 second'"
        ),
    ),
    "a session that goes on after its grant": (
        5,
        "set session_replication_role = replica; update access_session set ended_at = null, end_reason = ''",
    ),
    "a session that may outlast its grant": (
        5,
        "set session_replication_role = replica; update access_session set max_until = max_until + interval '1 day'",
    ),
    "a consent that does not follow the one before": (
        11,
        (
            "set session_replication_role = replica; insert into consent_version select "
            "(jsonb_populate_record(version, jsonb_build_object('id', 999999, 'number', version.number + 1, "
            f"'previous_sha256', 'forged'))).* from consent_version version where chain_id = {CHAIN} limit 1"
        ),
    ),
    "a consent for a camera that an ordinance obliges": (
        11,
        (
            "insert into consent_mandate (id, camera_id, programme_id, participation, ordinance_sha256, section, "
            "scope, recorded_by, recorded_at) select 'm', camera_id, programme_id, 'mandated', '', '', '', '', now() "
            "from consent_chain limit 1"
        ),
    ),
}


@pytest.mark.parametrize("damage", FILES)
def test_damaged_file_of_the_log_is_named(copy: tuple[Path, str], damage: str) -> None:
    data, database = copy
    FILES[damage](data / "ledger")
    done = fsck(data, database)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("invariant 6: "), done.stdout


@pytest.mark.parametrize("damage", ROWS)
def test_damaged_row_is_named_with_its_invariant(copy: tuple[Path, str], damage: str) -> None:
    data, database = copy
    number, statement = ROWS[damage]
    with psycopg.connect(database, autocommit=True) as connection:
        for part in statement.split("; "):
            connection.execute(part.encode())
    done = fsck(data, database)
    assert done.returncode == 1, done.stderr
    assert f"invariant {number}: " in done.stdout
    assert {line.split(":")[0] for line in done.stdout.splitlines()[:-1]} == {f"invariant {number}"}


def test_fsck_of_no_data_folder_is_refused(tmp_path: Path) -> None:
    done = consentry("fsck", "--data", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "not a data folder" in done.stderr


def vkeys(data: Path) -> list[str]:
    """The arguments that say whom to trust: the log, and two of its three witnesses."""
    named = [str(data / "keys" / f"witness-{number}.pub") for number in (1, 2, 3)]
    witnesses = [word for name in named for word in ("--witness-vkey", name)]
    return ["--log-vkey", str(data / "keys" / "log.pub"), *witnesses, "--quorum", "2"]


def test_verify_log_accepts_the_demos_ledger_and_refuses_it_after_one_flipped_byte(copy: tuple[Path, str]) -> None:
    data, _ = copy
    words = ("verify", "log", str(data / "ledger"), *vkeys(data))
    done = consentry(*words)
    assert done.returncode == 0, done.stderr
    assert "the log holds" in done.stdout
    flip(newest(data / "ledger" / "tile" / "entries"))
    assert consentry(*words).returncode == 1


def test_verify_log_takes_the_keys_that_the_log_publishes_and_says_what_that_proves(copy: tuple[Path, str]) -> None:
    ledger = copy[0] / "ledger"
    done = consentry("verify", "log", str(ledger))
    assert (done.returncode, done.stderr) == (0, "")
    assert "not whose it is" in done.stdout
    assert "cosigned by 3 witnesses" in done.stdout
    kept = copy[0] / "kept-policy"
    kept.write_bytes((ledger / "policy").read_bytes())
    done = consentry("verify", "log", str(ledger), "--policy", str(kept))
    assert (done.returncode, "not whose it is" in done.stdout) == (0, False)
    kept.write_text(f"log {Signer.generate('consentry/other').verifier.vkey}\nquorum none\n")
    assert consentry("verify", "log", str(ledger), "--policy", str(kept)).returncode == 1
    flip(newest(ledger / "tile" / "entries"))
    assert consentry("verify", "log", str(ledger)).returncode == 1


def test_an_independent_python_verifier_accepts_and_refuses_after_one_flipped_byte(copy: tuple[Path, str]) -> None:
    ledger = copy[0] / "ledger"
    found = reader.TilesReader(backend.make_backend(str(ledger)))
    head = found.get_checkpoint()
    head.verify(signing.Vkey.from_string((copy[0] / "keys" / "log.pub").read_text().strip()))
    assert found.calculate_root_hash() == head.root_hash
    last = head.tree_size - 1 if hasattr(head, "tree_size") else found.size - 1
    proof = found.get_inclusion_proof(last, last + 1)
    proof.check(tiles.leaf_hash(found.get_entry(last)), head.root_hash)
    flip(newest(ledger / "tile" / "entries"))
    again = reader.TilesReader(backend.make_backend(str(ledger)))
    again.set_size(last + 1)
    with pytest.raises(tlog.InclusionProofInvalid):
        proof.check(tiles.leaf_hash(again.get_entry(last)), head.root_hash)


@pytest.mark.skipif(shutil.which("go") is None, reason="no Go compiler: apt install golang-go")
@pytest.mark.skipif(not GO_MODULES.is_dir(), reason="no x/mod/sumdb: apt install golang-golang-x-mod-dev")
def test_gos_sumdb_accepts_and_refuses_after_one_flipped_byte(copy: tuple[Path, str], tmp_path: Path) -> None:
    program = tmp_path / "audit"
    env = {
        "GOPATH": "/usr/share/gocode",
        "GO111MODULE": "off",
        "GOCACHE": str(tmp_path / "cache"),
        "PATH": "/usr/bin:/bin",
    }
    subprocess.run(["go", "build", "-o", program, AUDIT_GO], env=env, check=True)
    said = [str(program), str(copy[0] / "ledger"), (copy[0] / "keys" / "log.pub").read_text().strip()]
    assert subprocess.run(said, capture_output=True, check=False).returncode == 0
    flip(newest(copy[0] / "ledger" / "tile" / "entries"))
    assert subprocess.run(said, capture_output=True, check=False).returncode == 1
