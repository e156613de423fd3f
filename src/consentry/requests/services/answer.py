"""What a home does with a request: put it away, answer, take an answer back. The agency hears of what was sent."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from consentry.accounts.queries import names_of
from consentry.agencies import queries as agencies
from consentry.agencies.jurisdictions import PROFILES
from consentry.cameras import queries as cameras
from consentry.consent.receipt_key import sign_receipt
from consentry.core.principal import Principal
from consentry.evidence import services as evidence
from consentry.evidence.services.uploads import NewUpload
from consentry.kernel.canonical import canonical_json
from consentry.kernel.clip import ClipManifest, open_clip
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, LimitReached, Malformed
from consentry.kernel.ids import AgencyId, AnswerId, CameraId, ItemId, PersonId, ProgrammeId, RequestId, new_id
from consentry.kernel.limits_residents import MAX_ANSWER_BYTES, MAX_ANSWER_KEEP_DAYS, MAX_ANSWERS_PER_HOME
from consentry.requests import models
from consentry.requests.identity import Identity, seal_identity, tag_of
from consentry.requests.queries import access_own_answer, access_recipient
from consentry.requests.records import Given, build_receipt
from consentry.requests.rules import pseudonym_of
from consentry.requests.types import NewAnswer

LANGUAGES = ("en", "es", "fr")
LIVING = ("checking", "receiving", "sent")
_KINDS = ("audio/", "image/", "video/")


@transaction.atomic
def decline(principal: Principal, request: str, *, now: datetime) -> None:
    """Put a request away. Nothing is written that an agency reads, and nobody is told. Twice is once.

    What is on its way is taken back by it: a box at home that sends it hears that and stops.
    """
    asked = access_recipient(principal.person, request)
    tag = tag_of(RequestId(asked.request_id), PersonId(asked.person_id))
    going = models.Answer.objects.select_for_update(no_key=True).filter(request=asked.request_id, owner_tag=tag)
    for answer in going.filter(state="receiving").order_by("id"):  # before the home's own row, as `finish_answer` does
        _take_back(answer, now)
    row = access_recipient(principal.person, request, lock=True)
    if row.declined_at is None:
        row.declined_at = now
        row.save(update_fields=["declined_at"])


@transaction.atomic
def begin_answer(principal: Principal, request: str, new: NewAnswer, *, now: datetime) -> AnswerId:
    """A place for an answer's file, and the receipt of what its owner agrees to.

    Raises: NotFound: this home was not asked, or not its camera. Conflict `request-over`: the deadline has passed or it
    was resolved; `answer-twice`: this very file is sent already. LimitReached. Malformed, Untrusted: not such a clip.
    """
    asked = access_recipient(principal.person, request, lock=True)
    row, person = asked.request, PersonId(asked.person_id)
    if row.state != "open" or now >= row.answer_by:
        raise Conflict("this request is over; no more answers are taken", kind="request-over")
    _check(new, most_days=most_keep_days(AgencyId(row.agency)))
    answer, tag = AnswerId(new_id("answer")), tag_of(RequestId(row.id), person)
    mine = models.Answer.objects.filter(request=row, owner_tag=tag, state__in=LIVING)
    if mine.filter(sha256=new.sha256).exists():
        raise Conflict("you have sent this already", kind="answer-twice")
    if mine.count() >= MAX_ANSWERS_PER_HOME:
        raise LimitReached(f"at most {MAX_ANSWERS_PER_HOME} answers to one request", kind="answers-of-home")
    identity, cell = _identity(principal, new)
    made = _row(row, new, now)
    made.id, made.owner_tag, made.identity, made.cell = answer, tag, seal_identity(answer, identity), cell
    made.pseudonym, made.name = pseudonym_of(tag), names_of([person]).get(person, "") if new.named else ""
    file = NewUpload(row.agency, "", new.media_type, new.size_bytes, new.sha256)
    made.upload = evidence.begin_answer(tag.hex(), file, now=now)
    _give_receipt(made, new.language, now)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("you have sent this already", kind="answer-twice") from error
    return answer


@transaction.atomic
def take_part(principal: Principal, answer: str, offset: int, pieces: Iterable[bytes]) -> int:
    """The next bytes of one's own file; returns how many are durable. Conflict `answer-gone`: taken back meanwhile."""
    return append_part(access_own_answer(principal.person, answer, lock=True), offset, pieces)


def append_part(row: models.Answer, offset: int, pieces: Iterable[bytes]) -> int:
    """`take_part` of an answer whose row the caller has locked and may write."""
    _require_receiving(row)
    return evidence.append_answer(bytes(row.owner_tag).hex(), row.upload, offset, pieces)


@transaction.atomic
def finish_answer(principal: Principal, answer: str, sha256: str) -> None:
    """All was sent. Doing it twice is doing it once. A file that was begun in time is taken after the deadline too.

    Raises: Conflict `upload-offset`: not all is here; `answer-gone`; `request-over`: resolved meanwhile. Untrusted.
    """
    row = access_own_answer(principal.person, answer, lock=True)
    complete(row, principal.person or PersonId(""), sha256)


def complete(row: models.Answer, person: PersonId, sha256: str) -> None:
    """`finish_answer` of an answer of `person` whose row the caller has locked and may write."""
    if row.state in ("checking", "sent"):
        return
    _require_receiving(row)
    if row.request.state != "open" and row.request.close_reason != "expired":
        raise Conflict("this request is over; no more answers are taken", kind="request-over")
    evidence.complete_answer(bytes(row.owner_tag).hex(), row.upload, sha256)
    row.state = "checking"
    row.save(update_fields=["state"])
    models.Recipient.objects.filter(request=row.request, person=person).update(declined_at=None)


@transaction.atomic
def withdraw_answer(principal: Principal, answer: str, *, now: datetime) -> None:
    """Take one's own answer back, also while it is on its way. Twice is once.

    Conflict `answer-opened`: somebody of the agency has opened it.
    """
    row = access_own_answer(principal.person, answer, lock=True)
    if row.state in ("deleted", "failed", "withdrawn"):
        return
    _take_back(row, now)


def _take_back(row: models.Answer, now: datetime) -> None:
    if row.item:
        evidence.withdraw_answer(ItemId(row.item), now=now)
    else:
        evidence.drop_answer(bytes(row.owner_tag).hex(), row.upload)
    row.state, row.gone_at = "withdrawn", now
    row.save(update_fields=["state", "gone_at"])


def most_keep_days(agency: AgencyId) -> int:
    """How long an answer to this agency may be kept at most: the jurisdiction's word, whatever its owner says."""
    profile = PROFILES[agencies.get_agency(agency).jurisdiction]
    return min(profile.max_retention_days, MAX_ANSWER_KEEP_DAYS)


def _check(new: NewAnswer, *, most_days: int) -> None:
    if not 1 <= new.keep_days <= most_days:
        raise Malformed(f"it may be kept for 1 to {most_days} days", kind="keep-days")
    if not 0 < new.size_bytes <= MAX_ANSWER_BYTES:
        raise Malformed(f"a file has 1 to {MAX_ANSWER_BYTES} bytes", kind="answer-size")
    if not new.media_type.startswith(_KINDS) or new.media_type == "image/svg+xml":
        raise Malformed("a video, a picture or a sound", kind="answer-type")
    if new.language not in LANGUAGES:
        raise Malformed("a language is en, fr or es")


def _identity(principal: Principal, new: NewAnswer) -> tuple[Identity, str]:
    """Whose it is, and the cell of the camera that took it; of a clip the edge's signature is checked here first."""
    person = principal.person or PersonId("")
    if not new.camera:
        if new.signed:
            raise Malformed("a clip names its camera")
        return Identity(person), ""
    camera = cameras.access_camera(principal, new.camera)
    if not new.signed:
        return Identity(person, camera.id), camera.cell
    if camera.edge is None:
        raise Conflict("this camera has no edge that could have signed", kind="clip-camera")
    edge = cameras.get_edge(camera.edge)
    _require_same(open_clip(new.signed, edge.public_key), new, camera.id)
    return Identity(person, camera.id, edge.id, edge.public_key, new.signed), camera.cell


def _require_same(said: ClipManifest, new: NewAnswer, camera: CameraId) -> None:
    if said.camera != camera:
        raise Conflict("this clip is of another camera", kind="clip-camera")
    if (said.sha256, said.size_bytes) != (new.sha256, new.size_bytes):
        raise Conflict("this is not the file that the signature is for", kind="clip-file")


def _row(request: models.VideoRequest, new: NewAnswer, now: datetime) -> models.Answer:
    return models.Answer(
        request=request, kind="clip" if new.signed else "file", media_type=new.media_type, size_bytes=new.size_bytes,
        sha256=new.sha256, begun_at=now, keep_until=now + timedelta(days=new.keep_days),
    )  # fmt: skip


def _give_receipt(row: models.Answer, language: str, now: datetime) -> None:
    programme = agencies.get_programme(ProgrammeId(row.request.programme))
    given = Given(
        answer=row.id, pseudonym=row.pseudonym, named=bool(row.name), kind=row.kind, sha256=row.sha256,
        language=language, until_ms=to_ms(row.keep_until), at_ms=to_ms(now),
    )  # fmt: skip
    receipt = canonical_json(build_receipt(row.request, programme, given))
    row.receipt, row.receipt_signature = receipt.decode(), sign_receipt(receipt)


def _require_receiving(row: models.Answer) -> None:
    if row.state != "receiving":
        raise Conflict("this answer was taken back, or is complete", kind="answer-gone")
