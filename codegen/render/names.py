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
    "map": "Mapping[str, str]",
    "string": "str",
    "timestamp": "datetime",
}
_ACRONYMS = {
    "AWSAccessKeyId": "aws_access_key_id",
    "CORSConfiguration": "cors_configuration",
    "CORSRule": "cors_rule",
    "ETag": "etag",
    "ID": "id",
    "MD5": "md5",
    "VersionIdMarker": "version_id_marker",
}


def snake(name: str) -> str:
    """Name a Python attribute as S3 names the member, header or parameter."""
    name = name.removeprefix("x-amz-").removeprefix("xsi:")
    if name in _ACRONYMS:
        return _ACRONYMS[name]
    algorithm = name.removeprefix("Checksum")
    if algorithm != name and algorithm.isupper():  # ChecksumCRC32C is x-amz-checksum-crc32c
        return f"checksum_{algorithm.lower()}"
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return name.replace("-", "_").replace("*", "").lower().strip("_")
