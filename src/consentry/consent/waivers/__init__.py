"""The texts that owners sign, one set of three languages per version; a version is never edited once published.

`<version>.<language>.md`. To change the text, add a version and name it in `CURRENT`: older consents become invalid
until renewed, because their hash no longer matches.
"""

from functools import lru_cache
from importlib.resources import files

from consentry.consent.types import Waiver
from consentry.kernel.canonical import sha256_of
from consentry.kernel.errors import NotFound

CURRENT = "2026-2"
LANGUAGES = ("en", "fr", "es")
VERSIONS = ("2026-1", "2026-2")


def current_waiver() -> Waiver:
    """The waiver in force."""
    return read_waiver(CURRENT)


@lru_cache(maxsize=16)
def read_waiver(version: str) -> Waiver:
    """The waiver of a version, for ever the same; `sha256` is of the canonical JSON of version and texts."""
    if version not in VERSIONS:
        raise NotFound("no such version of the waiver")
    folder = files(__name__)
    texts = {language: (folder / f"{version}.{language}.md").read_text("utf-8") for language in LANGUAGES}
    return Waiver(version, sha256_of({"version": version, "texts": texts}).hex(), texts)


def waiver_of(sha256: str) -> Waiver:
    """The waiver whose hash (hex) was signed; NotFound when it is none of ours."""
    for version in VERSIONS:
        if read_waiver(version).sha256 == sha256:
            return read_waiver(version)
    raise NotFound("no such waiver")
