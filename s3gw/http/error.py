"""An S3 error as a response: the one place that knows its document and its headers."""

from __future__ import annotations

from s3gw.errors import S3Error
from s3gw.generated.documents import Error, render_error
from s3gw.http.call import Answer


def error_answer(error: S3Error, resource: str, request_id: str, host_id: str) -> Answer:
    """Render the error; `resource` is the path that was asked for, the ids are the response's own."""
    kind = error.kind
    headers = list(error.headers.items())
    if kind.retry_after_s is not None:
        headers.append(("Retry-After", str(kind.retry_after_s)))
    return Answer(
        kind.status, headers, render_error(Error(kind.code, error.message, resource, request_id, host_id))
    )
