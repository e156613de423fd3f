"""What the worker does for access: ends what time ends, each second; decisions compare the time by themselves."""

from procrastinate.contrib.django import app

from consentry.access import services
from consentry.kernel.clock import utc_now


@app.periodic(cron="* * * * * */1")
@app.task(queueing_lock="access.end_due", pass_context=False)
def end_due(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """End grants, sessions and asks whose time is over."""
    services.end_due(utc_now())


@app.periodic(cron="* * * * * */30")
@app.task(queueing_lock="access.send_policies", pass_context=False)
def send_policies(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Tell edges of a newly published policy, once its entry is in the log."""
    services.send_policies(utc_now())
