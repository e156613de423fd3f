"""Custody as it goes into a bag: our acts in the words of docs/spec/bag.md, people by name and role."""

from typing import Final

from consentry.accounts import queries as accounts
from consentry.evidence import models
from consentry.evidence.bag.types import CustodyEvent
from consentry.kernel.clock import to_ms
from consentry.kernel.ids import PersonId
from consentry.ledger import queries as ledger

PLATFORM: Final = "Consentry"
# Every act of `types.ACTS` that an item with a manifest can have.
WORDS: Final = {
    "began": "item.begin", "case_added": "case.add", "case_removed": "case.remove", "closed": "item.close",
    "damaged": "item.damage", "disclosed": "item.disclose", "disclosure_opened": "export.open",
    "disclosure_revoked": "item.undisclose", "downloaded": "item.download", "ended": "item.end",
    "exported": "export.create",
    "hold_cleared": "hold.clear", "hold_first": "hold.agree", "hold_lapsed": "hold.lapse", "hold_set": "hold.set",
    "named": "item.name", "noted": "item.note", "opened": "item.view", "redacted": "item.derive",
    "redaction_begun": "redaction.begin", "redaction_dropped": "redaction.drop", "reviewed": "redaction.review",
    "scanned": "item.scan", "sealed": "item.seal", "stamped": "item.stamp", "stopped": "item.stop",
    "stored": "item.move",
}  # fmt: skip


def events_of(item: models.Item) -> tuple[CustodyEvent, ...]:
    """What happened to `item`, in the order of its rows; a time never falls, also where a clock stepped back."""
    acts = list(item.acts.filter(kind__in=list(WORDS)).order_by("id"))
    names = accounts.names_of([PersonId(act.person) for act in acts if act.person])
    events, latest_ms = [], 0
    for act in acts:
        latest_ms = max(latest_ms, to_ms(act.at))
        who = f"{names.get(PersonId(act.person), '')} ({act.role})" if act.person else PLATFORM
        said = {name: value for name, value in (("why", act.why), ("about", act.about)) if value}
        place = ledger.find_place(act.ledger_key) if act.ledger_key else None
        index = -1 if place is None else place.index
        events.append(CustodyEvent(latest_ms, WORDS[act.kind], who, said, index))
    return tuple(events)
