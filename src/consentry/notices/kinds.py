"""What people can be told of beyond the page: one JSON file of `words/` for each room that tells.

A room adds its kinds by adding its file; nothing else names them. The mails, the service worker and the page of wishes
are made from the same files (the console's build reads them), so a kind has its words everywhere or nowhere.

A kind: `minutes` (for how long it is worth telling), `page` (where a tap leads, `{object}` is the notice's id),
`roles` (whose wishes it stands among, [] for everybody), `urgent` (told in quiet hours too), and for each language
`title`, `short` (a push: one line) and `text` (an e-mail). None of these words says who or where. If said: `channels`
(by which it may go, both by default), `listed` (false: it has a list of its own, and is left out of `GET /notices`).
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from consentry.kernel.roles import Role
from consentry.notices.types import Channel, Kind, Words

LANGUAGES = ("en", "fr", "es")
_FOLDER = Path(__file__).with_name("words")
_FIELDS = {"minutes", "page", "roles", "urgent", *LANGUAGES}
_OPTIONAL = {"channels", "listed"}


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Kind]:
    """Every kind by its name; ValueError at start when a file names one that another has, or forgets words."""
    found: dict[str, Kind] = {}
    for path in sorted(_FOLDER.glob("*.json")):
        for name, said in json.loads(path.read_text(encoding="utf-8")).items():
            if name in found:
                raise ValueError(f"{path.name}: {name} has words already")
            found[name] = parse_kind(name, said)
    return found


def parse_kind(name: str, said: Mapping[str, Any]) -> Kind:
    """One kind of a file; ValueError when something is missing, empty or too much."""
    noun, _, verb = name.partition(".")
    if not _FIELDS <= set(said) <= _FIELDS | _OPTIONAL or not noun.isidentifier() or not verb.isidentifier():
        raise ValueError(f"{name}: a kind is `noun.verb` with {', '.join(sorted(_FIELDS))}")
    words = {language: Words(**said[language]) for language in LANGUAGES}
    if not all(text.strip() for one in words.values() for text in (one.title, one.short, one.text)):
        raise ValueError(f"{name}: empty words")
    if said["minutes"] <= 0 or not said["page"].startswith("/"):
        raise ValueError(f"{name}: minutes above 0 and a page of ours")
    return Kind(
        name=name, worth=timedelta(minutes=said["minutes"]), page=said["page"],
        roles=frozenset(Role(role) for role in said["roles"]), is_urgent=bool(said["urgent"]), words=words,
        channels=frozenset(Channel(one) for one in said.get("channels", Channel)),
        is_listed=bool(said.get("listed", True)),
    )  # fmt: skip
