"""Versions in classic: an object has one, called null, as in a bucket that was never versioned."""

from __future__ import annotations

from s3gw.generated import errors
from s3gw.s3_error import S3Error, invalid_argument

ONLY_VERSION = "null"


def check_version(version_id: str | None) -> None:
    """Raise S3Error NoSuchVersion for a version id that no object of classic has."""
    if version_id == "":
        raise invalid_argument("versionId", "", "A version id cannot be the empty string.")
    if version_id not in (None, ONLY_VERSION):
        raise S3Error(errors.NoSuchVersion)
