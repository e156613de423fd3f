"""The custody report before it has a form: headings with tables of texts. HTML and PDF say the same because of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from consentry.evidence.bag.check.item_form import ORIGINALS, ItemForm, segment_name
from consentry.evidence.bag.report.words import say, say_event
from consentry.evidence.bag.seal import sha256_hex
from consentry.evidence.bag.types import BagItem, ExportOrder

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Table:
    """A heading and rows of texts; `columns` are their titles, empty for a table of facts (name, value).

    `widths`: parts of the page's width, one per column.
    """

    heading: str
    columns: tuple[str, ...]
    rows: Rows
    widths: tuple[int, ...]


@dataclass(frozen=True)
class Report:
    """All that a custody report says, in one language."""

    language: str
    title: str
    tables: tuple[Table, ...]
    caveats: tuple[str, ...]


def report_of(form: ItemForm, item: BagItem, order: ExportOrder) -> Report:
    """The report on an item at its export."""
    language = order.language

    def word(key: str) -> str:
        return say(key, language)

    segments = tuple(
        (
            segment_name(one["number"], one["media_type"]).removeprefix(ORIGINALS),
            _time(one["start_us"] // 1_000),
            str(one["size_bytes"]),
            one["sha256"],
        )
        for one in form.segments
    )
    events = tuple(
        (_time(one.t_ms), say_event(one.event, language), one.by, _plain(dict(one.detail)),
         "" if one.entry < 0 else str(one.entry))
        for one in item.events
    )  # fmt: skip
    tables = (
        Table(word("view"), (), _facts(form, item, order), (3, 9)),
        Table(word("custody"), tuple(map(word, ("time", "event", "by", "detail", "entry"))), events, (6, 6, 6, 6, 3)),
        Table(word("segments"), tuple(map(word, ("file", "time", "bytes", "sha256"))), segments, (2, 3, 2, 7)),
    )
    caveats = (word("not_proved"), word("not_proved.camera"), word("not_proved.people"))
    return Report(language, word("title"), tables, caveats)


def _facts(form: ItemForm, item: BagItem, order: ExportOrder) -> Rows:
    language = order.language
    rows: Sequence[tuple[str, str]] = (
        ("item", form.item),
        ("kind", say(f"kind.{form.kind}", language)),
        ("original", form.original or say("original.itself", language)),
        *((("derivation", _plain(form.about["derivation"])),) if form.original else ()),
        ("agency", order.agency_name or form.agency),
        ("source", _plain(form.about["source"])),
        ("began", _time(form.began_ms)),
        ("closed", _time(form.closed_ms)),
        ("sha256", f"{sha256_hex(item.manifest)} (data/item/manifest)"),
        ("stamp", say("stamp.no" if item.timestamp is None else "stamp.yes", language)),
        ("export", order.export),
        ("export_made", _time(order.made_ms)),
        *((("recipient", order.recipient),) if order.recipient else ()),
    )
    return tuple((say(key, language), value) for key, value in rows)


def _time(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1_000, UTC):%Y-%m-%d %H:%M:%S}"


def _plain(fields: dict[str, object]) -> str:
    """`name: value` pairs; what is itself an object stays JSON."""
    return "; ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in sorted(fields.items())
    )
