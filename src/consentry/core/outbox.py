"""Tell open pages and gateways that something changed: ids only, after commit, one NOTIFY per transaction."""

from django.db import connection

from consentry.core.models import OutboxEvent

CHANNEL = "consentry_outbox"


def tell(audience: str, kind: str, object_id: str) -> None:
    """Put one event in the outbox; listeners wake when the transaction commits, or never if it rolls back.

    PostgreSQL folds equal notifications of one transaction into one, so this may be called freely.
    """
    OutboxEvent.objects.create(audience=audience, kind=kind, object_id=object_id)
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")
