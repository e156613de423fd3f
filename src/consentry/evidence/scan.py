"""Asks a virus scanner about a file: a program by its path, or clamd by its socket. No Django here.

`exec:/path/to/program` gets the file's path as its last word and answers by its status, as `clamdscan` does: 0 clean,
1 infected, anything else is no answer. `clamd:/run/clamav/clamd.ctl` gets the bytes (`INSTREAM`). "" is no scanner:
everything is clean, and custody says that nothing scanned it. Silence, a fault or an odd answer is never clean.
"""

import socket
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from consentry.kernel.limits import MAX_SCAN_S

CLEAN, INFECTED, UNKNOWN = "clean", "infected", "unknown"
_PIECE_BYTES = 1_048_576
_MAX_ANSWER_BYTES = 4_096


@dataclass(frozen=True)
class Verdict:
    """`word`: clean, infected or unknown; `said`: the scanner's words, at most 500 characters."""

    word: str
    said: str = ""


def scan_file(path: Path, scanner: str) -> Verdict:
    """What `scanner` (see above) says of the file; unknown when it cannot be asked."""
    kind, _, where = scanner.partition(":")
    if not scanner:
        return Verdict(CLEAN)
    if kind == "exec" and where:
        return _by_program(path, where)
    if kind == "clamd" and where:
        return _by_clamd(path, where)
    return Verdict(UNKNOWN, "the setting names no scanner that we know")


def _by_program(path: Path, program: str) -> Verdict:
    try:
        done = subprocess.run(
            [program, str(path)], capture_output=True, timeout=MAX_SCAN_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Verdict(UNKNOWN, f"the scanner does not work: {type(error).__name__}")
    said = done.stdout.decode(errors="replace").strip()[:500]
    return Verdict({0: CLEAN, 1: INFECTED}.get(done.returncode, UNKNOWN), said or f"status {done.returncode}")


def _by_clamd(path: Path, where: str) -> Verdict:
    try:
        with socket.socket(socket.AF_UNIX) as line, path.open("rb") as file:
            line.settimeout(MAX_SCAN_S)
            line.connect(where)
            line.sendall(b"zINSTREAM\0")
            while piece := file.read(_PIECE_BYTES):
                line.sendall(struct.pack(">I", len(piece)) + piece)
            line.sendall(bytes(4))
            said = _answer_of(line)
    except OSError as error:
        return Verdict(UNKNOWN, f"the scanner does not work: {type(error).__name__}")
    if said == "stream: OK":
        return Verdict(CLEAN)
    if said.startswith("stream: ") and said.endswith(" FOUND"):
        return Verdict(INFECTED, said)
    return Verdict(UNKNOWN, said or "the scanner said nothing")


def _answer_of(line: socket.socket) -> str:
    said = b""
    while b"\0" not in said and len(said) < _MAX_ANSWER_BYTES and (more := line.recv(_MAX_ANSWER_BYTES)):
        said += more
    return said.partition(b"\0")[0].decode(errors="replace").strip()[:500]
