"""`consentry openapi FILE`: the API's own description, from which the console's types are made (`npm run gen`)."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from pydantic import BaseModel

from consentry.project.api import operations_of
from consentry.project.urls import api


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command of this module."""
    openapi = subparsers.add_parser("openapi", help="write the API's OpenAPI document")
    openapi.add_argument("file", type=Path)
    openapi.set_defaults(run=run_openapi)


def run_openapi(arguments: argparse.Namespace) -> int:
    """Write the document, whole or not at all."""
    arguments.file.parent.mkdir(parents=True, exist_ok=True)
    half = arguments.file.with_name(f"{arguments.file.name}.half")
    half.write_text(document())
    half.replace(arguments.file)
    return 0


def document() -> str:
    """The OpenAPI document as JSON text, the same for the same code.

    Raises ImproperlyConfigured when two bodies bear one name: ninja would keep the last one for both.
    """
    seen: dict[str, type[BaseModel]] = {}
    for model in _models():
        if seen.setdefault(model.__name__, model) is not model:
            raise ImproperlyConfigured(f"two bodies are called {model.__name__}: {model.__module__} and another")
    return json.dumps(api.get_openapi_schema(path_prefix="/api/"), indent=1, sort_keys=True) + "\n"


def _models() -> Iterator[type[BaseModel]]:
    """Every body that an operation takes or gives, with those inside."""
    for operation in operations_of(api):
        for answer in operation.response_models.values():
            if isinstance(answer, type) and issubclass(answer, BaseModel):
                yield from _within(answer)
        for asked in operation.models:
            yield from _within(asked)


# Any: an annotation may be any type expression.
def _within(found: Any) -> Iterator[type[BaseModel]]:
    if isinstance(found, type) and issubclass(found, BaseModel):
        if found.__module__.startswith("consentry."):
            yield found
        for field in found.model_fields.values():
            yield from _within(field.annotation)
    for part in getattr(found, "__args__", ()):
        yield from _within(part)
