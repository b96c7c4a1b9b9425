"""Buckets: branches of repos."""

from __future__ import annotations

from itertools import islice

from s3gw.addressing.buckets import bucket_of, is_own
from s3gw.context import Context
from s3gw.generated import errors
from s3gw.generated.documents import Bucket, ListAllMyBucketsResult, LocationConstraint
from s3gw.generated.requests import (
    CreateBucketRequest,
    CreateBucketResult,
    DeleteBucketRequest,
    GetBucketLocationRequest,
    HeadBucketRequest,
    HeadBucketResult,
    ListBucketsRequest,
    PutBucketVersioningRequest,
)
from s3gw.operations import _tokens, _uploads
from s3gw.operations._owner import OWNER
from s3gw.operations._reads import check_bucket
from s3gw.s3_error import S3Error


def list_buckets(context: Context, request: ListBucketsRequest) -> ListAllMyBucketsResult:
    """List every branch of every user repo that whoever asks may list, sorted by the bucket's name.

    Without max-buckets there are 10,000 on a page.
    """
    after = _tokens.read_name(request.continuation_token) if request.continuation_token else ""
    here = request.bucket_region in (None, context.region)
    most = request.max_buckets
    branches = context.pfs.list_branches(request.prefix, after, at_once=most + 1) if here else ()
    buckets = (
        Bucket(bucket_of(branch), created)
        for branch, created in branches
        if not is_own(branch) and context.access.may_list(branch)
    )
    page = list(islice(buckets, most))
    is_last = next(buckets, None) is None
    return ListAllMyBucketsResult(
        owner=OWNER,
        bucket=page,
        continuation_token=None if is_last else _tokens.write_name(page[-1].name),
        prefix=request.prefix or None,
    )


def create_bucket(context: Context, request: CreateBucketRequest) -> CreateBucketResult:
    """Create the branch, and the repo where that is missing."""
    document = request.document
    if document is not None:
        region = document.location_constraint
        if region not in ("", "us-east-1", context.region):
            message = (
                f"S3 Regions are not supported: {region} is none of this gateway's. "
                f"Leave LocationConstraint out, or send {context.region}."
            )
            raise S3Error(errors.NotImplemented, message)
    context.pfs.create_branch(request.branch)
    return CreateBucketResult(location=context.location(request.bucket, ""))


def delete_bucket(context: Context, request: DeleteBucketRequest) -> None:
    """Delete the branch, and the repo with its last branch."""
    context.pfs.delete_branch(request.branch, with_files=context.delete_nonempty_buckets)
    _uploads.forget(context.pfs, request.branch)


def head_bucket(context: Context, request: HeadBucketRequest) -> HeadBucketResult:
    """Tell whether the branch exists."""
    check_bucket(context, request)
    return HeadBucketResult(bucket_region=context.region)


def get_bucket_location(context: Context, request: GetBucketLocationRequest) -> LocationConstraint:
    """Answer the gateway's region: minio clients ask for it before anything else."""
    check_bucket(context, request)
    return LocationConstraint(text=context.region)


def put_bucket_versioning(context: Context, request: PutBucketVersioningRequest) -> None:
    """Accept what is so anyhow: every write is a commit that PFS keeps, whatever anybody says."""
    context.pfs.inspect_branch(request.branch)
    status, mfa_delete = request.document.status, request.document.mfa_delete
    if status not in ("Enabled", "Suspended") or mfa_delete not in (None, "Enabled", "Disabled"):
        raise S3Error(errors.IllegalVersioningConfigurationException)
    if mfa_delete == "Enabled":
        raise S3Error(errors.NotImplemented, "MFA delete is not supported: leave MfaDelete out.")
    if status == "Suspended":
        message = (
            "Versioning cannot be suspended: every write is a commit of PFS, which stays. Drop old ones with "
            "`s3gw prune` (embedded PFS) or `pachctl squash commit` (cluster)."
        )
        raise S3Error(errors.InvalidBucketState, message)
