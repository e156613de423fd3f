"""What is committed of an order: its record stays with the agency, the auditors and whom it concerns."""

from collections.abc import Sequence
from typing import Any

from consentry.kernel.canonical import parse_object, sha256_of, to_b64
from consentry.kernel.clock import to_ms
from consentry.kernel.item import commit_of
from consentry.orders import models

# Twenty lines of three texts and two numbers, and texts of at most 2,000 signs.
MAX_RECORD_BYTES = 65_536


def order_record(row: models.Order, lines: Sequence[models.Line]) -> dict[str, Any]:
    """What `order.receive` and `order.execute` commit to (hence `Any`); texts, integers and lists of them."""
    return {
        "v": 1, "order": row.id, "agency": row.agency, "kind": row.kind, "court": row.court, "docket": row.docket,
        "judge": row.judge, "words": row.words, "certificate": row.certificate, "renews": row.renews,
        "issued_ms": to_ms(row.issued_at), "expires_ms": to_ms(row.expires_at),
        "seal_until_ms": 0 if row.seal_until is None else to_ms(row.seal_until),
        "document_sha256": row.document_sha256,
        "lines": [
            {
                "target": line.target, "about": line.about,
                "start_ms": 0 if line.window_start is None else to_ms(line.window_start),
                "end_ms": 0 if line.window_end is None else to_ms(line.window_end),
            }
            for line in lines
        ],
    }  # fmt: skip


def commit_to(row: models.Order) -> str:
    """The salted commitment (base64url) to the order as it was when it was frozen."""
    record = parse_object(row.record.encode(), max_bytes=MAX_RECORD_BYTES)
    return to_b64(commit_of(bytes(row.salt), sha256_of(record)))
