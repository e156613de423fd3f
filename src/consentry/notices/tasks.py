"""What the worker does for notices."""

from datetime import timedelta

from procrastinate.contrib.django import app

from consentry.kernel.clock import utc_now
from consentry.notices import deliver, services

KEEP = timedelta(days=90)


@app.periodic(cron="* * * * * */2")
@app.task(queueing_lock=services.DELIVER, lock=services.DELIVER, pass_context=False)
def deliver_notices(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Send new notices to those who want e-mail or web push."""
    deliver.keep_delivering(utc_now)


@app.periodic(cron="41 3 * * *")
@app.task(queueing_lock="notices.prune", pass_context=False)
def prune(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Forget notices after 90 days; the looks themselves stay in their own room and in the log."""
    services.forget_before(utc_now() - KEEP)
