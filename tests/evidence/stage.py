"""What tests of the vault's room need: its key, a look that runs, segments as a gateway brings them, the worker."""

import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from tests.access.stage import Stage, integrate, make_stage, staff

from consentry.access import queries as access
from consentry.access.events import SessionEnded, SessionOpened
from consentry.access.types import Session
from consentry.core.announcements import _handlers
from consentry.core.principal import Principal
from consentry.evidence import handlers, models, services
from consentry.evidence.types import SegmentSaid
from consentry.evidence.vault_door import vault_vkeys
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.ids import ItemId, RecordingId
from consentry.kernel.note import Signer, Verifier
from consentry.kernel.roles import Role


def give_vault_key() -> Verifier:
    """The vault's key, as `up` makes it."""
    folder = Path(settings.DATA) / "keys"
    folder.mkdir(exist_ok=True)
    if not (folder / "vault.key").exists():
        signer = Signer.generate("log.test/vault")
        (folder / "vault.pub").write_text(signer.verifier.vkey + "\n")
        (folder / "vault.key").write_text(signer.skey + "\n")
    return Verifier.parse(vault_vkeys()[0])


def looking(**changes: Any) -> tuple[Stage, Session]:
    """A stage where the analyst's look at the first home runs and is in the log."""
    give_vault_key()
    stage = make_stage(Path(), **changes)
    _handlers.update({SessionEnded: (handlers.on_session_ended,), SessionOpened: (handlers.on_session_opened,)})
    ask = stage.ask()
    integrate()
    return stage, access.access_session(stage.analyst, ask.sessions[0].id)


def segment(mark: models.Mark, number: int = 0, **changes: Any) -> tuple[SegmentSaid, bytes]:
    """A segment of `mark` as its gateway would bring it, and its bytes."""
    body = changes.pop("body", None) or os.urandom(50_000) + bytes([number])
    start = to_ms(utc_now()) * 1_000
    said = {
        "recording": RecordingId(mark.recording), "camera": mark.camera, "run": "17-0123abcd", "number": number,
        "start_us": start, "end_us": start + 10, "size_bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(),
        "previous": "b" * 64, "recovered": False,
    }  # fmt: skip
    return SegmentSaid(**{**said, **changes}), body


def work(now: datetime | None = None) -> None:
    """What the worker and the sequencer do within a moment."""
    moment = now or utc_now()
    services.close_ended(moment)
    services.close_due(moment)
    integrate()
    services.note_logged(moment)
    services.destroy_due(moment)
    services.drop_empty(moment)


def sealed_look(*, segments: int = 2, **changes: Any) -> tuple[Stage, models.Item, list[bytes]]:
    """A look that was kept, stopped, delivered and sealed; and the bytes of its segments."""
    stage, session = looking(**changes)
    item = services.keep_look(session, now=utc_now())
    mark = models.Mark.objects.get(item=item)
    bodies = []
    for number in range(segments):
        said, body = segment(mark, number)
        services.take_segment(stage.gateway, said, [body], now=utc_now())
        bodies.append(body)
    services.stop_keeping(session.id, now=utc_now())
    services.take_recorder_state(stage.gateway, mark.recording, "delivered", lost_units=0)
    work()
    row = models.Item.objects.get(id=item)
    assert row.state == "sealed"
    return stage, row, bodies


def bytes_of(answer: Any) -> bytes:
    """All of an answer that is streamed."""

    async def gather() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(gather)()


def acts(item: ItemId | str) -> list[str]:
    """The kinds of acts in an item's custody, first to last."""
    return list(models.Act.objects.filter(item=item).order_by("id").values_list("kind", flat=True))


def colleague(stage: Stage, role: Role) -> Principal:
    """Somebody else of the same agency."""
    return staff(stage.agency, role)


DAY = timedelta(days=1)
__all__ = ["DAY", "acts", "colleague", "give_vault_key", "integrate", "looking", "sealed_look", "segment", "work"]
