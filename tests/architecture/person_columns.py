"""Every column that holds a PersonId, found in the models themselves."""

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import Field, ForeignKey, Model, TextField

from consentry.accounts.models import Person

SAID = re.compile(r"PersonId|[Pp]erson id|^Supervisor who")
NAMED = re.compile(r"^(author|owner|person|second_person|viewer)$|_by$")


# Any: a column of any model.
def person_columns() -> "Iterator[tuple[str, type[Model], Field[Any, Any]]]":
    """(`room.Model.column`, model, field): keys to a person, and texts that their name or comment says are one."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, Field) and field.model is model and _holds_person(field):
                yield f"{_room_of(model)}.{model.__name__}.{field.name}", model, field


def _room_of(model: type[Model]) -> str:
    """The room that answers for a model: its own, or accounts for those of the sign-in library that it alone knows."""
    return model._meta.app_label if model.__module__.startswith("consentry.") else "accounts"


def _holds_person(field: "Field[Any, Any]") -> bool:
    if isinstance(field, ForeignKey):
        return field.related_model is Person
    said = isinstance(field, TextField) and not field.primary_key
    return said and bool(SAID.search(field.db_comment or "") or NAMED.search(field.name))
