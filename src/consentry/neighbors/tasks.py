"""What the worker does for neighbours."""

from procrastinate.contrib.django import app

from consentry.kernel.clock import utc_now
from consentry.neighbors import services


@app.periodic(cron="* * * * * */1")
@app.task(queueing_lock="neighbors.tell", lock="neighbors.tell", pass_context=False)
def tell(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Make the notices that wait."""
    services.advance_tellings(utc_now())


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="neighbors.videos", lock="neighbors.videos", pass_context=False)
def make_videos(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Make the videos that wait."""
    services.advance_videos(utc_now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="neighbors.masks", lock="neighbors.masks", pass_context=False)
def ask_for_masks(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Ask the owners of cameras that may see what neighbours want masked."""
    services.advance_masks(utc_now())


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="neighbors.forget", pass_context=False)
def forget(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Forget who was shown what after 30 days, and pictures that were never posted after one."""
    services.forget_seen(utc_now())
    services.forget_loose(utc_now())
