"""Rendered by codegen from spec/operations/; do not edit, run `tox -e codegen`.

Contents: OPERATIONS, 14 of them; for each level and method the table that tells them apart;
the Falcon resources ServiceResource, BucketResource, ObjectResource; ROUTES, PROFILES.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from s3gw.generated import documents, requests
from s3gw.http.call import Answer
from s3gw.http.dispatch import Candidate, Operation, Table
from s3gw.operations import _constant as constant
from s3gw.operations import buckets, listing, objects

if TYPE_CHECKING:
    import falcon

    from s3gw.http.gateway import Gateway

CREATE_BUCKET: Final = Operation(
    name="CreateBucket",
    feature="Buckets",
    level="bucket",
    method="PUT",
    marks="",
    profile="classic",
    summary="Creates the repo and/or the branch.",
    pfs=("InspectBranch", "CreateRepo", "CreateBranch"),
    drops=("x-amz-acl", "x-amz-grant-*", "x-amz-object-ownership"),
    read=requests.read_create_bucket,
    handle=buckets.create_bucket,
    write=requests.write_create_bucket,
)

DELETE_BUCKET: Final = Operation(
    name="DeleteBucket",
    feature="Buckets",
    level="bucket",
    method="DELETE",
    marks="",
    profile="classic",
    summary="Deletes the branch, and the repo with its last branch. It must be empty, unless the gateway runs with --delete-nonempty-buckets.",
    pfs=("InspectBranch", "ListFile", "DeleteBranch", "DeleteRepo"),
    drops=("x-amz-expected-bucket-owner",),
    read=requests.read_delete_bucket,
    handle=buckets.delete_bucket,
    write=Answer(204).always,
)

DELETE_OBJECT: Final = Operation(
    name="DeleteObject",
    feature="Objects",
    level="object",
    method="DELETE",
    marks="",
    profile="classic",
    summary="Removes the file in one atomic commit; no error where there was none.",
    pfs=("InspectBranch", "ModifyFile", "InspectCommit"),
    drops=(
        "x-amz-bypass-governance-retention",
        "x-amz-expected-bucket-owner",
        "x-amz-mfa",
        "x-amz-request-payer",
    ),
    read=requests.read_delete_object,
    handle=objects.delete_object,
    write=Answer(204).always,
)

DELETE_OBJECTS: Final = Operation(
    name="DeleteObjects",
    feature="Objects",
    level="bucket",
    method="POST",
    marks="?delete",
    profile="classic",
    summary="Removes up to 1000 files in one commit, with a result for each key.",
    pfs=("InspectBranch", "ModifyFile", "InspectCommit"),
    drops=(
        "x-amz-bypass-governance-retention",
        "x-amz-expected-bucket-owner",
        "x-amz-mfa",
        "x-amz-request-payer",
    ),
    read=requests.read_delete_objects,
    handle=objects.delete_objects,
    write=requests.write_delete_objects,
)

GET_BUCKET_LOCATION: Final = Operation(
    name="GetBucketLocation",
    feature="Buckets",
    level="bucket",
    method="GET",
    marks="?location",
    profile="classic",
    summary="A constant, PACHYDERM unless --region says otherwise.",
    pfs=("InspectBranch",),
    drops=("x-amz-expected-bucket-owner",),
    read=requests.read_get_bucket_location,
    handle=buckets.get_bucket_location,
    write=requests.write_get_bucket_location,
)

GET_BUCKET_VERSIONING: Final = Operation(
    name="GetBucketVersioning",
    feature="Versioning configuration",
    level="bucket",
    method="GET",
    marks="?versioning",
    profile="classic",
    summary="An empty configuration, since only HEAD is reachable, as if the bucket had never been versioned.",
    pfs=("InspectBranch",),
    drops=("x-amz-expected-bucket-owner",),
    read=requests.read_get_bucket_versioning,
    handle=constant.answer(documents.VersioningConfiguration()),
    write=requests.write_get_bucket_versioning,
)

GET_OBJECT: Final = Operation(
    name="GetObject",
    feature="Objects",
    level="object",
    method="GET",
    marks="",
    profile="classic",
    summary="File contents; a single Range, conditions, and response-* overrides are honoured.",
    pfs=("InspectBranch", "InspectFile", "GetFile"),
    drops=("x-amz-checksum-mode", "x-amz-expected-bucket-owner", "x-amz-request-payer"),
    read=requests.read_get_object,
    handle=objects.get_object,
    write=requests.write_get_object,
)

HEAD_BUCKET: Final = Operation(
    name="HeadBucket",
    feature="Buckets",
    level="bucket",
    method="HEAD",
    marks="",
    profile="classic",
    summary="Whether the branch exists.",
    pfs=("InspectBranch",),
    drops=("x-amz-expected-bucket-owner",),
    read=requests.read_head_bucket,
    handle=buckets.head_bucket,
    write=requests.write_head_bucket,
)

HEAD_OBJECT: Final = Operation(
    name="HeadObject",
    feature="Objects",
    level="object",
    method="HEAD",
    marks="",
    profile="classic",
    summary="Size, time and ETag of a file, as GetObject sends them.",
    pfs=("InspectBranch", "InspectFile"),
    drops=("x-amz-checksum-mode", "x-amz-expected-bucket-owner", "x-amz-request-payer"),
    read=requests.read_head_object,
    handle=objects.head_object,
    write=requests.write_head_object,
)

LIST_BUCKETS: Final = Operation(
    name="ListBuckets",
    feature="Buckets",
    level="service",
    method="GET",
    marks="",
    profile="classic",
    summary="Every branch of every user repo, sorted by name; CreationDate is the repo's.",
    pfs=("ListRepo", "ListBranch"),
    drops=(),
    read=requests.read_list_buckets,
    handle=buckets.list_buckets,
    write=requests.write_list_buckets,
)

LIST_OBJECT_VERSIONS: Final = Operation(
    name="ListObjectVersions",
    feature="Listing objects",
    level="bucket",
    method="GET",
    marks="?versions",
    profile="classic",
    summary="Each file of HEAD once, with the version id null, as in a bucket that was never versioned.",
    pfs=("InspectBranch", "GlobFile"),
    drops=(
        "x-amz-expected-bucket-owner",
        "x-amz-optional-object-attributes",
        "x-amz-request-payer",
    ),
    read=requests.read_list_object_versions,
    handle=listing.list_object_versions,
    write=requests.write_list_object_versions,
)

LIST_OBJECTS: Final = Operation(
    name="ListObjects",
    feature="Listing objects",
    level="bucket",
    method="GET",
    marks="",
    profile="classic",
    summary="Files of HEAD in bytewise key order; any delimiter.",
    pfs=("InspectBranch", "GlobFile"),
    drops=(
        "x-amz-expected-bucket-owner",
        "x-amz-optional-object-attributes",
        "x-amz-request-payer",
    ),
    read=requests.read_list_objects,
    handle=listing.list_objects,
    write=requests.write_list_objects,
)

LIST_OBJECTS_V2: Final = Operation(
    name="ListObjectsV2",
    feature="Listing objects",
    level="bucket",
    method="GET",
    marks="?list-type=2",
    profile="classic",
    summary="Files of HEAD in bytewise key order; any delimiter. The continuation token pins the commit, so that a listing of many pages is one snapshot.",
    pfs=("InspectBranch", "GlobFile"),
    drops=(
        "x-amz-expected-bucket-owner",
        "x-amz-optional-object-attributes",
        "x-amz-request-payer",
    ),
    read=requests.read_list_objects_v2,
    handle=listing.list_objects_v2,
    write=requests.write_list_objects_v2,
)

PUT_OBJECT: Final = Operation(
    name="PutObject",
    feature="Objects",
    level="object",
    method="PUT",
    marks="",
    profile="classic",
    summary="Overwrites the file in one atomic commit; no size limit of its own. Digests are verified before anything is committed.",
    pfs=("InspectBranch", "InspectFile", "ModifyFile", "InspectCommit"),
    drops=(
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
        "x-amz-acl",
        "x-amz-expected-bucket-owner",
        "x-amz-grant-*",
        "x-amz-meta-*",
        "x-amz-request-payer",
        "x-amz-storage-class",
        "x-amz-tagging",
    ),
    read=requests.read_put_object,
    handle=objects.put_object,
    write=requests.write_put_object,
)


OPERATIONS: Final = (
    CREATE_BUCKET,
    DELETE_BUCKET,
    DELETE_OBJECT,
    DELETE_OBJECTS,
    GET_BUCKET_LOCATION,
    GET_BUCKET_VERSIONING,
    GET_OBJECT,
    HEAD_BUCKET,
    HEAD_OBJECT,
    LIST_BUCKETS,
    LIST_OBJECT_VERSIONS,
    LIST_OBJECTS,
    LIST_OBJECTS_V2,
    PUT_OBJECT,
)

# Profile -> the profiles whose operations it serves.
PROFILES: Final = {"classic": ("classic",)}

# Parameters that name a sub-resource by themselves, at any level.
SUBRESOURCES: Final = frozenset(["delete", "location", "versioning", "versions"])

SERVICE_GET: Final = Table(
    level="service",
    method="GET",
    candidates=(Candidate(LIST_BUCKETS, (), ()),),
    parameters=frozenset(["bucket-region", "continuation-token", "max-buckets", "prefix"]),
    subresources=SUBRESOURCES,
)
BUCKET_DELETE: Final = Table(
    level="bucket",
    method="DELETE",
    candidates=(Candidate(DELETE_BUCKET, (), ()),),
    parameters=frozenset([]),
    subresources=SUBRESOURCES,
)
BUCKET_GET: Final = Table(
    level="bucket",
    method="GET",
    candidates=(
        Candidate(GET_BUCKET_LOCATION, (("location", ""),), ()),
        Candidate(GET_BUCKET_VERSIONING, (("versioning", ""),), ()),
        Candidate(LIST_OBJECT_VERSIONS, (("versions", ""),), ()),
        Candidate(LIST_OBJECTS_V2, (("list-type", "2"),), ()),
        Candidate(LIST_OBJECTS, (), ()),
    ),
    parameters=frozenset(
        [
            "continuation-token",
            "delimiter",
            "encoding-type",
            "fetch-owner",
            "key-marker",
            "marker",
            "max-keys",
            "prefix",
            "start-after",
            "version-id-marker",
        ]
    ),
    subresources=SUBRESOURCES,
)
BUCKET_HEAD: Final = Table(
    level="bucket",
    method="HEAD",
    candidates=(Candidate(HEAD_BUCKET, (), ()),),
    parameters=frozenset([]),
    subresources=SUBRESOURCES,
)
BUCKET_POST: Final = Table(
    level="bucket",
    method="POST",
    candidates=(Candidate(DELETE_OBJECTS, (("delete", ""),), ()),),
    parameters=frozenset([]),
    subresources=SUBRESOURCES,
)
BUCKET_PUT: Final = Table(
    level="bucket",
    method="PUT",
    candidates=(Candidate(CREATE_BUCKET, (), ()),),
    parameters=frozenset([]),
    subresources=SUBRESOURCES,
)
OBJECT_DELETE: Final = Table(
    level="object",
    method="DELETE",
    candidates=(Candidate(DELETE_OBJECT, (), ()),),
    parameters=frozenset(["versionId"]),
    subresources=SUBRESOURCES,
)
OBJECT_GET: Final = Table(
    level="object",
    method="GET",
    candidates=(Candidate(GET_OBJECT, (), ()),),
    parameters=frozenset(
        [
            "partNumber",
            "response-cache-control",
            "response-content-disposition",
            "response-content-encoding",
            "response-content-language",
            "response-content-type",
            "response-expires",
            "versionId",
        ]
    ),
    subresources=SUBRESOURCES,
)
OBJECT_HEAD: Final = Table(
    level="object",
    method="HEAD",
    candidates=(Candidate(HEAD_OBJECT, (), ()),),
    parameters=frozenset([]),
    subresources=SUBRESOURCES,
)
OBJECT_PUT: Final = Table(
    level="object",
    method="PUT",
    candidates=(Candidate(PUT_OBJECT, (), ()),),
    parameters=frozenset([]),
    subresources=SUBRESOURCES,
)
TABLES: Final = {
    ("service", "GET"): SERVICE_GET,
    ("bucket", "DELETE"): BUCKET_DELETE,
    ("bucket", "GET"): BUCKET_GET,
    ("bucket", "HEAD"): BUCKET_HEAD,
    ("bucket", "POST"): BUCKET_POST,
    ("bucket", "PUT"): BUCKET_PUT,
    ("object", "DELETE"): OBJECT_DELETE,
    ("object", "GET"): OBJECT_GET,
    ("object", "HEAD"): OBJECT_HEAD,
    ("object", "PUT"): OBJECT_PUT,
}


class ServiceResource:
    """The operations of a service, `/`."""

    def __init__(self, gateway: Gateway) -> None:
        self._run = gateway.run

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._run(SERVICE_GET, req, resp)


class BucketResource:
    """The operations of a bucket, `/{bucket}`."""

    def __init__(self, gateway: Gateway) -> None:
        self._run = gateway.run

    def on_delete(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._run(BUCKET_DELETE, req, resp)

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._run(BUCKET_GET, req, resp)

    def on_head(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._run(BUCKET_HEAD, req, resp)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._run(BUCKET_POST, req, resp)

    def on_put(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._run(BUCKET_PUT, req, resp)


class ObjectResource:
    """The operations of a object, `/{bucket}/{key:path}`."""

    def __init__(self, gateway: Gateway) -> None:
        self._run = gateway.run

    def on_delete(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._run(OBJECT_DELETE, req, resp)

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._run(OBJECT_GET, req, resp)

    def on_head(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._run(OBJECT_HEAD, req, resp)

    def on_put(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._run(OBJECT_PUT, req, resp)


ROUTES: Final = {
    "/": ServiceResource,
    "/{bucket}": BucketResource,
    "/{bucket}/{key:path}": ObjectResource,
}
