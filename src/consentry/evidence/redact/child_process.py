"""The parent's side of `child`: starts it, reads the original for it, takes its answers and bounds them. Synchronous.

The child has no file, network or key; it dies with us, and we end it when it says nothing for too long or says what it
may not.
"""

import os
import select
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress

from consentry.evidence.redact.decode import container_of
from consentry.evidence.redact.job import Job, pack_job
from consentry.evidence.redact.original import Part
from consentry.evidence.redact.records import DONE, FAULTS, HEAD, MOST_BYTES, READ, Said, give
from consentry.kernel.errors import Malformed, Unavailable
from consentry.kernel.limits import MAX_REDACTED_PARTS, MAX_REDACTION_READ_BYTES, REDACTION_SILENT_S

COMMAND = [sys.executable, "-I", "-m", "consentry.evidence.redact.child"]
_HEAD_BYTES = 512
_WORDS = {
    "damaged": "the original has pictures that cannot be decoded whole",
    "too-large": "the original has pictures that are too large, or too many",
    "no-video": "the original has no picture",
    "no-frame": "there is no such picture",
    "uncovered": "the rendered file shows what the plan hides, or other frames",
    "unsupported": "the original is in a format that is not read",
}


def places_of(parts: Sequence[Part]) -> tuple[tuple[int, int, str], ...]:
    """What a job says of the parts; Malformed (`redact-unsupported`) for none, too many or another container."""
    if not 0 < len(parts) <= MAX_REDACTED_PARTS:
        raise Malformed("no part, or too many", kind="redact-unsupported")
    places = []
    for part in parts:
        container = container_of(part.reader.read_at(0, _HEAD_BYTES))
        if container is None:
            raise Malformed(_WORDS["unsupported"], kind="redact-unsupported")
        places.append((part.reader.size_bytes, part.start_us, container))
    return tuple(places)


def run_child(
    job: Job, parts: Sequence[Part], model: bytes = b"", *, command: Sequence[str] = ()
) -> Generator[tuple[Said, bytes], None, None]:
    """Do `job`; what the child says but its reads, the last being `DONE`. Closing the iterator ends the child.

    `model`: what it is handed besides the job; `command`: another child that speaks the same way.

    Raises:
        Malformed: the original cannot be redacted (`kind` says why, `redact-damaged` for example).
        Unavailable: the child died, stood still or said what it may not.
    """
    process = subprocess.Popen(
        command or COMMAND,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        yield from _Talk(process, parts).answers(job, model)
    except (OSError, EOFError, TimeoutError) as error:
        raise Unavailable(f"the redaction's helper failed: {error or 'it ended'}", kind="redact-helper") from error
    finally:
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()


class _Talk:
    """One conversation with one child."""

    def __init__(self, process: "subprocess.Popen[bytes]", parts: Sequence[Part]) -> None:
        if process.stdin is None or process.stdout is None:
            raise OSError("a child without pipes")
        self._stdin, self._out_fd, self._parts = process.stdin, process.stdout.fileno(), parts
        self._waiting = bytearray()

    def answers(self, job: Job, model: bytes) -> Iterator[tuple[Said, bytes]]:
        give(self._stdin, pack_job(job))
        give(self._stdin, model)
        while True:
            number, size = HEAD.unpack(self._exactly(HEAD.size))
            if number not in MOST_BYTES or size > MOST_BYTES[Said(number)]:
                raise OSError("it says what it may not")
            kind, body = Said(number), self._exactly(size)
            if kind is Said.READ:
                self._read(body)
            elif kind is Said.FAULT:
                word = body.decode("ascii", "replace")
                word = word if word in FAULTS else "damaged"
                raise Malformed(_WORDS[word], kind=f"redact-{word}")
            else:
                yield kind, body
            if kind is Said.DONE:
                return

    def _read(self, body: bytes) -> None:
        if len(body) != READ.size:
            raise OSError("it asks for nothing")
        number, offset, size = READ.unpack(body)
        if number >= len(self._parts) or size > MAX_REDACTION_READ_BYTES:
            raise OSError("it asks for what there is not")
        give(self._stdin, self._parts[number].reader.read_at(offset, size))

    def _exactly(self, size: int) -> bytes:
        """The next `size` bytes; EOFError at the end, TimeoutError after silence."""
        until_s = time.monotonic() + REDACTION_SILENT_S
        while len(self._waiting) < size:
            ready, _, _ = select.select([self._out_fd], [], [], max(0.0, until_s - time.monotonic()))
            if not ready:
                raise TimeoutError("it stands still")
            data = os.read(self._out_fd, 1_048_576)
            if not data:
                raise EOFError
            self._waiting += data
        taken = bytes(self._waiting[:size])
        del self._waiting[:size]
        return taken


def number_in(body: bytes) -> int:
    """What `DONE` and `AT` say; OSError when they do not."""
    if len(body) != DONE.size:
        raise OSError("no number")
    return int(DONE.unpack(body)[0])
