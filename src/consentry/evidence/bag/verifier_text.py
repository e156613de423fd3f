"""`verify.py`, the program inside each bag: the very modules that `consentry verify bag` runs, joined into one text.

Imports among ours fall away, limits become plain numbers, other imports are gathered on top. Standard library and
`cryptography` only. The same version of Consentry makes the same text, so its digest can be published once.
"""

import ast
from functools import cache
from importlib import import_module, resources

from consentry.kernel import limits

MODULES = (
    "consentry.kernel.errors",
    "consentry.kernel.merkle",
    "consentry.kernel.note",
    "consentry.kernel.checkpoint",
    "consentry.kernel.proof",
    "consentry.ledger.trust",
    *(f"consentry.evidence.bag.check.{name}" for name in (
        "fault", "strict", "der", "stamp", "roots", "zip_form", "sources", "tags", "item_form", "records",
        "export_form", "verdict", "by_hand",
    )),
)  # fmt: skip
_OURS = "consentry."
_HEAD = '''#!/usr/bin/env python3
"""Checks this bag of evidence offline: `python3 verify.py --trust FILE`, with `pip install cryptography`.

FILE holds keys that you got another way than with this bag (docs: guide "verify-bag"). Who could forge the bag could
forge this program too: compare its SHA-256 with the one that the project publishes, or use `consentry verify bag`.
"""
'''


@cache
def verifier_text() -> str:
    """The whole program."""
    imports: set[str] = set()
    numbers: set[str] = set()
    bodies = [f"\n\n# ---- {module}\n" + _body(module, imports, numbers) for module in MODULES]
    constants = "".join(f"{name} = {getattr(limits, name)!r}\n" for name in sorted(numbers))
    end = '\n\nif __name__ == "__main__":\n    sys.exit(main())\n'
    return _HEAD + "".join(sorted(imports)) + "\n" + constants + "".join(bodies) + end


def _body(module: str, imports: set[str], numbers: set[str]) -> str:
    """The module's text without its docstring and imports, which are added to `imports` and `numbers`."""
    package, _, name = module.rpartition(".")
    text = resources.files(import_module(package)).joinpath(f"{name}.py").read_text()
    lines = text.splitlines()
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            _sort_import(node, imports, numbers)
        if isinstance(node, ast.Import | ast.ImportFrom) or _is_docstring(node, tree):
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[number] = ""
    return "\n".join(lines).strip("\n") + "\n"


def _sort_import(node: ast.Import | ast.ImportFrom, imports: set[str], numbers: set[str]) -> None:
    if isinstance(node, ast.ImportFrom) and node.module == limits.__name__:
        numbers.update(alias.name for alias in node.names)
    elif not (isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_OURS)):
        imports.add(ast.unparse(node) + "\n")


def _is_docstring(node: ast.stmt, tree: ast.Module) -> bool:
    return node is tree.body[0] and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
