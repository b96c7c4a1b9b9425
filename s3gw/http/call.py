"""One call: what arrived, as the generated request readers see it, and what goes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from s3gw.errors import S3Error
from s3gw.generated import errors
from s3gw.http.body import Body, open_body
from s3gw.names import branch_of
from s3gw.pfs.interface import Branch, FileReader

Document = TypeVar("Document")

# A Delete of 1000 keys is about 1 MiB at S3's longest keys; PFS sets no length.
DOCUMENT_LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: a document is rendered whole, a file is streamed, None has no body."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | FileReader | None = None

    def always(self, _result: object) -> Answer:
        """Answer so whatever the handler returned."""
        return self


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was routed: WSGI's environ, and the target decoded (see `s3gw.http.target`)."""

    environ: Mapping[str, Any]
    bucket: str
    key: str
    query: Mapping[str, str]

    def branch(self) -> Branch:
        """Name the branch of the bucket. Raise S3Error InvalidBucketName."""
        return branch_of(self.bucket)

    def body(self) -> Body:
        """Open the body; nothing of it is read yet."""
        return open_body(self.environ)

    def content(self) -> Body:
        """Open the body of an object. Raise S3Error MissingContentLength where none is announced."""
        if "CONTENT_LENGTH" not in self.environ and self.environ.get("s3gw.chunked") is False:
            raise S3Error(errors.MissingContentLength)
        return self.body()

    def document(self, parse: Callable[[bytes], Document]) -> Document | None:
        """Read an XML document that may be left out."""
        document = self.body().read_all(DOCUMENT_LIMIT)
        return parse(document) if document.strip() else None

    def required_document(self, parse: Callable[[bytes], Document]) -> Document:
        """Read an XML document. Raise S3Error MissingRequestBodyError where there is none."""
        document = self.document(parse)
        if document is None:
            raise S3Error(errors.MissingRequestBodyError)
        return document

    def refuse(self, feature: str, pattern: str) -> None:
        """Raise S3Error NotImplemented where a header asks for `feature`.

        `pattern` is a header in WSGI's spelling, with a trailing ``*`` for any rest. A header that
        says no (``false``, ``OFF``) does not ask.
        """
        environ = self.environ
        if pattern.endswith("*"):
            prefix = pattern[:-1]
            names = [name for name in environ if name.startswith(prefix)]
        else:
            names = [pattern] if pattern in environ else []
        for name in names:
            if str(environ.get(name, "")).lower() not in ("", "false", "off"):
                header = name.removeprefix("HTTP_").replace("_", "-").lower()
                message = f"The header {header} asks for {feature}, which is not supported: leave it out."
                raise S3Error(errors.NotImplemented, message)
