"""Jobs of the ledger."""

from procrastinate.contrib.django import app

from consentry.kernel.clock import utc_now
from consentry.ledger import services


@app.periodic(cron="* * * * *")
@app.task(queue="ledger", queueing_lock="ledger.reveal_due")
def reveal_due(timestamp: int) -> None:  # noqa: ARG001 — procrastinate hands the planned time; ours is the clock's
    """Each minute, reveal the looks that are due."""
    while services.reveal_due(utc_now()):
        pass
