"""Objects that browsers upload by HTML forms."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import asdict
from urllib.parse import quote, urlencode, urlsplit

from s3gw.addressing.keys import check_key
from s3gw.auth.policy import Policy
from s3gw.context import Context
from s3gw.generated.documents import PostResponse
from s3gw.generated.parsers import Tagging
from s3gw.generated.requests import PostObjectRequest, PostObjectResult, PutObjectRequest, PutObjectResult
from s3gw.operations.objects import put_object
from s3gw.operations.pending import Pending
from s3gw.pfs.interface import Change
from s3gw.s3_error import invalid_argument

_CREATED = 201
_SEE_OTHER = 303

_NO_CONTENT = 204

# What `success_action_status` may ask for; anything else is 204.
_STATUSES = {"200": 200, "201": _CREATED}

# What is in no URL; what is not ASCII is percent-encoded.
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\\"<>^`{|}]")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))


def post_object(context: Context, request: PostObjectRequest) -> Pending[PostObjectResult]:
    """Write the file of a form, as PutObject does, once its policy lets it.

    Raises:
        S3Error: InvalidArgument, InvalidPolicyDocument; AccessDenied where the policy, or what whoever
            has signed it may, does not reach so far; EntityTooSmall, EntityTooLarge; as `put_object`.
    """
    fields, file = request.form.fields, request.form.file
    if request.policy is not None:
        policy = Policy.parse(request.policy)
        fault = policy.fault(fields, request.bucket, time.time())
        if fault is not None:
            raise context.access.denied_because(fault)
        file.least, file.most = policy.least, policy.most
    key = _key(request)
    context.access.require("write", request.branch, key)
    put = PutObjectRequest(
        bucket=request.bucket,
        branch=request.branch,
        key=key,
        if_match=None,
        if_modified_since=None,
        if_none_match=None,
        if_unmodified_since=None,
        body=file,
        cache_control=_header(request.cache_control),
        content_disposition=_header(request.content_disposition),
        content_encoding=_header(request.content_encoding),
        content_language=_header(request.content_language),
        content_type=_header(request.content_type),
        expires=_header(request.expires),
        meta={name: _header(value) or "" for name, value in (request.meta or {}).items()},
        tagging=_tags(request.tagging),
    )
    pending = put_object(context, put)

    def then(change: Change) -> PostObjectResult:
        return _result(context, request, key, pending.then(change))

    return Pending(pending.branch, pending.edits, then, pending.staging, pending.condition, pending.told)


def _key(request: PostObjectRequest) -> str:
    if request.key is None:
        message = (
            "Bucket POST must contain a field named 'key'.  "
            "If it is specified, please check the order of the fields."
        )
        raise invalid_argument("key", "", message)
    if not request.key:
        raise invalid_argument("key", "", "User key must have a length greater than 0.")
    return check_key(request.key)


def _header(text: str | None) -> str | None:
    """Give the value of a field as a header would have it: a character a byte."""
    return None if text is None else text.encode("utf-8", "surrogateescape").decode("latin-1")


def _tags(tagging: Tagging | None) -> str | None:
    """Write tags as x-amz-tagging has them."""
    return None if tagging is None else urlencode([(tag.key, tag.value) for tag in tagging.tag_set.tag])


def _result(context: Context, request: PostObjectRequest, key: str, put: PutObjectResult) -> PostObjectResult:
    """Answer as the form asks for: with a redirect, with a document, or with headers alone."""
    result = PostObjectResult(**asdict(put))
    result.status = _STATUSES.get(request.success_action_status or "", _NO_CONTENT)
    result.location = context.location(request.bucket, key)
    told = {"bucket": request.bucket, "key": key, "etag": f'"{put.etag}"'}
    redirect = _redirect(request.success_action_redirect or request.redirect or "", told)
    if redirect is not None:
        result.status, result.location = _SEE_OTHER, redirect
    elif result.status == _CREATED:
        result.document = PostResponse(result.location, request.bucket, key, put.etag or "")
    return result


def _redirect(url: str, told: Mapping[str, str]) -> str | None:
    """Give the URL of a redirect, with what is told in its query; None for what is no URL, as in S3."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if _UNPRINTABLE.search(url) or parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    query = urlencode(told, safe="/", errors="surrogateescape", quote_via=quote)
    whole = parts._replace(query=f"{parts.query}&{query}" if parts.query else query).geturl()
    return quote(whole, safe=_ASCII, errors="surrogateescape")
