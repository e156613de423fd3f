"""The copy for any player: the item's segments joined to one MP4 file and labelled by children that may nothing else.

The plain bytes lie in a file without a name while the child reads them; the copy itself on the bag's shelf.
"""

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from consentry.evidence.bag.check.item_form import ItemForm
from consentry.evidence.bag.check.records import PLAYER
from consentry.evidence.bag.label import LABELLED_KINDS, LabelKey, label_manifest
from consentry.evidence.bag.shelf import Shelf
from consentry.evidence.bag.types import BagItem, PlayerCopy
from consentry.evidence.redact.plan import PLAN_TYPE
from consentry.kernel.errors import Unavailable
from consentry.kernel.limits import MAX_PLAYER_BYTES, PLAYER_BYTES_PER_CPU_S

_PATIENCE_S = 60.0
# An upload's segments are pieces of one file; the others are files of their own.
_ONE_FILE = "upload"


def make_player(folder: Path, item: BagItem, form: ItemForm, label: LabelKey | None) -> PlayerCopy:
    """Make the copy in `folder`, where `draft_bag` finds it.

    `label`: signs a C2PA label; None leaves it out, and so do kinds of items whose source nobody knows.

    Raises:
        Unavailable `bag-no-player`: there can be no copy, and why; the bag is as good without.
    """
    total = sum(one["size_bytes"] for one in form.segments)
    if total > MAX_PLAYER_BYTES:
        raise Unavailable("the item is too long for a copy", kind="bag-no-player")
    shelf = Shelf(folder)
    shelf.reopen()
    path = shelf.path(PLAYER)
    patience_s = _PATIENCE_S + 8 * total / PLAYER_BYTES_PER_CPU_S
    labelled = label if form.kind in LABELLED_KINDS else None
    try:
        with tempfile.TemporaryFile(dir=folder) as spool, tempfile.TemporaryFile(dir=folder) as joined:
            pieces = _spool(item, form, spool)
            with path.open("w+b") as made:
                target = made if labelled is None else joined
                _run("player_child", (spool, target), json.dumps(pieces), patience_s)
                if labelled is not None:
                    said = {"manifest": label_manifest(form, item.manifest, version("consentry")),
                            "chain": labelled.chain, "key": labelled.key}  # fmt: skip
                    _run("label_child", (joined, made), json.dumps(said), patience_s)
    except Unavailable:
        path.unlink(missing_ok=True)
        raise
    programs = {"av": version("av")} | ({"c2pa-python": version("c2pa-python")} if labelled else {})
    return PlayerCopy("c2pa" if labelled else "", programs)


def _spool(item: BagItem, form: ItemForm, spool: BinaryIO) -> list[tuple[int, int, int]]:
    """Write the plain bytes; where each piece lies, and when it begins after the first (µs)."""
    pieces, first_us = [], form.segments[0]["start_us"]
    for segment in form.segments:
        if segment["media_type"] == PLAN_TYPE:
            continue  # a redaction's plan shows nothing
        start = spool.tell()
        for content in item.segments.read(segment["number"]):
            spool.write(content)
        pieces.append((start, spool.tell() - start, max(segment["start_us"] - first_us, 0)))
    spool.flush()
    return [(0, spool.tell(), 0)] if form.kind == _ONE_FILE else pieces


def _run(child: str, files: tuple[BinaryIO, BinaryIO], words: str, patience_s: float) -> None:
    handles = tuple(file.fileno() for file in files)
    for handle in handles:
        os.lseek(handle, 0, os.SEEK_SET)
    command = [sys.executable, "-I", "-m", f"consentry.evidence.bag.{child}", *map(str, handles)]
    try:
        done = subprocess.run(command, input=words.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={},
                              pass_fds=handles, timeout=patience_s, check=False)  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Unavailable("making the copy took too long", kind="bag-no-player") from error
    if done.returncode != 0:
        why = done.stdout.decode(errors="replace").strip() or f"it ended with {done.returncode}"
        raise Unavailable(f"there is no copy for players: {why}", kind="bag-no-player")
