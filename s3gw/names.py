"""Names in S3: buckets (``branch.repo`` in the project ``default``, else ``branch.repo.project``), keys."""

from __future__ import annotations

from functools import lru_cache

from s3gw.generated import errors
from s3gw.pfs.interface import DEFAULT_PROJECT, Branch, InvalidName
from s3gw.pfs.paths import check_branch
from s3gw.s3_error import S3Error

# S3 has 63; a branch and a repo of Pachyderm may be longer, and a cache holds no more than this of each.
_LONGEST = 255


def branch_of(bucket: str) -> Branch:
    """Name the branch that a bucket is.

    Raises:
        InvalidName: It is not of that form, is longer than 255 characters, or PFS refuses a part of it;
            the message says how a bucket is named.
    """
    if len(bucket) > _LONGEST:
        raise InvalidName(f"The name of a bucket has at most {_LONGEST} characters. {_FORM}")
    return _branch_of(bucket)


_FORM = "A bucket is a branch of a Pachyderm repo: name it branch.repo or branch.repo.project."


@lru_cache(maxsize=4096)
def _branch_of(bucket: str) -> Branch:
    name, *rest = bucket.split(".")
    if len(rest) not in (1, 2):
        raise InvalidName(_FORM)
    branch = Branch(rest[0], name, *rest[1:])
    try:
        check_branch(branch)
    except InvalidName as error:
        raise InvalidName(f"{error} {_FORM}") from error
    return branch


def bucket_of(branch: Branch) -> str:
    """Name the bucket of a branch, in its short form where that is possible."""
    short = f"{branch.name}.{branch.repo}"
    return short if branch.project == DEFAULT_PROJECT else f"{short}.{branch.project}"


# S3's own limit, in bytes of UTF-8.
_KEY_LIMIT = 1024


def check_key(key: str) -> str:
    """Give a key that S3 could have. Raise S3Error KeyTooLongError."""
    # PERF: a key of so few characters cannot have more bytes
    if len(key) > _KEY_LIMIT // 4 and len(key.encode("utf-8", "surrogateescape")) > _KEY_LIMIT:
        raise S3Error(errors.KeyTooLongError)
    return key
