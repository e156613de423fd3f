"""The witness answers as C2SP tlog-witness says, never goes back, and catches a log that shows two trees."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from consentry.kernel import merkle
from consentry.kernel.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from consentry.kernel.errors import Unavailable, Untrusted
from consentry.kernel.note import COSIGNATURE_V1, Signer, Verifier
from consentry.witness.memory import Memory
from consentry.witness.server import build_app
from consentry.witness.settings import WitnessSettings, settings_for

LOG = Signer.generate("log.example/ledger")
LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(40)]
OTHER_LEAVES = [*LEAVES[:4], *(merkle.leaf_hash(b"x" + bytes([number])) for number in range(36))]


def root(leaves: list[bytes], size: int) -> bytes:
    return merkle.root_of(leaves[:size])


def note(size: int, leaves: list[bytes] = LEAVES, signer: Signer = LOG) -> str:
    return sign_checkpoint(Checkpoint(signer.name, size, root(leaves, size)), signer)


def body(old: int, size: int, leaves: list[bytes] = LEAVES, signer: Signer = LOG) -> bytes:
    proof = [merkle.root_of(leaves[start:end]) for start, end in merkle.consistency_ranges(min(old, size), size)]
    lines = "".join(f"{base64.b64encode(step).decode()}\n" for step in proof)
    return f"old {old}\n{lines}\n{note(size, leaves, signer)}".encode()


@pytest.fixture
def settings(tmp_path: Path) -> WitnessSettings:
    return settings_for(tmp_path / "w", [LOG.verifier.vkey], port=0, name="w.example")


@pytest.fixture
async def witness(settings: WitnessSettings) -> AsyncIterator[TestClient]:
    async with TestClient(TestServer(build_app(settings))) as client:
        yield client


async def post(witness: TestClient, data: bytes) -> tuple[int, str, str]:
    response = await witness.post("/add-checkpoint", data=data)
    return response.status, await response.text(), response.content_type


async def test_a_growing_log_is_cosigned_each_time(witness: TestClient, settings: WitnessSettings) -> None:
    for old, size in ((0, 5), (5, 5), (5, 33), (33, 40)):
        status, line, _ = await post(witness, body(old, size))
        assert status == 200
        found = open_checkpoint(note(size) + line, LOG.verifier, [of(settings)], 1)
        assert (found.size, found.witnessed_at_s(1) > 1_700_000_000) == (size, True)


async def test_the_empty_log_may_be_the_first(witness: TestClient) -> None:
    assert (await post(witness, body(0, 0)))[0] == 200
    assert (await post(witness, body(0, 7)))[0] == 200


async def test_an_unknown_log_is_not_found(witness: TestClient) -> None:
    assert (await post(witness, body(0, 5, signer=Signer.generate("stranger"))))[0] == 404


async def test_a_checkpoint_under_another_key_is_forbidden(witness: TestClient) -> None:
    assert (await post(witness, body(0, 5, signer=Signer.generate(LOG.name))))[0] == 403


async def test_a_wrong_old_size_is_answered_with_ours(witness: TestClient) -> None:
    await post(witness, body(0, 5))
    assert await post(witness, body(4, 9)) == (409, "5\n", "text/x.tlog.size")
    assert await post(witness, body(0, 9)) == (409, "5\n", "text/x.tlog.size")


async def test_a_rollback_is_refused(witness: TestClient) -> None:
    await post(witness, body(0, 9))
    assert (await post(witness, body(5, 5)))[:2] == (409, "9\n")
    assert (await post(witness, body(9, 5)))[0] == 400


async def test_a_split_view_is_caught(witness: TestClient) -> None:
    await post(witness, body(0, 9))
    assert (await post(witness, body(9, 9, OTHER_LEAVES)))[0] == 409
    assert (await post(witness, body(9, 20, OTHER_LEAVES)))[0] == 422
    assert (await post(witness, body(9, 20)))[0] == 200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"old 5\n",
        b"old -1\n\n" + note(5).encode(),
        b"old 05\n\n" + note(5).encode(),
        b"older 0\n\n" + note(5).encode(),
        b"old 0\nAAAA\n\n" + note(5).encode(),
        b"old 0\n" + b"x\n" * 64 + b"\n" + note(5).encode(),
        b"old 0\n\nno note\n",
        b"old 6\n\n" + note(5).encode(),
        b"old 0\n" + base64.b64encode(bytes(32)) + b"\n\n" + note(5).encode(),
        b"\xff\xfe",
    ],
)
async def test_bad_requests_are_bad_requests(witness: TestClient, data: bytes) -> None:
    assert (await post(witness, data))[0] == 400


async def test_a_body_without_end_is_cut_off(witness: TestClient) -> None:
    assert (await post(witness, b"old 0\n\n" + b"x" * 100_000))[0] in (400, 413)


async def test_a_restarted_witness_remembers(witness: TestClient, settings: WitnessSettings) -> None:
    await post(witness, body(0, 9))
    async with TestClient(TestServer(build_app(settings))) as again:
        assert (await post(again, body(0, 9)))[:2] == (409, "9\n")


def of(settings: WitnessSettings) -> Verifier:
    return settings.signers()[0].verifier


async def test_its_own_rotated_key_signs_beside_the_old_one_without_a_restart(
    witness: TestClient, settings: WitnessSettings
) -> None:
    await post(witness, body(0, 5))
    first, later = of(settings), Signer.generate("w.example", COSIGNATURE_V1)
    (settings.folder / "witness-3.key").write_text(later.skey + "\n")
    _, lines, _ = await post(witness, body(5, 9))
    for key in (first, later.verifier):
        assert open_checkpoint(note(9) + lines, LOG.verifier, [key], 1).size == 9
    (settings.folder / "witness.key").unlink()
    _, lines, _ = await post(witness, body(9, 9))
    assert open_checkpoint(note(9) + lines, LOG.verifier, [later.verifier], 1).size == 9
    with pytest.raises(Untrusted):
        open_checkpoint(note(9) + lines, LOG.verifier, [first], 1)


async def test_a_damaged_key_signs_nothing_and_keeps_nothing(witness: TestClient, settings: WitnessSettings) -> None:
    await post(witness, body(0, 5))
    broken = settings.folder / "witness-3.key"
    broken.write_bytes(b"PRIVATE+KEY+\xff")
    assert (await post(witness, body(5, 9)))[0] == 503
    broken.unlink()
    assert (await post(witness, body(5, 9)))[0] == 200
    (settings.folder / "witness.key").unlink()
    assert (await post(witness, body(9, 9)))[0] == 503


def test_without_a_key_there_is_no_witness(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        settings_for(tmp_path / "w", [LOG.verifier.vkey], port=0)


async def test_what_it_cannot_keep_it_does_not_sign(witness: TestClient, settings: WitnessSettings) -> None:
    await post(witness, body(0, 5))
    seen = next(settings.folder.glob("seen-*"))
    seen.with_suffix(".new").mkdir()
    assert (await post(witness, body(5, 9)))[0] == 503
    seen.with_suffix(".new").rmdir()
    assert (await post(witness, body(5, 9)))[0] == 200


async def test_a_damaged_memory_signs_nothing(witness: TestClient, settings: WitnessSettings) -> None:
    await post(witness, body(0, 5))
    next(settings.folder.glob("seen-*")).write_text("")
    assert (await post(witness, body(0, 5)))[0] == 503


def test_memory_never_goes_back(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.keep(Checkpoint("a", 9, root(LEAVES, 9)))
    for size, leaves in ((8, LEAVES), (9, OTHER_LEAVES)):
        with pytest.raises(ValueError, match="does not go back"):
            memory.keep(Checkpoint("a", size, root(leaves, size)))
    assert memory.latest("a").size == 9
