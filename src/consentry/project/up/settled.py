"""Whether a database is ready for this installation: one question instead of a run of `migrate` and the seed.

The fingerprint covers whatever `migrate` and `demo-seed` look at. It is kept in the database itself, so that a restored
copy, an older one or another one is made ready again.
"""

import hashlib
from importlib.metadata import version
from pathlib import Path

import psycopg

from consentry.project.up.plan import PACKAGE, Setup

# Packages whose tables are among ours.
BESIDE = ("django", "django-allauth", "procrastinate")
# Raise it when seeding an existing demo again would do something.
SEED = 2


def fingerprint(setup: Setup) -> str:
    """Hex SHA-256 of migrations, packages, policy, gateway and addresses."""
    said = hashlib.sha256(f"{SEED} {setup.demo} {setup.ports} {setup.gateway_origin}\n".encode())
    for name in BESIDE:
        said.update(f"{name} {version(name)}\n".encode())
    policies = PACKAGE.parents[1] / "policies"
    gateways = setup.data.glob("gateway*/registration.json")  # also of gateways on other machines
    files = [*PACKAGE.glob("*/migrations/*.py"), *policies.glob("access.*"), *gateways]
    for file in sorted(files):
        said.update(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return said.hexdigest()


def is_settled(setup: Setup, wanted: str) -> bool:
    """Was this database made ready under the fingerprint `wanted`? False also when it cannot be asked."""
    if setup.demo and not (setup.data / "city" / "city.json").exists():
        return False
    try:
        with psycopg.connect(setup.database_url, autocommit=True, connect_timeout=5) as database:
            row = database.execute("select fingerprint from project_settled where id = 1").fetchone()
    except psycopg.Error:
        return False
    return row is not None and Path(setup.data).is_dir() and row[0] == wanted
