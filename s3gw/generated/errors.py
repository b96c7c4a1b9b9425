"""Rendered by codegen from spec/errors.yaml; do not edit, run `tox -e codegen`.

Contents: ErrorKind, 69 errors by their S3 code, HTTP_ERRORS, PFS_ERRORS.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from s3gw.pfs import interface as pfs


class ErrorKind(NamedTuple):
    """A row of the error table; `members` may be told in its document besides the usual ones."""

    code: str
    status: int
    message: str
    retry_after_s: int | None = None
    members: tuple[str, ...] = ()


AccessDenied: Final = ErrorKind(
    "AccessDenied",
    403,
    "Access Denied",
    members=("headers_not_signed", "x_amz_date", "x_amz_expires", "expires", "server_time"),
)
AccessForbidden: Final = ErrorKind(
    "AccessForbidden",
    403,
    "CORSResponse: CORS is not enabled for this bucket.",
    members=("method", "resource_type"),
)
AuthorizationHeaderMalformed: Final = ErrorKind(
    "AuthorizationHeaderMalformed", 400, "The authorization header is malformed.", members=("region",)
)
AuthorizationQueryParametersError: Final = ErrorKind(
    "AuthorizationQueryParametersError",
    400,
    "The authorization query parameters are malformed.",
    members=("region",),
)
BadDigest: Final = ErrorKind(
    "BadDigest",
    400,
    "The Content-MD5 or checksum value that you specified did not match what the server received.",
)
BadRequest: Final = ErrorKind("BadRequest", 400, "The request is not valid HTTP.")
BucketAlreadyOwnedByYou: Final = ErrorKind(
    "BucketAlreadyOwnedByYou", 409, "The bucket that you tried to create already exists, and you own it."
)
BucketNotEmpty: Final = ErrorKind("BucketNotEmpty", 409, "The bucket that you tried to delete is not empty.")
EntityTooLarge: Final = ErrorKind(
    "EntityTooLarge",
    400,
    "Your proposed upload exceeds the maximum allowed object size.",
    members=("max_size_allowed",),
)
EntityTooSmall: Final = ErrorKind(
    "EntityTooSmall",
    400,
    "Your proposed upload is smaller than the minimum allowed size.",
    members=("proposed_size", "min_size_allowed", "part_number", "etag"),
)
ExpiredToken: Final = ErrorKind("ExpiredToken", 400, "The provided token has expired.")
IllegalVersioningConfigurationException: Final = ErrorKind(
    "IllegalVersioningConfigurationException",
    400,
    "The versioning configuration specified in the request is invalid.",
)
IncompleteBody: Final = ErrorKind(
    "IncompleteBody",
    400,
    "You did not provide the number of bytes specified by the Content-Length HTTP header.",
)
InsufficientStorage: Final = ErrorKind("InsufficientStorage", 507, "The server has no room for this object.")
InternalError: Final = ErrorKind("InternalError", 500, "We encountered an internal error. Please try again.")
InvalidAccessKeyId: Final = ErrorKind(
    "InvalidAccessKeyId",
    403,
    "The AWS Access Key Id you provided does not exist in our records.",
    members=("aws_access_key_id",),
)
InvalidArgument: Final = ErrorKind(
    "InvalidArgument", 400, "Invalid Argument", members=("argument_name", "argument_value")
)
InvalidBucketName: Final = ErrorKind("InvalidBucketName", 400, "The specified bucket is not valid.")
InvalidBucketState: Final = ErrorKind(
    "InvalidBucketState", 409, "The request is not valid with the current state of the bucket."
)
InvalidDigest: Final = ErrorKind("InvalidDigest", 400, "The Content-MD5 that you specified is not valid.")
InvalidFilePath: Final = ErrorKind("InvalidFilePath", 400, "PFS refuses this key as a file path.")
InvalidPart: Final = ErrorKind(
    "InvalidPart",
    400,
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    members=("upload_id", "part_number", "etag"),
)
InvalidPartNumber: Final = ErrorKind("InvalidPartNumber", 416, "The requested partnumber is not satisfiable.")
InvalidPartOrder: Final = ErrorKind(
    "InvalidPartOrder",
    400,
    "The list of parts was not in ascending order. Parts must be ordered by part number.",
    members=("upload_id",),
)
InvalidPolicyDocument: Final = ErrorKind(
    "InvalidPolicyDocument",
    400,
    "The content of the form does not meet the conditions specified in the policy document.",
)
InvalidRange: Final = ErrorKind(
    "InvalidRange",
    416,
    "The requested range is not satisfiable.",
    members=("range_requested", "actual_object_size"),
)
InvalidRequest: Final = ErrorKind("InvalidRequest", 400, "Invalid Request")
InvalidTag: Final = ErrorKind(
    "InvalidTag", 400, "The tag provided was not a valid tag.", members=("tag_key",)
)
InvalidToken: Final = ErrorKind("InvalidToken", 400, "The provided token is malformed or otherwise invalid.")
InvalidURI: Final = ErrorKind("InvalidURI", 400, "Couldn't parse the specified URI.")
KeyTooLongError: Final = ErrorKind("KeyTooLongError", 400, "Your key is too long.")
MalformedPOSTRequest: Final = ErrorKind(
    "MalformedPOSTRequest", 400, "The body of your POST request is not well-formed multipart/form-data."
)
MalformedTrailerError: Final = ErrorKind(
    "MalformedTrailerError",
    400,
    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
)
MalformedXML: Final = ErrorKind(
    "MalformedXML",
    400,
    "The XML you provided was not well-formed or did not validate against our published schema.",
)
MaxMessageLengthExceeded: Final = ErrorKind("MaxMessageLengthExceeded", 400, "Your request was too big.")
MaxPostPreDataLengthExceededError: Final = ErrorKind(
    "MaxPostPreDataLengthExceededError",
    400,
    "Your POST request fields preceding the upload file were too large.",
)
MetadataTooLarge: Final = ErrorKind(
    "MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size."
)
MethodNotAllowed: Final = ErrorKind(
    "MethodNotAllowed",
    405,
    "The specified method is not allowed against this resource.",
    members=("method", "resource_type"),
)
MissingContentLength: Final = ErrorKind(
    "MissingContentLength", 411, "You must provide the Content-Length HTTP header."
)
MissingRequestBodyError: Final = ErrorKind("MissingRequestBodyError", 400, "Request body is empty.")
MissingSecurityHeader: Final = ErrorKind(
    "MissingSecurityHeader",
    400,
    "Your request was missing a required header.",
    members=("missing_header_name",),
)
NoSuchBucket: Final = ErrorKind("NoSuchBucket", 404, "The specified bucket does not exist.")
NoSuchBucketPolicy: Final = ErrorKind(
    "NoSuchBucketPolicy", 404, "The bucket policy does not exist", members=("bucket_name",)
)
NoSuchCORSConfiguration: Final = ErrorKind(
    "NoSuchCORSConfiguration", 404, "The CORS configuration does not exist", members=("bucket_name",)
)
NoSuchConfiguration: Final = ErrorKind(
    "NoSuchConfiguration", 404, "The specified configuration does not exist."
)
NoSuchKey: Final = ErrorKind("NoSuchKey", 404, "The specified key does not exist.")
NoSuchLifecycleConfiguration: Final = ErrorKind(
    "NoSuchLifecycleConfiguration",
    404,
    "The lifecycle configuration does not exist",
    members=("bucket_name",),
)
NoSuchPublicAccessBlockConfiguration: Final = ErrorKind(
    "NoSuchPublicAccessBlockConfiguration",
    404,
    "The public access block configuration was not found",
    members=("bucket_name",),
)
NoSuchSession: Final = ErrorKind(
    "NoSuchSession",
    404,
    "The specified session does not exist. The session ID may be invalid, of another bucket, or the session may have been finished or dropped.",
)
NoSuchTagSet: Final = ErrorKind("NoSuchTagSet", 404, "The TagSet does not exist", members=("bucket_name",))
NoSuchUpload: Final = ErrorKind(
    "NoSuchUpload",
    404,
    "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    members=("upload_id",),
)
NoSuchVersion: Final = ErrorKind("NoSuchVersion", 404, "The specified version does not exist.")
NoSuchWebsiteConfiguration: Final = ErrorKind(
    "NoSuchWebsiteConfiguration",
    404,
    "The specified bucket does not have a website configuration",
    members=("bucket_name",),
)
NotImplemented: Final = ErrorKind(
    "NotImplemented", 501, "A header you provided implies functionality that is not implemented."
)
ObjectLockConfigurationNotFoundError: Final = ErrorKind(
    "ObjectLockConfigurationNotFoundError",
    404,
    "Object Lock configuration does not exist for this bucket",
    members=("bucket_name",),
)
OperationAborted: Final = ErrorKind(
    "OperationAborted",
    409,
    "A conflicting conditional operation is currently in progress against this resource. Please try again.",
)
OwnershipControlsNotFoundError: Final = ErrorKind(
    "OwnershipControlsNotFoundError",
    404,
    "The bucket ownership controls were not found",
    members=("bucket_name",),
)
PreconditionFailed: Final = ErrorKind(
    "PreconditionFailed",
    412,
    "At least one of the preconditions you specified did not hold.",
    members=("condition",),
)
ReplicationConfigurationNotFoundError: Final = ErrorKind(
    "ReplicationConfigurationNotFoundError",
    404,
    "The replication configuration was not found",
    members=("bucket_name",),
)
RequestHeaderSectionTooLarge: Final = ErrorKind(
    "RequestHeaderSectionTooLarge", 400, "Your request header section exceeds the maximum allowed size."
)
RequestTimeTooSkewed: Final = ErrorKind(
    "RequestTimeTooSkewed",
    403,
    "The difference between the request time and the current time is too large.",
    members=("request_time", "server_time", "max_allowed_skew_milliseconds"),
)
RequestTimeout: Final = ErrorKind(
    "RequestTimeout",
    400,
    "Your socket connection to the server was not read from or written to within the timeout period.",
)
ServerSideEncryptionConfigurationNotFoundError: Final = ErrorKind(
    "ServerSideEncryptionConfigurationNotFoundError",
    404,
    "The server side encryption configuration was not found",
    members=("bucket_name",),
)
ServiceUnavailable: Final = ErrorKind(
    "ServiceUnavailable", 503, "Service is unable to handle request. Please try again.", 1
)
SignatureDoesNotMatch: Final = ErrorKind(
    "SignatureDoesNotMatch",
    403,
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    members=(
        "aws_access_key_id",
        "string_to_sign",
        "signature_provided",
        "string_to_sign_bytes",
        "canonical_request",
        "canonical_request_bytes",
    ),
)
SlowDown: Final = ErrorKind("SlowDown", 503, "Please reduce your request rate.", 1)
UnexpectedContent: Final = ErrorKind("UnexpectedContent", 400, "This request does not support content.")
WriteToOutputBranch: Final = ErrorKind("WriteToOutputBranch", 400, "You cannot write to an output branch.")
XAmzContentSHA256Mismatch: Final = ErrorKind(
    "XAmzContentSHA256Mismatch",
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
)

# Status that the server or the framework gives a fault of HTTP -> its answer.
HTTP_ERRORS: Final = {
    400: BadRequest,
    413: EntityTooLarge,
    431: RequestHeaderSectionTooLarge,
    501: NotImplemented,
}

# Profile -> PFS error -> its answer, and whether its own message goes to the client.
PFS_ERRORS: Final[dict[str, dict[type[pfs.PFSError], tuple[ErrorKind, bool]]]] = {
    "classic": {
        pfs.BranchExists: (BucketAlreadyOwnedByYou, False),
        pfs.BranchInUse: (InvalidBucketState, True),
        pfs.BranchNotEmpty: (BucketNotEmpty, False),
        pfs.BranchNotFound: (NoSuchBucket, False),
        pfs.CommitNotFound: (NoSuchVersion, False),
        pfs.ConditionFailed: (PreconditionFailed, False),
        pfs.CorruptData: (InternalError, False),
        pfs.FileNotFound: (NoSuchKey, False),
        pfs.InvalidName: (InvalidBucketName, True),
        pfs.InvalidPath: (InvalidFilePath, True),
        pfs.NoSpace: (InsufficientStorage, True),
        pfs.NotAuthenticated: (AccessDenied, False),
        pfs.NotAuthorized: (AccessDenied, False),
        pfs.OutputBranch: (InternalError, True),
        pfs.PathClash: (InvalidFilePath, True),
        pfs.PiecesGone: (ServiceUnavailable, False),
        pfs.ProjectNotFound: (NoSuchBucket, False),
        pfs.TooSlow: (SlowDown, False),
        pfs.Unavailable: (ServiceUnavailable, False),
        pfs.WouldWait: (ServiceUnavailable, False),
    },
    "extended": {
        pfs.BranchExists: (BucketAlreadyOwnedByYou, False),
        pfs.BranchInUse: (InvalidBucketState, True),
        pfs.BranchNotEmpty: (BucketNotEmpty, False),
        pfs.BranchNotFound: (NoSuchBucket, False),
        pfs.CommitNotFound: (NoSuchVersion, False),
        pfs.ConditionFailed: (PreconditionFailed, False),
        pfs.CorruptData: (InternalError, False),
        pfs.FileNotFound: (NoSuchKey, False),
        pfs.InvalidName: (InvalidBucketName, True),
        pfs.InvalidPath: (InvalidFilePath, True),
        pfs.NoSpace: (InsufficientStorage, True),
        pfs.NotAuthenticated: (AccessDenied, False),
        pfs.NotAuthorized: (AccessDenied, False),
        pfs.OutputBranch: (WriteToOutputBranch, True),
        pfs.PathClash: (InvalidFilePath, True),
        pfs.PiecesGone: (ServiceUnavailable, False),
        pfs.ProjectNotFound: (NoSuchBucket, False),
        pfs.TooSlow: (SlowDown, False),
        pfs.Unavailable: (ServiceUnavailable, False),
        pfs.WouldWait: (ServiceUnavailable, False),
    },
}
