"""What browsers ask before they let a page of another origin at the gateway."""

from __future__ import annotations

from s3gw.context import Context
from s3gw.generated import errors
from s3gw.generated.documents import CORSConfiguration, CORSRule
from s3gw.generated.requests import (
    CorsPreflightRequest,
    CorsPreflightResult,
    GetBucketCorsRequest,
)
from s3gw.http.cors import METHODS
from s3gw.operations._reads import check_bucket
from s3gw.s3_error import S3Error

_NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, "
    "request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted "
    "by the resource's CORS spec."
)


def get_bucket_cors(context: Context, request: GetBucketCorsRequest) -> CORSConfiguration:
    """Tell the rules, which all buckets have. Raise S3Error NoSuchCORSConfiguration."""
    check_bucket(context, request)
    if context.cors is None:
        raise S3Error(errors.NoSuchCORSConfiguration, bucket_name=request.bucket)
    return CORSConfiguration(
        [
            CORSRule(
                id=rule.id,
                allowed_origin=rule.origins,
                allowed_method=rule.methods,
                allowed_header=rule.headers,
                expose_header=rule.exposed,
                max_age_seconds=rule.max_age_s,
            )
            for rule in context.cors.rules
        ]
    )


def cors_preflight(context: Context, request: CorsPreflightRequest) -> CorsPreflightResult:
    """Tell a browser what a page may send, as the first rule that fits has it.

    Raises:
        S3Error: BadRequest where the browser does not say enough, AccessForbidden.
    """
    if not request.origin:
        raise S3Error(errors.BadRequest, "Insufficient information. Origin request header needed.")
    method = request.access_control_request_method
    if method not in METHODS:
        shown = "null" if method is None else method[:40]
        raise S3Error(errors.BadRequest, f"Invalid Access-Control-Request-Method: {shown}")
    if context.cors is None:
        raise _forbidden(request, method)
    asked = [name.strip() for name in (request.access_control_request_headers or "").split(",")]
    headers = [name for name in asked if name]
    leave = context.cors.find(request.origin, method, headers)
    if leave is None:
        raise _forbidden(request, method, _NOT_ALLOWED)
    return CorsPreflightResult(
        access_control_allow_origin=leave.origin,
        access_control_allow_credentials=leave.has_credentials or None,
        access_control_allow_methods=", ".join(leave.rule.methods),
        access_control_allow_headers=", ".join(headers) or None,
        access_control_expose_headers=", ".join(leave.rule.exposed) or None,
        access_control_max_age=leave.rule.max_age_s,
    )


def _forbidden(request: CorsPreflightRequest, method: str, message: str | None = None) -> S3Error:
    return S3Error(errors.AccessForbidden, message, method=method, resource_type=request.level.upper())
