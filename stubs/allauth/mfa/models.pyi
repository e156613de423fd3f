from typing import ClassVar, Self

from django.db import models

class Authenticator(models.Model):
    objects: ClassVar[models.Manager[Self]]
    _default_manager: ClassVar[models.Manager[Self]]
