"""Collect witnesses' cosignatures about every 2 s (C2SP tlog-witness) and publish what has a quorum as `checkpoint`.

Runs in a thread beside the loop and reads only the durable files, so a slow witness slows nothing down.
"""

import base64
import http.client
import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

from consentry.kernel.checkpoint import Checkpoint, open_checkpoint
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import ConsentryError, NotFound, Unavailable, Untrusted
from consentry.kernel.note import Verifier, open_note, split_note
from consentry.kernel.rotation import Rotation, keys_in_force
from consentry.kernel.tiles import TileReader
from consentry.ledger.files import CHECKPOINT, LATEST, POLICY, read_file
from consentry.ledger.sequencer.durable import replace_file
from consentry.ledger.trust import Witness, WitnessPolicy, write_policy

ROUND_S = 2.0
# An idle log is cosigned again, so that an edge always finds a witnessed checkpoint under 60 s old.
AGAIN_S = 15.0
ANSWER_S = 2.0
MAX_ANSWER_BYTES = 65_536

log = logging.getLogger(__name__)


class Cosigning:
    """Knows which size each witness last cosigned; `round` asks them all once."""

    def __init__(self, folder: Path, log: Verifier | Sequence[Verifier], policy: WitnessPolicy) -> None:
        self._folder, self._policy = folder, policy
        self._logs, self._rotations = log, tuple[Rotation, ...]()
        self._sizes = dict.fromkeys(policy.witnesses, 0)
        self._done: Checkpoint | None = None
        self._done_s = 0.0
        self._short = False
        self._said_policy = b""

    @contextmanager
    def running(self) -> Iterator[None]:
        """A thread that makes a round each 2 s while the context lasts."""
        stop = Event()
        thread = Thread(target=self._run, args=(stop,), name="cosigning", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=2 * ANSWER_S)

    def follow(self, logs: Sequence[Verifier], rotations: tuple[Rotation, ...]) -> None:
        """The log's keys, or those of witnesses, rotated."""
        self._logs, self._rotations = logs, rotations
        self._publish_policy(logs)

    def round(self) -> int:
        """Ask every witness if the log grew or 15 s passed; returns how many cosigned (0 when nothing was due)."""
        try:
            text = read_file(self._folder, LATEST).decode()
        except NotFound:
            return 0
        head = open_checkpoint(text, self._logs)
        if head == self._done and time.monotonic() - self._done_s < AGAIN_S:
            return 0
        lines = self._ask_all(text, head)
        if len(lines) >= self._policy.quorum or not (self._folder / CHECKPOINT).exists():
            replace_file(self._folder / CHECKPOINT, (text + "".join(lines)).encode())
        self._say(len(lines))
        if len(lines) >= self._policy.quorum:
            self._done, self._done_s = head, time.monotonic()
        return len(lines)

    def _publish_policy(self, logs: Sequence[Verifier]) -> None:
        """Say beside the checkpoint whose log this is and who signs along, by the keys that sign now."""
        witnesses = tuple(replace(witness, verifier=self._keys_of(witness)[0]) for witness in self._policy.witnesses)
        text = write_policy(WitnessPolicy(witnesses, self._policy.quorum, tuple(logs))).encode()
        if text != self._said_policy:
            replace_file(self._folder / POLICY, text)
            self._said_policy = text

    def _run(self, stop: Event) -> None:
        while not stop.is_set():
            try:
                self.round()
            except (ConsentryError, OSError) as error:
                log.error("no cosigned checkpoint was published: %s", error)
            stop.wait(ROUND_S)

    def _ask_all(self, text: str, head: Checkpoint) -> list[str]:
        if not self._policy.witnesses:
            return []
        with ThreadPoolExecutor(len(self._policy.witnesses)) as pool:
            answers = pool.map(lambda witness: self._ask(witness, text, head), self._policy.witnesses)
            return [line for line in answers if line]

    def _ask(self, witness: Witness, text: str, head: Checkpoint) -> str:
        """One witness's cosignature line over `text`; empty when it gives none."""
        try:
            for _ in range(2):
                old = self._sizes[witness]
                if old > head.size:
                    raise Untrusted("it has seen a longer log than ours")
                status, answer = _post(witness.url, self._request(old, head, text))
                if status != http.HTTPStatus.CONFLICT:
                    break
                self._sizes[witness] = int(answer)
            if status != http.HTTPStatus.OK:
                raise Unavailable(f"it answered {status}")
            line = _lines_of(answer, self._keys_of(witness), text)
        except (OSError, ValueError, http.client.HTTPException, ConsentryError) as error:
            log.warning("witness %s does not cosign: %s", witness.verifier.name, error)
            return ""
        self._sizes[witness] = head.size
        return line

    def _keys_of(self, witness: Witness) -> tuple[Verifier, ...]:
        keys = keys_in_force([witness.verifier.vkey], self._rotations, to_ms(utc_now()))
        return tuple(Verifier.parse(key) for key in keys)

    def _request(self, old: int, head: Checkpoint, text: str) -> str:
        proof = TileReader(lambda path: read_file(self._folder, path)).consistency(old, head.size)
        lines = "".join(f"{base64.b64encode(step).decode()}\n" for step in proof)
        return f"old {old}\n{lines}\n{text}"

    def _say(self, count: int) -> None:
        short = count < self._policy.quorum
        if short and not self._short:
            log.error("%d of %d witnesses cosign: edges will stop", count, self._policy.quorum)
        self._short = short


def _lines_of(answer: str, verifiers: Sequence[Verifier], text: str) -> str:
    """The signature lines of one witness in its answer, two while its key rotates; Untrusted unless one holds."""
    found = ""
    for line in answer.splitlines(keepends=True):
        if line.startswith(f"— {verifiers[0].name} ") and line.endswith("\n"):
            note = f"{split_note(text)[0]}\n{line}"
            if split_note(note)[1][0][1] in {verifier.key_id for verifier in verifiers}:
                open_note(note, verifiers)
                found += line
    if not found:
        raise Untrusted("its answer holds no signature of its own")
    return found


def _post(url: str, body: str) -> tuple[int, str]:
    """POST to `<url>/add-checkpoint`: status and text (at most 64 KiB), within 2 s per step."""
    parts = urlsplit(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.netloc, timeout=ANSWER_S)
    try:
        connection.request("POST", parts.path.rstrip("/") + "/add-checkpoint", body.encode())
        response = connection.getresponse()
        return response.status, response.read(MAX_ANSWER_BYTES).decode()
    finally:
        connection.close()
