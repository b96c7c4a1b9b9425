"""XML shapes, and what refers to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from codegen.catalogue import Catalogue, Operation
from codegen.lint.problem import problem, served
from codegen.profiles import entries

_SCALARS = frozenset(("boolean", "etag", "integer", "string", "timestamp"))


def shapes(catalogue: Catalogue) -> Iterator[str]:
    """Shapes that are unknown, that nothing uses, or that stand in the wrong place."""
    for kind, known in (("responses", catalogue.responses), ("requests", catalogue.requests)):
        used = {"Error"} if kind == "responses" else set()
        for name, member, member_type in _members(known):
            used.add(member_type)
            if member_type not in known:
                what = f"{member} is of an unknown shape {member_type}"
                yield f"shapes.yaml: {name}: {what}: add it to `{kind}`"
            elif not known[member_type].get("part"):
                yield f"shapes.yaml: {member_type}: it is a member of {name}: say `part: true`"
        for operation, body in _bodies(catalogue, kind.removesuffix("s")):
            used.add(body)
            if body not in known:
                yield problem(operation, f"the shape {body} is unknown", f"add it to `{kind}` of shapes.yaml")
            elif known[body].get("part"):
                yield problem(operation, f"the shape {body} is only a part of others", "choose a document")
        for name in sorted(known.keys() - used):
            yield f"shapes.yaml: {name}: nothing uses it: delete it"


def _members(shapes: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Members that are shapes themselves: the shape, the member, the member's shape."""
    for name, shape in shapes.items():
        for member, given in shape["members"].items():
            member_type = given if isinstance(given, str) else given["type"]
            if member_type not in _SCALARS:
                yield name, member, member_type
            if isinstance(given, dict):
                for other, other_type in given.get("among", {}).items():
                    yield name, other, other_type


def _bodies(catalogue: Catalogue, side: str) -> Iterator[tuple[Operation, str]]:
    """Operations whose request or response is a document, or has one in a field, and its shape."""
    for entry in entries(catalogue):
        for operation, supported in served(tuple(entry.served.values())):
            body = supported.get(side, {}).get("body")
            if body not in (None, "content", "form"):
                yield operation, body
            for given in supported.get(side, {}).get("fields", {}).values():
                if isinstance(given, dict) and "shape" in given:
                    yield operation, given["shape"]
