"""The operations, the tables that tell them apart in each profile, the Falcon resources."""

from __future__ import annotations

from typing import Any

from codegen.catalogue import Catalogue, Operation, Profile
from codegen.lint.rights import ANYBODY, reads_prefix
from codegen.profiles import Entry, entries
from codegen.render.names import snake
from codegen.render.requests import function_of, refusals

LEVELS = ("service", "bucket", "object")
TEMPLATES = {"service": "/", "bucket": "/{bucket}", "object": "/{bucket}/{key:path}"}


def routes_view(catalogue: Catalogue) -> dict[str, Any]:
    """What the template of routes needs."""
    every = entries(catalogue)
    rows = [row(catalogue, entry, profile) for entry in every for profile in entry.variants]
    return {
        "operations": rows,
        "count": len(every),
        "handlers": sorted({shown["handle"].partition(".")[0] for shown in rows if shown["has_handler"]}),
        "profiles": [_profile(profile, every) for profile in catalogue.profiles],
        "levels": [
            {
                "name": level,
                "template": TEMPLATES[level],
                "methods": sorted({o.method for o in catalogue.operations if level in o.levels}),
            }
            for level in LEVELS
        ],
        "subresources": subresources(catalogue),
    }


def _constant_of(entry: Entry, profile: str) -> str:
    """Name the constant of a variant: as the operation, with the profile where it is not the first."""
    home = entry.home(profile)
    name = snake(entry.by_profile[profile].name)
    return (name if home == next(iter(entry.variants)) else f"{name}_{home}").upper()


def _profile(profile: Profile, every: list[Entry]) -> dict[str, Any]:
    """One profile: its operations by the names of their constants, and its tables."""
    here = [(entry.by_profile[profile.name], _constant_of(entry, profile.name)) for entry in every]
    constants = {operation.name: constant for operation, constant in here}
    routed = [operation for operation, _ in here if operation.twin_of is None]
    tables = [
        _table(level, method, [o for o in routed if level in o.levels and o.method == method], constants)
        for level in LEVELS
        for method in sorted({o.method for o in routed if level in o.levels})
    ]
    return {
        "name": profile.name,
        "summary": profile.summary,
        "key_code": profile.keys.upper(),
        "bucket_names": profile.buckets.upper(),
        "operations": list(constants.values()),
        "tables": tables,
    }


def _table(level: str, method: str, operations: list[Operation], constants: dict[str, str]) -> dict[str, Any]:
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
        "candidates": [
            {
                "constant": constants[operation.name],
                "query": tuple(sorted(mark.partition("=")[::2] for mark in operation.query)),
                "headers": tuple(sorted(operation.headers)),
            }
            for operation in ordered
        ],
        "parameters": sorted(parameters),
    }


def row(catalogue: Catalogue, entry: Entry, profile: str) -> dict[str, Any]:
    """A variant of an operation as the templates of routes and page need it."""
    operation = entry.by_profile[profile]
    supported = operation.supported or {}
    unsupported = operation.unsupported or {}
    function = function_of(entry, profile) if supported else ""
    return {
        "constant": _constant_of(entry, profile),
        "name": operation.name,
        "feature": operation.feature,
        "level": " or ".join(operation.levels),
        "method": operation.method,
        "marks": marks(operation),
        "right": operation.right,
        "reach": reach_of(operation),
        "twin_of": operation.twin_of,
        "supported": bool(supported),
        "has_handler": "handler" in supported,
        "summary": _summary(catalogue, operation),
        "pfs": tuple(supported.get("pfs", ())),
        "reads": tuple(_reads(catalogue, supported)),
        "drops": tuple(supported.get("drops", ())),
        "refuses": tuple(dict.fromkeys(_refused(catalogue, operation, supported))),
        "lane": supported.get("lane"),
        "keeps_waiting": supported.get("keeps_waiting", False),
        "makes_object": supported.get("makes_object", False),
        "reads_form": supported.get("request", {}).get("body") == "form",
        "read": f"requests.read_{function}",
        "handle": supported.get("handler") or _constant(operation, supported),
        "write": _write(catalogue, operation, supported, function),
        "why": unsupported.get("why"),
        "instead": unsupported.get("instead"),
        "served_in": entry.supported_in,
    }


def _reads(catalogue: Catalogue, supported: dict[str, Any]) -> list[str]:
    """Name the members of a request that are read."""
    request = supported.get("request", {})
    read = [f"?{name}" for name in request.get("query", {})]
    read += list(request.get("headers", {}))
    read += [f"{name}=" for name in request.get("fields", {})]
    body = request.get("body")
    if body:
        read += catalogue.wire.body
    if body in catalogue.requests:
        read += [f"<{element}>" for element in _elements(catalogue, body)]
    return read


def _elements(catalogue: Catalogue, shape: str) -> list[str]:
    """Name the elements of a client's document, those of its parts behind a slash."""
    named = []
    for element, given in catalogue.requests[shape]["members"].items():
        kind = given if isinstance(given, str) else given["type"]
        inside = _elements(catalogue, kind) if kind in catalogue.requests else []
        named += [f"{element}/{name}" for name in inside] or [element]
    return named


def _refused(catalogue: Catalogue, operation: Operation, supported: dict[str, Any]) -> list[tuple[str, str]]:
    """Name the members that are refused, each with the feature that it asks for."""
    if not supported:
        return []
    refused = [
        (f"{row.pattern}=" if row.source == "fields" else row.pattern, row.feature)
        for row in refusals(operation, supported, catalogue.wire)
    ]
    body = supported.get("request", {}).get("body")
    if body in catalogue.requests:
        refused += [
            (f"<{name}>", feature) for name, feature in catalogue.requests[body].get("refuses", {}).items()
        ]
    return refused


def _summary(catalogue: Catalogue, operation: Operation) -> str | None:
    """Say what an operation does, and the error that is its constant answer."""
    if operation.supported is None:
        return None
    summary: str = operation.supported["summary"]
    if operation.answer_error is None:
        return summary
    code, _ = operation.answer_error
    return f"{summary} Answers {_status(catalogue, code)} {code}."


def _status(catalogue: Catalogue, code: str) -> int:
    (status,) = [row["status"] for row in catalogue.errors if row["code"] == code]
    assert isinstance(status, int)
    return status


def _write(catalogue: Catalogue, operation: Operation, supported: dict[str, Any], function: str) -> str:
    if supported.get("response") or "like" in supported:
        return f"requests.write_{function}"
    error = operation.answer_error
    status = _status(catalogue, error[0]) if error else supported.get("status")
    return f"Answer({status}).always"


def _constant(operation: Operation, supported: dict[str, Any]) -> str:
    """The handler of an entry that has an `answer` or an `answer_error` instead of one."""
    if operation.answer_error is not None:
        code, message = operation.answer_error
        return f"constant.answer_error(errors.{code}{'' if message is None else f', {message!r}'})"
    body = supported.get("response", {}).get("body")
    arguments = ", ".join(f"{snake(name)}={value!r}" for name, value in supported.get("answer", {}).items())
    return f"constant.answer(documents.{body}({arguments}))" if body else "constant.answer(None)"


def marks(operation: Operation) -> str:
    """What in query and headers tells an operation apart, for people."""
    query = "&".join(sorted(operation.query, key=lambda mark: ("=" in mark, mark)))
    headers = ", ".join(sorted(operation.headers))
    return " + ".join(part for part in (f"?{query}" if query else "", headers) if part)


def subresources(catalogue: Catalogue) -> list[str]:
    """Name the parameters that name a sub-resource by themselves, at any level."""
    alone = [o.query for o in catalogue.operations if len(o.query) == 1]
    return sorted({mark for query in alone for mark in query if "=" not in mark})


def reach_of(operation: Operation) -> str | None:
    """Tell where the right of an operation is needed; None where nobody is asked."""
    level = operation.levels[0]
    if operation.right == ANYBODY:
        return None
    if operation.reach is not None:
        return operation.reach
    if level == "object":
        return "key"
    if (operation.supported or {}).get("request", {}).get("bucket") == "new":
        return "new"
    if level == "bucket" and operation.right == "list":
        return "prefix" if reads_prefix(operation) else "part"
    return level
