"""The words of receipts, in the three languages: `receipt_words/<language>.json`, with the same keys each."""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from consentry.consent.waivers import LANGUAGES


@lru_cache(maxsize=8)
def words(language: str) -> Mapping[str, str]:
    """The words in `language` (en, fr or es; KeyError otherwise)."""
    if language not in LANGUAGES:
        raise KeyError(language)
    text = (files("consentry.consent") / "receipt_words" / f"{language}.json").read_text("utf-8")
    return MappingProxyType({str(key): str(value) for key, value in json.loads(text).items()})
