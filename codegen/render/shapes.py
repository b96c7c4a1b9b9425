"""XML documents: typed shapes, and the expressions that render them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from codegen.render.names import PYTHON_TYPES, snake

# What the names of attributes begin with.
_ATTRIBUTE = "xsi:"


@dataclass(frozen=True)
class Member:
    """A member of a shape: `annotation` is its Python type, `default` a Python literal or ''."""

    element: str
    name: str
    type: str
    annotation: str
    default: str
    optional: bool
    repeated: bool
    inside: str | None
    maximum: int | None
    filled: bool
    url: bool
    shape: bool
    among: dict[str, str]

    @property
    def read(self) -> str:
        """How this member of a client's document is read: the arguments of `xml.Member`."""
        of = snake(self.type).upper() if self.shape else f"xml.{self.type}"
        given = [repr(self.name), of]
        if self.repeated:
            given.append(f"most={self.maximum}")
        if not self.optional and (self.repeated or not self.default):
            given.append("required=True")
        if self.filled:
            given.append("filled=True")
        return ", ".join(given)


@dataclass(frozen=True)
class Shape:
    """An XML document or a part of one; `xml` is the expression that renders a document."""

    name: str
    function: str
    element: str
    namespace: bool
    part: bool
    members: tuple[Member, ...]
    refuses: dict[str, str]
    encodes: bool
    xml: str = ""

    @property
    def constant(self) -> str:
        """The name of what reads it."""
        return self.function.upper()

    @property
    def attributes(self) -> list[Member]:
        """The members that are attributes of its element."""
        return [member for member in self.members if member.element.startswith(_ATTRIBUTE)]

    @property
    def elements(self) -> list[Member]:
        """The members that are elements in it."""
        return [member for member in self.members if not member.element.startswith(_ATTRIBUTE)]

    @property
    def fields(self) -> list[Member]:
        """The members in the order of a dataclass: those with a default last."""
        return sorted(self.members, key=lambda member: bool(member.default))


def typed_shapes(shapes: dict[str, dict[str, Any]]) -> list[Shape]:
    """Type the shapes, the parts before what they are part of."""
    typed = {name: _shape(name, shape) for name, shape in shapes.items()}
    ordered: dict[str, Shape] = {}

    def place(shape: Shape) -> None:
        for member in shape.members:
            for name in [member.type, *member.among.values()] if member.shape else ():
                place(typed[name])
        ordered.setdefault(shape.name, replace(shape, xml=_document(shape, typed)))

    for name in sorted(typed):
        place(typed[name])
    return list(ordered.values())


def _document(shape: Shape, shapes: dict[str, Shape]) -> str:
    namespace = "{_XMLNS}" if shape.namespace else ""
    url = "url" if shape.encodes else "escape"
    pieces = _pieces(shape, "value", url, shapes)
    return _concatenate(
        [_Text(f"{{HEAD}}<{shape.element}{namespace}>"), *pieces, _Text(f"</{shape.element}>")]
    )


class _Text(str):
    """A piece of an XML expression: the inside of an f-string; any other piece is an expression."""

    __slots__ = ()


def _pieces(shape: Shape, value: str, url: str, shapes: dict[str, Shape]) -> Iterator[str]:
    """Lay a shape out, its parts inline: a page of a thousand entries makes no call for each."""
    for member in shape.elements:
        of = f"{value}.{member.name}"
        if member.repeated:
            item = _item(member, url, shapes)
            entries = f'"".join([{item} for item in {of}])'
            inside = member.inside
            yield from ([_Text(f"<{inside}>"), entries, _Text(f"</{inside}>")] if inside else [entries])
        elif member.optional:
            yield f'("" if {of} is None else {_concatenate(_element(member, of, url, shapes))})'
        else:
            yield from _element(member, of, url, shapes)


def _item(member: Member, url: str, shapes: dict[str, Shape]) -> str:
    """Lay an item of a list out, which may be one of several shapes."""
    item = _concatenate(_element(member, "item", url, shapes))
    for element, shape in member.among.items():
        other = _concatenate(_element(replace(member, element=element, type=shape), "item", url, shapes))
        item = f"({other} if isinstance(item, {shape}) else {item})"
    return item


def _element(member: Member, value: str, url: str, shapes: dict[str, Shape]) -> Iterator[str]:
    tag = member.element
    if tag == "_text":
        yield _Text(_scalar(member, value, url))
    elif member.shape:
        yield from [
            _Text(f"<{tag}{_attributes(shapes[member.type], value)}>"),
            *_pieces(shapes[member.type], value, url, shapes),
            _Text(f"</{tag}>"),
        ]
    else:
        yield _Text(f"<{tag}>{_scalar(member, value, url)}</{tag}>")


def _attributes(shape: Shape, value: str) -> str:
    given = "".join(f' {m.element}=\\"{{escape({value}.{m.name})}}\\"' for m in shape.attributes)
    return f"{{_XSI}}{given}" if given else ""


def _scalar(member: Member, value: str, url: str) -> str:
    return {
        "boolean": f"{{'true' if {value} else 'false'}}",
        "etag": f"&quot;{{{value}}}&quot;",
        "integer": f"{{{value}}}",
        "string": f"{{{url if member.url else 'escape'}({value})}}",
        "timestamp": f"{{timestamp({value})}}",
    }[member.type]


def _concatenate(pieces: Iterable[str]) -> str:
    terms: list[str] = []
    for is_text, run in itertools.groupby(pieces, key=lambda piece: isinstance(piece, _Text)):
        if is_text:
            terms.append(" ".join(map(_literal, run)))
        else:
            terms.extend(run)
    return " + ".join(terms)


def _literal(text: str) -> str:
    return f'f"{text}"' if "{" in text else f'"{text}"'


def _shape(name: str, shape: dict[str, Any]) -> Shape:
    members = tuple(_member(element, member) for element, member in shape["members"].items())
    return Shape(
        name=name,
        function=snake(name),
        element=shape.get("element", name),
        namespace=shape.get("namespace", True),
        part=shape.get("part", False),
        members=members,
        refuses=shape.get("refuses", {}),
        encodes=any(member.name == "encoding_type" for member in members),
    )


def _member(element: str, given: Any) -> Member:
    member: dict[str, Any] = {"type": given} if isinstance(given, str) else given
    shape = member["type"] not in PYTHON_TYPES
    annotation = member["type"] if shape else PYTHON_TYPES[member["type"]]
    default = ""
    if member.get("list"):
        annotation = " | ".join([annotation, *member.get("among", {}).values()])
        annotation, default = f"Sequence[{annotation}]", "()"
    elif member.get("optional"):
        annotation, default = f"{annotation} | None", "None"
    elif "default" in member:
        default = repr(member["default"])
    return Member(
        element=element,
        name=snake(element),
        type=member["type"],
        annotation=annotation,
        default=default,
        optional=member.get("optional", False),
        repeated=member.get("list", False),
        inside=member.get("inside"),
        maximum=member.get("maximum"),
        filled=member.get("filled", False),
        url=member.get("url", False),
        shape=shape,
        among=member.get("among", {}),
    )
