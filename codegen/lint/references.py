"""What entries refer to: parameters, handlers, constant answers, each other."""

from __future__ import annotations

import ast
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from codegen.catalogue import Catalogue, Operation, breaches_of_supported
from codegen.lint.problem import problem, served
from codegen.profiles import INHERITED, lineage, resolve
from codegen.render.names import snake
from codegen.render.requests import SOURCES

# What an `answer` may hold, and how YAML reads it.
_CONSTANTS = {"boolean": bool, "etag": str, "integer": int, "string": str}


def parameters(operations: tuple[Operation, ...]) -> Iterator[str]:
    """Parameters whose options contradict each other."""
    for operation, supported in served(operations):
        request = supported.get("request", {})
        given_by_name = [pair for source in SOURCES for pair in request.get(source, {}).items()]
        for name, given in given_by_name:
            if isinstance(given, dict):
                for what, mend in _parameter(given):
                    yield problem(operation, f"the parameter {name} {what}", mend)
        names = Counter(snake(name) for name, _ in given_by_name)
        for name in sorted(name for name, count in names.items() if count > 1):
            yield problem(
                operation,
                f"two parameters are named {name} in Python",
                "keep one of them",
            )


def _parameter(given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kind = given["type"]
    default = given.get("default")
    python = {"boolean": bool, "integer": int, "map": dict}.get(kind, str)
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


def profiles(catalogue: Catalogue, root: Path) -> Iterator[str]:
    """Profiles that are unknown or go round in circles, and entries that do not say what they are in each."""
    names = [profile.name for profile in catalogue.profiles]
    for index, profile in enumerate(catalogue.profiles):
        before = names[:index]
        if profile.name in before:
            yield f"profiles.yaml: {profile.name}: the name stands more than once: delete all but one"
        if profile.extends is not None and profile.extends not in before:
            what = f"it extends {profile.extends}, which does not stand before it"
            yield f"profiles.yaml: {profile.name}: {what}: name one that does"
    for row in catalogue.pfs_errors:
        if names[0] in row.get("in", {}):
            what = f"its answer in {names[0]} stands twice"
            yield f"errors.yaml: {row['error']}: {what}: say it in `answer` alone"
        for name in sorted(row.get("in", {}).keys() - set(names)):
            yield f"errors.yaml: {row['error']}: the profile {name} is unknown: {_known(names)}"
    for operation in catalogue.operations:
        yield from _states(operation, names, catalogue)
        yield from _otherwise(operation, names)
        yield from _overlays(operation, names, catalogue, root)


def _known(names: list[str]) -> str:
    return f"choose one of {', '.join(names)}"


def _states(operation: Operation, names: list[str], catalogue: Catalogue) -> Iterator[str]:
    """Supported from a profile on, unsupported in the others: never both, never neither."""
    if operation.supported is None:
        return
    since = operation.supported["profile"]
    if since not in names:
        yield problem(operation, f"the profile {since} is unknown", _known(names))
        return
    others = [name for name in names if since not in lineage(catalogue, name)]
    if operation.unsupported is not None and not others:
        yield problem(operation, "supported and unsupported exclude each other", "keep one of the two")
    if operation.unsupported is None and others:
        yield problem(
            operation,
            f"nothing is said of it in the profile {', '.join(others)}",
            "add unsupported, with why",
        )


def _otherwise(operation: Operation, names: list[str]) -> Iterator[str]:
    """What `unsupported` says otherwise in a profile that there is not, or in the first."""
    for name in sorted((operation.unsupported or {}).get("in", {})):
        if name not in names[1:]:
            what = f"its unsupported says something else in the profile {name}"
            yield problem(operation, what, _known(names[1:]))


def _overlays(operation: Operation, names: list[str], catalogue: Catalogue, root: Path) -> Iterator[str]:
    """Overlays of a profile that has the operation, which leave a sound entry with the same types."""
    if operation.supported is None or operation.supported["profile"] not in names:
        return
    since = operation.supported["profile"]
    for name in operation.overlays:
        if name not in names:
            yield problem(operation, f"the profile {name} of an overlay is unknown", _known(names))
        elif name == since or since not in lineage(catalogue, name):
            yield problem(
                operation, f"its overlay for {name} changes nothing", f"write it into supported ({since})"
            )
        else:
            (here,) = [o for o in resolve(catalogue, name) if o.name == operation.name]
            assert here.supported is not None
            said = operation.supported.keys() | operation.overlays[name].keys()
            inherited = {key for key in INHERITED if "like" in here.supported} - said
            own = {key: value for key, value in here.supported.items() if key not in inherited}
            for breach in breaches_of_supported(own, root):
                yield problem(operation, f"with its overlay for {name}: {breach}", "mend the overlay")
            yield from _changed_types(operation, name, here.supported)


def _changed_types(operation: Operation, profile: str, overlaid: dict[str, Any]) -> Iterator[str]:
    """What has one type in Python must have it in all profiles."""
    assert operation.supported is not None
    for place in ("request", "response"):
        before, after = operation.supported.get(place, {}), overlaid.get(place, {})
        if before.get("body", after.get("body")) != after.get("body"):
            yield problem(operation, f"its overlay for {profile} has another {place} body", "keep the body")
        for source in SOURCES:
            shared = before.get(source, {}).keys() & after.get(source, {}).keys()
            for name in sorted(shared):
                if _type(before[source][name]) != _type(after[source][name]):
                    what = f"its overlay for {profile} gives {name} another type"
                    yield problem(operation, what, "keep the type, or name another member")


def _type(given: Any) -> tuple[str, bool]:
    """The Python type of a parameter or header: its kind, and whether it may be missing."""
    return (given, True) if isinstance(given, str) else (given["type"], "default" not in given)


def likes(operations: tuple[Operation, ...]) -> Iterator[str]:
    """Entries that are like one which they cannot be like."""
    by_name = {operation.name: operation for operation in operations}
    for operation, supported in served(operations):
        if "like" not in supported:
            continue
        other = by_name.get(supported["like"])
        if other is None or other.supported is None or "like" in other.supported:
            yield problem(
                operation,
                f"it is like {supported['like']}",
                "name a supported operation that is like no other",
            )


def answers(operations: tuple[Operation, ...], catalogue: Catalogue) -> Iterator[str]:
    """Constant answers that are none of their shape."""
    for operation, supported in served(operations):
        if "answer" not in supported:
            continue
        body = supported.get("response", {}).get("body")
        if supported.get("response", {}).get("headers") or body == "content":
            yield problem(operation, "a constant answer has no headers and no content", "write a handler")
            continue
        members = catalogue.responses.get(body, {}).get("members", {}) if body else {}
        for member in sorted(supported["answer"].keys() - members.keys()):
            yield problem(
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
                yield problem(operation, f"its answer lacks {member} of {body}", "give it a value")


def answer_errors(operations: tuple[Operation, ...], catalogue: Catalogue) -> Iterator[str]:
    """Constant errors that the table lacks, and those of operations that have no bucket."""
    codes = {row["code"] for row in catalogue.errors}
    for operation, _ in served(operations):
        if operation.answer_error is None:
            continue
        code, _message = operation.answer_error
        if code not in codes:
            yield problem(
                operation, f"its answer {code} is no code of errors.yaml", "add a row, or choose another"
            )
        if "service" in operation.levels:
            yield problem(operation, "a constant error is about a bucket", "write a handler")


def _constant(operation: Operation, member: str, given: Any, value: Any) -> Iterator[str]:
    kind = given if isinstance(given, str) else given["type"]
    python = _CONSTANTS.get(kind)
    if python is None or (isinstance(given, dict) and given.get("list")):
        yield problem(operation, f"its answer has {member}, which is no constant", "write a handler")
    elif type(value) is not python:
        yield problem(operation, f"its answer has {value!r} for {member}", f"give it a {kind}")


def handlers(profiles: Iterable[tuple[Operation, ...]], root: Path) -> Iterator[str]:
    """Handlers that are missing, that no entry of any profile names, or that two entries name."""
    defined = _functions(root / "s3gw" / "operations")
    named: dict[str, Operation] = {}
    for operation, supported in itertools.chain.from_iterable(map(served, profiles)):
        handler = supported.get("handler")
        if handler is None:
            continue
        if handler not in defined:
            module, _, function = handler.partition(".")
            yield problem(
                operation,
                f"the handler {handler} is unknown",
                f"write `def {function}` in s3gw/operations/{module}.py",
            )
        if named.get(handler, operation).name != operation.name:
            yield problem(
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
