"""S3 as the AWS model has it: botocore's ``s3`` service model, as installed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import botocore.session


@dataclass(frozen=True)
class ModelOperation:
    """An operation of the model.

    Attributes:
        level: ``service``, ``bucket`` or ``object``, from the request URI.
        literals: Query parameters that stand in the request URI: ``acl``, ``list-type=2``.
        required_query: Query parameters that a request must have besides.
        required_headers: Headers that it must have, in lower case.
        status: The success status; 200 where the model says nothing.
    """

    name: str
    method: str
    level: str
    literals: frozenset[str]
    required_query: frozenset[str]
    required_headers: frozenset[str]
    status: int

    @property
    def marks(self) -> frozenset[str]:
        """All query parameters that every request of the operation has."""
        return self.literals | self.required_query


@cache
def operations() -> dict[str, ModelOperation]:
    """Give the operations of the installed model by their names."""
    model = botocore.session.get_session().get_service_model("s3")
    return {name: _operation(name, model.operation_model(name)) for name in model.operation_names}


def _operation(name: str, operation: object) -> ModelOperation:
    http = operation.http  # type: ignore[attr-defined]
    shape = operation.input_shape  # type: ignore[attr-defined]
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
    )
