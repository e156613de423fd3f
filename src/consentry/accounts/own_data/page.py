"""The page of an export: what is in it, in the person's language, readable with no network and no program of ours."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from consentry.core.personal import Row, Why

_STYLE = """body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:62rem;padding:1rem}
table{border-collapse:collapse;font-size:.9rem}th{white-space:nowrap}td{min-width:7rem;
max-width:24rem}th,td{border:1px solid #8886;padding:.25rem .5rem;
text-align:left;vertical-align:top;overflow-wrap:anywhere}
div.wide{overflow-x:auto}nav li{margin:.2rem 0}.quiet{opacity:.75}
:root{color-scheme:light dark}"""
MOST_CELL_CHARS = 400


@dataclass(frozen=True)
class Shown:
    """One section as the page shows it: its first rows, how many there are, how many files lie beside it."""

    name: str
    rows: Sequence[Row]
    count: int
    files: int


@lru_cache(maxsize=1)
def words() -> Mapping[str, Mapping[str, Any]]:
    """By language: the page's own words, `sections` (title and what it is), `fields`, `why`."""
    found: dict[str, dict[str, Any]] = json.loads(
        Path(__file__).with_name("personal_words.json").read_text(encoding="utf-8")
    )
    return found


def page(language: str, shown: Sequence[Shown], apart: Sequence[Why], made_at: datetime) -> str:
    """The whole page as HTML; every value is escaped, and nothing in it is fetched from anywhere."""
    said = words()[language]
    full = [part for part in shown if part.rows]
    list_ = "".join(
        f'<li><a href="#{part.name}">{escape(said["sections"][part.name][0])}</a> ({part.count})</li>' for part in full
    )
    empty = " · ".join(said["sections"][part.name][0] for part in shown if not part.rows)
    kept = "".join(f"<li>{escape(said['why'][why])}</li>" for why in apart)
    body = "".join(_section(said, part) for part in full)
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self'">
<title>{escape(said["title"])}</title><style>{_STYLE}</style></head><body><main>
<h1>{escape(said["title"])}</h1><p>{escape(said["lead"].format(at=_time(made_at)))}</p><p>{escape(said["home"])}</p>
<nav><ul>{list_}</ul></nav><p class="quiet">{escape(said["nothing"].format(what=empty))}</p>{body}
<h2>{escape(said["apart"])}</h2><p>{escape(said["apart_lead"])}</p><ul>{kept}</ul>
</main></body></html>
"""


def _section(said: Mapping[str, Any], part: Shown) -> str:
    title, what = said["sections"][part.name]
    head = f'<section id="{part.name}"><h2>{escape(title)}</h2><p>{escape(what)}</p>'
    where = said["where"].format(file=f"data/{part.name}.json", count=part.count, shown=len(part.rows))
    if part.files:
        where += " " + said["files"].format(count=part.files, folder=f"files/{part.name}/")
    return f'{head}{_table(said, title, part.rows)}<p class="quiet">{escape(where)}</p></section>'


def _table(said: Mapping[str, Any], title: str, rows: Sequence[Row]) -> str:
    """Rows as lines; what is a record of its own is in the file and only named here."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f'<th scope="col">{escape(said["fields"][name])}</th>' for name in names)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell(said, row.get(name)))}</td>" for name in names) + "</tr>" for row in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
    return f'<div class="wide" tabindex="0" role="region" aria-label="{escape(title)}">{table}</div>'


def _cell(said: Mapping[str, Any], value: object) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return str(said["yes"] if value else said["no"])
    if isinstance(value, datetime):
        return _time(value)
    if isinstance(value, StrEnum):
        return str(value)
    parts = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(part, Mapping) for part in parts):
        return str(said["in_file"])
    text = ", ".join(map(str, parts))
    return text if len(text) <= MOST_CELL_CHARS else f"{text[:MOST_CELL_CHARS]} … {said['in_file']}"


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
