"""XML as cameras write it: bounded in bytes, depth and elements; a document type, and with it any entity, is refused.

Cameras are hostile input, and some are merely careless: Reolink's write prefixes that they never declared, which every
parser with namespaces refuses. So elements are found by their local name; the namespace is kept where there is one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_CAMERA_XML_BYTES, MAX_CAMERA_XML_DEPTH, MAX_CAMERA_XML_ELEMENTS


@dataclass
class Node:
    """One element. `name` and the keys of `attributes` are local names; `text` is what stands before its children."""

    name: str
    namespace: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def find(self, *names: str) -> "Node | None":
        """The first element along this path of local names, or None."""
        node: Node | None = self
        for name in names:
            node = next((child for child in node.children if child.name == name), None) if node else None
        return node

    def every(self, name: str) -> Iterator["Node"]:
        """All elements of this local name below, at any depth, in order."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.every(name)

    def text_at(self, *names: str) -> str:
        """The text along a path, without blanks around it; "" when there is none."""
        node = self.find(*names)
        return "" if node is None else node.text.strip()


def parse_nodes(data: bytes) -> Node:
    """The root element of `data`; Malformed when it is no XML or goes beyond a bound."""
    if len(data) > MAX_CAMERA_XML_BYTES:
        raise Malformed("a camera's answer is too long")
    builder = _Builder()
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler = builder.write
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(data, True)
    except (ExpatError, LookupError, ValueError) as error:  # LookupError: an encoding that nobody knows
        raise Malformed(f"not XML: {error}") from error
    if builder.root is None:
        raise Malformed("an empty XML document")
    return builder.root


class _Builder:
    """Owns the elements that are open, each with the prefixes that are known there."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[tuple[Node, dict[str, str]]] = []
        self._count = 0

    def start(self, qualified: str, attributes: dict[str, str]) -> None:
        """Called by expat."""
        self._count += 1
        if self._count > MAX_CAMERA_XML_ELEMENTS or len(self._open) >= MAX_CAMERA_XML_DEPTH:
            raise Malformed("a camera's answer is nested too deeply or has too many elements")
        known = self._open[-1][1] if self._open else {}
        declared = {key[6:]: value for key, value in attributes.items() if key == "xmlns" or key.startswith("xmlns:")}
        known = {**known, **declared} if declared else known
        prefix, _, local = qualified.rpartition(":")
        plain = {key.rpartition(":")[2]: value for key, value in attributes.items() if not key.startswith("xmlns")}
        node = Node(local, known.get(prefix, ""), plain)
        if self._open:
            self._open[-1][0].children.append(node)
        else:
            self.root = node
        self._open.append((node, known))

    def end(self, _qualified: str) -> None:
        """Called by expat."""
        self._open.pop()

    def write(self, text: str) -> None:
        """Called by expat."""
        node = self._open[-1][0]
        if not node.children:
            node.text += text


def _refuse_doctype(*_: object) -> None:
    raise Malformed("a camera's answer declares a document type")
