"""Answers that the catalogue itself gives (`answer:` instead of `handler:`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from s3gw.context import Context

Document = TypeVar("Document")


def answer(document: Document) -> Callable[[Context, Any], Document]:
    """Make the handler that answers `document` for every bucket, or object, that exists."""

    def handle(context: Context, request: Any) -> Document:
        if hasattr(request, "key"):
            context.pfs.snapshot(request.branch).inspect_file(request.key)
        elif hasattr(request, "branch"):
            context.pfs.inspect_branch(request.branch)
        return document

    return handle
