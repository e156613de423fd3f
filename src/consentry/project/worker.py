"""The worker process: jobs from PostgreSQL and the ticking tasks that the rooms' `tasks.py` declare."""

import logging


def run() -> int:
    """Work until SIGTERM or SIGINT; a job that fails is logged and the next one runs."""
    from procrastinate.contrib.django import app

    logging.getLogger("procrastinate.periodic").setLevel(logging.ERROR)
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(concurrency=2, delete_jobs="successful", fetch_job_polling_interval=1.0)
    return 0
