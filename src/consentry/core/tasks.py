"""What the worker does for core."""

from datetime import timedelta

from django.db import connection
from procrastinate.contrib.django import app

from consentry.core.models import OutboxEvent
from consentry.kernel.clock import utc_now

KEEP_EVENTS = timedelta(hours=6)


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="core.prune_outbox", pass_context=False)
def prune_outbox(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Forget events that no page resumes from any more, and cached counts that have expired.

    The newest event stays: it says from where on nothing is missing.
    """
    newest = OutboxEvent.objects.order_by("-id").first()
    if newest is not None:
        OutboxEvent.objects.filter(at__lt=utc_now() - KEEP_EVENTS, id__lt=newest.id).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_cache WHERE expires < now()")
