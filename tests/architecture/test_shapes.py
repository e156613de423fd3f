"""Sizes and shapes of `docs/design/style.md`. No list of exceptions."""

import ast
import re

from tests.architecture.source import ROOT, SOURCE, functions, modules

MAX_FILE_LINES, MAX_TEST_LINES, MAX_COMPONENT_LINES = 300, 500, 250
MAX_FUNCTION_LINES, MAX_PARAMETERS = 40, 5
UNLOVED = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}


def _code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    return (node.end_lineno or 0) - first.lineno + 1


def test_files_are_short() -> None:
    sizes = {
        path: len(path.read_text().splitlines()) for path in SOURCE.rglob("*.py") if "migrations" not in path.parts
    }
    assert {str(path.relative_to(ROOT)): n for path, n in sizes.items() if n > MAX_FILE_LINES} == {}


def test_test_files_are_short() -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in (ROOT / "tests").rglob("*.py")}
    assert {str(path.relative_to(ROOT)): n for path, n in sizes.items() if n > MAX_TEST_LINES} == {}


def test_components_are_short() -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in (ROOT / "console" / "src").rglob("*.tsx")}
    assert {str(path.relative_to(ROOT)): n for path, n in sizes.items() if n > MAX_COMPONENT_LINES} == {}


def test_functions_are_short() -> None:
    long = {
        f"{path}:{node.name}": _code_lines(node)
        for path, tree in modules().items()
        for node in functions(tree)
        if _code_lines(node) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_functions_take_few_parameters() -> None:
    many = {}
    for path, tree in modules().items():
        for node in functions(tree):
            said = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            count = len([name for name in said if name not in ("self", "cls")])
            if count > MAX_PARAMETERS:
                many[f"{path}:{node.name}"] = count
    assert many == {}


def test_no_file_is_named_after_nothing() -> None:
    assert [str(path) for path in modules() if path.stem in UNLOVED] == []


def test_no_class_is_a_manager_or_helper() -> None:
    found = [
        f"{path}:{node.name}"
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and re.search(r"(Manager|Helper|Utils?)$", node.name)
    ]
    assert found == []


def test_public_functions_and_classes_say_what_they_do() -> None:
    silent = []
    for path, tree in modules().items():
        for node in tree.body:
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if named and not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{path}:{node.name}")
        if not ast.get_docstring(tree):
            silent.append(str(path))
    assert silent == []


def test_broad_excepts_are_boundaries_and_say_so() -> None:
    unmarked = []
    for path in modules():
        lines = (SOURCE / path).read_text().splitlines()
        for number, line in enumerate(lines):
            broad = re.search(r"except (Base)?Exception\b|except\s*:", line)
            near = " ".join(lines[max(0, number - 1) : number + 2])
            if broad and "boundary:" not in near:
                unmarked.append(f"{path}:{number + 1}")
    assert unmarked == []


def test_no_django_signals_and_no_save_overrides() -> None:
    found = []
    for path, tree in modules().items():
        text = (SOURCE / path).read_text()
        if "django.db.models.signals" in text or "django.dispatch" in text:
            found.append(str(path))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and path.name == "models.py":
                found += [f"{path}:{node.name}" for item in node.body if getattr(item, "name", "") == "save"]
    assert found == []


def test_only_settings_read_the_environment() -> None:
    readers = [
        str(path)
        for path in modules()
        if re.search(r"os\.environ(\.get|\[[^]]*\](?!\s*=[^=]))|os\.getenv", (SOURCE / path).read_text())
        and path.parts[0] != "project"
        and path.name != "settings.py"
        and not any(part.startswith("bench") for part in path.parts)
    ]
    assert readers == []


def test_journeys_wait_for_what_holds() -> None:
    """Playwright's own waiting takes the promise of an async function for its truth (`people.wait_until` does not)."""
    journeys = ROOT / "tests" / "journeys"
    assert [path.name for path in journeys.glob("*.py") if ".wait_for_function(" in path.read_text()] == []
