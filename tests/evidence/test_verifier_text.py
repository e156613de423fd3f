"""`verify.py` is the product's own check in one text: nothing clashes, little is needed to run it."""

import ast
import sys
from collections import Counter

from consentry.evidence.bag.verifier_text import verifier_text


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    flat = [item for one in targets for item in (one.elts if isinstance(one, ast.Tuple) else [one])]
    return [item.id for item in flat if isinstance(item, ast.Name)]


def test_no_name_is_defined_twice_and_none_under_another_name() -> None:
    tree = ast.parse(verifier_text())
    count = Counter(name for node in tree.body for name in _names(node))
    assert [name for name, times in count.items() if times > 1] == []
    aliases = [alias.asname for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert not any(aliases)


def test_it_needs_the_standard_library_and_cryptography_alone() -> None:
    found = set()
    for node in ast.walk(ast.parse(verifier_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    assert found - set(sys.stdlib_module_names) == {"cryptography"}
