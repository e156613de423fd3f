"""What is committed and what is handed to owners: the record of a request, and the receipt of an answer."""

from dataclasses import dataclass
from typing import Any

from consentry.agencies.types import Programme
from consentry.kernel.clock import to_ms
from consentry.requests import models


def request_record(row: models.VideoRequest) -> dict[str, Any]:
    """What was asked, as `request.open` commits to it (hence `Any`); texts, integers and lists of texts."""
    return {
        "v": 1, "request": row.id, "agency": row.agency, "programme": row.programme, "case_number": row.case_number,
        "contact": row.contact, "family": row.family, "looking_for": sorted(row.looking_for), "words": row.words,
        "window_start_ms": to_ms(row.window_start), "window_end_ms": to_ms(row.window_end),
        "cells": sorted(row.cells), "made_ms": to_ms(row.made_at), "answer_by_ms": to_ms(row.answer_by),
    }  # fmt: skip


@dataclass(frozen=True)
class Given:
    """What an owner agreed to by sending one answer; `until_ms`, `at_ms`: ms since 1970; `sha256`: hex of the file."""

    answer: str
    pseudonym: str
    named: bool
    kind: str
    sha256: str
    language: str
    until_ms: int
    at_ms: int


def build_receipt(row: models.VideoRequest, programme: Programme, given: Given) -> dict[str, Any]:
    """The consent receipt, sections as in ISO/IEC TS 27560. It names the pseudonym and no person, camera or place."""
    return {
        "metadata": {
            "schema_version": "ISO/IEC TS 27560:2023; consentry answer 1", "record_id": given.answer,
            "receipt_id": given.answer, "pii_principal_id": given.pseudonym,
        },
        "processing": {
            "purpose": sorted(row.looking_for), "purpose_type": "video_request", "language": given.language,
            "lawful_basis": "consent of the owner", "pii_controllers": [row.agency],
            "collection_method": given.kind, "retention_period": {"until_ms": given.until_ms},
            "jurisdiction": str(programme.jurisdiction), "recipient_third_parties": [],
            "withdrawal_method": "home/answers/withdraw, until the agency opened it",
            "service": programme.name, "authority_party": programme.contacts.get("complaints", ""),
        },
        "pii": [{"pii_type": "video", "pii_attribute_id": given.sha256, "pii_optional": True}],
        "party": [
            {"party_id": row.agency, "party_name": programme.agency_name, "party_role": "controller"},
            {"party_id": given.pseudonym, "party_role": "principal", "is_named": given.named},
        ],
        "event": {
            "event_time": given.at_ms, "event_type": "explicit consent, sent by the owner", "event_state": "given",
        },
        "record": {"request": row.id, "case_number": row.case_number},
    }  # fmt: skip
