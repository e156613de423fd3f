"""What the worker does for core."""

from datetime import timedelta

from django.db import connection
from procrastinate.contrib.django import app

from consentry.core.models import OutboxEvent
from consentry.kernel.clock import utc_now

KEEP_EVENTS = timedelta(hours=6)
# A worker says each 10 s that it lives. Who was killed leaves its jobs as they were, and with them their locks: nothing
# of the same lock would ever run again. Each of ours comes again by itself, so the dead one's turn is dropped.
_FREE = """SELECT procrastinate_finish_job_v1(job.id, 'failed', true)
FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
WHERE job.status = 'doing' AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %s))"""
DEAD_AFTER_S = 30


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="core.free_locks", pass_context=False)
def free_locks(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """End what a killed worker left half done, so that another worker takes the next turn."""
    with connection.cursor() as cursor:
        cursor.execute(_FREE, [DEAD_AFTER_S])


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
