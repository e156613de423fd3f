"""Loads Django for a command, with the database of its data folder."""

import os
from pathlib import Path


def prepare_django(folder: Path | None = None) -> None:
    """Load Django's settings for a data folder (`--data`, else `CONSENTRY_DATA`, else `./data`)."""
    if folder is not None:
        os.environ["CONSENTRY_DATA"] = str(folder.resolve())
    data = Path(os.environ.get("CONSENTRY_DATA", "data"))
    if "DATABASE_URL" not in os.environ and (data / "keys" / "database.password").exists():
        from consentry.project.postgres import Cluster

        os.environ["DATABASE_URL"] = Cluster(data.resolve()).url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consentry.project.settings")
    import django

    django.setup()
