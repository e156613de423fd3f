"""Receipts with the fields of ISO/IEC TS 27560: what was agreed, with whom, how it ends. No place, no address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consentry.agencies.types import Agency, Programme
from consentry.consent.words import words
from consentry.kernel.clock import to_ms
from consentry.kernel.purposes import PURPOSES
from consentry.kernel.terms import Terms, terms_record, terms_sha256

SCHEMA_VERSION = "ISO/IEC TS 27560:2023; consentry 1"
_STATES = {"given": "given", "renewed": "given", "changed": "given", "withdrawn": "withdrawn", "revoked": "revoked"}
_BASES = {"eu": "GDPR Art. 6(1)(a)"}


@dataclass(frozen=True)
class Facts:
    """What the terms do not say: the programme, its agency, the owner's id, what happened, the chain's record, when."""

    programme: Programme
    agency: Agency
    owner: str
    event: str
    record: Mapping[str, Any]
    now: datetime


def build_receipt(terms: Terms, language: str, facts: Facts) -> dict[str, Any]:
    """The receipt as a JSON object (hence `Any`), sections and names as in the standard's table."""
    said = words(language)
    return {
        "metadata": _metadata(facts),
        "processing": _processing(terms, facts, language),
        "pii": [
            {
                "pii_type": said[name], "pii_attribute_id": name, "pii_optional": True, "sensitive_pii_category": False,
                "special_pii_category": False,
            }
            for name in ("pii_video", "pii_place")
        ],
        "party": _parties(facts, said),
        "event": {
            "event_time": to_ms(facts.now), "validity_duration": terms.expires_at_ms, "entity_id": facts.owner,
            "event_type": "explicit consent, signed by the owner's device key", "event_state": _STATES[facts.event],
        },
        "terms": terms_record(terms),
        "record": dict(facts.record),
    }  # fmt: skip


def _metadata(facts: Facts) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION, "record_id": facts.record["consent"],
        "receipt_id": f"{facts.record['consent']}.{facts.record['number']}", "pii_principal_id": facts.owner,
    }  # fmt: skip


def _processing(terms: Terms, facts: Facts, language: str) -> dict[str, Any]:
    said, programme = words(language), facts.programme
    return {
        "privacy_notice": {"waiver_sha256": terms.waiver_sha256, "terms_sha256": terms_sha256(terms)},
        "language": language,
        "purpose": [PURPOSES[code][language] for code in sorted(terms.purposes)],
        "purpose_type": sorted(terms.purposes),
        "lawful_basis": _BASES.get(str(programme.jurisdiction), said["consent_of_owner"]),
        "pii_information": [said["pii_video"], said["pii_place"]],
        "pii_controllers": [programme.agency],
        "collection_method": said["collection"],
        "processing_method": said["method"],
        "storage_locations": [said["storage"]],
        "retention_period": {"days": programme.retention_days},
        "processing_location": said["storage"],
        "geographic_restrictions": str(programme.jurisdiction),
        "service": programme.name,
        "jurisdiction": str(programme.jurisdiction),
        "recipient_third_parties": [],
        "withdrawal_method": said["withdrawal"],
        "privacy_rights": said["rights"],
        "codes_of_conduct": [], "impact_assessment": programme.impact_report_sha256,
        "authority_party": programme.contacts.get("complaints", ""),
    }  # fmt: skip


def _parties(facts: Facts, said: Mapping[str, str]) -> list[dict[str, Any]]:
    programme = facts.programme
    return [
        {
            "party_id": programme.agency, "party_name": programme.agency_name, "party_role": said["controller"],
            "party_type": said["public_body"], "party_address": facts.agency.place or facts.agency.name,
            "party_contact": programme.contacts.get("privacy", ""), "party_email": "", "party_url": "",
            "party_phone": "",
        },
        {
            "party_id": facts.owner, "party_name": said["owner_pseudonym"], "party_role": said["principal"],
            "party_type": said["resident"], "party_address": said["not_stored"], "party_contact": said["not_stored"],
        },
    ]  # fmt: skip
