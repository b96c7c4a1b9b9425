"""What the operations that remove objects share."""

from __future__ import annotations

from s3gw.context import Context
from s3gw.generated import errors
from s3gw.generated.parsers import ObjectIdentifier
from s3gw.pfs.interface import Condition, FileInfo
from s3gw.s3_error import S3Error

# How often a DeleteObjects with conditions is judged anew when another writer came between.
ATTEMPTS = 5


def refuse_directory_conditions(identifier: ObjectIdentifier) -> None:
    """Refuse what only a directory bucket judges. Raise S3Error NotImplemented."""
    if identifier.last_modified_time is not None or identifier.size is not None:
        raise S3Error(
            errors.NotImplemented,
            "LastModifiedTime and Size are conditions of directory buckets alone.",
        )


def targets(
    context: Context, key: str, file: FileInfo | None, condition: Condition | None
) -> list[tuple[str, Condition | None]]:
    """Give wherever a key may lie, to be removed; the condition is of the file that it was judged of."""
    paths = context.keys.paths(key)
    judged = paths[0] if file is None else file.path
    return [(path, condition if path == judged else None) for path in paths]
