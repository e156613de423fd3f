"""Files of calls: import one with its preset, or watch a folder where each new file is imported once."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from consentry.incidents.adapters import eido, table, webhook
from consentry.incidents.presets import get_preset
from consentry.incidents.queries import get_feed
from consentry.incidents.services import Tally, take_parsed
from consentry.incidents.types import Feed, RawCall, Rejected
from consentry.kernel.clock import Clock
from consentry.kernel.errors import ConsentryError, Malformed
from consentry.kernel.ids import FeedId
from consentry.kernel.limits import MAX_EIDO_BYTES, MAX_JSON_BODY_BYTES

Progress = Callable[[Tally, int], None]
SETTLED_S = 2.0


def import_file(
    path: Path, feed: Feed, *, preset: str = "", clock: Clock, progress: Progress = lambda _tally, _bytes: None
) -> Tally:
    """Take the calls in `path` as `feed` sends them (EIDO, table, webhook JSON); `progress` gets the bytes read.

    Raises Malformed when the file cannot be read at all; broken rows go to quarantine.
    """
    try:
        with path.open("rb") as stream:
            parsed = _parse(stream, feed, preset or feed.preset)
            return take_parsed(
                feed.id, parsed, way="file", clock=clock, progress=lambda tally: progress(tally, stream.tell())
            )
    except OSError as error:
        raise Malformed(f"cannot read {path.name}: {error.strerror}") from error


def _parse(stream: BinaryIO, feed: Feed, preset: str) -> Iterator[RawCall | Rejected]:
    if feed.kind == "table":
        return table.read_calls(stream, get_preset(preset).columns)
    if feed.kind == "eido":
        return eido.read_calls(stream.read(MAX_EIDO_BYTES + 1))
    return webhook.read_calls(stream.read(MAX_JSON_BODY_BYTES + 1))


def take_new_files(folder: Path, feed: FeedId, *, clock: Clock, settled_s: float = SETTLED_S) -> dict[str, Tally | str]:
    """Import each file of `folder` once, by name, and move it to `done/` or `failed/`; what became of each.

    A file younger than `settled_s` seconds is left for the next time: it may still be being written.
    """
    known = get_feed(feed)
    outcome: dict[str, Tally | str] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_symlink() or not path.is_file():
            continue
        if time.time() - path.stat().st_mtime < settled_s:
            continue
        try:
            outcome[path.name] = import_file(path, known, clock=clock)
            _move(path, folder / "done")
        except ConsentryError as error:
            outcome[path.name] = str(error)
            _move(path, folder / "failed")
    return outcome


def _move(path: Path, folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        target, number = folder / f"{path.stem}.{number}{path.suffix}", number + 1
    path.rename(target)
