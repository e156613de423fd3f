from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models

class Authenticator(models.Model):
    type: str
    data: dict[str, Any]
    created_at: datetime
    last_used_at: datetime | None
    objects: ClassVar[models.Manager[Self]]
    _default_manager: ClassVar[models.Manager[Self]]
