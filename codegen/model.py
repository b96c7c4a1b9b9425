"""S3 as the AWS model has it: botocore's ``s3`` service model, as installed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session


@dataclass(frozen=True)
class Element:
    """An element of a document, with the elements in it."""

    members: dict[str, Element] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelOperation:
    """An operation of the model.

    Attributes:
        level: ``service``, ``bucket`` or ``object``, from the request URI.
        literals: Query parameters that stand in the request URI: ``acl``, ``list-type=2``.
        required_query: Query parameters that a request must have besides.
        required_headers: Headers that it must have, in lower case.
        status: The success status; 200 where the model says nothing.
        members: Where a request may have what, in lower case: ``("headers", "range")``. A map of headers
            is its prefix and a star.
        document: The elements of the document that is its body, where one is.
    """

    name: str
    method: str
    level: str
    literals: frozenset[str]
    required_query: frozenset[str]
    required_headers: frozenset[str]
    status: int
    members: frozenset[tuple[str, str]] = frozenset()
    document: dict[str, Element] | None = None

    @property
    def marks(self) -> frozenset[str]:
        """All query parameters that every request of the operation has."""
        return self.literals | self.required_query


@cache
def checksums() -> frozenset[str]:
    """Name the checksum algorithms of the installed model, in lower case."""
    model = botocore.session.get_session().get_service_model("s3")
    return frozenset(name.lower() for name in model.shape_for("ChecksumAlgorithm").enum)


@cache
def operations() -> dict[str, ModelOperation]:
    """Give the operations of the installed model by their names."""
    model = botocore.session.get_session().get_service_model("s3")
    return {name: _operation(name, model.operation_model(name)) for name in model.operation_names}


def _operation(name: str, operation: Any) -> ModelOperation:
    http = operation.http
    shape = operation.input_shape
    path, _, query = http["requestUri"].partition("?")
    required: dict[str, set[str]] = {"querystring": set(), "header": set()}
    for member in shape.required_members if shape else ():
        serialization = shape.members[member].serialization
        if serialization.get("location") in required:
            required[serialization["location"]].add(serialization["name"])
    level = "object" if "{Key" in path else "service" if path == "/" else "bucket"
    return ModelOperation(
        name=name,
        method=http["method"],
        level=level,
        literals=frozenset(mark for mark in query.split("&") if mark),
        required_query=frozenset(required["querystring"]),
        required_headers=frozenset(header.lower() for header in required["header"]),
        status=http.get("responseCode", 200),
        members=frozenset(_members(shape)) if shape else frozenset(),
        document=_document(shape) if shape else None,
    )


def _members(shape: Any) -> set[tuple[str, str]]:
    """Give the members in query and headers."""
    found = set()
    for member in shape.members.values():
        location, name = member.serialization.get("location"), member.serialization.get("name", "").lower()
        if location == "querystring":
            found.add(("query", name))
        elif location == "header":
            found.add(("headers", name))
        elif location == "headers":
            found.add(("headers", f"{name}*"))
    return found


def _document(shape: Any) -> dict[str, Element] | None:
    payload = shape.members.get(shape.serialization.get("payload"))
    return _inside(payload).members if payload is not None and payload.type_name == "structure" else None


def _inside(shape: Any) -> Element:
    """Give the elements in a shape; a list has one, unless it is flattened into its parent."""
    if shape.type_name == "structure":
        return Element(
            {
                member.serialization.get("name", name): _inside(member)
                for name, member in shape.members.items()
            }
        )
    if shape.type_name == "list":
        if shape.serialization.get("flattened"):
            return _inside(shape.member)
        return Element({shape.member.serialization.get("name", "member"): _inside(shape.member)})
    return Element()
