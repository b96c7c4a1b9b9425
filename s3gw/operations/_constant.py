"""Answers that the catalogue itself gives (`answer:` instead of `handler:`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from s3gw.context import Context
from s3gw.operations._reads import check_bucket, inspect_key, snapshot_of

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
