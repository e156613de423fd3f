"""Column maps and type maps of known tables (data/presets.json)."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from consentry.incidents.adapters.table import ColumnMap
from consentry.kernel.errors import Malformed
from consentry.kernel.geo import Place


@dataclass(frozen=True)
class Preset:
    """How one kind of table is read, and what its own types mean; what is not mapped stays unmapped."""

    name: str
    about: str
    columns: ColumnMap
    types: dict[str, str]


@cache
def presets() -> dict[str, Preset]:
    """All presets by name."""
    rows = json.loads(files("consentry.incidents").joinpath("data/presets.json").read_text("utf-8"))
    return {row["name"]: _preset(row) for row in rows}


def get_preset(name: str) -> Preset:
    """The preset; Malformed with the names there are when it is unknown."""
    found = presets().get(name)
    if found is None:
        raise Malformed(f"no preset {name!r}; there are: {', '.join(sorted(presets()))}")
    return found


def _preset(row: dict[str, object]) -> Preset:
    places = row["placeholders"] if isinstance(row["placeholders"], list) else []
    columns = ColumnMap(
        columns=_words(row["columns"]),
        header=row["header"] is True,
        number=str(row["number"]),
        local_type=str(row["local_type"]),
        reported_at=_words(row["reported_at"]),
        updated_at=str(row["updated_at"]),
        lat=str(row["lat"]),
        lon=str(row["lon"]),
        address=str(row["address"]),
        status=str(row["status"]),
        time_form=str(row["time_form"]),
        zone=str(row["zone"]),
        always_closed=row["always_closed"] is True,
        placeholders=frozenset(Place(lat, lon) for lat, lon in places),
    )
    types = row["types"] if isinstance(row["types"], dict) else {}
    return Preset(str(row["name"]), str(row["about"]), columns, {str(key): str(code) for key, code in types.items()})


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(word) for word in value) if isinstance(value, list) else ()
