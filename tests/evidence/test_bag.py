"""A bag made by the product's own code: others read it, it can be fetched in parts, its check says what it is."""

import io
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import bagit
import cryptography
import pytest
import rfc3161_client
from tests.evidence.bag_maker import EXPORT, Kept, World, unzip
from tests.evidence.tampering import FIRST, flip

from consentry.evidence.bag.check.fault import BagFault
from consentry.evidence.bag.check.roots import parse_roots
from consentry.evidence.bag.check.sources import FolderSource, ZipSource
from consentry.evidence.bag.check.verdict import verify_bag
from consentry.evidence.bag.make import open_bag
from consentry.evidence.bag.report import words as words_of
from consentry.evidence.bag.report.pdf import pdf_letters
from consentry.evidence.bag.report.words import say
from consentry.kernel.errors import Conflict, Malformed
from consentry.kernel.proof import verify_proof
from consentry.project.cli import main

TOP = f"consentry-{EXPORT}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The keys, and one honest bag."""
    return World(tmp_path_factory.mktemp("bag"))


@pytest.fixture
def place(world: World, tmp_path: Path) -> Path:
    """A folder with the bag as `bag.zip`, unpacked by another program, and the trust file."""
    (tmp_path / "bag.zip").write_bytes(world.zipped)
    (tmp_path / "trust.txt").write_text(world.trust)
    shutil.unpack_archive(tmp_path / "bag.zip", tmp_path)
    return tmp_path


def test_a_download_goes_on_at_any_byte(world: World) -> None:
    whole = world.zipped
    again = open_bag(world.folder_made, Kept(world.contents))
    assert again.size_bytes == len(whole)
    chance = random.Random(7)
    edges = {0, 1, len(whole) - 1, len(whole), whole.index(b"PK\x01\x02"), whole.index(world.contents[1])}
    for start in edges | {chance.randrange(len(whole)) for _ in range(100)}:
        assert b"".join(again.pieces(start)) == whole[start:], start


def test_a_bag_that_is_not_finished_is_not_handed_out(tmp_path: Path, world: World) -> None:
    with pytest.raises(Conflict):
        open_bag(tmp_path, Kept(world.contents))


KILLS = 24


@pytest.mark.slow
def test_an_export_killed_at_any_instant_is_whole_or_not_there(world: World) -> None:
    began_s = time.monotonic()
    world.make("measured")
    whole_s, chance, outcomes = time.monotonic() - began_s, random.Random(3), set()
    for number in range(KILLS + 1):
        folder = world.folder / f"killed-{number % 3}"  # each folder again and again, as it was left
        child = os.fork()
        if child == 0:
            try:
                world.make(folder.name)
            finally:
                os._exit(0)
        if number < KILLS:  # the last one lives, on a machine that was ever so slow today
            time.sleep(chance.random() * 1.5 * whole_s)
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        try:
            found = b"".join(open_bag(folder, Kept(world.contents)).pieces())
        except Conflict:
            outcomes.add("not there")
            continue
        assert verify_bag(ZipSource(io.BytesIO(found)), parse_roots(world.trust)).complete
        outcomes.add("whole")
    assert outcomes == {"whole", "not there"}


TOUCHES = frozenset({"open", "os.mkdir", "os.remove", "os.rename", "os.truncate", "shutil.rmtree"})


def die_before_touch(number: int, folder: Path) -> None:
    """From now on: killed before this process touches a file of `folder` for the `number`-th time."""
    left = [number]

    def count(event: str, words: tuple[object, ...]) -> None:
        if event in TOUCHES and str(folder) in str(words[0]):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


@pytest.mark.slow
def test_an_export_that_dies_before_any_touch_of_a_file_is_whole_or_not_there(world: World) -> None:
    world.make("untouched")  # the keys and the authority are made once, before anybody dies
    folder, outcomes = world.folder / "touched", []
    for number in range(1, 400):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                die_before_touch(number, folder)
                world.make(folder.name)
                status = 0
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        try:
            found = b"".join(open_bag(folder, Kept(world.contents)).pieces())
        except Conflict:
            outcomes.append("not there")
        else:
            assert verify_bag(ZipSource(io.BytesIO(found)), parse_roots(world.trust)).complete, number
            outcomes.append("whole")
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, number
            break
    assert outcomes[-1] == "whole", "the last one was not killed"
    assert "not there" in outcomes
    assert len(outcomes) > 100, len(outcomes)


def test_bagit_and_sha256sum_of_others_accept_it(place: Path) -> None:
    assert bagit.Bag(str(place / TOP)).is_valid()
    for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", name], cwd=place / TOP, check=True)


def test_time_stamps_hold_for_openssl_and_for_rfc3161_client(world: World, place: Path) -> None:
    root = str(world.authority.folder / "root.pem")
    verifier = rfc3161_client.VerifierBuilder().add_root_certificate(world.authority.root).build()
    for reply, data in (("seal.tsr", "seal.json"), ("data/item/timestamp", "data/item/manifest")):
        words = ["openssl", "ts", "-verify", "-in", reply, "-data", data, "-CAfile", root]
        subprocess.run(words, cwd=place / TOP, check=True, capture_output=True)
        response = rfc3161_client.decode_timestamp_response(world.files[reply])
        assert verifier.verify_message(response, world.files[data])


def test_proofs_hold_as_tlog_proof_files(world: World) -> None:
    witnesses = tuple(one.verifier for one in world.witnesses)
    for name, kind in (("item.tlog-proof", b"item.seal"), ("seal.tlog-proof", b"export.create")):
        entry, _ = verify_proof(world.files[name].decode(), world.log_key.verifier, witnesses, 2)
        assert kind in entry


def test_verify_py_checks_folder_and_zip_file_where_cryptography_alone_is_installed(place: Path) -> None:
    """As a court's expert runs it: `-S` leaves out all packages, those of `cryptography` are put back."""
    packages = Path(cryptography.__file__).parent.parent
    alone = place / "alone"
    alone.mkdir()
    for path in (packages / "cryptography", packages / "cffi", *packages.glob("_cffi_backend*")):
        (alone / path.name).symlink_to(path)
    for bag in (place / TOP, place / "bag.zip"):
        words = [sys.executable, "-S", place / TOP / "verify.py", bag, "--trust", place / "trust.txt"]
        environment = {"PYTHONPATH": str(alone), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "the bag holds: itm_" in done.stdout


def test_exit_status_says_holds_not_all_checked_refused_or_cannot_check(
    world: World, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag, trust = str(place / "bag.zip"), place / "trust.txt"
    assert main(["verify", "bag", bag, "--trust", str(trust)]) == 0
    assert "cosigned by 3 witnesses" in capsys.readouterr().out
    only_vault = world.trust.splitlines()[0]
    trust.write_text(only_vault)
    assert main(["verify", "bag", bag, "--trust", str(trust)]) == 3
    assert "your trust file names no log" in capsys.readouterr().out
    policy = place / "policy"
    policy.write_text(world.trust.removeprefix(only_vault + "\n"))
    assert main(["verify", "bag", bag, "--trust", str(trust), "--policy", str(policy)]) == 0
    (place / "bag.zip").write_bytes(flip(world.zipped, world.zipped.index(world.contents[1])))
    assert main(["verify", "bag", bag, "--trust", str(trust)]) == 1
    assert "REFUSED in layer segment" in capsys.readouterr().out
    trust.write_text("")
    assert main(["verify", "bag", bag, "--trust", str(trust)]) == 2
    assert main(["verify", "bag", str(place / "none.zip"), "--trust", str(policy)]) == 2


def test_verify_script_prints_what_lies_in_the_bag(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "script"]) == 0
    assert capsys.readouterr().out.encode() == world.files["verify.py"]


@pytest.mark.parametrize("line", ["vault x", "tsa x", "vault a b", "quorum 2", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_trust_file_that_is_not_understood_in_full_is_refused(line: str, world: World) -> None:
    with pytest.raises(Malformed):
        parse_roots(world.trust + line)
    with pytest.raises(Malformed):
        parse_roots("# nobody\n")


def _added(folder: Path) -> None:
    (folder / "data" / "foreign").write_bytes(b"x")


def _linked(folder: Path) -> None:
    target = folder.parent / "elsewhere.mp4"
    shutil.move(folder / FIRST, target)
    (folder / FIRST).symlink_to(target)


def _linked_folder(folder: Path) -> None:
    shutil.move(folder / "data" / "original", folder.parent / "original")
    (folder / "data" / "original").symlink_to(folder.parent / "original")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "data" / "pipe")


def _flipped(folder: Path) -> None:
    (folder / FIRST).write_bytes(flip((folder / FIRST).read_bytes(), 3))


def _hidden(folder: Path) -> None:
    (folder / ".bashrc").write_bytes(b"x")


@pytest.mark.parametrize(
    ("change", "layer"),
    [
        (_added, "bag"),
        (_linked, "bag"),
        (_linked_folder, "bag"),
        (_pipe, "bag"),
        (_hidden, "bag"),
        (_flipped, "segment"),
    ],
)
def test_an_unpacked_folder_is_refused_too(change: object, layer: str, world: World, place: Path) -> None:
    assert callable(change)
    change(place / TOP)
    with pytest.raises(BagFault) as fault:
        verify_bag(FolderSource(place / TOP), parse_roots(world.trust))
    assert fault.value.layer == layer


def test_one_byte_changed_anywhere_is_refused(world: World) -> None:
    roots, chance, whole = parse_roots(world.trust), random.Random(11), world.zipped
    held = []
    for at in (chance.randrange(len(whole)) for _ in range(250)):
        changed = bytearray(whole)
        changed[at] ^= 1 << chance.randrange(8)
        try:
            verify_bag(ZipSource(io.BytesIO(bytes(changed))), roots)
            held.append(at)
        except BagFault:
            continue
    assert held == []


def test_reports_say_what_happened_escaped_and_in_three_languages(world: World) -> None:
    page = world.files["data/custody/report.html"].decode()
    assert "Analyst Ñúñez-Lefèvre" in page
    assert "<script" not in page
    readme = world.files["README.txt"].decode()
    assert all(say("readme.what", language) in readme for language in ("en", "es", "fr"))
    assert world.files["data/custody/report.pdf"].startswith(b"%PDF-")


def test_the_papers_font_has_every_letter_of_our_words() -> None:
    letters = {one for words in (*words_of.SAID.values(), *words_of.EVENTS.values()) for text in words for one in text}
    assert {one for one in letters if ord(one) not in pdf_letters()} == set()


def test_case_validate_of_the_case_project_accepts_the_events(world: World, tmp_path: Path) -> None:
    graph = tmp_path / "case.jsonld"
    graph.write_bytes(world.files["data/custody/case.jsonld"])
    program = Path(sys.executable).parent / "case_validate"
    done = subprocess.run([program, "--allow-info", graph], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_same_item_makes_the_same_files(world: World) -> None:
    """All but what others make anew each time: stamps, proofs, and what lists them."""
    again = unzip(b"".join(open_bag(world.make("again"), Kept(world.contents)).pieces()))
    stable = {name for name in again if again[name] == world.files[name]}
    made = {"report.html", "report.pdf", "case.jsonld", "certificate-draft.pdf", "events.jsonl"}
    assert stable >= {"README.txt", "verify.py", *(f"data/custody/{name}" for name in made)}
    assert list(again) == list(world.files)
