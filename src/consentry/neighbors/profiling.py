"""Refuses posts that point at a person for what they are and not for what they did. Pure; English, French, Spanish.

A post may describe somebody who did something. It may not make origin, skin, religion, housing or illness of a person
the reason to write, nor tell that somebody "does not belong here". What a machine can see of that are phrases: the
lists are in `profiling_words.json`, the rules below, and a person decides everything that the rules let through and a
neighbour reports (`docs/guide/neighbors.md`).

1. A word of suspicion about a person without an act (`suspicion`).
2. A trait of a person without an act (`trait`).
3. A trait of a person with an act, and nothing else to tell them by: no clothing, vehicle, direction (`only-trait`).
"""

import json
import re
import unicodedata
from functools import lru_cache
from pathlib import Path


def profiling_in(text: str) -> str | None:
    """`suspicion`, `trait`, `only-trait`, or None when the text holds nothing of it."""
    plain = _plain(text)
    words = _patterns()
    has_act = words["acts"].search(plain) is not None
    is_of_person = words["persons"].search(plain) is not None
    if not has_act and (words["belong"].search(plain) or (is_of_person and words["suspicion"].search(plain))):
        return "suspicion"
    if not words["traits"].search(plain):
        return None
    if not has_act:
        return "trait"
    return None if words["details"].search(plain) else "only-trait"


def _plain(text: str) -> str:
    """Lower case, without accents, one blank between words."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[\w']+", kept))


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    said = json.loads(Path(__file__).with_name("profiling_words.json").read_text(encoding="utf-8"))
    found = {name: _any_of([word for words in said[name].values() for word in words]) for name in _PLAIN_LISTS}
    traits = []
    for language, before in (("en", True), ("fr", False), ("es", False)):
        trait, person = _inside(said["traits"][language]), _inside(said["persons"][language])
        # English puts the trait before the person, French and Spanish mostly after; both orders are looked for.
        first, second = (trait, person) if before else (person, trait)
        traits.append(rf"(?:{first})(?: \w+){{0,2}} (?:{second})")
    # Words that mean a person by themselves.
    traits.append(_inside([word for words in said["people"].values() for word in words]))
    found["traits"] = re.compile(r"\b(?:" + "|".join(traits) + r")\b")
    return found


_PLAIN_LISTS = ("acts", "belong", "details", "persons", "suspicion")


def _any_of(words: list[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_inside(words)})\b")


def _inside(words: list[str]) -> str:
    """Alternatives, the longest first; `*` at a word's end stands for any ending."""
    ordered = sorted((_plain(word.rstrip("*")) + ("*" if word.endswith("*") else "") for word in words), key=len)
    return "|".join(re.escape(word).replace(r"\*", r"\w*") for word in reversed(ordered))
