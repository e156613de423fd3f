"""The closed table of common call types, with names in three languages and a family each (data/types.json)."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from consentry.incidents.types import UNMAPPED

OTHER = "other"


@dataclass(frozen=True)
class Names:
    """A name in the languages of the console."""

    en: str
    fr: str
    es: str

    def said_in(self, language: str) -> str:
        """The name in `language`; English for one that we do not speak."""
        return {"fr": self.fr, "es": self.es}.get(language, self.en)


@dataclass(frozen=True)
class CallType:
    """One common code."""

    code: str
    family: str
    names: Names


@dataclass(frozen=True)
class Catalog:
    """All codes and families by code."""

    types: dict[str, CallType]
    families: dict[str, Names]


@cache
def catalog() -> Catalog:
    """The table, read once."""
    data = json.loads(files("consentry.incidents").joinpath("data/types.json").read_text("utf-8"))
    families = {row["code"]: Names(row["en"], row["fr"], row["es"]) for row in data["families"]}
    types = {
        row["code"]: CallType(row["code"], row["family"], Names(row["en"], row["fr"], row["es"]))
        for row in data["types"]
    }
    return Catalog(types, families)


def is_known(code: str) -> bool:
    """Is it a common code?"""
    return code in catalog().types


def family_of(code: str) -> str:
    """The family of a code; `other` when it is unknown or unmapped."""
    found = catalog().types.get(code)
    return OTHER if found is None else found.family


def names_of(code: str, local_type: str = "") -> Names:
    """What people read: the names of the code, or for an unmapped type what the feed called it."""
    found = catalog().types.get(code)
    if found is not None:
        return found.names
    said = local_type or UNMAPPED
    return Names(said, said, said)
