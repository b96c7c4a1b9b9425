"""Answers that the catalogue itself gives (`answer:` or `answer_error:` instead of `handler:`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from s3gw.context import Context
from s3gw.generated.errors import ErrorKind
from s3gw.operations._reads import check_bucket, inspect_key, snapshot_of
from s3gw.s3_error import S3Error

Document = TypeVar("Document")


def answer(document: Document) -> Callable[[Context, Any], Document]:
    """Make the handler that answers `document` for every bucket, or object, that exists."""

    def handle(context: Context, request: Any) -> Document:
        if hasattr(request, "key"):
            inspect_key(context, snapshot_of(context, request), request.key)
        elif hasattr(request, "branch"):
            check_bucket(context, request)
        return document

    return handle


def answer_error(kind: ErrorKind, message: str | None = None) -> Callable[[Context, Any], NoReturn]:
    """Make the handler that answers an error for every bucket that exists, and for each of its objects.

    Whether the object exists is not asked: S3 too looks first whether the bucket is configured.
    """

    def handle(context: Context, request: Any) -> NoReturn:
        check_bucket(context, request)
        members = {"bucket_name": request.bucket} if "bucket_name" in kind.members else {}
        raise S3Error(kind, message, **members)

    return handle
