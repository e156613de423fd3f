"""What this room holds of a person: requests that reached them, what they answered with the receipts, their wishes."""

import json
from collections.abc import Iterator

from consentry.core.personal import Held, RoomData, Row, Section, Why, of_office
from consentry.kernel.ids import PersonId, RequestId
from consentry.requests.identity import tag_of
from consentry.requests.models import Answer, Recipient, Wish
from consentry.requests.queries import own_answer
from consentry.requests.services.leave import erase_answers


def _requests(person: PersonId) -> Iterator[Row]:
    rows = Recipient.objects.filter(person=person).select_related("request").order_by("asked_at", "id")
    for row in rows.iterator():
        asked = row.request
        yield {
            "request": asked.id, "agency": asked.agency, "case_number": asked.case_number, "contact": asked.contact,
            "looking_for": list(asked.looking_for), "words": asked.words, "from": asked.window_start,
            "until": asked.window_end, "cameras": list(row.cameras), "asked_at": row.asked_at,
            "declined_at": row.declined_at,
        }  # fmt: skip


def _answers(person: PersonId) -> Iterator[Row]:
    for asked in Recipient.objects.filter(person=person).order_by("asked_at", "id").iterator():
        tag = tag_of(RequestId(asked.request_id), person)
        for row in Answer.objects.filter(request=asked.request_id, owner_tag=tag).order_by("begun_at", "id"):
            said = own_answer(row)
            yield {
                "answer": row.id, "request": row.request_id, "kind": row.kind, "state": row.state,
                "pseudonym": row.pseudonym, "name": row.name, "sha256": row.sha256, "size_bytes": row.size_bytes,
                "sent_at": row.sent_at, "keep_until": row.keep_until, "opened_at": said.opened_at,
                "is_held": said.held, "outcome": row.outcome, "thanked_at": row.thanked_at, "gone_at": row.gone_at,
                "receipt": json.loads(row.receipt), "receipt_text": row.receipt,
                "receipt_signature": row.receipt_signature,
            }  # fmt: skip


def _wishes(person: PersonId) -> Iterator[Row]:
    for row in Wish.objects.filter(person=person):
        yield {"opted_out": row.opted_out, "most_per_week": row.most_per_week}


PERSONAL = RoomData(
    "requests",
    {
        "Recipient.person": Held("requests", stays=Why.SEALED_ANSWER), "Wish.person": Held("request_wishes"),
        **of_office("VideoRequest.made_by"),
    },
    (Section("requests", _requests), Section("answers", _answers), Section("request_wishes", _wishes)),
    erase_answers,
)  # fmt: skip
