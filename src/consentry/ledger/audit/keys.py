"""Follow a log over its rotated keys: from a key that the auditor knows, with the recovery key, to those of today.

The rotations stand in the log itself and carry both signatures, so they are believed wherever they were read.
"""

from collections.abc import Sequence

from consentry.kernel.canonical import canonical_json
from consentry.kernel.checkpoint import parse_body
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.note import Verifier, split_note
from consentry.kernel.rotation import KIND, Rotation, check_rotation, keys_in_force, parse_rotation
from consentry.kernel.tiles import TILE_WIDTH, Fetch, parse_bundle, tile_at
from consentry.ledger.files import CHECKPOINT, read_tile

# What every such entry holds, and no look can: a look's texts cannot hold a quotation mark unescaped.
_NEEDLE = canonical_json({"kind": KIND})[1:-1]


def find_rotations(fetch: Fetch, *, recovery: bytes, origin: str) -> tuple[Rotation, ...]:
    """All rotations that the log tells of, in order; Untrusted (`ledger-keys`) when one is missing or not signed."""
    head, _ = parse_body(split_note(fetch(CHECKPOINT).decode())[0])
    found: list[Rotation] = []
    for number in range(-(-head.size // TILE_WIDTH)):
        data = read_tile(fetch, tile_at(-1, number, head.size))
        if _NEEDLE in data:
            found += [_read(entry) for entry in parse_bundle(data) if _NEEDLE in entry]
    for at, rotation in enumerate(found, 1):
        try:
            check_rotation(rotation, recovery=recovery, origin=origin)
        except Untrusted as error:
            raise Untrusted(f"rotation {rotation.number}: {error}", kind="ledger-keys") from error
        if rotation.number != at:
            raise Untrusted(f"rotation {at} is not where it should be", kind="ledger-keys")
    return tuple(found)


def follow(first: Sequence[Verifier], rotations: Sequence[Rotation], now_ms: int) -> tuple[Verifier, ...]:
    """What the keys `first` are now."""
    return tuple(Verifier.parse(key) for key in keys_in_force([key.vkey for key in first], rotations, now_ms))


def _read(entry: bytes) -> Rotation:
    try:
        return parse_rotation(entry)
    except Malformed as error:
        raise Untrusted(f"an entry of kind {KIND} is none: {error}", kind="ledger-keys") from error
