"""What the worker does for cameras."""

from procrastinate.contrib.django import app

from consentry.cameras import services
from consentry.kernel.clock import utc_now


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="cameras.purge", pass_context=False)
def purge(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Forget test pictures after their 5 minutes, letters and codes that have served."""
    services.purge(utc_now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="cameras.send_rotations", pass_context=False)
def send_rotations(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Tell edges and gateways of rotated keys."""
    services.send_rotations(utc_now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="cameras.end_pauses", pass_context=False)
def end_pauses(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """End pauses whose own end has come."""
    services.end_pauses(utc_now())
