"""Render the catalogue: decisions are made here, the templates only lay out.

Output files, each headed by its generator and its contents:

* ``s3gw/generated/errors.py``     the error table, and how PFS errors are answered
* ``s3gw/generated/documents.py``  XML that the gateway sends: dataclasses and renderers
* ``s3gw/generated/parsers.py``    XML that clients send: dataclasses and parsers
* ``s3gw/generated/requests.py``   a typed request and result for each supported operation
* ``s3gw/generated/routes.py``     the operations, their dispatch tables, the Falcon resources
* ``docs/operations.md``           the compatibility table
"""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jinja2

from codegen.catalogue import Catalogue, Operation

LEVELS = ("service", "bucket", "object")
TEMPLATES = Path(__file__).resolve().parent / "templates"

_PYTHON_TYPES = {
    "boolean": "bool",
    "etag": "str",
    "http_date": "datetime",
    "integer": "int",
    "string": "str",
    "timestamp": "datetime",
}
_ACRONYMS = {"ETag": "etag", "ID": "id", "MD5": "md5", "VersionIdMarker": "version_id_marker"}


def render(catalogue: Catalogue) -> dict[str, str]:
    """Render everything: path from the root of the tree -> text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the output is Python and Markdown
    )
    views: dict[str, dict[str, Any]] = {
        "errors": {"errors": catalogue.errors, "pfs_errors": catalogue.pfs_errors},
        "documents": {"shapes": _shapes(catalogue.responses)},
        "parsers": {"shapes": _shapes(catalogue.requests)},
        "requests": {
            "answers": [_answer(*entry) for entry in _supported(catalogue) if "like" not in entry[1]],
            "likes": [
                {
                    "name": o.name,
                    "function": snake(o.name),
                    "like": s["like"],
                    "like_function": snake(s["like"]),
                }
                for o, s in _supported(catalogue)
                if "like" in s
            ],
        },
        "routes": _routes_view(catalogue),
    }
    rendered = {
        f"s3gw/generated/{name}.py": _format(environment.get_template(f"{name}.py.j2").render(view))
        for name, view in views.items()
    }
    page = environment.get_template("operations.md.j2").render(_page_view(catalogue))
    return {**rendered, "docs/operations.md": page}


def _format(source: str) -> str:
    """Format with ruff and the project's own settings: the pinned version makes it repeatable."""
    ours = 'lint.isort.known-first-party=["s3gw"]'
    settings = ["--quiet", "--isolated", "--config", "line-length=110", "--config", ours, "-"]
    for command in (["check", "--select", "I,F401", "--fix-only"], ["format"]):
        source = subprocess.run(  # noqa: S603 - a fixed command line
            [sys.executable, "-m", "ruff", *command, *settings],
            input=source,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return source


def snake(name: str) -> str:
    """Name a Python attribute as S3 names the member, header or parameter."""
    name = name.removeprefix("x-amz-")
    if name in _ACRONYMS:
        return _ACRONYMS[name]
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return name.replace("-", "_").lower().strip("_")


# --- shapes -----------------------------------------------------------------------------------


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
    url: bool
    shape: bool

    @property
    def read(self) -> str:
        """The expression that reads this member of a client's document."""
        reader = f"_read_{snake(self.type)}" if self.shape else f"xml.{self.type}"
        if self.repeated:
            return f"xml.items(element, {self.element!r}, {reader}, {self.maximum})"
        if self.optional or self.default:
            return f"xml.optional(element, {self.element!r}, {reader}, {self.default})"
        return f"xml.required(element, {self.element!r}, {reader})"


@dataclass(frozen=True)
class Shape:
    """An XML document or a part of one; `xml` is the expression that renders a document."""

    name: str
    function: str
    element: str
    namespace: bool
    part: bool
    members: tuple[Member, ...]
    encodes: bool
    xml: str = ""

    @property
    def fields(self) -> list[Member]:
        """The members in the order of a dataclass: those with a default last."""
        return sorted(self.members, key=lambda member: bool(member.default))


def _shapes(shapes: dict[str, dict[str, Any]]) -> list[Shape]:
    """Type the shapes, the parts before what they are part of."""
    typed = {name: _shape(name, shape) for name, shape in shapes.items()}
    ordered: dict[str, Shape] = {}

    def place(shape: Shape) -> None:
        for member in shape.members:
            if member.shape:
                place(typed[member.type])
        ordered.setdefault(shape.name, replace(shape, xml=_document(shape, typed)))

    for name in sorted(typed):
        place(typed[name])
    return list(ordered.values())


def _document(shape: Shape, shapes: dict[str, Shape]) -> str:
    namespace = "{_XMLNS}" if shape.namespace else ""
    url = "url" if shape.encodes else "escape"
    pieces = _pieces(shape, "value", url, shapes)
    return _concatenate(
        [_Text(f"{{_HEAD}}<{shape.element}{namespace}>"), *pieces, _Text(f"</{shape.element}>")]
    )


class _Text(str):
    """A piece of an XML expression: the inside of an f-string; any other piece is an expression."""

    __slots__ = ()


def _pieces(shape: Shape, value: str, url: str, shapes: dict[str, Shape]) -> Iterator[str]:
    """Lay a shape out, its parts inline: a page of a thousand entries makes no call for each."""
    for member in shape.members:
        of = f"{value}.{member.name}"
        if member.repeated:
            item = _concatenate(_element(member, "item", url, shapes))
            entries = f'"".join([{item} for item in {of}])'
            inside = member.inside
            yield from ([_Text(f"<{inside}>"), entries, _Text(f"</{inside}>")] if inside else [entries])
        elif member.optional:
            yield f'("" if {of} is None else {_concatenate(_element(member, of, url, shapes))})'
        else:
            yield from _element(member, of, url, shapes)


def _element(member: Member, value: str, url: str, shapes: dict[str, Shape]) -> Iterator[str]:
    tag = member.element
    if tag == "_text":
        yield _Text(_scalar(member, value, url))
    elif member.shape:
        yield from [
            _Text(f"<{tag}>"),
            *_pieces(shapes[member.type], value, url, shapes),
            _Text(f"</{tag}>"),
        ]
    else:
        yield _Text(f"<{tag}>{_scalar(member, value, url)}</{tag}>")


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
        encodes=any(member.name == "encoding_type" for member in members),
    )


def _member(element: str, given: Any) -> Member:
    member: dict[str, Any] = {"type": given} if isinstance(given, str) else given
    shape = member["type"] not in _PYTHON_TYPES
    annotation = member["type"] if shape else _PYTHON_TYPES[member["type"]]
    default = ""
    if member.get("list"):
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
        url=member.get("url", False),
        shape=shape,
    )


# --- requests and results ---------------------------------------------------------------------


@dataclass(frozen=True)
class Parameter:
    """A query parameter or header of a request, and the expression that reads it."""

    name: str
    annotation: str
    read: str


@dataclass(frozen=True)
class Header:
    """A header of a response, and the expression that writes `result.<name>`."""

    wire: str
    name: str
    annotation: str
    write: str


@dataclass(frozen=True)
class Answer:
    """A supported operation as the requests template needs it."""

    name: str
    function: str
    fields: tuple[str, ...]
    refuses: tuple[tuple[str, str], ...]
    reads: tuple[tuple[str, str], ...]
    headers: tuple[Header, ...]
    result_fields: tuple[str, ...]
    result: str
    writes: bool
    status: str
    body: str


def _supported(catalogue: Catalogue) -> list[tuple[Operation, dict[str, Any]]]:
    return [
        (operation, operation.supported)
        for operation in catalogue.operations
        if operation.supported is not None
    ]


def _answer(operation: Operation, supported: dict[str, Any]) -> Answer:
    request = supported.get("request", {})
    response = supported.get("response", {})
    body = response.get("body")
    headers = tuple(_header(wire, kind) for wire, kind in response.get("headers", {}).items())
    statuses = supported["status"]
    fields, reads = _request_fields(operation, request)
    result_fields = [f"{header.name}: {header.annotation} | None = None" for header in headers]
    if body == "content":
        result_fields.append("body: FileReader | None = None")
    elif body:
        result_fields.insert(0, f"document: documents.{body}")
    if isinstance(statuses, list):
        result_fields.append(f"status: int = {statuses[0]}")
    document = "result.document" if headers else "result"
    return Answer(
        name=operation.name,
        function=snake(operation.name),
        fields=fields,
        refuses=tuple(
            (feature, environ_name(pattern))
            for feature, patterns in supported.get("refuses", {}).items()
            for pattern in patterns
        ),
        reads=reads,
        headers=headers,
        result_fields=tuple(result_fields),
        result=f"{operation.name}Result" if headers else f"documents.{body}" if body else "None",
        writes=bool(headers or body),
        status="result.status" if isinstance(statuses, list) else str(statuses),
        body={None: "None", "content": "result.body"}.get(
            body, f"documents.render_{snake(body or '')}({document})"
        ),
    )


def _request_fields(
    operation: Operation, request: dict[str, Any]
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The fields of the request's dataclass, and the expressions that fill them."""
    fields: list[tuple[str, str, str]] = []
    if operation.levels[0] != "service":
        fields += [("bucket", "str", "call.bucket"), ("branch", "Branch", "call.branch()")]
    if operation.levels[0] == "object":
        fields.append(("key", "str", "call.key"))
    for source in ("query", "headers"):
        for wire, given in request.get(source, {}).items():
            parameter = _parameter(wire, given, source)
            fields.append((parameter.name, parameter.annotation, parameter.read))
    body = request.get("body")
    if body == "content":
        fields.append(("body", "Body", "call.content()"))
    elif body:
        required = request.get("body_required", False)
        annotation = f"parsers.{body}" if required else f"parsers.{body} | None"
        reader = "required_document" if required else "document"
        fields.append(("document", annotation, f"call.{reader}(parsers.parse_{snake(body)})"))
    return (
        tuple(f"{name}: {annotation}" for name, annotation, _ in fields),
        tuple((name, read) for name, _, read in fields),
    )


def _parameter(wire: str, given: Any, source: str) -> Parameter:
    parameter: dict[str, Any] = {"type": given} if isinstance(given, str) else given
    annotation = _PYTHON_TYPES[parameter["type"]]
    if "default" not in parameter:
        annotation += " | None"
    options = "".join(
        f", {option}={parameter[option]!r}"
        for option in ("default", "minimum", "maximum", "cap")
        if option in parameter
    )
    if "values" in parameter:
        options += f", values={tuple(parameter['values'])!r}"
    get, place = ("call.query.get", wire) if source == "query" else ("call.environ.get", environ_name(wire))
    if parameter["type"] != "string" or "values" in parameter:
        read = f"values.{parameter['type']}({wire!r}, {get}({place!r}){options})"
    elif "default" in parameter:
        read = f"{get}({place!r}, {parameter['default']!r})"
    else:
        read = f"{get}({place!r})"
    return Parameter(name=snake(wire), annotation=annotation, read=read)


def _header(wire: str, kind: str) -> Header:
    name = snake(wire)
    value = f"result.{name}"
    write = {
        "etag": f"f'\"{{{value}}}\"'",
        "http_date": f"http_date({value})",
        "integer": f"str({value})",
        "string": value,
    }[kind]
    return Header(wire=wire, name=name, annotation=_PYTHON_TYPES[kind], write=write)


def environ_name(header: str) -> str:
    """Name a header as WSGI names it."""
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{name}"


# --- routes -----------------------------------------------------------------------------------


def _routes_view(catalogue: Catalogue) -> dict[str, Any]:
    routed = [operation for operation in catalogue.operations if operation.twin_of is None]
    tables = [
        _table(level, method, [o for o in routed if level in o.levels and o.method == method])
        for level in LEVELS
        for method in sorted({o.method for o in routed if level in o.levels})
    ]
    handlers = sorted(
        {
            supported["handler"].partition(".")[0]
            for _, supported in _supported(catalogue)
            if "handler" in supported
        }
    )
    return {
        "operations": [_row(operation) for operation in catalogue.operations],
        "profiles": _profiles(catalogue),
        "handlers": handlers,
        "tables": tables,
        "levels": [
            {
                "name": level,
                "template": {
                    "service": "/",
                    "bucket": "/{bucket}",
                    "object": "/{bucket}/{key:path}",
                }[level],
                "tables": [table for table in tables if table["level"] == level],
            }
            for level in LEVELS
        ],
        "subresources": sorted(
            {
                next(iter(o.query))
                for o in catalogue.operations
                if len(o.query) == 1 and "=" not in next(iter(o.query))
            }
        ),
    }


def _profiles(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """Name the profiles that have an operation, each with those that it contains."""
    used = {supported["profile"] for _, supported in _supported(catalogue)}
    present = [profile for profile in ("classic", "extended") if profile in used]
    return {profile: tuple(present[: index + 1]) for index, profile in enumerate(present)}


def _table(level: str, method: str, operations: list[Operation]) -> dict[str, Any]:
    """One (level, method): its entries, the most specific first.

    Any order in which an entry stands before all that it is more specific than serves; the number
    of marks gives one.
    """
    ordered = sorted(operations, key=lambda o: (-len(o.query), -len(o.headers), o.name))
    parameters = {
        name
        for operation in operations
        for name in (operation.supported or {}).get("request", {}).get("query", {})
    }
    return {
        "level": level,
        "method": method,
        "name": f"{level}_{method}".upper(),
        "candidates": [
            {
                "constant": snake(operation.name).upper(),
                "query": tuple(sorted(mark.partition("=")[::2] for mark in operation.query)),
                "headers": tuple(sorted(environ_name(header) for header in operation.headers)),
            }
            for operation in ordered
        ],
        "parameters": sorted(parameters),
    }


def _row(operation: Operation) -> dict[str, Any]:
    supported = operation.supported or {}
    unsupported = operation.unsupported or {}
    response = supported.get("response", {})
    function = snake(operation.name)
    status = supported.get("status")
    return {
        "constant": function.upper(),
        "name": operation.name,
        "function": function,
        "feature": operation.feature,
        "level": " or ".join(operation.levels),
        "method": operation.method,
        "marks": _marks(operation),
        "twin_of": operation.twin_of,
        "supported": bool(supported),
        "profile": supported.get("profile"),
        "summary": supported.get("summary"),
        "pfs": tuple(supported.get("pfs", ())),
        "drops": tuple(supported.get("drops", ())),
        "refuses": supported.get("refuses", {}),
        "handle": supported.get("handler") or _constant(supported),
        "write": f"requests.write_{function}"
        if response or "like" in supported
        else f"Answer({status}).always",
        "why": unsupported.get("why"),
        "instead": unsupported.get("instead"),
    }


def _constant(supported: dict[str, Any]) -> str:
    """The handler of an entry that has an `answer` instead of one."""
    body = supported.get("response", {}).get("body")
    arguments = ", ".join(f"{snake(name)}={value!r}" for name, value in supported.get("answer", {}).items())
    return f"constant.answer(documents.{body}({arguments}))" if body else "constant.answer(None)"


def _marks(operation: Operation) -> str:
    query = "&".join(sorted(operation.query, key=lambda mark: ("=" in mark, mark)))
    headers = ", ".join(sorted(operation.headers))
    return " + ".join(part for part in (f"?{query}" if query else "", headers) if part)


# --- the page ---------------------------------------------------------------------------------


def _page_view(catalogue: Catalogue) -> dict[str, Any]:
    rows = [_row(operation) for operation in catalogue.operations]
    features = sorted({row["feature"] for row in rows}, key=str.lower)
    return {
        "supported": [row for row in rows if row["supported"]],
        "features": [
            {
                "name": feature,
                "rows": [r for r in rows if r["feature"] == feature and not r["supported"]],
            }
            for feature in features
            if any(r["feature"] == feature and not r["supported"] for r in rows)
        ],
        "unsupported": sum(not row["supported"] for row in rows),
        "total": len(rows),
        "errors": catalogue.errors,
        "pfs_errors": catalogue.pfs_errors,
    }
