"""What the worker does for requests: sends out, tells, seals answers, follows items, closes, says figures."""

from procrastinate.contrib.django import app

from consentry.kernel.clock import utc_now
from consentry.requests import services


@app.periodic(cron="* * * * * */2")
@app.task(queueing_lock="requests.send_out", lock="requests.send_out", pass_context=False)
def send_out(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Choose the homes of new requests and tell those whose time has come."""
    services.send_out_due(utc_now())
    services.tell_due(utc_now())


@app.periodic(cron="* * * * * */3")
@app.task(queueing_lock="requests.seal", lock="requests.seal", pass_context=False)
def seal(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Scan and seal complete answers, tell of those that were never finished."""
    services.seal_due(utc_now())
    services.drop_lost(utc_now())


@app.periodic(cron="* * * * * */30")
@app.task(queueing_lock="requests.follow", lock="requests.follow", pass_context=False)
def follow(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Tell owners what became of their clips, close what is over, say figures on their day."""
    services.follow_items(utc_now())
    services.close_due(utc_now())
    services.publish_due(utc_now())
