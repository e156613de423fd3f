"""What the worker does for accounts."""

from django.core.management import call_command
from procrastinate.contrib.django import app

from consentry.accounts import leaving, services
from consentry.accounts.own_data.services import advance_exports
from consentry.kernel.clock import utc_now


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="accounts.disable_unused", pass_context=False)
def disable_unused(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Disable agency people who were not here for 90 days."""
    services.disable_unused(now=utc_now())


@app.periodic(cron="*/20 * * * *")
@app.task(queueing_lock="accounts.prune", pass_context=False)
def prune(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Forget wrong attempts that cannot count any more, and sessions that are over."""
    services.prune_attempts(now=utc_now())
    call_command("clearsessions")


@app.periodic(cron="* * * * * */2")
@app.task(queueing_lock="accounts.gather", lock="accounts.gather", pass_context=False)
def gather(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Gather what people asked for of their own, destroy what was kept for a week."""
    advance_exports(utc_now())


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="accounts.erase", lock="accounts.erase", pass_context=False)
def erase(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Erase what is held of people who deleted their accounts."""
    leaving.advance_deletions(utc_now())
