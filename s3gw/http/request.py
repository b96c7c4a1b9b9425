"""One request, as every server gives it and as the generated readers see it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from s3gw.addressing.buckets import BRANCHES, Place, bucket_of
from s3gw.addressing.keys import check_key
from s3gw.generated import errors
from s3gw.generated.wire import HEADER_PREFIX, MOVED_HEADERS, SIGNATURES, WRITES
from s3gw.http import xml
from s3gw.http.body import CHECKSUM, Body
from s3gw.http.framing import Input
from s3gw.http.target import Target, parse
from s3gw.pfs.interface import Branch, InvalidName
from s3gw.s3_error import S3Error, invalid_argument

if TYPE_CHECKING:
    from s3gw.auth.access import Access
    from s3gw.http.keeping import Kept
    from s3gw.http.operation import Operation

Document = TypeVar("Document")

# A Delete of 1000 keys is about 1 MiB at S3's longest keys.
DOCUMENT_LIMIT = 4 * 1024 * 1024


class Request:
    """A request.

    Attributes:
        method: As it was sent.
        raw_target: As it was sent, its bytes as latin-1.
        headers: By their names in lower case; `locate` adds those that a presigner put into the query.
        stream: The body, framing and all.
        chunked: Whether its length is not announced.
        arrived: Whether all of the body is here.
        request_id: ``x-amz-request-id`` of the answer: 16 upper-case hex digits.
        host_id: ``x-amz-id-2`` of the answer.
        target: What `locate` has found, None before.
        operation: What it is routed to, None before, and where it is no operation.
        moved: Names of headers that stand in the query alone.
        access: What whoever sends it may touch, where somebody is asked; for the log.
        buckets: How buckets are named where it is served.
        kept: What an equal one was, where that is known.
        error_code: The S3 code of the answer, where that is an error; for the log.
    """

    __slots__ = (
        "access", "arrived", "buckets", "chunked", "error_code", "headers", "host_id", "kept", "method",
        "moved", "operation", "raw_target", "refused", "request_id", "stream", "target",
    )  # fmt: skip

    def __init__(
        self,
        method: str,
        raw_target: str,
        headers: dict[str, str],
        stream: Input,
        *,
        chunked: bool = False,
        arrived: bool = False,
        request_id: str | None = None,
        host_id: str = "s3gw",
    ) -> None:
        self.method = method
        self.raw_target = raw_target
        self.headers = headers
        self.stream = stream
        self.chunked = chunked
        self.arrived = arrived
        self.request_id = request_id or secrets.token_hex(8).upper()
        self.host_id = host_id
        self.target: Target | None = None
        self.operation: Operation[Any, Any] | None = None
        self.refused: S3Error | None = None
        self.buckets = BRANCHES
        self.moved: frozenset[str] = frozenset()
        self.access: Access | None = None
        self.kept: Kept | None = None
        self.error_code: str | None = None

    def locate(self) -> Target:
        """Take the target apart, and make headers of the parameters that are some.

        Raises:
            S3Error: InvalidURI; InvalidArgument where query and header contradict each other, or a
                write has two values for one parameter.
        """
        target = self.target = parse(self.raw_target)
        if target.query:
            moved = [name for name in target.query if _is_header(name)]
            self.moved = frozenset(name.lower() for name in moved) - self.headers.keys()
            for name in moved:
                value = target.query.pop(name)
                self._add_header(name.lower(), ", ".join(target.repeated.pop(name, [value])))
            if target.repeated and self.method in WRITES:
                self._refuse_contradictions(target.repeated)
        return target

    def _add_header(self, name: str, value: str) -> None:
        """Take a parameter for the header that it was before a presigner moved it: a character a byte."""
        value = value.encode("utf-8", "surrogateescape").decode("latin-1")
        if self.headers.setdefault(name, value) != value:
            message = f"{name} stands in the query and, with another value, in a header."
            raise invalid_argument(name, value, message)

    def _refuse_contradictions(self, repeated: Mapping[str, list[str]]) -> None:
        for name, values in repeated.items():
            if len(set(values)) > 1:
                message = f"The parameter {name} stands more than once, with different values."
                raise invalid_argument(name, ", ".join(values), message)

    # --- what the generated readers ask for -----------------------------------------------------

    @property
    def query(self) -> Mapping[str, str]:
        """Decoded parameters; one without a value is ``""``."""
        assert self.target is not None
        return self.target.query

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        assert self.target is not None
        return self.target.bucket

    def _place(self) -> Place:
        try:
            return self.buckets.place(self.bucket)
        except InvalidName as error:
            raise S3Error(errors.NoSuchBucket, f"{errors.NoSuchBucket.message} {error}") from error

    def branch(self) -> Branch:
        """Name the branch of the bucket. Raise S3Error NoSuchBucket for a name that no bucket has."""
        return self._place().branch

    def commit(self) -> str | None:
        """Give the id of the commit that the bucket is; None where it is a branch."""
        return self._place().commit

    def branch_to_write(self) -> Branch:
        """Name the branch of the bucket. Raise S3Error as `branch`, and AccessDenied where it is a commit."""
        place = self._place()
        if place.commit is not None:
            message = (
                f"A commit never changes, so this bucket is read only: write to {bucket_of(place.branch)}."
            )
            raise S3Error(errors.AccessDenied, message)
        return place.branch

    def new_branch(self) -> Branch:
        """Name the branch of a bucket that is to be made. Raise S3Error InvalidBucketName."""
        try:
            place = self.buckets.place(self.bucket)
        except InvalidName as error:
            raise S3Error(errors.InvalidBucketName, str(error)) from error
        if place.commit is not None:
            message = (
                f"Writing makes commits, nobody else can: create {bucket_of(place.branch)} and write to it."
            )
            raise S3Error(errors.InvalidBucketName, message)
        return place.branch

    def key(self) -> str:
        """Give the key. Raise S3Error KeyTooLongError."""
        assert self.target is not None
        return check_key(self.target.key)

    def body(self, *, summed: bool = True) -> Body:
        """Open the body; nothing of it is read yet.

        Unless it is `summed`, checksums in headers are those of something else.
        """
        headers = self.headers
        if not summed:
            headers = {name: value for name, value in headers.items() if not name.startswith(CHECKSUM)}
        return Body(headers, self.stream, arrived=self.arrived)

    def content(self) -> Body:
        """Open the body of an object. Raise S3Error MissingContentLength where none is announced."""
        if not self.chunked and "content-length" not in self.headers:
            raise S3Error(errors.MissingContentLength)
        return self.body()

    def document(
        self, structure: xml.Structure[Document], name: str, *, summed: bool = True
    ) -> Document | None:
        """Read an XML document that may be left out; see `body`."""
        return xml.parse(self.body(summed=summed).read_all(DOCUMENT_LIMIT), structure, name)

    def required_document(
        self, structure: xml.Structure[Document], name: str, *, summed: bool = True
    ) -> Document:
        """Read an XML document; see `body`. Raise S3Error MissingRequestBodyError where there is none."""
        document = self.document(structure, name, summed=summed)
        if document is None:
            raise S3Error(errors.MissingRequestBodyError)
        return document


def _is_header(parameter: str) -> bool:
    """Tell whether a parameter is a header that a presigner has moved into the query."""
    name = parameter.lower()
    return name in MOVED_HEADERS or (name.startswith(HEADER_PREFIX) and name not in SIGNATURES)
