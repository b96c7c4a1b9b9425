"""Names and types: what S3 calls a thing, and what Python does."""

from __future__ import annotations

import re

# Types of parameters and members -> Python's.
PYTHON_TYPES = {
    "boolean": "bool",
    "etag": "str",
    "header": "str",
    "http_date": "datetime",
    "integer": "int",
    "string": "str",
    "timestamp": "datetime",
}
_ACRONYMS = {"ETag": "etag", "ID": "id", "MD5": "md5", "VersionIdMarker": "version_id_marker"}


def snake(name: str) -> str:
    """Name a Python attribute as S3 names the member, header or parameter."""
    name = name.removeprefix("x-amz-").removeprefix("xsi:")
    if name in _ACRONYMS:
        return _ACRONYMS[name]
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return name.replace("-", "_").lower().strip("_")
