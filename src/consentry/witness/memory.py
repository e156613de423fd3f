"""What a witness has seen of each log, on disk before anybody is told; it only ever grows."""

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from consentry.kernel.checkpoint import Checkpoint, parse_body
from consentry.kernel.merkle import EMPTY_ROOT


@dataclass(frozen=True)
class Seen:
    """The latest head cosigned for a log."""

    size: int
    root: bytes


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
        head, _ = parse_body(path.read_text())
        return Seen(head.size, head.root)

    def keep(self, head: Checkpoint) -> None:
        """Remember `head`; ValueError when that would roll back. On disk when this returns, else OSError."""
        latest = self.latest(head.origin)
        if head.size < latest.size or (head.size == latest.size and latest.size and head.root != latest.root):
            raise ValueError("a witness does not go back")
        path = self._path(head.origin)
        beside = path.with_suffix(".new")
        root = base64.b64encode(head.root).decode()
        _write(beside, f"{head.origin}\n{head.size}\n{root}\n")
        beside.replace(path)
        fd = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def _path(self, origin: str) -> Path:
        return self._folder / f"seen-{hashlib.sha256(origin.encode()).hexdigest()[:32]}"


def _write(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
