"""What the catalogue must mean: a function for each rule.

A rule yields problems as lines ``file: entry: what is wrong: how to mend it``. That the files keep
to their schemas is checked before, by `codegen.catalogue.load`.
"""

from __future__ import annotations

import ast
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from codegen.catalogue import Catalogue, Operation
from codegen.model import ModelOperation, operations
from codegen.render import snake

# These belong to signatures or tell nothing: they never take part in routing.
_NEVER_ROUTED = frozenset(("awsaccesskeyid", "expires", "signature", "x-id"))
# What an `answer` may hold, and how YAML reads it.
_CONSTANTS = {"boolean": bool, "etag": str, "integer": int, "string": str}
_SCALARS = frozenset(("boolean", "etag", "integer", "string", "timestamp"))


def lint(catalogue: Catalogue, root: Path, model: dict[str, ModelOperation] | None = None) -> list[str]:
    """Apply all rules.

    Args:
        catalogue: What `load` has read.
        root: The tree, for the handlers and the errors of the PFS interface.
        model: The AWS model; the installed one by default.
    """
    model = operations() if model is None else model
    rules = (
        _duplicate_names(catalogue),
        _same_marks(catalogue),
        _twins(catalogue),
        _no_order(catalogue),
        _values_overlap(catalogue),
        _unreachable(catalogue),
        _parameters(catalogue),
        _likes(catalogue),
        _error_table(catalogue),
        _error_uses(catalogue, root),
        _pfs_errors(catalogue, root),
        _shapes(catalogue),
        _answers(catalogue),
        _handlers(catalogue, root),
        _missing_from_catalogue(catalogue, model),
        _missing_from_model(catalogue, model),
        _differs_from_model(catalogue, model),
    )
    return list(itertools.chain.from_iterable(rules))


def _problem(operation: Operation, problem: str, mend: str) -> str:
    return f"{operation.file}: {operation.name}: {problem}: {mend}"


# --- entries beside each other ----------------------------------------------------------------


def _duplicate_names(catalogue: Catalogue) -> Iterator[str]:
    counts = Counter(operation.name for operation in catalogue.operations)
    for operation in catalogue.operations:
        if counts[operation.name] > 1:
            yield _problem(operation, "the name stands more than once", "delete all entries but one")


def _rivals(catalogue: Catalogue) -> Iterator[tuple[Operation, Operation]]:
    """Pairs of entries of one level and method; twins are never routed, so they are no rivals."""
    routed = [operation for operation in catalogue.operations if operation.twin_of is None]
    for one, other in itertools.combinations(routed, 2):
        if one.name != other.name and one.method == other.method and set(one.levels) & set(other.levels):
            yield one, other


def _same_marks(catalogue: Catalogue) -> Iterator[str]:
    for one, other in _rivals(catalogue):
        if one.query == other.query and one.headers == other.headers:
            yield _problem(
                other,
                f"the same requests are {one.name} ({one.file})",
                f"add a mark that tells them apart, or `twin_of: {one.name}`",
            )


def _twins(catalogue: Catalogue) -> Iterator[str]:
    by_name = {operation.name: operation for operation in catalogue.operations}
    for operation in catalogue.operations:
        if operation.twin_of is None:
            continue
        other = by_name.get(operation.twin_of)
        if other is None:
            yield _problem(
                operation,
                f"its twin {operation.twin_of} is no entry",
                "name an operation of the catalogue",
            )
        elif other is operation:
            yield _problem(operation, "it is its own twin", "drop twin_of")
        elif other.twin_of is not None:
            yield _problem(
                operation,
                f"its twin {other.name} is a twin itself",
                f"name {other.twin_of} instead",
            )
        elif operation.supported is not None:
            yield _problem(operation, f"{other.name} answers for it", "make it unsupported, or drop twin_of")
        elif (operation.levels, operation.method, operation.query, operation.headers) != (
            other.levels,
            other.method,
            other.query,
            other.headers,
        ):
            yield _problem(
                operation,
                f"its requests differ from those of its twin {other.name}",
                "give both the same marks, or drop twin_of",
            )


def _no_order(catalogue: Catalogue) -> Iterator[str]:
    """Two entries that one request could match, neither more specific than the other.

    Different query marks need no order: a request with the marks of both contradicts itself, and
    is refused. Different headers do, since clients send many.
    """
    for one, other in _rivals(catalogue):
        if one.query != other.query or one.headers <= other.headers or other.headers <= one.headers:
            continue
        both = one.headers | other.headers
        shared = set(one.levels) & set(other.levels)
        covered = any(
            third.query == one.query
            and third.headers == both
            and third.method == one.method
            and shared <= set(third.levels)
            for third in catalogue.operations
        )
        if not covered:
            yield _problem(
                other,
                f"a request with the headers {', '.join(sorted(both))} matches {one.name} "
                f"({one.file}) as well, and nothing decides",
                "tell them apart by a query mark, or add an entry for both headers",
            )


def _values_overlap(catalogue: Catalogue) -> Iterator[str]:
    """Two entries told apart only by whether a parameter must have a value: nothing decides."""
    for one, other in _rivals(catalogue):
        if one.query_names != other.query_names:
            continue
        marks = dict(mark.partition("=")[::2] for mark in one.query)
        loose = sorted(
            name
            for name, value in (mark.partition("=")[::2] for mark in other.query)
            if (marks[name] == "") != (value == "")
        )
        contradict = any(
            value and marks[name] and value != marks[name]
            for name, value in (mark.partition("=")[::2] for mark in other.query)
        )
        if loose and not contradict:
            yield _problem(
                other,
                f"a request can match {one.name} ({one.file}) as well, since only one of them "
                f"asks for a value of {', '.join(loose)}",
                "give both a value, or tell them apart by another mark",
            )


def _unreachable(catalogue: Catalogue) -> Iterator[str]:
    for operation in catalogue.operations:
        names = Counter(mark.partition("=")[0] for mark in operation.query)
        for name, count in names.items():
            if count > 1:
                yield _problem(operation, f"no request has {name} twice", "keep one mark for it")
            if name.lower() in _NEVER_ROUTED or name.lower().startswith("x-amz-"):
                yield _problem(
                    operation,
                    f"it can never be reached: {name} takes no part in routing",
                    "choose another mark",
                )


# --- what entries refer to --------------------------------------------------------------------


def _supported(catalogue: Catalogue) -> Iterator[tuple[Operation, dict[str, Any]]]:
    for operation in catalogue.operations:
        if operation.supported is not None:
            yield operation, operation.supported


def _parameters(catalogue: Catalogue) -> Iterator[str]:
    for operation, supported in _supported(catalogue):
        request = supported.get("request", {})
        for name, given in [*request.get("query", {}).items(), *request.get("headers", {}).items()]:
            if isinstance(given, dict):
                for problem, mend in _parameter(given):
                    yield _problem(operation, f"the parameter {name} {problem}", mend)
        names = Counter(map(snake, [*request.get("query", {}), *request.get("headers", {})]))
        for name in sorted(name for name, count in names.items() if count > 1):
            yield _problem(
                operation,
                f"two parameters are named {name} in Python",
                "keep one of them",
            )


def _parameter(given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kind = given["type"]
    default = given.get("default")
    python = {"boolean": bool, "integer": int, "string": str}[kind]
    if default is not None and type(default) is not python:
        yield f"has the default {default!r}", f"give it a {kind}"
    numbers = [key for key in ("minimum", "maximum", "cap") if key in given]
    if kind != "integer":
        if numbers:
            yield f"is a {kind} with {', '.join(numbers)}", "these are for integers: drop them"
    else:
        bounds = [given[key] for key in ("maximum", "cap") if key in given]
        if bounds and given.get("minimum", min(bounds)) > min(bounds):
            yield f"has the minimum {given['minimum']} above {min(bounds)}", "move the bounds"
        elif isinstance(default, int) and not given.get("minimum", default) <= default <= min(
            bounds, default=default
        ):
            yield f"has the default {default}, which it would refuse", "move the default or the bounds"
    if "values" in given and kind != "string":
        yield f"is a {kind} with values", "these are for strings: drop them"
    elif isinstance(default, str) and default not in given.get("values", [default]):
        yield f"has the default {default!r}, which it would refuse", "add it to the values, or drop it"


def _likes(catalogue: Catalogue) -> Iterator[str]:
    by_name = {operation.name: operation for operation in catalogue.operations}
    for operation, supported in _supported(catalogue):
        if "like" not in supported:
            continue
        other = by_name.get(supported["like"])
        if other is None or other.supported is None or "like" in other.supported:
            yield _problem(
                operation,
                f"it is like {supported['like']}",
                "name a supported operation that is like no other",
            )


def _error_table(catalogue: Catalogue) -> Iterator[str]:
    counts = Counter(row["code"] for row in catalogue.errors)
    for code, count in counts.items():
        if count > 1:
            yield f"errors.yaml: {code}: the code stands more than once: delete all rows but one"
    for row in catalogue.pfs_errors:
        if row["answer"] not in counts:
            error, answer = row["error"], row["answer"]
            problem = f"its answer {answer} is no code of the table"
            yield f"errors.yaml: {error}: {problem}: add a row, or choose another"


def _error_uses(catalogue: Catalogue, root: Path) -> Iterator[str]:
    codes = {row["code"] for row in catalogue.errors} | {"ErrorKind", "PFS_ERRORS"}
    for path in sorted((root / "s3gw").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "errors"
                and node.attr not in codes
            ):
                place = f"{path.relative_to(root)}:{node.lineno}"
                yield f"errors.yaml: {node.attr}: {place} uses a code that the table lacks: add a row"


def _pfs_errors(catalogue: Catalogue, root: Path) -> Iterator[str]:
    interface = ast.parse((root / "s3gw" / "pfs" / "interface.py").read_text(encoding="utf-8"))
    defined: set[str] = set()
    for node in interface.body:  # a base stands before what is derived from it
        bases = {base.id for base in getattr(node, "bases", ()) if isinstance(base, ast.Name)}
        if isinstance(node, ast.ClassDef) and bases & {"PFSError", *defined}:
            defined.add(node.name)
    counts = Counter(row["error"] for row in catalogue.pfs_errors)
    for error, count in counts.items():
        if error not in defined:
            problem = "no such error in s3gw/pfs/interface.py"
            yield f"errors.yaml: {error}: {problem}: define it there, or delete the row"
        if count > 1:
            yield f"errors.yaml: {error}: it is answered twice: delete all rows but one"
    for error in sorted(defined - set(counts)):
        problem = "an error of s3gw/pfs/interface.py without an answer"
        yield f"errors.yaml: {error}: {problem}: add a row below `pfs`"


def _shapes(catalogue: Catalogue) -> Iterator[str]:
    for kind, shapes in (("responses", catalogue.responses), ("requests", catalogue.requests)):
        used = {"Error"} if kind == "responses" else set()
        for name, member, member_type in _members(shapes):
            used.add(member_type)
            if member_type not in shapes:
                problem = f"{member} is of an unknown shape {member_type}"
                yield f"shapes.yaml: {name}: {problem}: add it to `{kind}`"
            elif not shapes[member_type].get("part"):
                yield f"shapes.yaml: {member_type}: it is a member of {name}: say `part: true`"
        for operation, body in _bodies(catalogue, kind.removesuffix("s")):
            used.add(body)
            if body not in shapes:
                yield _problem(
                    operation, f"the shape {body} is unknown", f"add it to `{kind}` of shapes.yaml"
                )
            elif shapes[body].get("part"):
                yield _problem(operation, f"the shape {body} is only a part of others", "choose a document")
        for name in sorted(shapes.keys() - used):
            yield f"shapes.yaml: {name}: nothing uses it: delete it"


def _members(shapes: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Members that are shapes themselves: the shape, the member, the member's shape."""
    for name, shape in shapes.items():
        for member, given in shape["members"].items():
            member_type = given if isinstance(given, str) else given["type"]
            if member_type not in _SCALARS:
                yield name, member, member_type


def _bodies(catalogue: Catalogue, side: str) -> Iterator[tuple[Operation, str]]:
    """Operations whose request or response is a document, and its shape."""
    for operation, supported in _supported(catalogue):
        body = supported.get(side, {}).get("body")
        if body is not None and body != "content":
            yield operation, body


def _answers(catalogue: Catalogue) -> Iterator[str]:
    for operation, supported in _supported(catalogue):
        if "answer" not in supported:
            continue
        body = supported.get("response", {}).get("body")
        if supported.get("response", {}).get("headers") or body == "content":
            yield _problem(operation, "a constant answer has no headers and no content", "write a handler")
            continue
        members = catalogue.responses.get(body, {}).get("members", {}) if body else {}
        for member in sorted(supported["answer"].keys() - members.keys()):
            yield _problem(
                operation,
                f"its answer has {member}, which {body} lacks",
                "add it to the shape, or drop it",
            )
        for member, given in members.items():
            needed = isinstance(given, str) or not (
                given.get("optional") or given.get("list") or "default" in given
            )
            if member in supported["answer"]:
                yield from _constant(operation, member, given, supported["answer"][member])
            elif needed:
                yield _problem(operation, f"its answer lacks {member} of {body}", "give it a value")


def _constant(operation: Operation, member: str, given: Any, value: Any) -> Iterator[str]:
    kind = given if isinstance(given, str) else given["type"]
    python = _CONSTANTS.get(kind)
    if python is None or (isinstance(given, dict) and given.get("list")):
        yield _problem(operation, f"its answer has {member}, which is no constant", "write a handler")
    elif type(value) is not python:
        yield _problem(operation, f"its answer has {value!r} for {member}", f"give it a {kind}")


def _handlers(catalogue: Catalogue, root: Path) -> Iterator[str]:
    defined = _functions(root / "s3gw" / "operations")
    named: dict[str, Operation] = {}
    for operation, supported in _supported(catalogue):
        handler = supported.get("handler")
        if handler is None:
            continue
        if handler not in defined:
            module, _, function = handler.partition(".")
            yield _problem(
                operation,
                f"the handler {handler} is unknown",
                f"write `def {function}` in s3gw/operations/{module}.py",
            )
        if handler in named:
            yield _problem(
                operation,
                f"{named[handler].name} has the handler {handler} too",
                "write a handler for each",
            )
        named[handler] = operation
    for handler in sorted(defined - named.keys()):
        module, _, function = handler.partition(".")
        yield (
            f"s3gw/operations/{module}.py: {function}: no entry names this handler: "
            f"name it in spec/operations, or make it private (_{function})"
        )


def _functions(folder: Path) -> set[str]:
    """Public functions of public modules, as ``module.function``."""
    return {
        f"{path.stem}.{node.name}"
        for path in folder.glob("[!_]*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }


# --- the AWS model ----------------------------------------------------------------------------


def _missing_from_catalogue(catalogue: Catalogue, model: dict[str, ModelOperation]) -> Iterator[str]:
    named = {operation.name for operation in catalogue.operations}
    for name in sorted(model.keys() - named):
        operation = model[name]
        match = _match(operation.marks, operation.required_headers if not operation.marks else ())
        yield (
            f"spec/operations: {name}: the AWS model has it and the catalogue lacks it: add to a file there "
            f"`- {{name: {name}, feature: ..., level: {operation.level}, method: {operation.method}, "
            f"{match}unsupported: {{why: ...}}}}`"
        )


def _match(query: Iterable[str], headers: Iterable[str]) -> str:
    parts = [
        f"{key}: [{', '.join(sorted(marks))}]"
        for key, marks in (("query", query), ("headers", headers))
        if marks
    ]
    return f"match: {{{', '.join(parts)}}}, " if parts else ""


def _missing_from_model(catalogue: Catalogue, model: dict[str, ModelOperation]) -> Iterator[str]:
    for operation in catalogue.operations:
        if operation.name not in model and operation.outside_model is None:
            yield _problem(
                operation,
                "the AWS model has no such operation",
                "correct the name, or say why in outside_model",
            )
        if operation.name in model and operation.outside_model is not None:
            yield _problem(operation, "the AWS model has it", "drop outside_model")


def _differs_from_model(catalogue: Catalogue, model: dict[str, ModelOperation]) -> Iterator[str]:
    for operation in catalogue.operations:
        found = model.get(operation.name)
        if found is None:
            continue
        if operation.method != found.method:
            yield _problem(operation, f"its method is {operation.method}", f"the model has {found.method}")
        if operation.levels != (found.level,):
            yield _problem(
                operation,
                f"its level is {' or '.join(operation.levels)}",
                f"the model has {found.level}",
            )
        if not found.literals <= operation.query <= found.marks:
            needed = ", ".join(sorted(found.literals)) or "none"
            extra = ", ".join(sorted(found.required_query)) or "none"
            yield _problem(
                operation,
                f"its query marks are {', '.join(sorted(operation.query)) or 'none'}",
                f"the model has {needed}, and may add {extra}",
            )
        if not operation.headers <= found.required_headers:
            yield _problem(
                operation,
                f"its headers are {', '.join(sorted(operation.headers))}",
                f"the model requires {', '.join(sorted(found.required_headers)) or 'none'}",
            )
        status = (operation.supported or {}).get("status", found.status)
        usual = status[0] if isinstance(status, list) else status
        if usual != found.status:
            yield _problem(operation, f"its status is {usual}", f"the model has {found.status}")
