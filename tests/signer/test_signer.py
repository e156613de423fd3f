"""The signer signs only for what is in the log; a thief with the web process gets nothing from it."""

import asyncio
import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consentry.kernel.canonical import canonical_json, from_b64, to_b64
from consentry.kernel.checkpoint import Checkpoint, sign_checkpoint
from consentry.kernel.clock import from_ms
from consentry.kernel.ids import new_id
from consentry.kernel.merkle import leaf_hash, node_hash
from consentry.kernel.note import Signer as LogSigner
from consentry.kernel.opening import PRIVATE_FIELDS, PUBLIC_FIELDS, Opening, dump_opening, leaf_of
from consentry.kernel.ticket import verify_ticket
from consentry.signer.keys import prepare_keys
from consentry.signer.main import MAX_LINE_BYTES, Signer, bind, serve
from consentry.signer.settings import settings_from

NOW_MS = 1_800_000_000_000
LOG = LogSigner.generate("log.example/ledger")
CAMERA, GATEWAY, HOLDER = new_id("camera"), new_id("gateway"), to_b64(b"h" * 32)


def make_opening(log: LogSigner = LOG, **private: str | int) -> Opening:
    """An opening that is the second of two leaves of `log`."""
    public = dict.fromkeys(PUBLIC_FIELDS, "x") | {"decision": "allow"}
    record: dict[str, str | int] = dict.fromkeys(PRIVATE_FIELDS, "x")
    record |= {"camera": CAMERA, "audience": GATEWAY, "holder_key": HOLDER, "distance_m": 100,
               "reported_at": NOW_MS - 60_000, "max_until": NOW_MS + 600_000, **private}  # fmt: skip
    first = leaf_hash(b"first")
    bare = Opening(public, record, b"p" * 32, b"q" * 32, NOW_MS, 1, (first,), "")
    return replace(bare, checkpoint=sign_checkpoint(Checkpoint(log.name, 2, node_hash(first, leaf_of(bare))), log))


def request(opening: Opening, **ticket: object) -> bytes:
    """A request line; `ticket` changes fields of the wish."""
    wish = {"camera": CAMERA, "audience": GATEWAY, "holder_key": HOLDER, "not_before": NOW_MS,
            "not_after": NOW_MS + 60_000, "sealed": False, **ticket}  # fmt: skip
    return canonical_json({"ticket": wish, "opening": json.loads(dump_opening(opening))}) + b"\n"


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """A signer that trusts `LOG`, at `NOW_MS`."""
    keys = prepare_keys(settings_from(tmp_path))
    (tmp_path / "keys" / "log.pub").write_text(LOG.verifier.vkey + "\n")
    return Signer(keys, lambda: from_ms(NOW_MS))


def public_key(tmp_path: Path) -> Ed25519PublicKey:
    """The key that gateways and edges pin."""
    return Ed25519PublicKey.from_public_bytes(from_b64((tmp_path / "keys" / "ticket.pub").read_text().strip()))


def test_what_is_in_the_log_is_signed_and_serials_rise(signer: Signer, tmp_path: Path) -> None:
    opening = make_opening()
    tickets = [
        verify_ticket(from_b64(signer.answer(request(opening))["ticket"]), (public_key(tmp_path),), now_ms=NOW_MS)
        for _ in range(3)
    ]
    assert [ticket.serial for ticket in tickets] == [NOW_MS, NOW_MS + 1, NOW_MS + 2]
    assert {ticket.leaf for ticket in tickets} == {leaf_of(opening)}
    assert tickets[0].camera == CAMERA


@pytest.mark.parametrize("field", sorted(PRIVATE_FIELDS))
def test_one_changed_private_field_is_not_what_the_log_holds(signer: Signer, field: str) -> None:
    opening = make_opening()
    old = opening.private[field]
    changed = replace(opening, private={**opening.private, field: old + 1 if isinstance(old, int) else f"{old}y"})
    assert "ticket" not in signer.answer(request(changed))


@pytest.mark.parametrize(
    ("ticket", "kind"),
    [
        ({"camera": new_id("camera")}, "ticket-camera"),
        ({"audience": new_id("gateway")}, "ticket-audience"),
        ({"holder_key": to_b64(b"i" * 32)}, "ticket-holder"),
        ({"not_after": NOW_MS + 60_001}, "ticket-life"),
        ({"not_after": NOW_MS}, "ticket-life"),
        ({"not_before": NOW_MS + 61_000, "not_after": NOW_MS + 70_000}, "ticket-time"),
        ({"not_before": NOW_MS - 50_000, "not_after": NOW_MS}, "ticket-time"),
        ({"serial": 1}, "malformed"),
        ({"camera": "cam"}, "malformed"),
        ({"not_before": 1.5}, "malformed"),
    ],
)
def test_a_ticket_agrees_with_its_opening_and_is_short(signer: Signer, ticket: dict[str, Any], kind: str) -> None:
    line = json.dumps({**json.loads(request(make_opening())), "ticket": {
        **json.loads(request(make_opening()))["ticket"], **ticket}}).encode()  # fmt: skip
    assert signer.answer(line) == {"error": kind}


def test_no_ticket_outlives_its_grant(signer: Signer) -> None:
    assert signer.answer(request(make_opening(max_until=NOW_MS + 59_999))) == {"error": "ticket-past-grant"}


def test_a_proof_of_another_log_is_refused(signer: Signer) -> None:
    thief = LogSigner.generate(LOG.name)
    assert "ticket" not in signer.answer(request(make_opening(thief)))


def test_a_look_that_is_not_in_the_tree_is_refused(signer: Signer) -> None:
    opening = make_opening()
    for wrong in (replace(opening, proof=(b"z" * 32,)), replace(opening, index=0), replace(opening, proof=())):
        assert "ticket" not in signer.answer(request(wrong))


def test_a_refusal_in_the_log_opens_nothing(signer: Signer) -> None:
    opening = make_opening()
    denied = replace(opening, public={**opening.public, "decision": "deny"})
    root = node_hash(opening.proof[0], leaf_of(denied))
    in_log = replace(denied, checkpoint=sign_checkpoint(Checkpoint(LOG.name, 2, root), LOG))
    assert signer.answer(request(in_log)) == {"error": "not-allowed"}


@pytest.mark.parametrize("line", [b"", b"\n", b"{}", b"[]", b"\xff", b'{"ticket": {}, "opening": {}}', b"{" * 5_000])
def test_garbage_gets_an_error_and_nothing_else(signer: Signer, line: bytes) -> None:
    assert set(signer.answer(line)) == {"error"}


def test_without_the_logs_key_nothing_is_signed(tmp_path: Path) -> None:
    signer = Signer(prepare_keys(settings_from(tmp_path)), lambda: from_ms(NOW_MS))
    assert signer.answer(request(make_opening())) == {"error": "unavailable"}


def test_the_key_is_made_once_and_for_this_process_alone(tmp_path: Path) -> None:
    keys = settings_from(tmp_path)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "log.pub").write_text(LOG.verifier.vkey + "\n")
    first, again = (prepare_keys(keys).signing(NOW_MS).private_bytes_raw() for _ in range(2))
    assert first == again
    assert stat.S_IMODE(keys.key_file.stat().st_mode) == 0o600


async def test_over_its_socket_one_line_gets_one_line_and_a_long_one_gets_none(signer: Signer, tmp_path: Path) -> None:
    path = tmp_path / "run" / "signer.sock"
    task = asyncio.create_task(serve(signer, bind(path)))
    try:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        answers = []
        for line in (request(make_opening()), b"x" * (MAX_LINE_BYTES + 10) + b"\n", b"{}\n"):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(line)
            answers.append(await reader.read())
            writer.close()
        assert "ticket" in json.loads(answers[0])
        assert answers[1] == b""
        assert json.loads(answers[2]) == {"error": "malformed"}
    finally:
        task.cancel()
