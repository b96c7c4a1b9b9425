"""Every member of a request that the AWS model knows is read, dropped by name, or refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from codegen.catalogue import Catalogue, Operation
from codegen.lint.problem import problem, served
from codegen.model import Element, ModelOperation
from codegen.render.requests import refusals


def members(
    operations: tuple[Operation, ...], catalogue: Catalogue, model: dict[str, ModelOperation]
) -> Iterator[str]:
    """Members in query and headers that an entry does not account for, or that it has twice."""
    for operation, supported in served(operations):
        found = model.get(operation.name)
        accounted = _accounted(operation, supported, catalogue)
        for source, member in sorted(found.members) if found else ():
            places = [place for place, patterns in accounted[source].items() if _matches(member, patterns)]
            if not places:
                yield problem(
                    operation,
                    f"nothing is said of {member}, which the AWS model has in the {source}",
                    f"read it (request.{source}), or name it in drops or refuses",
                )
            elif len(places) > 1:
                yield problem(operation, f"{member} is {' and '.join(places)}", "keep one of these")


def unknown(
    operations: tuple[Operation, ...], catalogue: Catalogue, model: dict[str, ModelOperation]
) -> Iterator[str]:
    """Members that an entry reads, drops or refuses, and that the AWS model has not.

    Headers of HTTP itself may be read, and what other operations ask for may be refused.
    """
    everywhere = {member for operation in model.values() for _, member in operation.members}
    for operation, supported in served(operations):
        found = model.get(operation.name)
        if found is None:
            continue
        own = {member for _, member in found.members}
        request = supported.get("request", {})
        refused = (row.pattern for row in refusals(operation, supported, catalogue.wire))
        for patterns, known in (
            (request.get("query", {}), own),
            (request.get("headers", {}), own | {*catalogue.wire.conditions, "if-range"}),
            (supported.get("drops", ()), own | {*catalogue.wire.conditions}),
            (refused, everywhere | {*catalogue.wire.conditions}),
        ):
            for pattern in patterns:
                if not any(fnmatchcase(member, pattern.lower()) for member in known):
                    yield problem(
                        operation,
                        f"the AWS model has no {pattern} that it could mean",
                        "correct the name, or drop it",
                    )


def _accounted(
    operation: Operation, supported: dict[str, Any], catalogue: Catalogue
) -> dict[str, dict[str, list[str]]]:
    """Give for query and headers what is read, dropped and refused, as patterns."""
    request = supported.get("request", {})
    refused = list(refusals(operation, supported, catalogue.wire))
    dropped = [name.lower() for name in supported.get("drops", ())]
    body = list(catalogue.wire.body) if "body" in request else []
    return {
        source: {
            "read": [*(name.lower() for name in request.get(source, {})), *read],
            "dropped": dropped,
            "refused": [row.pattern for row in refused if row.source == source],
        }
        for source, read in (
            ("query", sorted(name.lower() for name in operation.query_names)),
            ("headers", [*sorted(operation.headers), *body]),
        )
    }


def _matches(member: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(member.lower(), pattern) for pattern in patterns)


def drops(profiles: Iterable[tuple[Operation, ...]], catalogue: Catalogue) -> Iterator[str]:
    """Drops without a reason, and reasons for what nobody drops."""
    used: set[str] = set()
    for operations in profiles:
        for operation, supported in served(operations):
            for name in supported.get("drops", ()):
                used.add(name)
                if name not in catalogue.drops:
                    yield problem(
                        operation,
                        f"it drops {name}, and nothing says why that harms nobody",
                        f"add `{{member: {name}, because: ...}}` to members.yaml, or read it, or refuse it",
                    )
    for name, count in Counter(catalogue.drop_names).items():
        if count > 1:
            yield f"members.yaml: {name}: it stands more than once: delete all rows but one"
    for name in sorted(catalogue.drops.keys() - used):
        yield f"members.yaml: {name}: no entry drops it: delete it"


def elements(
    operations: tuple[Operation, ...], catalogue: Catalogue, model: dict[str, ModelOperation]
) -> Iterator[str]:
    """Elements of documents that a shape does not account for."""
    for operation, supported in served(operations):
        body = supported.get("request", {}).get("body")
        found = model.get(operation.name)
        if body in catalogue.requests and found and found.document:
            yield from _elements(body, found.document, catalogue.requests, body)


def _elements(
    name: str, known: dict[str, Element], shapes: dict[str, dict[str, Any]], place: str
) -> Iterator[str]:
    shape = shapes[name]
    for element in sorted(shape["members"].keys() & shape.get("refuses", {}).keys()):
        yield f"shapes.yaml: {name}: <{element}> is a member and refused: keep one of these"
    for element in sorted((shape["members"].keys() | shape.get("refuses", {}).keys()) - known.keys()):
        what = f"the AWS model has no <{element}> in {place}"
        yield f"shapes.yaml: {name}: {what}: correct the name, or drop it"
    for element, inside in known.items():
        given = shape["members"].get(element)
        if given is None and element not in shape.get("refuses", {}):
            yield (
                f"shapes.yaml: {name}: nothing is said of <{element}>, which the AWS model has in {place}: "
                "add it to members, or to refuses with the feature that it asks for"
            )
        kind = given.get("type") if isinstance(given, dict) else given
        if inside.members and kind in shapes:
            yield from _elements(kind, inside.members, shapes, f"{place}/{element}")
