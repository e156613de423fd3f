"""The receipt as a page to keep or print: plain HTML, no script, no outside file, readable without colours."""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from consentry.consent.types import Waiver
from consentry.consent.words import words
from consentry.kernel.clock import from_ms

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#111;"
    "background:#fff}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;"
    "border-bottom:1px solid #bbb}th{width:38%;font-weight:600}code{overflow-wrap:anywhere}@media print{body{margin:0}}"
)
_SHOWN = ("tier", "approval", "max_distance_m", "max_minutes_per_grant", "audio", "ptz", "emergency_ok", "call_types")


def receipt_page(receipt: Mapping[str, Any], signature: str, waiver: Waiver) -> str:
    """The page for a stored receipt (as built by `build_receipt`, hence `Any`), in the language it was given in."""
    language = receipt["processing"]["language"]
    said = words(language)
    rows = [*_facts(receipt, said), *_terms(receipt["terms"], said), (said["signature"], signature)]
    table = format_html_join("\n", '<tr><th scope="row">{}</th><td>{}</td></tr>', rows)
    body = format_html_join("\n", "<p>{}</p>", ((line,) for line in _paragraphs(waiver.texts[language])))
    return format_html(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><title>{}</title><style>{}</style></head>'
        "<body><main><h1>{}</h1><p>{}</p><table>{}</table><h2>{}</h2>{}</main></body></html>",
        language, said["title"], SafeString(_STYLE), said["title"], said["print"], table, said["waiver"], body,
    )  # fmt: skip


def receipt_style() -> str:
    """The page's only style sheet, so that its hash can stand in the content security policy."""
    return _STYLE


def _facts(receipt: Mapping[str, Any], said: Mapping[str, str]) -> list[tuple[str, str]]:
    processing, event = receipt["processing"], receipt["event"]
    return [
        (said["receipt_id"], receipt["metadata"]["receipt_id"]),
        (said["state"], said[f"state_{receipt_state(receipt)}"]),
        (said["said_at"], _moment(event["event_time"])),
        (said["valid_until"], _moment(event["validity_duration"])),
        (said["agency"], receipt["party"][0]["party_name"]),
        (said["programme"], processing["service"]),
        (said["purposes"], ", ".join(processing["purpose"])),
        (said["retention"], f"{processing['retention_period']['days']} {said['days']}"),
        (said["how_to_end"], processing["withdrawal_method"]),
        (said["your_rights"], processing["privacy_rights"]),
    ]


def receipt_state(receipt: Mapping[str, Any]) -> str:
    """given, withdrawn or revoked."""
    return str(receipt["event"]["event_state"])


def _terms(terms: Mapping[str, Any], said: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(said[name], _value(terms[name], said)) for name in _SHOWN]


def _value(value: object, said: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return said["yes"] if value else said["no"]
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return said.get(str(value), str(value))


def _moment(at_ms: int) -> str:
    return from_ms(at_ms).strftime("%Y-%m-%d %H:%M UTC")


def _paragraphs(text: str) -> list[str]:
    return [line.lstrip("# ") for line in text.splitlines() if line.strip()]


def receipt_json(receipt: str) -> dict[str, Any]:
    """A stored receipt as an object."""
    value = json.loads(receipt)
    return dict(value)
