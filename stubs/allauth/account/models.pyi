from typing import ClassVar, Self

from django.db import models

from consentry.accounts.models import Person

class EmailAddress(models.Model):
    user: models.ForeignKey[Person, Person]
    email: models.EmailField[str, str]
    primary: models.BooleanField[bool, bool]
    verified: models.BooleanField[bool, bool]
    objects: ClassVar[models.Manager[Self]]
    _default_manager: ClassVar[models.Manager[Self]]

class EmailConfirmation(models.Model):
    objects: ClassVar[models.Manager[Self]]
    _default_manager: ClassVar[models.Manager[Self]]
