"""Requests as the AWS SDK serialises them, made from botocore's model of S3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

import botocore.session
from botocore.model import OperationModel, Shape
from botocore.serialize import create_serializer


@cache
def model() -> Any:
    """Botocore's model of S3, as it is installed."""
    return botocore.session.get_session().get_service_model("s3")


@dataclass(frozen=True)
class SdkRequest:
    """A request on the wire, but for signature and host."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def sdk_request(operation: str, bucket: str, key: str) -> SdkRequest:
    """Serialise an operation of the model with its required members filled."""
    shape: OperationModel = model().operation_model(operation)
    parameters = _sample(shape.input_shape, bucket, key) if shape.input_shape else {}
    request = create_serializer("rest-xml", include_validation=False).serialize_to_request(parameters, shape)
    query = request["query_string"]
    pairs = query.items() if isinstance(query, dict) else query
    path, _, literal = request["url_path"].partition("?")
    text = "&".join([*([literal] if literal else []), *(f"{quote(k)}={quote(str(v))}" for k, v in pairs)])
    body = request["body"]
    if hasattr(body, "read"):
        body = body.read()
    return SdkRequest(
        request["method"],
        f"{path}?{text}" if text else path,
        {name: str(value) for name, value in request["headers"].items()},
        body.encode() if isinstance(body, str) else body or b"",
    )


def _sample(shape: Shape, bucket: str, key: str) -> Any:
    if shape.type_name == "structure":
        return {
            name: {"Bucket": bucket, "Key": key}.get(name) or _sample(member, bucket, key)
            for name, member in shape.members.items()
            if name in shape.required_members
        }
    if shape.type_name == "list":
        return [_sample(shape.member, bucket, key)]
    if shape.type_name == "map":
        return {}
    values = {
        "blob": b"sample",
        "boolean": True,
        "double": 1.0,
        "float": 1.0,
        "integer": 1,
        "long": 1,
        "timestamp": datetime(2026, 1, 1, tzinfo=UTC),
    }
    if shape.type_name == "string":
        return shape.enum[0] if getattr(shape, "enum", None) else "sample"
    return values[shape.type_name]
