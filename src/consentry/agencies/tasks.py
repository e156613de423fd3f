"""What the worker does for programmes: ends those whose time is over."""

from procrastinate.contrib.django import app

from consentry.agencies import services
from consentry.kernel.clock import utc_now


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="agencies.end_due", pass_context=False)
def end_due(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Announce the end of programmes, every five seconds; decisions compare the time by themselves."""
    services.end_due(utc_now())
