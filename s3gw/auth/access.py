"""What the identity of a request may touch; handlers ask for what the gate cannot see."""

from __future__ import annotations

from s3gw.addressing.buckets import bucket_of
from s3gw.auth.identity import Identity
from s3gw.generated import errors
from s3gw.pfs.interface import PFS, Branch, NotAuthorized
from s3gw.s3_error import S3Error


class Access:
    """The access of one request.

    Attributes:
        identity: Who asks; None where nobody is asked.
        is_denied: Whether something was refused; for the log.
        pfs: That acts as the identity, where PFS itself decides what that may touch; else None.
    """

    __slots__ = ("identity", "is_denied", "pfs")

    def __init__(self, identity: Identity | None, *, is_denied: bool = False) -> None:
        self.identity = identity
        self.is_denied = is_denied
        self.pfs: PFS | None = None

    @property
    def owner(self) -> str | None:
        """Whose uploads and sessions those are that the request begins; None where nobody is asked."""
        return None if self.identity is None else self.identity.name

    def require(self, right: str, branch: Branch, key: str) -> None:
        """Demand a right on a key. Raise S3Error AccessDenied."""
        self.require_named(right, bucket_of(branch), key)
        self.require_of_pfs(right, branch)

    def require_named(self, right: str, bucket: str, key: str) -> None:
        """Demand a right of what the identity was given alone, by the name of the bucket. Raise S3Error."""
        if self.identity is not None and not self.identity.may(right, bucket, key):
            raise self.denied(right)

    def require_of_pfs(self, right: str, branch: Branch, *, is_new: bool = False) -> None:
        """Demand a right of PFS, where that decides, see `PFS.authorize`. Raise S3Error AccessDenied."""
        if self.pfs is not None:
            try:
                self.pfs.authorize(branch, right, is_new=is_new)
            except NotAuthorized as error:
                raise self.denied(right) from error

    def require_own(self, owner: str | None) -> None:
        """Demand that something belongs to whoever asks, or to nobody. Raise S3Error AccessDenied."""
        if self.identity is not None and owner not in (None, self.identity.name):
            raise self.denied()

    def may_list(self, branch: Branch) -> bool:
        """Tell whether a bucket is shown in a list of them."""
        return self.identity is None or self.identity.may_somewhere("list", bucket_of(branch))

    def denied_because(self, reason: str) -> S3Error:
        """Make a refusal that says why, and remember it."""
        if self.identity is not None:
            self.is_denied = True
        return S3Error(errors.AccessDenied, reason)

    def denied(self, right: str | None = None) -> S3Error:
        """Make the refusal, and remember it."""
        self.is_denied = True
        if right is None or self.identity is None:
            return S3Error(errors.AccessDenied)
        who = "Nobody in particular" if self.identity.is_anonymous else self.identity.name
        return S3Error(
            errors.AccessDenied, f"{errors.AccessDenied.message}: {who} has no right to {right} here."
        )


# Of every request where nobody is asked.
OPEN = Access(None)

# Of a request whose sender has not been found.
UNKNOWN = Access(None, is_denied=True)
