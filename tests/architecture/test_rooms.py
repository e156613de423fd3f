"""Who may use whose tables, and which way foreign keys point. Import contracts themselves: `lint-imports`."""

import subprocess
import sys
import tomllib
from pathlib import Path

from django.apps import apps
from django.db.models import ForeignKey
from tests.architecture.source import ROOMS, ROOT, imports, modules


def _ladder() -> list[set[str]]:
    said = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    return [{name.strip().removeprefix("consentry.") for name in layer.split("|")} for layer in said]


def _height(room: str) -> int:
    return next(-place for place, layer in enumerate(_ladder()) if room in layer)


def test_every_room_stands_on_the_ladder() -> None:
    assert set(ROOMS) == set().union(*_ladder())


def test_import_contracts_hold() -> None:
    command = str(Path(sys.executable).with_name("lint-imports"))
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_only_the_room_itself_imports_its_models() -> None:
    found = [
        f"{path} imports {name}"
        for path, tree in modules().items()
        for name in imports(tree)
        if (parts := name.split("."))[0] == "consentry" and len(parts) > 2 and parts[2] == "models"
        if parts[1] != path.parts[0]
    ]
    assert found == []


def test_foreign_keys_point_down_only() -> None:
    ours = {
        config.label: config.name.removeprefix("consentry.")
        for config in apps.get_app_configs()
        if config.name.startswith("consentry.")
    }
    up = []
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if not isinstance(field, ForeignKey) or model._meta.app_label not in ours:
                continue
            target = field.related_model._meta.app_label
            if target in ours and _height(ours[target]) > _height(ours[model._meta.app_label]):
                up.append(f"{model.__name__}.{field.name} -> {target}")
    assert up == []


def test_tables_have_comments() -> None:
    silent = [
        model.__name__
        for model in apps.get_models()
        if type(model._meta.app_config).__module__.startswith("consentry.") and not model._meta.db_table_comment
    ]
    assert silent == []
