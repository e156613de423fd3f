"""The outer door of every operation: role × action over HTTP, second factor, CSRF, bodies, hosts."""

import json
import re
from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from ninja import NinjaAPI, Router
from ninja.operation import Operation
from tests.sign_in import client_for, make_person

from consentry.accounts.rules import GIVEN_BY_MANAGER
from consentry.core.json_body import MAX_DEPTH, parse_body_object
from consentry.core.permissions import ANYONE, PERMISSIONS, SIGNED_IN
from consentry.core.policy import GUARDED, policy
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import AgencyId
from consentry.kernel.limits import MAX_JSON_BODY_BYTES
from consentry.kernel.roles import AGENCY_ROLES, Role
from consentry.project.api import action_of
from consentry.project.urls import api

AGENCY = AgencyId("agy_test")
STREAMS = {"core:events:listen"}
# How the outer door refuses; what is refused further in has other kinds.
SHUT = {(401, "not-signed-in"), (401, "second-factor"), (403, "role")}


def _operations() -> Iterator[tuple[str, str, Operation]]:
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                yield operation.methods[0], "/api" + router.prefix + re.sub(r"\{[^}]*\}", "absent", path), operation


def _client(role: Role, *, second_factor: bool) -> Client:
    agency = None if role is Role.OWNER else AGENCY
    return client_for(make_person(role, agency), second_factor=second_factor)


def _may(role: Role, action: str, *, second_factor: bool) -> bool:
    """Said again, apart from core.policy."""
    permission = PERMISSIONS[action]
    if permission.audience in (ANYONE, SIGNED_IN):
        return True
    return role in permission.roles and (role is Role.OWNER or second_factor)


@pytest.mark.django_db
@pytest.mark.parametrize("second_factor", [True, False])
@pytest.mark.parametrize("role", sorted(Role))
def test_each_role_passes_its_own_doors_only(role: Role, second_factor: bool) -> None:
    client = _client(role, second_factor=second_factor)
    for method, path, operation in _operations():
        action = action_of(operation)
        if action in STREAMS or PERMISSIONS[action].audience == ANYONE:
            continue
        reply = client.generic(method, path, "{}", content_type="application/json")
        status, kind = reply.status_code, reply.json().get("kind") if reply.status_code in (401, 403) else ""
        if _may(role, action, second_factor=second_factor):
            assert (status, kind) not in SHUT, (method, path, action)
        else:
            assert (status, kind) in SHUT, (method, path, action, status, kind)


@pytest.mark.django_db
def test_the_public_passes_public_doors_only() -> None:
    for method, path, operation in _operations():
        if PERMISSIONS[action_of(operation)].audience != ANYONE:
            reply = Client().generic(method, path, "not even JSON", content_type="application/json")
            assert (reply.status_code, reply.json()["kind"]) == (401, "not-signed-in"), path


def test_admin_support_and_integrator_have_no_action_on_pictures() -> None:
    pictures = re.compile(r"^(access|live|home|evidence):")
    without = {Role.ADMIN, Role.SUPPORT, Role.INTEGRATOR}
    assert [name for name, found in PERMISSIONS.items() if pictures.match(name) and found.roles & without] == []
    assert not without & GIVEN_BY_MANAGER


def test_what_an_owner_decides_no_agency_role_may_do() -> None:
    owners = re.compile(r"^(home:|consent:(consent|terms):|cameras:(camera|edge):)")
    assert [name for name, found in PERMISSIONS.items() if owners.match(name) and found.roles & AGENCY_ROLES] == []


def test_every_guarded_view_names_a_known_action() -> None:
    assert GUARDED
    assert set(GUARDED.values()) <= set(PERMISSIONS)


def test_an_unknown_action_fails_at_import() -> None:
    with pytest.raises(KeyError):
        policy("core:nothing:do")


def test_an_operation_without_a_policy_does_not_start() -> None:
    naked = Router()
    naked.get("/naked")(lambda request: "")
    probe = NinjaAPI(urls_namespace="probe")
    probe.add_router("", naked)
    view = next(view for _, router in probe._routers for view in router.path_operations.values())
    with pytest.raises(ImproperlyConfigured):
        action_of(view.operations[0])


@pytest.mark.django_db
def test_a_session_changes_nothing_without_the_csrf_header() -> None:
    signed_in = _client(Role.MANAGER, second_factor=True)
    strict = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    strict.cookies = signed_in.cookies
    body = {"agency": AGENCY, "preset": "registry_only", "name": "x"}
    refused = strict.post("/api/agency/programmes", body, content_type="application/json")
    assert (refused.status_code, refused.json()["kind"]) == (403, "csrf")
    strict.get("/api/session")
    token = strict.cookies["csrftoken"].value
    done = strict.post("/api/agency/programmes", body, content_type="application/json", headers={"X-CSRFToken": token})
    assert done.status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"{", b'{"language": "en", "language": "fr"}', b'{"language": 1e999}', b"\xff\xfe",
        b'{"a":' * 5_000, b'{"language": ' + b"[" * 40 + b"]" * 40 + b"}", b'{"language": "de"}',
        b'{"language": "' + b"x" * MAX_JSON_BODY_BYTES + b'"}',
    ],
)  # fmt: skip
def test_malformed_bodies_are_400_and_say_nothing_back(body: bytes) -> None:
    client = _client(Role.OWNER, second_factor=False)
    reply = client.patch("/api/session", body, content_type="application/json")
    assert reply.status_code == 400
    assert reply.json()["kind"] == "malformed"
    assert reply["Content-Type"] == "application/problem+json"
    assert len(reply.content) < 700


@given(st.recursive(st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=8))
def test_ordinary_bodies_pass(value: object) -> None:
    assert parse_body_object(json.dumps({"v": value}).encode()) == {"v": value}


def test_the_deepest_body_is_known() -> None:
    def deep(levels: int) -> bytes:
        return b'{"a":' * levels + b"1" + b"}" * levels

    assert parse_body_object(deep(MAX_DEPTH))
    with pytest.raises(Malformed):
        parse_body_object(deep(MAX_DEPTH + 1))


@pytest.mark.django_db
def test_replies_carry_the_headers_and_are_not_kept() -> None:
    reply = Client().get("/api/session")
    assert reply["Cache-Control"] == "no-store"
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert reply["X-Frame-Options"] == "DENY"
    assert reply["Referrer-Policy"] == "same-origin"
    said = reply["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in said
    assert "worker-src 'self' blob:" in said
    assert "unsafe" not in said
    assert "Server" not in reply


@pytest.mark.django_db
def test_a_foreign_host_and_an_unknown_address_are_refused() -> None:
    assert Client().get("/api/session", headers={"Host": "evil.example"}).status_code == 400
    assert Client().get("/api/nothing").status_code == 404
