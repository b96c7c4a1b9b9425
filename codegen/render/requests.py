"""Typed requests and results: how an operation is read from a call, and how its result is written.

An operation has one request and one result, with the members of all profiles; each *variant* of it, as
a profile has it, reads and writes its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from codegen.catalogue import Catalogue, Operation, Wire
from codegen.profiles import Entry, entries
from codegen.render.names import PYTHON_TYPES, snake

# Where a request has members, beside its body.
SOURCES = ("query", "headers", "fields")

# What asks for nothing, where an entry does not say.
_NOTHING = ["", "false", "off"]


@dataclass(frozen=True)
class Field:
    """A member of a request, and the expression that reads it from a request.

    Attributes:
        optional: Whether who makes the request in Python may leave it out.
    """

    name: str
    annotation: str
    read: str
    optional: bool = False


@dataclass(frozen=True)
class Header:
    """A header of a response, and the statement that adds `result.<name>` to `headers`."""

    wire: str
    name: str
    annotation: str
    write: str


@dataclass(frozen=True)
class Refusal:
    """A header or parameter (`source`) that asks for a feature, unless it has certain values."""

    feature: str
    source: str
    pattern: str
    unless: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Variant:
    """A supported operation as one profile or more have it.

    Attributes:
        function: Names its functions.
        sources: Where it reads something, of `SOURCES`.
    """

    operation: Operation
    supported: dict[str, Any]
    function: str
    sources: tuple[str, ...]
    fields: tuple[Field, ...]
    refuses: dict[str, list[Refusal]]
    headers: tuple[Header, ...]
    result: str
    writes: bool
    status: str
    body: str


@dataclass(frozen=True)
class Answer:
    """An operation as the requests template needs it.

    Attributes:
        fields: Annotated members of the request; one that a variant does not read has a default.
        result_fields: The same of the result, where there is one.
    """

    name: str
    fields: tuple[str, ...]
    result_fields: tuple[str, ...]
    variants: tuple[Variant, ...]


def function_of(entry: Entry, profile: str) -> str:
    """Name what reads and writes a variant: as the operation, with the profile where it is not the first."""
    home = entry.home(profile)
    name = snake(entry.by_profile[profile].name)
    return name if home == next(iter(entry.served)) else f"{name}_{home}"


def requests_view(catalogue: Catalogue) -> dict[str, Any]:
    """What the template of requests needs."""
    answers: list[Answer] = []
    likes: list[dict[str, Any]] = []
    for entry in entries(catalogue):
        served = entry.served
        functions = {profile: function_of(entry, profile) for profile in served}
        for operation in list(served.values())[:1]:
            assert operation.supported is not None
            name, like = operation.name, operation.supported.get("like")
            if like is None:
                # one type for the handler, whatever the profile
                has_headers = any(
                    o.supported and o.supported.get("response", {}).get("headers") for o in served.values()
                )
                of = [
                    _variant(o, functions[profile], catalogue.wire, has_headers=has_headers)
                    for profile, o in served.items()
                ]
                answers.append(_answer(name, of))
            else:
                pairs = [(f, f.replace(snake(name), snake(like), 1)) for f in functions.values()]
                likes.append({"name": name, "like": like, "functions": pairs})
    return {"answers": answers, "likes": likes}


def _answer(name: str, of: list[Variant]) -> Answer:
    read: dict[str, Field] = {}
    for variant in of:
        read |= {field.name: field for field in variant.fields}
    everywhere = [
        f for f in read.values() if not f.optional and all(f.name in {g.name for g in v.fields} for v in of)
    ]
    some = [f for f in read.values() if f not in everywhere]
    fields = [f"{f.name}: {f.annotation}" for f in everywhere]
    fields += [f"{f.name}: {f.annotation.removesuffix(' | None')} | None = None" for f in some]
    return Answer(name, tuple(fields), _result_fields(of), tuple(of))


def _result_fields(of: list[Variant]) -> tuple[str, ...]:
    headers: dict[str, Header] = {}
    for variant in of:
        headers |= {header.name: header for header in variant.headers}
    if not headers:
        return ()
    fields = [f"{header.name}: {header.annotation} | None = None" for header in headers.values()]
    supported = of[-1].supported
    response = supported.get("response", {})
    body = response.get("body")
    if body == "content":
        fields.append("body: FileReader | None = None")
    elif body:
        if response.get("body_optional"):
            fields.append(f"document: documents.{body} | None = None")
        else:
            fields.insert(0, f"document: documents.{body}")
    if isinstance(supported["status"], list):
        fields.append(f"status: int = {supported['status'][0]}")
    return tuple(fields)


def _variant(operation: Operation, function: str, wire: Wire, *, has_headers: bool) -> Variant:
    supported = operation.supported
    assert supported is not None
    response = supported.get("response", {})
    body = response.get("body")
    headers = tuple(
        _header(name, kind)
        for pattern, kind in response.get("headers", {}).items()
        for name in ([pattern] if kind == "map" else _expanded(pattern, wire))
    )
    status = supported.get("status")  # a constant error has none
    document = "result.document" if has_headers else "result"
    return Variant(
        operation=operation,
        supported=supported,
        function=function,
        sources=tuple(source for source in SOURCES if supported.get("request", {}).get(source)),
        fields=tuple(_fields(operation, supported.get("request", {}), wire)),
        refuses=_by_source(refusals(operation, supported, wire)),
        headers=headers,
        result=f"{operation.name}Result" if has_headers else f"documents.{body}" if body else "None",
        writes=bool(has_headers or body),
        status="result.status" if isinstance(status, list) else str(status),
        body=_body(response, document),
    )


def _body(response: dict[str, Any], document: str) -> str:
    """Write the expression for the body of an answer."""
    body = response.get("body")
    if body in (None, "content"):
        return "result.body" if body else "None"
    rendered = f"documents.render_{snake(body)}({document})"
    return f"None if {document} is None else {rendered}" if response.get("body_optional") else rendered


def _expanded(pattern: str, wire: Wire) -> list[str]:
    """Give the headers that a pattern of a response stands for: those of the checksums."""
    if not pattern.endswith("*"):
        return [pattern]
    return sorted(pattern[:-1] + checksum["name"] for checksum in wire.checksums)


def refusals(operation: Operation, supported: dict[str, Any], wire: Wire) -> Iterator[Refusal]:
    """Give what an entry refuses: what it says, and conditions that its write neither judges nor drops."""
    for row in supported.get("refuses", ()):
        unless = tuple(row.get("unless", _NOTHING))
        for source in ("headers", "query", "fields"):
            for pattern in row.get(source, ()):
                name = pattern if source == "query" else pattern.lower()
                yield Refusal(row["feature"], source, name, unless, row.get("answer", "NotImplemented"))
    if operation.method in wire.writes:
        known = {*supported.get("request", {}).get("headers", {}), *supported.get("drops", ())}
        has_fields = supported.get("request", {}).get("body") == "form"
        for header, feature in wire.conditions.items():
            if header not in known:
                yield Refusal(feature, "headers", header, (), "NotImplemented")
            if has_fields:  # what a form says in them is meant like a header
                yield Refusal(feature, "fields", header, (), "NotImplemented")


def _by_source(rows: Iterable[Refusal]) -> dict[str, list[Refusal]]:
    found: dict[str, list[Refusal]] = {}
    for row in rows:
        found.setdefault(row.source, []).append(row)
    return found


def _fields(operation: Operation, request: dict[str, Any], wire: Wire) -> Iterator[Field]:
    """Give the members of a request, in the order in which they are read."""
    if operation.levels[0] != "service":
        yield Field("bucket", "str", "request.bucket")
        if request.get("bucket") == "new":
            yield Field("branch", "Branch", "request.new_branch()")
        elif operation.method in wire.writes:
            yield Field("branch", "Branch", "request.branch_to_write()")
        else:
            yield Field("branch", "Branch", "request.branch()")
            yield Field("commit", "str | None", "request.commit()", optional=True)
    if operation.levels[0] == "object":
        yield Field("key", "str", "request.key()")
    if len(operation.levels) > 1:
        yield Field("level", "str", "request.level")
    for source in SOURCES:
        for name, given in request.get(source, {}).items():
            yield _parameter(name, given, source)
    yield from _body_field(request)


def _body_field(request: dict[str, Any]) -> Iterator[Field]:
    body = request.get("body")
    if body == "content":
        yield Field("body", "Body", "request.content()")
    elif body == "form":
        yield Field("form", "Form", "request.form()")
    elif body:
        required = request.get("body_required", False)
        annotation = f"parsers.{body}" if required else f"parsers.{body} | None"
        reader = "required_document" if required else "document"
        # checksums that the handler reads are those of an object, and not of the document
        options = ", summed=False" if "x-amz-checksum-*" in request.get("headers", {}) else ""
        read = f"request.{reader}(parsers.{snake(body).upper()}, {body!r}{options})"
        yield Field("document", annotation, read)


def _parameter(wire: str, given: Any, source: str) -> Field:
    parameter: dict[str, Any] = {"type": given} if isinstance(given, str) else given
    name = snake(wire)
    if parameter["type"] == "document":
        shape = parameter["shape"]
        read = f"values.document({source}.get({wire!r}), parsers.{snake(shape).upper()}, {shape!r})"
        return Field(name, f"parsers.{shape} | None", read)
    annotation = PYTHON_TYPES[parameter["type"]]
    if "default" not in parameter:
        annotation += " | None"
    options = "".join(
        f", {option}={parameter[option]!r}"
        for option in ("default", "minimum", "maximum", "cap")
        if option in parameter
    )
    if "values" in parameter:
        options += f", values={tuple(parameter['values'])!r}"
    get = f"{source}.get"
    if parameter["type"] == "map":
        read = f"values.prefixed({wire[:-1]!r}, {source})"
        return Field(name, annotation.removesuffix(" | None"), read)
    if parameter["type"] != "string" or "values" in parameter:
        read = f"values.{parameter['type']}({wire!r}, {get}({wire!r}){options})"
    elif "default" in parameter:
        read = f"{get}({wire!r}, {parameter['default']!r})"
    else:
        read = f"{get}({wire!r})"
    return Field(name, annotation, read)


def _header(wire: str, kind: str) -> Header:
    name = snake(wire)
    value = f"result.{name}"
    if kind == "map":
        pairs = f"(({wire[:-1]!r} + name, value) for name, value in {value}.items())"
        return Header(wire, name, PYTHON_TYPES[kind], f"headers.extend({pairs})")
    text = {
        "boolean": f"'true' if {value} else 'false'",
        "etag": f"f'\"{{{value}}}\"'",
        "http_date": f"http_date({value})",
        "integer": f"str({value})",
        "string": value,
    }[kind]
    return Header(wire, name, PYTHON_TYPES[kind], f"headers.append(({wire!r}, {text}))")
