"""`consentry keys list | prepare | approve | apply | rotate`."""

import argparse
import os
import sys
from pathlib import Path

from consentry.kernel.clock import from_ms, to_ms, utc_now
from consentry.kernel.key_folder import KeyFolder
from consentry.kernel.rotation import MAX_ROTATION_BYTES, KeyRole, Rotation, dump_rotation, parse_rotation
from consentry.project.keys.rotate import (
    Overlap,
    approve_rotation,
    check_next,
    keep_rotation,
    prepare_rotation,
)

# argparse types this private; it is what `add_subparsers` returns.
Subparsers = argparse._SubParsersAction  # noqa: SLF001


def add_commands(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add `keys` and what is below it."""
    below = subparsers.add_parser("keys", help="the keys that edges pin, and their rotation").add_subparsers(
        required=True, metavar="COMMAND"
    )
    listing = below.add_parser("list", help="which keys count now, and the rotations so far")
    listing.set_defaults(run=_list)
    prepare = below.add_parser("prepare", help="make a new key; the old one signs the rotation")
    rotate = below.add_parser(
        "rotate", help="prepare, approve and apply at once, with the recovery key on this machine"
    )
    for parser in (prepare, rotate):
        parser.add_argument("name", help="log, ticket, vault or witness-<n>")
        parser.add_argument("--start-h", type=int, default=24, help="hours until the new ticket key signs (24)")
        parser.add_argument("--end-h", type=int, default=72, help="hours until the old key counts no more (72, 0-720)")
        parser.add_argument("--now", action="store_true", help="the old key is in the wrong hands: it ends at once")
    approve = below.add_parser("approve", help="sign a prepared rotation with the recovery key; works offline")
    apply = below.add_parser("apply", help="publish an approved rotation in the log; edges hear of it by letter")
    for parser in (approve, apply):
        parser.add_argument("file", type=Path, help="the rotation")
    for parser in (approve, rotate):
        parser.add_argument("--recovery", type=Path, required=True, help="file of the recovery key")
    prepare.set_defaults(run=_prepare)
    approve.set_defaults(run=_approve)
    apply.set_defaults(run=_apply)
    rotate.set_defaults(run=_rotate)
    for parser in (listing, prepare, apply, rotate):
        parser.add_argument("--data", type=Path, default=Path(os.environ.get("CONSENTRY_DATA", "data")))


def _prepare(arguments: argparse.Namespace) -> int:
    rotation = prepare_rotation(arguments.data, arguments.name, _overlap(arguments))
    _print(rotation)
    _say("prepared; next, where the recovery key is: consentry keys approve FILE --recovery KEY > APPROVED")
    return 0


def _approve(arguments: argparse.Namespace) -> int:
    rotation = _read(arguments.file)
    _describe(rotation)
    _print(approve_rotation(rotation, arguments.recovery))
    return 0


def _apply(arguments: argparse.Namespace) -> int:
    return _publish(arguments.data, _read(arguments.file))


def _rotate(arguments: argparse.Namespace) -> int:
    rotation = prepare_rotation(arguments.data, arguments.name, _overlap(arguments))
    return _publish(arguments.data, approve_rotation(rotation, arguments.recovery))


def _publish(data: Path, rotation: Rotation) -> int:
    """First the log, then this machine: a rotation that nobody can see does not count."""
    check_next(data, rotation)
    from consentry.project.django_ready import prepare_django

    prepare_django(data)
    from consentry.project.keys.publish import publish_rotation

    publish_rotation(rotation)
    keep_rotation(data, rotation)
    _describe(rotation)
    _say("it is in the log's inbox; paired edges hear of it within a minute or two of its witnesses")
    _say("when the old key has ended, destroy its file")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    keys, now_ms = KeyFolder(arguments.data / "keys"), to_ms(utc_now())
    for vkey in keys.log_verifiers(now_ms):
        print(f"log      {vkey.vkey}")
    signing = keys.ticket_signing_key(now_ms)
    for key in keys.ticket_keys(now_ms):
        print(f"ticket   {key}{'  signs' if key == signing else ''}")
    for key in keys.witness_keys(now_ms):
        print(f"witness  {key}")
    for rotation in keys.rotations():
        print(_words(rotation))
    return 0


def _overlap(arguments: argparse.Namespace) -> Overlap:
    now_ms = to_ms(utc_now())
    return Overlap(now_ms, 0, 0) if arguments.now else Overlap(now_ms, arguments.start_h, arguments.end_h)


def _read(path: Path) -> Rotation:
    return parse_rotation(path.read_bytes()[: MAX_ROTATION_BYTES + 1].strip())


def _print(rotation: Rotation) -> None:
    sys.stdout.write(dump_rotation(rotation).decode() + "\n")


def _describe(rotation: Rotation) -> None:
    _say(_words(rotation))
    _say(f"  old {rotation.old_key}")
    _say(f"  new {rotation.new_key}")


def _words(rotation: Rotation) -> str:
    start, end = (from_ms(at).strftime("%Y-%m-%d %H:%M") for at in (rotation.starts_ms, rotation.ends_ms))
    signs = (
        "both sign until" if rotation.role is not KeyRole.TICKET else f"the new one signs from {start}, the old ends"
    )
    return f"rotation {rotation.number} of {rotation.origin}: {rotation.role} key, {signs} {end} UTC"


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
