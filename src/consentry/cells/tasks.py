"""What the worker does for cells: divides a city anew when its year is over."""

import logging

from procrastinate.contrib.django import app

from consentry.cells import services
from consentry.kernel.clock import utc_now

logger = logging.getLogger(__name__)


# Before the bands of the day (04:23, room consent), so that new cells are never without bands for a month.
@app.periodic(cron="13 4 * * *")
@app.task(queueing_lock="cells.refreeze", pass_context=False)
def refreeze(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Freeze each city anew whose year is over and whose newer addresses were handed in."""
    for report in services.refreeze_due(utc_now()):
        logger.info("%s was divided anew: %d cells", report.city, report.cells)
