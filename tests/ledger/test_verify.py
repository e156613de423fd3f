"""The audit accepts an honest log and names the layer of whatever was changed; so do programs that others wrote."""

import functools
import http.server
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from tests.ledger.conftest import PUBLIC
from tlog_scales import backend, reader, signing, tiles, tlog

from consentry.kernel.canonical import to_b64
from consentry.kernel.checkpoint import Checkpoint, sign_checkpoint
from consentry.kernel.clock import from_ms
from consentry.kernel.errors import Untrusted
from consentry.kernel.merkle import EMPTY_ROOT
from consentry.kernel.note import COSIGNATURE_V1, Signer
from consentry.kernel.opening import commit_entry, commit_of
from consentry.ledger.kinds import make_entry, schema_entry
from consentry.ledger.sequencer.store import LogStore
from consentry.ledger.verify import Audit, audit_log
from consentry.project.cli import main

SIGNER = Signer.generate("log.example/ledger")
T_MS = 1_767_225_600_000
DAY_MS = 86_400_000
INNER, SALT = bytes(32), bytes(range(32))
GO_MODULES = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb")


def commit(t_ms: int = T_MS, public: dict[str, str] = PUBLIC) -> bytes:
    return commit_entry(commit_of(public, SALT, INNER), t_ms=t_ms, policy_sha256=public["policy_sha256"])


def reveal(index: int, t_ms: int = T_MS, public: dict[str, str] = PUBLIC, **changed: object) -> bytes:
    fields = {"index": index, "inner": to_b64(INNER), "public": public, "salt_pub": to_b64(SALT), **changed}
    return make_entry("look.reveal", fields, t_ms=t_ms)


def call(number: int) -> bytes:
    return make_entry("call.receive", {"commit": f"c{number}", "feed": "f"}, t_ms=T_MS + number)


def end(index: int) -> bytes:
    return make_entry("look.end", {"duration_bucket": "none", "index": index, "reason": "expired"}, t_ms=T_MS)


def seal(index: int, until_ms: int) -> bytes:
    return make_entry(
        "order.execute", {"agency": "a", "commit": "c", "index": index, "seal_until": until_ms}, t_ms=T_MS
    )


def write(folder: Path, *entries: bytes, schema: bool = True) -> None:
    store = LogStore(folder, SIGNER)
    store.append([*([schema_entry(t_ms=T_MS)] if schema else []), *entries])
    store.close()
    shutil.copy(folder / "checkpoint.latest", folder / "checkpoint")


def audit(folder: Path, days: int = 1) -> Audit:
    return audit_log(str(folder), SIGNER.verifier, now=from_ms(T_MS) + timedelta(days=days))


def findings(folder: Path, days: int = 1) -> list[tuple[str, int]]:
    return [(finding.layer, finding.index) for finding in audit(folder, days).findings]


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A log of 700 entries with looks among them."""
    write(tmp_path / "log", commit(), reveal(1), end(1), *(call(number) for number in range(696)))
    return tmp_path / "log"


def test_an_honest_log_holds(big: Path) -> None:
    found = audit(big)
    assert (found.holds, found.head.size, found.commits, found.reveals, found.waiting) == (True, 700, 1, 1, 0)


def test_the_empty_log_holds(tmp_path: Path) -> None:
    empty = Checkpoint(SIGNER.name, 0, EMPTY_ROOT)
    (tmp_path / "checkpoint").write_text(sign_checkpoint(empty, SIGNER))
    assert audit(tmp_path).holds


def test_any_flipped_byte_in_any_file_is_refused_with_its_layer(big: Path) -> None:
    layers = set()
    named = [path for path in big.rglob("*") if path.is_file() and path.name not in (".lock", "checkpoint.latest")]
    assert len(named) == 8
    for path in named:
        honest = path.read_bytes()
        for at in range(0, len(honest), max(1, len(honest) // 23)):
            path.write_bytes(honest[:at] + bytes([honest[at] ^ 1]) + honest[at + 1 :])
            with pytest.raises(Untrusted) as caught:
                audit(big)
            layers.add(caught.value.kind)
        path.write_bytes(honest)
    assert layers == {"ledger-checkpoint", "ledger-entries", "ledger-tiles"}
    assert audit(big).holds


def test_missing_and_longer_files_are_refused(big: Path) -> None:
    tile = big / "tile/0/002.p/188"
    honest = tile.read_bytes()
    for change in (lambda: tile.write_bytes(honest + bytes(32)), tile.unlink):
        change()
        with pytest.raises(Untrusted, match="188"):
            audit(big)


def test_entries_of_another_tree_are_refused_under_the_signed_root(big: Path, tmp_path: Path) -> None:
    write(tmp_path / "other", *(call(number) for number in range(699)))
    shutil.copy(big / "checkpoint", tmp_path / "other" / "checkpoint")
    with pytest.raises(Untrusted) as caught:
        audit(tmp_path / "other")
    assert caught.value.kind == "ledger-tree"


def test_too_few_witnesses_are_refused(big: Path) -> None:
    witness = Signer.generate("w.example", COSIGNATURE_V1)
    with pytest.raises(Untrusted) as caught:
        audit_log(str(big), SIGNER.verifier, (witness.verifier,), 1)
    assert caught.value.kind == "ledger-checkpoint"


def test_a_look_that_is_never_told_is_named_after_30_days(tmp_path: Path) -> None:
    write(tmp_path, commit())
    assert (audit(tmp_path, 30).waiting, findings(tmp_path, 30)) == (1, [])
    assert findings(tmp_path, 31) == [("reveal", 1)]


def test_a_look_told_too_late_is_named(tmp_path: Path) -> None:
    write(tmp_path, commit(), reveal(1, T_MS + 31 * DAY_MS))
    assert findings(tmp_path, 32) == [("reveal", 2)]


def test_a_seal_with_a_date_excuses_until_that_date(tmp_path: Path) -> None:
    write(tmp_path, commit(), seal(1, T_MS + 60 * DAY_MS))
    assert (audit(tmp_path, 50).sealed, findings(tmp_path, 50)) == (1, [])
    assert findings(tmp_path, 62) == [("reveal", 1)]


NICER = {**PUBLIC, "rule": "nicer"}
STORIES: dict[str, Callable[[], list[bytes]]] = {
    "nicer story": lambda: [commit(), reveal(1, public=NICER)],
    "another salt": lambda: [commit(), reveal(1, salt_pub=to_b64(INNER))],
    "another record": lambda: [commit(), reveal(1, inner=to_b64(SALT))],
    "no such commit": lambda: [commit(), reveal(7)],
    "of a call": lambda: [call(1), reveal(1)],
    "fields added": lambda: [commit(), reveal(1, public={**PUBLIC, "excuse": "x"})],
    "twice": lambda: [commit(), reveal(1), reveal(1)],
    "escaped text": lambda: [commit(), reveal(1, public={**PUBLIC, "rule": 'é"\\'})],
    "ends a later one": lambda: [commit(), end(9)],
}


@pytest.mark.parametrize("story", STORIES)
def test_a_reveal_that_does_not_open_its_commit_is_named(tmp_path: Path, story: str) -> None:
    entries = STORIES[story]()
    write(tmp_path, *entries)
    assert ("reveal", len(entries)) in findings(tmp_path)


def test_texts_that_need_escapes_are_opened_too(tmp_path: Path) -> None:
    public = {**PUBLIC, "rule": 'é "quoted" \\ 日本'}
    write(tmp_path, commit(public=public), reveal(1, public=public))
    assert (findings(tmp_path), audit(tmp_path).reveals) == ([], 1)


def test_a_look_dated_in_the_future_is_named(tmp_path: Path) -> None:
    write(tmp_path, commit(T_MS + 9 * DAY_MS))
    assert findings(tmp_path) == [("reveal", 1)]


@pytest.mark.parametrize(
    "entry",
    [
        b"not json",
        b"{}",
        b'{"v":1, "kind":"call.receive"}',
        b'{"commit":"c","feed":"f","kind":"call.receive","plate":"ABC","t":1,"v":1}',
        b'{"commit":"c","feed":"f","kind":"call.erase","t":1,"v":1}',
        b'{"commit":"c","feed":"f","kind":"call.receive","t":1,"v":2}',
        b'{"commit":"c","kind":"look.commit","policy_sha256":"p","t":"x","v":1}',
        b'{"commit":"c","feed":"f","kind":"call.receive","t":1,"v":1}\n{"commit":"c","feed":"f","kind":"call.receive","t":1,"v":1}',
    ],
)
def test_an_entry_that_the_log_did_not_declare_is_named(tmp_path: Path, entry: bytes) -> None:
    write(tmp_path, call(1), entry, call(2))
    assert findings(tmp_path) == [("schema", 2)]


def test_a_log_must_start_with_its_kinds(tmp_path: Path) -> None:
    write(tmp_path, call(1), schema=False)
    assert ("schema", 0) in findings(tmp_path)


def test_dropping_a_kind_without_schema_change_fails(tmp_path: Path) -> None:
    entry = schema_entry(t_ms=T_MS).replace(b'"call.receive":["commit","feed"],', b"")
    write(tmp_path, entry, call(1), schema=False)
    assert findings(tmp_path) == [("schema", 1)]


def test_the_command_verifies_a_folder_and_an_address(big: Path, capsys: pytest.CaptureFixture[str]) -> None:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(big))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        for place in (str(big), f"http://127.0.0.1:{server.server_port}/"):
            assert main(["verify", "log", place, "--log-vkey", SIGNER.verifier.vkey]) == 0
        assert "the log holds" in capsys.readouterr().out
        path = big / "tile/entries/001"
        path.write_bytes(path.read_bytes().replace(b"c300", b"c301"))
        for place in (str(big), f"http://127.0.0.1:{server.server_port}"):
            assert main(["verify", "log", place, "--log-vkey", SIGNER.verifier.vkey]) == 1
        assert "ledger-tiles" in capsys.readouterr().err
    finally:
        server.shutdown()


def test_without_keys_a_log_that_publishes_none_is_refused_by_name(
    big: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "log", str(big)]) == 1
    assert "the log has no policy" in capsys.readouterr().err
    for said in ("quorum none\n", "log nonsense\nquorum none\n", "hello\n"):
        (big / "policy").write_text(said)
        assert main(["verify", "log", str(big)]) == 1
    with pytest.raises(SystemExit):
        main(["verify", "log", str(big), "--quorum", "2"])


def test_whom_to_believe_is_said_once_and_a_file_that_is_not_there_is_named(
    big: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing, broken = tmp_path / "missing", tmp_path / "broken"
    broken.write_bytes(b"\xff\xfe log")
    for words in (["--policy", str(missing)], ["--log-vkey", str(missing)]):
        assert main(["verify", "log", str(big), *words]) == 1
        assert capsys.readouterr().err == f"consentry: cannot read {missing}: No such file or directory\n"
    assert main(["verify", "log", str(big), "--policy", str(broken)]) == 1
    with pytest.raises(SystemExit):
        main(["verify", "log", str(big), "--policy", str(broken), "--log-vkey", SIGNER.verifier.vkey])


def test_an_independent_python_verifier_agrees(big: Path) -> None:
    found = reader.TilesReader(backend.make_backend(str(big)))
    head = found.get_checkpoint()
    head.verify(signing.Vkey.from_string(SIGNER.verifier.vkey))
    assert found.calculate_root_hash() == head.root_hash
    for index in (0, 255, 256, 699):
        leaf = tiles.leaf_hash(found.get_entry(index))
        found.get_inclusion_proof(index, 700).check(leaf, head.root_hash)
    path = big / "tile/entries/001"
    path.write_bytes(path.read_bytes().replace(b"c300", b"c301"))
    again = reader.TilesReader(backend.make_backend(str(big)))
    again.set_size(700)
    changed = again.get_entry(304)
    assert b"c301" in changed
    with pytest.raises(tlog.InclusionProofInvalid):
        found.get_inclusion_proof(304, 700).check(tiles.leaf_hash(changed), head.root_hash)


@pytest.mark.skipif(shutil.which("go") is None, reason="no Go compiler: apt install golang-go")
@pytest.mark.skipif(not GO_MODULES.is_dir(), reason="no x/mod/sumdb: apt install golang-golang-x-mod-dev")
def test_gos_sumdb_agrees(big: Path, tmp_path: Path) -> None:
    program = tmp_path / "audit"
    env = {
        "GOPATH": "/usr/share/gocode",
        "GO111MODULE": "off",
        "GOCACHE": str(tmp_path / "cache"),
        "PATH": "/usr/bin:/bin",
    }
    source = Path(__file__).parent / "outside" / "audit.go"
    subprocess.run(["go", "build", "-o", program, source], env=env, check=True)
    said = [str(program), str(big), SIGNER.verifier.vkey]
    assert subprocess.run(said, capture_output=True, text=True, check=True).stdout == "700\n"
    path = big / "tile/entries/001"
    path.write_bytes(path.read_bytes().replace(b"c300", b"c301"))
    assert subprocess.run(said, capture_output=True, check=False).returncode == 1
