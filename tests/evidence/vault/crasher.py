"""A server that makes workers and kills them: `python -m tests.evidence.vault.crasher FOLDER SKEY`.

For each line `start|work <microseconds>` on its input it forks a worker, kills it (SIGKILL) when it has worked so long
since it started or since it put the vault in order (time on the processor, so that a busy machine kills it no earlier
in its work) and answers with a line. The worker then captures, seals and shreds for ever, and writes to FOLDER/told
what somebody outside would know: `phase …` before it does something, and `acknowledged|sealed|shredded …` afterwards,
each in one write.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from tests.evidence.vault.rig import BEGAN_MS, new_about, said_of

from consentry.evidence.vault.keys import Keys
from consentry.evidence.vault.recovery import recover
from consentry.evidence.vault.vault import Vault
from consentry.kernel.canonical import to_b64
from consentry.kernel.errors import Conflict
from consentry.kernel.item import parse_about
from consentry.kernel.note import Signer

SEGMENTS = 4


def plain_of(item: str, number: int) -> bytes:
    """The same bytes for the same segment, whoever asks; none to three frames."""
    digest = hashlib.sha256(f"{item} {number}".encode()).digest()
    return digest * (0, 1, 1_000, 70_000)[digest[0] % 4]


class Worker:
    """Works until it is killed."""

    def __init__(self, folder: Path, signer: Signer, in_order: int) -> None:
        self._folder = folder
        self._told = os.open(folder / "told", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._signer, self._in_order = signer, in_order

    def run(self) -> None:
        """For ever."""
        self._say("phase", "start")
        vault = Vault(self._folder / "vault", Keys(self._folder / "vault-keys", shredded=()), self._signer)
        report = recover(vault)
        if report.damaged:
            self._say("damaged", dict(report.damaged))
        os.write(self._in_order, b".")
        for item in vault.items():
            if not vault.keys.is_shredded(item) and not (vault.folder_of(item) / "manifest").exists():
                self._finish(vault, vault.folder_of(item))
        while True:
            about = new_about()
            vault.begin(about)
            self._finish(vault, vault.folder_of(about.item))

    def _finish(self, vault: Vault, folder: Path) -> None:
        about = parse_about((folder / "about").read_bytes())
        self._say("phase", "capture")
        try:
            for number in range(SEGMENTS):
                plain = plain_of(about.item, number)
                pieces = (plain[at : at + 300_000] for at in range(0, len(plain), 300_000))
                vault.take_segment(about.item, said_of(number, plain), pieces)
                self._say("acknowledged", [about.item, number])
        except Conflict:
            pass  # it was closed already
        self._say("phase", "seal")
        sealed = vault.close(about.item, now_ms=BEGAN_MS + 1_000)
        self._say("sealed", [about.item, to_b64(sealed.commit)])
        if random.random() < 0.5:
            self._say("phase", "shred")
            self._say("shredding", [about.item])
            vault.shred(about.item)
            self._say("shredded", [about.item])

    def _say(self, word: str, what: Any) -> None:
        os.write(self._told, json.dumps([word, what]).encode() + b"\n")


def serve(folder: Path, signer: Signer) -> None:
    """Until the input ends."""
    for line in sys.stdin:
        since, work_us = line.split()
        in_order, tell = os.pipe()
        child = os.fork()
        if not child:
            Worker(folder, signer, tell).run()
        if since == "work":
            os.read(in_order, 1)
        until_us, until_s = cpu_us(child) + int(work_us), time.monotonic() + 10
        while cpu_us(child) < until_us and time.monotonic() < until_s:
            time.sleep(0.000_2)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        os.close(in_order)
        os.close(tell)
        sys.stdout.write(f"{os.WTERMSIG(status) if os.WIFSIGNALED(status) else -1}\n")
        sys.stdout.flush()


def cpu_us(process: int) -> int:
    """Time that a process has had on the processor (Linux: the clock of a process is known by its number)."""
    return time.clock_gettime_ns((~process << 3) | 2) // 1_000


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Signer.parse(sys.argv[2]))
