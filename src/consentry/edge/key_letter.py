"""A letter that brings a new key: only the next rotation, in the public log, signed by old key and recovery key. Pure.

Source: docs/spec/keys.md. Any doubt is a no: then the keys stay as they are, and what is signed by others is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from consentry.edge.guard import Trust
from consentry.edge.logged import read_logged
from consentry.edge.pins import Pins
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.clock import from_ms
from consentry.kernel.errors import Untrusted
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS
from consentry.kernel.note import Verifier
from consentry.kernel.rotation import KeyRole, Rotation, check_rotation, newest_keys, parse_rotation

MAX_NOTES = 5


@dataclass(frozen=True)
class KeysHeld:
    """What this edge pinned at pairing, the rotations that it took since, and whom it believes now."""

    pins: Pins
    taken: tuple[Rotation, ...]
    trust: Trust
    now_ms: int


def read_key_letter(body: Mapping[str, Any], held: KeysHeld) -> Rotation:
    """The rotation to take, or one that was taken already (the same letter once more).

    Raises Malformed or Untrusted: no recovery key pinned, not in the witnessed log, played again or out of turn, of
    another deployment, not of a key that counts here, or not signed by both keys.
    """
    if not held.pins.recovery_key:
        raise Untrusted("no recovery key was pinned here: pair again", kind="rotation-no-recovery")
    rotation = parse_rotation(from_b64(body.get("entry", "")))
    if rotation in held.taken:
        return rotation
    _require_next(rotation, held)
    check_rotation(rotation, recovery=held.pins.recovery_key, origin=held.trust.logs[0].name)
    if rotation.old_key not in newest_keys(_first(rotation, held), held.taken):
        raise Untrusted("the old key of this rotation is none that counts here", kind="rotation-old-key")
    if rotation.t_ms > held.now_ms + MAX_CLOCK_SKEW_MS:
        raise Untrusted("this rotation is from the future", kind="rotation-in-future")
    read_logged(body, _trust_after(rotation, held.trust))
    return rotation


def _trust_after(rotation: Rotation, trust: Trust) -> Trust:
    """Where the old log key ended at once the log can sign with the new one only: both keys vouched for it by now."""
    if rotation.role is not KeyRole.LOG:
        return trust
    return replace(trust, logs=(Verifier.parse(rotation.new_key), *trust.logs))


def rotation_notes(rotations: Sequence[Rotation]) -> list[str]:
    """What the owner is told of the newest rotations, in plain words: nobody changes a key in silence."""
    return [
        f"The {rotation.role} key was changed on {from_ms(rotation.t_ms):%Y-%m-%d %H:%M} UTC (rotation "
        f"{rotation.number}), signed by the old key and by the recovery key."
        for rotation in rotations[-MAX_NOTES:]
    ]


def _require_next(rotation: Rotation, held: KeysHeld) -> None:
    last = held.pins.rotation + len(held.taken)
    if rotation.number <= last:
        raise Untrusted("this rotation is older than what is held here", kind="rotation-older")
    if rotation.number != last + 1:
        raise Untrusted("a rotation before this one is missing", kind="rotation-order")


def _first(rotation: Rotation, held: KeysHeld) -> tuple[str, ...]:
    """The first keys of its role. No edge pins the vault's: there the first rotation that came names it."""
    role, pins = rotation.role, held.pins
    if role is KeyRole.LOG:
        return (pins.log_vkey,)
    if role is KeyRole.VAULT:
        return (next((one.old_key for one in held.taken if one.role is role), rotation.old_key),)
    return pins.witness_vkeys if role is KeyRole.WITNESS else tuple(to_b64(key) for key in pins.ticket_keys)
