"""Who knows identities: the interface of a keyring and of Pachyderm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from s3gw.auth.identity import Identity


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an access key stands for; secrets are in no text that is made of it.

    Attributes:
        secret: By which its requests are signed.
        identity: Whose it is; for good only once `Authority.confirm` says so.
        session_token: That its requests must carry, if any.
        expires: When it ends, in seconds since 1970, if ever.
    """

    secret: str = field(repr=False)
    identity: Identity
    session_token: str | None = field(default=None, repr=False)
    expires: float | None = None


class Authority(Protocol):
    """Who knows identities; safe to use from many threads, and it never waits but in `confirm`.

    Attributes:
        account: The account that owns all buckets: 12 digits.
        anonymous: Whoever sends requests without a signature.
        keys_are_secret: Whether an access key is a secret itself, which no answer and no log may hold.
        is_quick: Whether `confirm` never waits either.
    """

    account: str
    keys_are_secret: bool
    is_quick: bool

    @property
    def anonymous(self) -> Identity:
        """See above."""
        ...

    def credentials(self, access_key: str) -> Credentials | None:
        """Give what an access key stands for; None where it is unknown."""
        ...

    def confirm(self, credentials: Credentials) -> Identity:
        """Give the identity of credentials whose signature was right. Raise S3Error AccessDenied."""
        ...
