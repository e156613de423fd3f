"""What the worker does for consent."""

from procrastinate.contrib.django import app

from consentry.consent.services import snapshot_bands
from consentry.kernel.clock import utc_now


@app.periodic(cron="23 4 * * *")
@app.task(queueing_lock="consent.snapshot_bands", pass_context=False)
def snapshot_all(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Take the monthly bands of all running programmes; the rule of 28 days is inside."""
    snapshot_bands("", now=utc_now())
