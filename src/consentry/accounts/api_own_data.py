"""All of one's own data in one file, and the end of one's account (docs/spec/personal-data.md)."""

from datetime import datetime
from typing import Annotated

from django.contrib.auth import logout
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from consentry.accounts import leaving
from consentry.accounts.models import PersonalExport
from consentry.accounts.own_data import services
from consentry.accounts.rules import is_fresh
from consentry.accounts.types import EXPORT_STATES
from consentry.core.codes import one_of
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.core.streaming import piecewise
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed

router = Router(tags=["accounts"])
# What a person types to say that they mean it, in each language; any of them is taken.
WORDS = frozenset({"delete", "eliminar", "supprimer"})


class PersonalExportOut(Schema):
    """How an export stands: `done` of `total` parts are gathered; it is fetched until `ends_at`."""

    id: str
    state: Annotated[str, one_of(*EXPORT_STATES)]
    done: int
    total: int
    size_bytes: int
    why: str
    asked_at: datetime
    ready_at: datetime | None
    ends_at: datetime | None


class OwnDataOut(Schema):
    """The last export, if any. `is_fresh`: the sign-in is young enough to fetch it, or to end the account."""

    export: PersonalExportOut | None
    is_fresh: bool


class PersonalExportIn(Schema):
    """The language of its page."""

    language: str = Field("en", max_length=2)


class DeletionOut(Schema):
    """May the account be deleted? `why_not`: last-manager, or empty."""

    is_fresh: bool
    why_not: Annotated[str, one_of("", "last-manager")]


class DeletionIn(Schema):
    """The word that says that one means it: delete, supprimer or eliminar."""

    word: str = Field(max_length=20)


@router.get("/account/export", response=OwnDataOut)
@policy("accounts:personal_export:read")
def read_own_data(request: HttpRequest) -> OwnDataOut:
    """One's own last export."""
    principal = principal_of(request)
    row = services.newest_export(principal)
    return OwnDataOut(export=None if row is None else _out(row), is_fresh=is_fresh(principal, utc_now()))


@router.post("/account/export", response={202: PersonalExportOut})
@policy("accounts:personal_export:ask")
def ask_own_data(request: HttpRequest, body: PersonalExportIn) -> Status[PersonalExportOut]:
    """Have everything gathered; one in a day."""
    return Status(202, _out(services.ask_export(principal_of(request), body.language, now=utc_now())))


@router.post("/account/exports/{personal_export}/cancel", response={204: None})
@policy("accounts:personal_export:ask")
def cancel_own_data(request: HttpRequest, personal_export: str) -> Status[None]:
    """Take it back; what was gathered is destroyed."""
    services.cancel_export(principal_of(request), personal_export)
    return Status(204, None)


@router.get("/account/exports/{personal_export}/file", response={200: None})
@policy("accounts:personal_export:read")
def fetch_own_data(request: HttpRequest, personal_export: str) -> StreamingHttpResponse:
    """The zip, after a fresh sign-in."""
    fetched = services.fetch_export(principal_of(request), personal_export, now=utc_now())
    answer = StreamingHttpResponse(piecewise(fetched.pieces), content_type="application/zip")
    answer["Content-Length"] = str(fetched.size_bytes)
    answer["Content-Disposition"] = 'attachment; filename="consentry-my-data.zip"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@router.get("/account/deletion", response=DeletionOut)
@policy("accounts:deletion:read")
def read_deletion(request: HttpRequest) -> DeletionOut:
    """Whether one may delete one's account now."""
    principal = principal_of(request)
    return DeletionOut(is_fresh=is_fresh(principal, utc_now()), why_not=leaving.why_not(principal))


@router.post("/account/deletion", response={204: None})
@policy("accounts:deletion:make")
def delete_account(request: HttpRequest, body: DeletionIn) -> Status[None]:
    """Delete one's own account, after a fresh sign-in and with the word typed; the sign-in is over afterwards."""
    if body.word.strip().lower() not in WORDS:
        raise Malformed("type the word that is asked for", kind="deletion-word")
    leaving.delete_account(principal_of(request), now=utc_now())
    logout(request)
    return Status(204, None)


def _out(row: PersonalExport) -> PersonalExportOut:
    return PersonalExportOut.model_validate({name: getattr(row, name) for name in PersonalExportOut.model_fields})
