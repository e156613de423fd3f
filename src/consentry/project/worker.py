"""The worker process: jobs from PostgreSQL and the ticking tasks that the rooms' `tasks.py` declare."""

import logging

from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from consentry.kernel.errors import Unavailable


def run() -> int:
    """Work until SIGTERM or SIGINT; a job that fails is logged and the next one runs."""
    logging.getLogger("procrastinate.periodic").setLevel(logging.ERROR)
    if not isinstance(app.connector, DjangoConnector):
        raise Unavailable("the queue is not the database's")
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(concurrency=2, delete_jobs="successful", fetch_job_polling_interval=1.0)
    return 0
