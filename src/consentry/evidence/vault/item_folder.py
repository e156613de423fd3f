"""One item's folder: which files it holds, and what to do with those that no line names."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from consentry.evidence.vault import disk
from consentry.evidence.vault.hold_lock import is_held
from consentry.evidence.vault.journal import Journal
from consentry.kernel.errors import Untrusted

PART: Final = ".part"
SEGMENT: Final = ".seg"
TIMESTAMP: Final = "timestamp"
_QUARANTINE = "quarantine"


def segment_path(folder: Path, number: int) -> Path:
    """The file of a journalled segment."""
    return folder / f"{number:06}{SEGMENT}"


def part_path(folder: Path, segment: bytes) -> Path:
    """The file of a segment that is being written, by its segment id."""
    return folder / f"{segment.hex()}{PART}"


def quarantine(path: Path) -> str:
    """Move a file aside, durably, under a name that nothing has; returns `<item>/quarantine/<name>`."""
    aside = path.parent / _QUARANTINE
    disk.make_folder(aside)
    to = aside / f"{path.stem}-{secrets.token_hex(4)}{path.suffix}"
    disk.rename(path, to)
    disk.sync_folder(aside)
    disk.sync_folder(path.parent)
    return str(to.relative_to(path.parent.parent))


def find_orphans(folder: Path, journal: Journal) -> list[Path]:
    """The segment that a crash left without a line, if there is one.

    Raises:
        Untrusted `journal`: a segment stands here that no crash explains, since only the next one can lack its line:
            lines are missing.
    """
    extra = sorted(path for path in folder.glob(f"*{SEGMENT}") if not _is_named(path, len(journal.lines)))
    next_one = segment_path(folder, len(journal.lines))
    if extra and (extra != [next_one] or journal.closed is not None):
        raise Untrusted(f"{extra[-1].name} has no line in the journal of its item", kind="journal")
    return extra


def clear_orphans(folder: Path, journal: Journal, *, parts: bool = False) -> list[str]:
    """Move aside what a crash left; with `parts` also what was being written and has no writer any more.

    Raises Untrusted as `find_orphans`; nothing is touched then.
    """
    extra = find_orphans(folder, journal)
    if parts:
        extra += [path for path in sorted(folder.glob(f"*{PART}")) if not is_held(path)]
        for unfinished in folder.glob(f"*{disk.NEW_SUFFIX}"):
            disk.remove(unfinished)
    return [quarantine(path) for path in extra]


def check_sizes(folder: Path, journal: Journal) -> None:
    """Untrusted `segment` unless every journalled segment is there with its size: a manifest never names less."""
    with os.scandir(folder) as entries:
        sizes = {entry.name: entry.stat().st_size for entry in entries if entry.name.endswith(SEGMENT)}
    for line in journal.lines:
        size_bytes = sizes.get(f"{line.number:06}{SEGMENT}")
        if size_bytes is None:
            raise Untrusted(f"segment {line.number} of this item is missing", kind="segment")
        if size_bytes != line.sealed_bytes:
            raise Untrusted(f"segment {line.number} of this item has another size", kind="segment")


def remove_sealed(folder: Path) -> None:
    """Remove every sealed byte of a shredded item, durably; what verifies stays."""
    aside = folder / _QUARANTINE
    if aside.is_dir():
        for path in aside.iterdir():
            disk.remove(path)
        disk.sync_folder(aside)
    for path in sealed_files(folder):
        disk.remove(path)
    disk.sync_folder(folder)


def sealed_files(folder: Path) -> Iterator[Path]:
    """Segments, named or being written."""
    for path in sorted(folder.iterdir()):
        if path.suffix in (SEGMENT, PART):
            yield path


def _is_named(path: Path, count: int) -> bool:
    return path.stem.isdecimal() and len(path.stem) == 6 and int(path.stem) < count
