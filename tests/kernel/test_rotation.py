"""Rotations: the written vectors, the shape, and which keys count when."""

import dataclasses
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentry.kernel.canonical import canonical_json, to_b64
from consentry.kernel.errors import ConsentryError, Malformed
from consentry.kernel.note import COSIGNATURE_V1, Signer
from consentry.kernel.rotation import (
    KeyRole,
    Rotation,
    check_rotation,
    dump_rotation,
    keys_in_force,
    newest_keys,
    parse_rotation,
    settled,
    sign_by_old,
    sign_by_recovery,
    signing_key,
)

VECTORS = json.loads((Path(__file__).parents[2] / "docs" / "spec" / "vectors" / "rotation.json").read_text())
NOW_MS, HOUR_MS = 1_790_000_000_000, 3_600_000
RECOVERY = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)


def key(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def public(seed: int) -> str:
    return to_b64(key(seed).public_key().public_bytes_raw())


def rotation(old: int, new: int, *, number: int = 1, start_h: int = 1, end_h: int = 24) -> Rotation:
    at = NOW_MS + (number - 1) * 1_000 * HOUR_MS
    draft = Rotation(
        KeyRole.TICKET, "city.example/ledger", number, public(old), public(new), at, at + start_h * HOUR_MS,
        at + end_h * HOUR_MS,
    )  # fmt: skip
    return sign_by_recovery(sign_by_old(draft, key(old)), RECOVERY)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: str(vector["name"]))
def test_the_written_vectors_hold(vector: dict[str, str]) -> None:
    recovery = bytes.fromhex(VECTORS["recovery_public_hex"])

    def check() -> None:
        check_rotation(parse_rotation(vector["entry"].encode()), recovery=recovery, origin=VECTORS["origin"])

    if vector["verdict"] == "holds":
        check()
        assert dump_rotation(parse_rotation(vector["entry"].encode())) == vector["entry"].encode()
        return
    with pytest.raises(ConsentryError) as caught:
        check()
    assert caught.value.kind == vector["verdict"]


@pytest.mark.parametrize("change", [
    {"number": 0}, {"ends": NOW_MS}, {"ends": NOW_MS + 31 * 24 * HOUR_MS}, {"starts": NOW_MS - 1}, {"role": "edge"},
    {"new_key": public(1)}, {"new_key": "x"}, {"number": True}, {"v": 2}, {"kind": "look.end"}, {"more": 1},
    {"role": "log"}, {"old_signature": "AA"},
])  # fmt: skip
def test_what_makes_no_sense_is_no_rotation(change: dict[str, object]) -> None:
    said = {**json.loads(dump_rotation(rotation(1, 3))), **change}
    with pytest.raises(Malformed):
        parse_rotation(canonical_json(said))


def test_a_log_keeps_its_name_and_signs_with_both_keys_at_once() -> None:
    old, new, other = (Signer.generate(name) for name in ("a", "a", "b"))
    base = dataclasses.replace(rotation(1, 3), role=KeyRole.LOG, origin="a", old_key=old.verifier.vkey)
    good = dataclasses.replace(base, new_key=new.verifier.vkey, starts_ms=NOW_MS)
    assert parse_rotation(dump_rotation(good)) == good
    witness = Signer.generate("a", COSIGNATURE_V1)
    for wrong in (
        dataclasses.replace(good, starts_ms=NOW_MS + 1), dataclasses.replace(good, new_key=other.verifier.vkey),
        dataclasses.replace(good, new_key=witness.verifier.vkey), dataclasses.replace(good, origin="b"),
    ):  # fmt: skip
        with pytest.raises(Malformed):
            parse_rotation(dump_rotation(wrong))


def test_keys_count_from_their_rotation_to_their_end_and_one_signs() -> None:
    first, second = rotation(1, 3), rotation(3, 4, number=2, start_h=0, end_h=0)
    both = (first, second)
    assert keys_in_force([public(1)], (), NOW_MS) == (public(1),)
    assert keys_in_force([public(1)], (first,), NOW_MS) == (public(3), public(1))
    assert signing_key(public(1), (first,), NOW_MS) == public(1)
    assert signing_key(public(1), (first,), NOW_MS + HOUR_MS) == public(3)
    assert keys_in_force([public(1)], (first,), NOW_MS + 24 * HOUR_MS) == (public(3),)
    assert keys_in_force([public(1)], both, second.t_ms) == (public(4),)
    assert newest_keys([public(1), public(9)], both) == (public(4), public(9))
    assert settled(both, NOW_MS) == ()
    assert settled(both, second.t_ms) == both


def test_a_key_that_gave_way_gives_no_other_key_rights() -> None:
    branch = dataclasses.replace(rotation(1, 7), number=2)
    assert keys_in_force([public(1)], (rotation(1, 3), branch), NOW_MS) == (public(3), public(1))
