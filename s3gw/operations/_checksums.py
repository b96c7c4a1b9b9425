"""Checksums of objects: by name, of parts, and of the whole of them.

A checksum is named by its algorithm in lower case, ``crc32c``; its value is in base64, as S3 sends it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from awscrt import checksums as crt

from s3gw.digests import Digest
from s3gw.generated import errors
from s3gw.generated.wire import CHECKSUMS
from s3gw.s3_error import S3Error, invalid_argument

FULL_OBJECT = "FULL_OBJECT"
COMPOSITE = "COMPOSITE"

_HEADER = "x-amz-checksum-"

# Those whose value of a whole follows from the values of its parts; the size is that of the second.
_COMBINED: Mapping[str, Callable[[int, int, int], int]] = {
    "crc32": crt.combine_crc32,
    "crc32c": crt.combine_crc32c,
    "crc64nvme": crt.combine_crc64nvme,
}


def checksums_by_name(headers: Mapping[str, str]) -> dict[str, str]:
    """Give checksums by name, of those by header."""
    return {name.removeprefix(_HEADER): value for name, value in headers.items()}


def named_checksums(values: Mapping[str, str]) -> dict[str, str]:
    """Give checksums by their names in a result or document, of those by name."""
    return {f"checksum_{name}": value for name, value in values.items()}


def algorithm_of(text: str | None) -> str | None:
    """Read an algorithm. Raise S3Error InvalidRequest."""
    if not text:
        return None
    if text.lower() not in CHECKSUMS:
        raise S3Error(
            errors.InvalidRequest,
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            f"[{', '.join(sorted(name.upper() for name in CHECKSUMS))}]",
        )
    return text.lower()


def can_be_combined(algorithm: str) -> bool:
    """Tell whether the checksum of a whole follows from those of its parts."""
    return algorithm in _COMBINED


def type_of(algorithm: str | None, text: str | None) -> str | None:
    """Read the type of the checksum of an upload. Raise S3Error InvalidRequest, InvalidArgument."""
    if algorithm is None:
        if text:
            raise S3Error(
                errors.InvalidRequest,
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
            )
        return None
    if not text:
        return FULL_OBJECT if algorithm == "crc64nvme" else COMPOSITE
    if text not in (FULL_OBJECT, COMPOSITE):
        raise invalid_argument(
            "x-amz-checksum-type", text, "Value for x-amz-checksum-type header is invalid."
        )
    if (text == FULL_OBJECT and algorithm not in _COMBINED) or (
        text == COMPOSITE and algorithm == "crc64nvme"
    ):
        raise S3Error(
            errors.InvalidRequest,
            f"The {text} checksum type cannot be used with the {algorithm} checksum algorithm.",
        )
    return text


def check_value(algorithm: str, text: str) -> None:
    """Raise S3Error InvalidRequest where a value, with ``-N`` or without, is none of that algorithm."""
    try:
        value = base64.b64decode(text.partition("-")[0], validate=True)
    except ValueError:
        value = b""
    if len(value) != CHECKSUMS[algorithm].size:
        raise S3Error(errors.InvalidRequest, f"Value for {_HEADER}{algorithm} header is invalid.")


def type_mismatch(expected: str, actual: str | None) -> S3Error:
    """Make the refusal of a checksum of another algorithm than that of the upload."""
    message = (
        f"Checksum Type mismatch occurred, expected checksum Type: {expected}, "
        f"actual checksum Type: {actual or 'null'}"
    )
    return S3Error(errors.InvalidRequest, message)


def of_whole(algorithm: str, kind: str, parts: Sequence[tuple[str, int]]) -> str:
    """Give the checksum of an object of parts, each with its own and its size in bytes."""
    values = [base64.b64decode(value) for value, _ in parts]
    if kind == COMPOSITE:
        digest = CHECKSUMS[algorithm].digest()
        digest.update(b"".join(values))
        return f"{encoded(digest)}-{len(parts)}"
    whole = int.from_bytes(values[0], "big")
    for value, (_, size) in zip(values[1:], parts[1:], strict=True):
        whole = _COMBINED[algorithm](whole, int.from_bytes(value, "big"), size)
    return base64.b64encode(whole.to_bytes(CHECKSUMS[algorithm].size, "big")).decode()


def encoded(digest: Digest) -> str:
    """Give the value of a digest as S3 sends it."""
    return base64.b64encode(digest.digest()).decode()


def through(blocks: Iterable[bytes], digests: Sequence[Digest]) -> Iterator[bytes]:
    """Give blocks on, and their bytes to digests."""
    for block in blocks:
        for digest in digests:
            digest.update(block)
        yield block
