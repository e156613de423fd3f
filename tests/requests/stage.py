"""An agency with a burglary in the log, homes around it with consents, and the worker's steps of requests."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from tests.access.stage import Stage, integrate, make_stage
from tests.consent.stage import Scene
from tests.evidence.stage import give_vault_key
from tests.evidence.stage import work as work_vault

from consentry.core.principal import Principal
from consentry.evidence.services import advance_uploads
from consentry.kernel.clip import ClipManifest, ClipSegment, sign_clip
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import AnswerId, IncidentId, RequestId, new_id
from consentry.kernel.terms import Tier
from consentry.requests import models, services
from consentry.requests.types import NewAnswer, NewRequest

HOUR = timedelta(hours=1)
BODY = b"\x00\x00\x00\x18ftypmp42" + b"v" * 5_000


@dataclass
class Asked:
    """A request that was made and sent out."""

    stage: Stage
    request: RequestId

    def answer(self, home: Scene, **changes: Any) -> AnswerId:
        """A file of `home`, sent whole and complete; sealed at the next step of the worker."""
        body = changes.pop("body", BODY)
        made = begin(self.request, home.owner.principal, body, **changes)
        services.take_part(home.owner.principal, made, 0, [body])
        services.finish_answer(home.owner.principal, made, hashlib.sha256(body).hexdigest())
        return made


def begin(request: RequestId, who: Principal, body: bytes = BODY, **changes: Any) -> AnswerId:
    """An answer that is announced and not sent yet."""
    said: dict[str, Any] = {
        "media_type": "video/mp4", "size_bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(),
        "keep_days": 30, "named": False, "language": "fr",
    }  # fmt: skip
    now = changes.pop("now", None) or utc_now()
    return services.begin_answer(who, request, NewAnswer(**{**said, **changes}), now=now)


def new_request(incident: IncidentId, *, now: datetime | None = None, **changes: Any) -> NewRequest:
    """An hour around the call, a tenth of a square mile, a vehicle."""
    moment = now or utc_now()
    said: dict[str, Any] = {
        "incident": incident, "case_number": new_id("incident")[-8:], "contact": "desk@example.org",
        "window_start": moment - 2 * HOUR, "window_end": moment, "area_sq_m": 258_999, "looking_for": ("vehicle",),
    }  # fmt: skip
    return NewRequest(**{**said, **changes})


def make_asked(*, homes: int = 1, **changes: Any) -> Asked:
    """A stage whose agency asked `homes` homes; all of them found it in their inbox."""
    give_vault_key()
    stage = make_stage(Path(), homes=homes, tier=Tier.REQUEST)
    request = services.make_request(stage.analyst, new_request(stage.incident, **changes), now=utc_now())
    services.send_out_due(utc_now())
    services.tell_due(utc_now())
    return Asked(stage, request)


def work(now: datetime | None = None) -> None:
    """What the worker does for answers and their items within a moment."""
    advance_uploads(now or utc_now())
    services.seal_due(now or utc_now())
    services.drop_lost(now or utc_now())
    work_vault(now)
    services.follow_items(now or utc_now())
    services.close_due(now or utc_now())
    services.publish_due(now or utc_now())
    integrate()


def signed_clip(home: Scene, body: bytes) -> bytes:
    """`body` as a clip that the home's edge cut out of its ring and signed."""
    manifest = ClipManifest(
        clip=new_id("clip"), edge=home.home.id, camera=home.camera.id, asked=(5, 9), cut=(4, 9), gaps=(),
        sha256=hashlib.sha256(body).hexdigest(), size_bytes=len(body), codec="avc1.42c01e", width_px=2, height_px=2,
        units=1, made_at_ms=1, witnessed_ms=0, segments=(ClipSegment(1, "a" * 64, finished=True),),
    )  # fmt: skip
    return sign_clip(manifest, home.home.key)


def row_of(answer: AnswerId) -> models.Answer:
    """The answer's row as it stands."""
    return models.Answer.objects.get(id=answer)


def files_on_their_way() -> list[str]:
    """Names of files that lie in the clear."""
    folder = Path(settings.DATA) / "vault-incoming"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
