"""What `up` starts, in which order, told what; and when it may leave out making the database ready."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from consentry.project.settle import note_settled
from consentry.project.up.keys import make_keys
from consentry.project.up.plan import Ports, Setup, plan_children
from consentry.project.up.settled import fingerprint, is_settled

PORTS = Ports.from_web(8480)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """A demo with its keys and its basemap, on a database that is not there."""
    make_keys(tmp_path, log_name="example/log")
    (tmp_path / "city").mkdir()
    (tmp_path / "city" / "city.json").write_text("{}")
    return Setup(tmp_path, PORTS, f"host={tmp_path} dbname=none user=none", demo=True)


def test_nothing_that_asks_the_database_starts_before_it_is_ready(setup: Setup) -> None:
    plans = {plan.name: plan for plan in plan_children(setup, settled="ab")}
    asking = {name for name, plan in plans.items() if "DATABASE_URL" in plan.env} - {"tables", "dispatch"}
    assert asking == {"sequencer", "web", "worker", "homes"}
    assert all("tables" in plans[name].needs for name in asking)
    assert plans["tables"].command[-2:] == ("--settled", "ab")


def test_ready_database_is_not_made_ready_again(setup: Setup) -> None:
    plans = plan_children(setup, settled="")
    assert "tables" not in {plan.name for plan in plans}
    assert not any("tables" in plan.needs for plan in plans)


def test_host_is_passed_to_web_and_gateway_and_names_the_origin(tmp_path: Path) -> None:
    setup = Setup(tmp_path, PORTS, "", demo=False, host="192.0.2.7")
    plans = {plan.name: plan for plan in plan_children(setup, settled="")}
    web = plans["web"].command
    assert web[web.index("--host") + 1] == "192.0.2.7"
    assert plans["gateway"].env["CONSENTRY_GATEWAY_HOST"] == "192.0.2.7"
    assert setup.origin == setup.web_url == "http://192.0.2.7:8480"


def test_operator_names_the_public_addresses_but_the_demo_stays_at_home(tmp_path: Path) -> None:
    said = {"said_origin": "https://watch.example.org", "said_gateway": "wss://watch.example.org/media"}
    city = Setup(tmp_path, PORTS, "", demo=False, host="0.0.0.0", **said)
    assert (city.origin, city.gateway_origin) == (said["said_origin"], said["said_gateway"])
    assert city.web_url == "http://127.0.0.1:8480"
    demo = replace(city, demo=True, host="127.0.0.1")
    assert (demo.origin, demo.gateway_origin) == ("http://localhost:8480", "ws://localhost:8481")


def test_fingerprint_changes_with_whatever_the_database_depends_on(setup: Setup) -> None:
    first = fingerprint(setup)
    assert fingerprint(setup) == first
    assert fingerprint(replace(setup, ports=Ports.from_web(9000))) != first
    assert fingerprint(replace(setup, demo=False)) != first
    registration = setup.data / "gateway" / "registration.json"
    registration.write_text(registration.read_text() + " ")
    assert fingerprint(setup) != first


@pytest.mark.django_db(transaction=True)
def test_database_is_ready_only_for_the_fingerprint_it_was_told(setup: Setup) -> None:
    said = connection.get_connection_params()
    parts = {name: said[name] for name in ("host", "dbname", "user", "password")}
    here = replace(setup, database_url=psycopg.conninfo.make_conninfo("", **parts))
    assert not is_settled(here, "ab")
    note_settled("ab")
    assert is_settled(here, "ab")
    assert not is_settled(here, "cd")
    note_settled("cd")
    assert is_settled(here, "cd")
    (here.data / "city" / "city.json").unlink()
    assert not is_settled(here, "cd")
    assert not is_settled(setup, "cd"), "a database that does not answer is not ready"
