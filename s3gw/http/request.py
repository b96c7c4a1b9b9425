"""One request, as every server gives it and as the generated readers see it."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from s3gw.addressing.buckets import BRANCHES, Place, bucket_of
from s3gw.addressing.hosts import Domains, is_host, spellings, with_port
from s3gw.addressing.keys import check_key
from s3gw.generated import errors
from s3gw.generated.wire import HEADER_PREFIX, MOVED_HEADERS, SIGNATURES, WRITES
from s3gw.http import xml
from s3gw.http.body import CHECKSUM, Body, is_checksum, is_of_nothing
from s3gw.http.form import Form
from s3gw.http.framing import Input
from s3gw.http.target import Target, authority_of, parse, path_of
from s3gw.pfs.interface import Branch, InvalidName
from s3gw.s3_error import S3Error, invalid_argument

if TYPE_CHECKING:
    from s3gw.auth.access import Access
    from s3gw.auth.chunks import ChunkSigner
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
        headers: By their names in lower case; `locate` adds those that a presigner put into the query. Host
            is the one host that counts: that of a trusted proxy, else of an absolute target.
        stream: The body, framing and all.
        chunked: Whether its length is not announced.
        arrived: Whether all of the body is here.
        request_id: ``x-amz-request-id`` of the answer: 16 upper-case hex digits.
        host_id: ``x-amz-id-2`` of the answer.
        scheme: ``http``, or what a trusted proxy says.
        port: At which a trusted proxy was asked, ``""`` where none says it.
        has_bucket_in_host: Whether the bucket stands in the host, and the whole path is the key.
        target: What `locate` has found, None before.
        operation: What it is routed to, None before, and where it is no operation.
        moved: Names of headers that stand in the query alone.
        access: What whoever sends it may touch, where somebody is asked; for the log.
        is_admitted: Whether whoever sends it may do so, judged before its body has come.
        buckets: How buckets are named where it is served.
        chunk_signer: What verifies the chunks of its body, where they are signed and somebody is asked.
        cors: Headers that its answer has for browsers.
        kept: What an equal one was, where that is known.
        error_code: The S3 code of the answer, where that is an error; for the log.
    """

    __slots__ = (
        "_form", "access", "arrived", "buckets", "chunk_signer", "chunked", "cors", "error_code",
        "has_bucket_in_host", "headers", "host_id", "is_admitted", "kept", "method", "moved", "operation",
        "port", "raw_target", "refused", "request_id", "scheme", "stream", "target",
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
        scheme: str = "http",
        port: str = "",
    ) -> None:
        self.method = method
        self.raw_target = raw_target
        self.headers = headers
        self.stream = stream
        self.chunked = chunked
        self.arrived = arrived
        self.request_id = request_id or secrets.token_hex(8).upper()
        self.host_id = host_id
        self.scheme = scheme
        self.port = port
        self.has_bucket_in_host = False
        self.target: Target | None = None
        self.operation: Operation[Any, Any] | None = None
        self.refused: S3Error | None = None
        self.buckets = BRANCHES
        self.moved: frozenset[str] = frozenset()
        self.access: Access | None = None
        self.is_admitted = False
        self.chunk_signer: ChunkSigner | None = None
        self.cors: Sequence[tuple[str, str]] = ()
        self._form: Form | None = None
        self.kept: Kept | None = None
        self.error_code: str | None = None

    def locate(self, domains: Domains | None = None) -> Target:
        """Take the target apart, and make headers of the parameters that are some.

        Args:
            domains: Below which a bucket may stand in the host; without any it stands in the path.

        Raises:
            S3Error: InvalidURI, also for a host that cannot be read where hosts count; InvalidArgument where
                query and header contradict each other, or a write has two values for one parameter.
        """
        if not self.raw_target.startswith("/"):
            self._take_authority(is_read=domains is not None)
        bucket = None
        if domains is not None:
            bucket = domains.bucket(self.headers.get("host", ""))
            self.has_bucket_in_host = bucket is not None
        target = self.target = parse(self.raw_target, bucket)
        if target.query:
            moved = [name for name in target.query if _is_header(name)]
            for name in _sums_of_nothing(moved, target):
                moved.remove(name)
            self.moved = frozenset(name.lower() for name in moved).difference(self.headers)
            for name in moved:
                value = target.query.pop(name)
                self._add_header(name.lower(), ", ".join(target.repeated.pop(name, [value])))
            if target.repeated and self.method in WRITES:
                self._refuse_contradictions(target.repeated)
        return target

    def _take_authority(self, *, is_read: bool) -> None:
        """Let the host of a target in absolute form count, and no Host beside it: RFC 9112, 3.2.2."""
        authority = authority_of(self.raw_target)
        if authority is not None:
            if is_read and not (authority and is_host(authority)):
                raise S3Error(errors.InvalidURI, "The URI does not name a host.")  # or a user before it
            self.headers["host"] = authority

    def hosts(self) -> list[str]:
        """Give the values of a Host header that the client may have signed, the likeliest first.

        All of them are the host by which the bucket was found: a signature for another is none for this.
        """
        return spellings(self.headers.get("host", ""), self.port)

    def location(self, bucket: str, key: str) -> str:
        """Give the URL of an object for whoever asked so, or of a bucket, whose host is left out in S3's way.

        Where the request names no host it is the path.
        """
        host, path = self.headers.get("host", ""), path_of(bucket, key)
        base = f"{self.scheme}://{with_port(host, self.port)}" if host and is_host(host) else ""
        if self.has_bucket_in_host:
            return f"{base}/{path[len(bucket) + 2 :]}"
        return f"{base}{path}" if key else path

    @property
    def resource(self) -> str:
        """Name what is asked for, raw: ``/bucket/key``, wherever the bucket stands."""
        if self.target is None:
            return self.raw_target.partition("?")[0]
        return f"/{self.target.bucket}{self.target.path}" if self.has_bucket_in_host else self.target.path

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
    def fields(self) -> Mapping[str, str]:
        """The fields of the form that is the body, see `form`."""
        return self.form().fields

    @property
    def level(self) -> str:
        """``service``, ``bucket`` or ``object``."""
        assert self.target is not None
        return self.target.level

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

    @property
    def named_key(self) -> str:
        """The key that the target or a form names, ``""`` where none does; for the log."""
        form = {} if self._form is None else self._form.fields
        return (self.target and self.target.key) or form.get("key", "")

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
        return Body(headers, self.stream, arrived=self.arrived, signer=self.chunk_signer)

    def content(self) -> Body:
        """Open the body of an object. Raise S3Error MissingContentLength where none is announced."""
        if not self.chunked and "content-length" not in self.headers:
            raise S3Error(errors.MissingContentLength)
        return self.body()

    def form(self) -> Form:
        """Read the form that is the body, once, as far as its file. Raise S3Error as `Form.open`."""
        if self._form is None:
            self._form = Form.open(self.headers.get("content-type", ""), self.content())
        return self._form

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


def _sums_of_nothing(moved: Collection[str], target: Target) -> Collection[str]:
    """Give those parameters that tell the checksum of no bytes beside its algorithm, and that.

    A presigner has no body yet; that of the AWS SDK for JavaScript puts both there all the same. What it
    signs so is good for any body: S3 makes no headers of them.
    """
    sums = [name for name in moved if is_checksum(name.lower())]
    algorithms = [name for name in moved if name.lower() == "x-amz-sdk-checksum-algorithm"]
    if len(sums) != 1 or len(algorithms) != 1 or target.repeated.keys() & {*sums, *algorithms}:
        return ()
    return [*sums, *algorithms] if is_of_nothing(sums[0].lower(), target.query[sums[0]]) else ()


def _is_header(parameter: str) -> bool:
    """Tell whether a parameter is a header that a presigner has moved into the query."""
    name = parameter.lower()
    return name in MOVED_HEADERS or (name.startswith(HEADER_PREFIX) and name not in SIGNATURES)
