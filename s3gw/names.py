"""Bucket names: ``branch.repo`` in the project ``default``, else ``branch.repo.project``."""

from __future__ import annotations

from functools import lru_cache

from s3gw.errors import S3Error
from s3gw.generated import errors
from s3gw.pfs.interface import DEFAULT_PROJECT, Branch, InvalidName
from s3gw.pfs.paths import check_branch


@lru_cache(maxsize=4096)
def branch_of(bucket: str) -> Branch:
    """Name the branch that a bucket is.

    Raises:
        S3Error: InvalidBucketName, where it is not of that form or PFS refuses a part of it.
    """
    name, *rest = bucket.split(".")
    if len(rest) not in (1, 2):
        raise S3Error(
            errors.InvalidBucketName,
            "A bucket is a branch of a Pachyderm repo: name it branch.repo or branch.repo.project.",
        )
    branch = Branch(rest[0], name, *rest[1:])
    try:
        check_branch(branch)
    except InvalidName as error:
        raise S3Error(errors.InvalidBucketName, str(error)) from error
    return branch


def bucket_of(branch: Branch) -> str:
    """Name the bucket of a branch, in its short form where that is possible."""
    short = f"{branch.name}.{branch.repo}"
    return short if branch.project == DEFAULT_PROJECT else f"{short}.{branch.project}"
