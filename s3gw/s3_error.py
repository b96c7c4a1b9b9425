"""The one exception of the gateway: an S3 error, raised anywhere and rendered in one place."""

from __future__ import annotations

from collections.abc import Mapping

from s3gw.generated import errors


class S3Error(Exception):
    """An answer that is an error.

    Args:
        kind: A row of ``spec/errors.yaml``, by its S3 code: ``errors.NoSuchKey``.
        message: What to tell the client; by default the row's standard message.
        headers: Response headers that belong to this error (``Retry-After``, ``Content-Range``).
        members: What its document tells besides, of those that the row names: ``condition="If-Match"``.
    """

    def __init__(
        self,
        kind: errors.ErrorKind,
        message: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **members: str,
    ) -> None:
        super().__init__(message or kind.message)
        assert members.keys() <= set(kind.members), f"{kind.code} has no member {sorted(members)}"
        self.kind = kind
        self.message = message or kind.message
        self.headers = dict(headers or {})
        self.members = members


# What an answer repeats of a client's value; more tells nobody more.
_SHOWN = 1024


def invalid_argument(name: str, value: str, message: str) -> S3Error:
    """Make the InvalidArgument of a parameter or header, which tells its name and value."""
    return S3Error(
        errors.InvalidArgument, message, argument_name=name[:_SHOWN], argument_value=value[:_SHOWN]
    )
