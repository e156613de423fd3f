"""Every operation has a policy; the permissions are one alphabetical list and all of them are used."""

import re
from collections.abc import Iterator

from ninja.operation import Operation

from consentry.core.permissions import PERMISSIONS
from consentry.core.problems import STATUS
from consentry.kernel.errors import ConsentryError
from consentry.project.urls import api


def _operations() -> Iterator[tuple[str, Operation]]:
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                yield f"{operation.methods} {prefix}{path}", operation


def test_every_operation_has_a_policy() -> None:
    naked = [where for where, operation in _operations() if not hasattr(operation.view_func, "policy_action")]
    assert naked == []


def test_permissions_are_alphabetical_and_well_formed() -> None:
    assert list(PERMISSIONS) == sorted(PERMISSIONS)
    assert [name for name in PERMISSIONS if not re.fullmatch(r"[a-z_]+:[a-z_]+:[a-z_]+", name)] == []


def test_every_error_has_a_status() -> None:
    assert set(ConsentryError.__subclasses__()) == set(STATUS)
