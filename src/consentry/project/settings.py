"""Django's settings; the only place in the web, worker and sequencer processes that reads the environment."""

import os
from pathlib import Path

import psycopg.conninfo

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("CONSENTRY_DATA", ROOT / "data"))
DEMO = os.environ.get("CONSENTRY_DEMO") == "1"
ORIGIN = os.environ.get("CONSENTRY_ORIGIN", "http://localhost:8480")
GATEWAY_ORIGIN = os.environ.get("CONSENTRY_GATEWAY_ORIGIN", "ws://localhost:8481")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "procrastinate.contrib.django",
    *(
        f"consentry.{room}"
        for room in (
            "core",
            "ledger",
            "cells",
            "accounts",
            "notices",
            "agencies",
            "cameras",
            "consent",
            "incidents",
            "access",
            "live",
            "home",
            "transparency",
            "demo",
        )
    ),
]
ROOT_URLCONF = "consentry.project.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("es", "Español")]


def _database() -> dict[str, object]:
    url = os.environ.get("DATABASE_URL", f"host={DATA / 'run'} dbname=consentry user=consentry")
    said = psycopg.conninfo.conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": said.get("dbname", "consentry"),
        "USER": said.get("user", ""),
        "PASSWORD": said.get("password", ""),
        "HOST": said.get("host", ""),
        "PORT": said.get("port", ""),
        "OPTIONS": {"pool": {"min_size": 2, "max_size": 20, "timeout": 10}},
    }


DATABASES = {"default": _database()}
