"""What a witness has seen of each log, on disk before anybody is told; it only ever grows."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from consentry.kernel.checkpoint import Checkpoint, parse_body
from consentry.kernel.merkle import EMPTY_ROOT


@dataclass(frozen=True)
class Seen:
    """The latest head cosigned for a log; `note`: with the log's signatures ("" when it is not remembered)."""

    size: int
    root: bytes
    note: str = ""


class Memory:
    """One file per log under `folder`, replaced durably. One process at a time; not thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def latest(self, origin: str) -> Seen:
        """The latest head of `origin`; the empty tree when there is none. Malformed when the file is damaged."""
        path = self._path(origin)
        if not path.exists():
            return Seen(0, EMPTY_ROOT)
        text = path.read_text()
        body, gap, _ = text.partition("\n\n")
        head, _ = parse_body(body + "\n" if gap else text)
        return Seen(head.size, head.root, text if gap else "")

    def fork(self, origin: str) -> str:
        """The evidence that `origin` showed two trees: both its signed heads; "" when there is none."""
        path = self._path(origin, "fork")
        return path.read_text() if path.exists() else ""

    def keep_fork(self, origin: str, one: str, other: str) -> None:
        """Remember two signed heads that contradict each other, for ever; the first pair stays."""
        path = self._path(origin, "fork")
        if not path.exists():
            self._replace(path, f"{one}\n{other}")

    def keep(self, head: Checkpoint, note: str = "") -> None:
        """Remember `head` and the `note` that signed it; ValueError when that would roll back.

        On disk when this returns, else OSError.
        """
        latest = self.latest(head.origin)
        if head.size < latest.size or (head.size == latest.size and latest.size and head.root != latest.root):
            raise ValueError("a witness does not go back")
        self._replace(self._path(head.origin), note or head.body)

    def _replace(self, path: Path, text: str) -> None:
        beside = path.with_suffix(".new")
        _write(beside, text)
        beside.replace(path)
        fd = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def _path(self, origin: str, what: str = "seen") -> Path:
        return self._folder / f"{what}-{hashlib.sha256(origin.encode()).hexdigest()[:32]}"


def _write(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
