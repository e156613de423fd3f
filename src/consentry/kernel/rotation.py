"""Rotation: a new key for an old one, signed by the old key and by the offline recovery key. docs/spec/keys.md.

A rotation *is* a `key.rotate` entry of the public log: canonical JSON of `{v, kind, t, ends, new_key, number, old_key,
old_signature, origin, recovery_signature, role, starts}`. Both signatures are Ed25519 over `consentry-rotate-v1\\n` ‖
canonical JSON of the entry without the two signatures. `number` rises by one for each rotation of a log, over all
roles, so none can be left out, played again or played late; `origin` is the log's name, so none serves elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consentry.kernel.canonical import canonical_json, from_b64, parse_object, to_b64
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.limits import MAX_ROTATION_OVERLAP_MS
from consentry.kernel.note import COSIGNATURE_V1, ED25519, Verifier

KIND: Final = "key.rotate"
MAX_ROTATION_BYTES = 4_096
_CONTEXT = b"consentry-rotate-v1\n"
_SIGNATURES = frozenset({"old_signature", "recovery_signature"})
_TEXTS = ("new_key", "old_key", "origin")
_NUMBERS = ("ends", "number", "starts", "t", "v")
_FIELDS = frozenset({"kind", "role", *_TEXTS, *_NUMBERS, *_SIGNATURES})


class KeyRole(StrEnum):
    """Keys that edges pin and that rotate, and the vault's, which whoever checks evidence pins."""

    LOG = "log"
    TICKET = "ticket"
    VAULT = "vault"
    WITNESS = "witness"


@dataclass(frozen=True)
class Rotation:
    """One rotation. Keys are texts: base64url (32 bytes) for `ticket`, C2SP verifier keys for the others.

    From `starts_ms` the new key signs (log and witnesses: both sign), at `ends_ms` the old one counts no more. What the
    vault's old key signed before goes on being believed: evidence does not become old.
    """

    role: KeyRole
    origin: str
    number: int
    old_key: str
    new_key: str
    t_ms: int
    starts_ms: int
    ends_ms: int
    old_signature: bytes = b""
    recovery_signature: bytes = b""


def rotation_fields(rotation: Rotation) -> dict[str, str | int]:
    """The entry's fields but `v`, `kind` and `t`."""
    return {
        "ends": rotation.ends_ms, "new_key": rotation.new_key, "number": rotation.number, "old_key": rotation.old_key,
        "old_signature": to_b64(rotation.old_signature), "origin": rotation.origin,
        "recovery_signature": to_b64(rotation.recovery_signature), "role": str(rotation.role),
        "starts": rotation.starts_ms,
    }  # fmt: skip


def dump_rotation(rotation: Rotation) -> bytes:
    """The bytes of its entry in the log."""
    return canonical_json(_record(rotation))


def parse_rotation(data: bytes) -> Rotation:
    """The rotation in an entry; Malformed for another shape, keys that do not fit the role, or times out of order.

    Signatures may be empty here (a rotation on its way to be signed); `check_rotation` wants both.
    """
    value = parse_object(data, max_bytes=MAX_ROTATION_BYTES)
    if set(value) != _FIELDS or value["kind"] != KIND or value["role"] not in list(KeyRole):
        raise Malformed("a rotation has other fields", kind="rotation-malformed")
    _check_types(value)
    rotation = Rotation(
        role=KeyRole(value["role"]), origin=value["origin"], number=value["number"], old_key=value["old_key"],
        new_key=value["new_key"], t_ms=value["t"], starts_ms=value["starts"], ends_ms=value["ends"],
        old_signature=_signature(value["old_signature"]), recovery_signature=_signature(value["recovery_signature"]),
    )  # fmt: skip
    _check_sense(rotation)
    return rotation


def sign_by_old(rotation: Rotation, key: Ed25519PrivateKey) -> Rotation:
    """With the old key's signature; Untrusted when `key` is another one."""
    if key.public_key().public_bytes_raw() != public_bytes(rotation.role, rotation.old_key):
        raise Untrusted("this is not the old key", kind="rotation-old-key")
    return replace(rotation, old_signature=key.sign(rotation_message(rotation)))


def sign_by_recovery(rotation: Rotation, key: Ed25519PrivateKey) -> Rotation:
    """With the recovery key's signature."""
    return replace(rotation, recovery_signature=key.sign(rotation_message(rotation)))


def check_rotation(rotation: Rotation, *, recovery: bytes, origin: str) -> None:
    """Untrusted unless it is of the log `origin` and both the old key and `recovery` (32 bytes) signed it."""
    if rotation.origin != origin:
        raise Untrusted("this rotation is of another deployment", kind="rotation-origin")
    message = rotation_message(rotation)
    _verify(public_bytes(rotation.role, rotation.old_key), rotation.old_signature, message, "rotation-old-signature")
    _verify(recovery, rotation.recovery_signature, message, "rotation-recovery-signature")


def rotation_message(rotation: Rotation) -> bytes:
    """The bytes that both keys sign."""
    return _CONTEXT + canonical_json({k: v for k, v in _record(rotation).items() if k not in _SIGNATURES})


def public_bytes(role: KeyRole, key: str) -> bytes:
    """The raw public key (32 bytes) in a key's text; Malformed when it is no key of that role."""
    if role is KeyRole.TICKET:
        return from_b64(key, length=32)
    verifier = Verifier.parse(key)
    if verifier.algorithm != (COSIGNATURE_V1 if role is KeyRole.WITNESS else ED25519) or verifier.vkey != key:
        raise Malformed("a key of another kind", kind="rotation-malformed")
    return verifier.public


def keys_in_force(first: Sequence[str], rotations: Sequence[Rotation], now_ms: int) -> tuple[str, ...]:
    """What the keys `first` of one role became after `rotations` (in order): those that count now, newest first."""
    ends: dict[str, int | None] = dict.fromkeys(first)
    for rotation in rotations:
        if ends.get(rotation.old_key, 0) is None:
            ends[rotation.old_key], ends[rotation.new_key] = rotation.ends_ms, None
    return tuple(key for key, end_ms in reversed(ends.items()) if end_ms is None or now_ms < end_ms)


def signing_key(first: str, rotations: Sequence[Rotation], now_ms: int) -> str:
    """The one key of the chain from `first` that signs now."""
    key = first
    for rotation in rotations:
        if rotation.old_key == key and rotation.starts_ms <= now_ms:
            key = rotation.new_key
    return key


def newest_keys(first: Sequence[str], rotations: Sequence[Rotation]) -> tuple[str, ...]:
    """The last key of each chain that starts in `first`: the only ones that may sign the next rotation."""
    keys = list(first)
    for rotation in rotations:
        keys = [rotation.new_key if key == rotation.old_key else key for key in keys]
    return tuple(keys)


def settled(rotations: Sequence[Rotation], now_ms: int) -> tuple[Rotation, ...]:
    """The rotations up to the first one whose old key still counts: what an edge that pairs now need not be told."""
    running = (at for at, rotation in enumerate(rotations) if now_ms < rotation.ends_ms)
    return tuple(rotations[: next(running, len(rotations))])


def _record(rotation: Rotation) -> dict[str, str | int]:
    return {"v": 1, "kind": KIND, "t": rotation.t_ms, **rotation_fields(rotation)}


def _check_types(value: Mapping[str, Any]) -> None:
    """`value` is parsed JSON, hence `Any`."""
    for name in _NUMBERS:
        if not isinstance(value[name], int) or isinstance(value[name], bool) or not 0 <= value[name] < 2**53:
            raise Malformed(f"{name} is not a natural number", kind="rotation-malformed")
    for name in (*_TEXTS, *_SIGNATURES):
        if not isinstance(value[name], str) or len(value[name]) > 300:
            raise Malformed(f"{name} is not a short text", kind="rotation-malformed")
    if value["v"] != 1:
        raise Malformed("unknown version of rotation", kind="rotation-malformed")


def _check_sense(rotation: Rotation) -> None:
    old, new = (public_bytes(rotation.role, key) for key in (rotation.old_key, rotation.new_key))
    start, end, latest = rotation.starts_ms, rotation.ends_ms, rotation.t_ms + MAX_ROTATION_OVERLAP_MS
    if not rotation.number or old == new or not rotation.t_ms <= start <= end <= latest:
        raise Malformed("a rotation's number, keys or times make no sense", kind="rotation-malformed")
    if rotation.role is KeyRole.TICKET:
        return
    names = {Verifier.parse(key).name for key in (rotation.old_key, rotation.new_key)}
    is_log = rotation.role is KeyRole.LOG
    if len(names) != 1 or (is_log and names != {rotation.origin}) or start != rotation.t_ms:
        raise Malformed("only ticket keys change without a name, or later than at once", kind="rotation-malformed")


def _signature(text: str) -> bytes:
    return from_b64(text, length=64) if text else b""


def _verify(public: bytes, signature: bytes, message: bytes, kind: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise Untrusted("a signature of this rotation is missing or does not hold", kind=kind) from error
