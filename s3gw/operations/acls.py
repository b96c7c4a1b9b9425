"""ACLs that say the obvious, since PFS has none: the owner of everything has FULL_CONTROL, alone."""

from __future__ import annotations

from s3gw.context import Context
from s3gw.generated import errors, parsers
from s3gw.generated.documents import AccessControlPolicy, Grant, Grantee
from s3gw.generated.requests import (
    GetBucketAclRequest,
    GetObjectAclRequest,
    PutBucketAclRequest,
    PutObjectAclRequest,
)
from s3gw.operations._owner import OWNER
from s3gw.operations._reads import check_bucket
from s3gw.operations._versions import Named, find_version
from s3gw.s3_error import S3Error

_USER = "CanonicalUser"
_ALL = "FULL_CONTROL"

# Canned ACLs that give the owner of everything FULL_CONTROL, and nobody else anything.
_CANNED = ("bucket-owner-full-control", "bucket-owner-read", "private")


def get_bucket_acl(context: Context, request: GetBucketAclRequest) -> AccessControlPolicy:
    """Answer the one ACL that there is."""
    check_bucket(context, request)
    return _acl()


def get_object_acl(context: Context, request: GetObjectAclRequest) -> AccessControlPolicy:
    """Answer the one ACL that there is, for an object that exists."""
    find_version(context, Named(request.branch, request.key, request.version_id, request.commit))
    return _acl()


def put_bucket_acl(context: Context, request: PutBucketAclRequest) -> None:
    """Accept the one ACL that there is, in any of its forms."""
    context.pfs.inspect_branch(request.branch)
    _check(request)


def put_object_acl(context: Context, request: PutObjectAclRequest) -> None:
    """Accept the one ACL that there is, in any of its forms, for an object that exists."""
    find_version(context, Named(request.branch, request.key, request.version_id))
    _check(request)


def _acl() -> AccessControlPolicy:
    grantee = Grantee(type=_USER, id=OWNER.id, display_name=OWNER.display_name)
    return AccessControlPolicy(owner=OWNER, grant=[Grant(grantee, _ALL)])


def _check(request: PutBucketAclRequest | PutObjectAclRequest) -> None:
    """Raise S3Error for an ACL that is not the one that there is, for several at once, and for none."""
    grants = (
        request.grant_full_control,
        request.grant_read,
        request.grant_read_acp,
        request.grant_write,
        request.grant_write_acp,
    )
    granted = any(grant is not None for grant in grants)
    if request.acl and granted:
        raise S3Error(errors.InvalidRequest, "Specifying both Canned ACLs and Header Grants is not allowed")
    if (request.acl or granted) and request.document:
        raise S3Error(errors.UnexpectedContent)
    if granted:
        raise _refusal("Headers x-amz-grant-* are")
    if request.acl:
        if request.acl not in _CANNED:
            raise _refusal(f"The ACL {request.acl} is")
    elif request.document is None:
        raise S3Error(errors.MissingSecurityHeader, missing_header_name="x-amz-acl")
    elif not _is_the_one(request.document):
        raise _refusal("Another ACL than the one that is answered is")


def _is_the_one(policy: parsers.AccessControlPolicy) -> bool:
    grants = policy.access_control_list.grant
    return policy.owner.id == OWNER.id and bool(grants) and all(map(_is_the_owners, grants))


def _is_the_owners(grant: parsers.Grant) -> bool:
    """Tell whether a grant gives the owner FULL_CONTROL; the name to display means nothing."""
    owner = parsers.Grantee(type=_USER, id=OWNER.id, display_name=grant.grantee.display_name)
    return grant == parsers.Grant(owner, _ALL)


def _refusal(what: str) -> S3Error:
    message = (
        f"{what} not supported, since there are no ACLs in PFS. Send x-amz-acl: {', '.join(_CANNED)}, "
        f"or a document that gives {_ALL} to the {_USER} {OWNER.id} alone."
    )
    return S3Error(errors.NotImplemented, message)
