"""The policy in plain words, made from the file: as JSON and as a page that a council can print and compare."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import Final

from consentry.access import models
from consentry.access.publish import FOLDER, find_version, in_force
from consentry.access.schemas import PolicyOut, RuleOut
from consentry.kernel.errors import Unavailable

LANGUAGES: Final = ("en", "fr", "es")
# Headings of the page, by language: title, what may happen, conditions, hash, text.
_WORDS: Final[Mapping[str, tuple[str, str, str, str, str]]] = {
    "en": ("Access policy", "What may happen", "Only if every one of these holds", "SHA-256 of the text", "The text"),
    "fr": ("Règles d'accès", "Ce qui peut arriver", "Seulement si tout ceci est vrai", "SHA-256 du texte", "Le texte"),
    "es": ("Reglas de acceso", "Qué puede ocurrir", "Solo si se cumple todo esto", "SHA-256 del texto", "El texto"),
}


def policy_summary(now: datetime) -> PolicyOut:
    """The policy in force; Unavailable when there is none (and nobody may look)."""
    row, policy = find_version(now), in_force(now)
    if row is None or policy is None:
        raise Unavailable("there is no policy in force; nobody may look", kind="policy-unreadable")
    coming = models.PolicyVersion.objects.filter(effective_at__gt=now).order_by("effective_at", "id").first()
    texts = read_texts()
    rules = [
        RuleOut(id=rule.id, kind=rule.kind, scope=rule.scope, text=rule.text,
                texts={"en": rule.text, **texts.get(rule.id, {})})
        for rule in policy.rules.values()
    ]  # fmt: skip
    return PolicyOut(
        sha256=policy.sha256, effective_at=row.effective_at, next_sha256=None if coming is None else coming.sha256,
        next_effective_at=None if coming is None else coming.effective_at, rules=rules, cedar=policy.cedar,
    )  # fmt: skip


@lru_cache(maxsize=1)
def read_texts() -> Mapping[str, dict[str, str]]:
    """French and Spanish words by rule id; empty when the file is missing (the English ones stand in the policy)."""
    try:
        found: dict[str, dict[str, str]] = json.loads((FOLDER / "texts.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def policy_page(policy: PolicyOut, language: str) -> str:
    """The page in `language` (English for an unknown one)."""
    lang = language if language in LANGUAGES else "en"
    title, permits, conditions, digest, text = _WORDS[lang]
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main>'
        f"<h1>{escape(title)}</h1><p>{escape(digest)}: <code>{policy.sha256}</code>"
        f" · {policy.effective_at:%Y-%m-%d %H:%M} UTC</p>"
        f"<h2>{escape(permits)}</h2>{_list(policy.rules, 'permit', lang)}"
        f"<h2>{escape(conditions)}</h2>{_list(policy.rules, 'forbid', lang)}"
        f"<h2>{escape(text)}</h2><pre>{escape(policy.cedar)}</pre></main></body></html>"
    )


def _list(rules: list[RuleOut], kind: str, language: str) -> str:
    rows = "".join(
        f'<li id="{escape(rule.id)}">{escape(rule.texts.get(language, rule.text))} <code>{escape(rule.id)}</code></li>'
        for rule in rules
        if rule.kind == kind
    )
    return f"<ul>{rows}</ul>"
