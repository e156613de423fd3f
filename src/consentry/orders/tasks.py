"""What the worker does for orders: seals end, last days pass."""

from procrastinate.contrib.django import app

from consentry.kernel.clock import utc_now
from consentry.orders import services


@app.periodic(cron="* * * * * */10")
@app.task(queueing_lock="orders.follow", lock="orders.follow", pass_context=False)
def follow(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Tell whom orders concern once their seal is over; say of orders that they are over."""
    services.tell_due(utc_now())
    services.expire_due(utc_now())
