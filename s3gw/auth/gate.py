"""Who sends a request, and may they? Asked before anything of its body is read."""

from __future__ import annotations

import re
import time
from typing import Any

from s3gw.addressing.buckets import Buckets, bucket_of
from s3gw.auth.access import Access
from s3gw.auth.authority import Authority
from s3gw.auth.forms import verify_form
from s3gw.auth.identity import Identity
from s3gw.auth.signatures import verify
from s3gw.generated import errors
from s3gw.generated.authentication import OWNERS
from s3gw.http.form import is_form
from s3gw.http.operation import ANYBODY, Operation
from s3gw.http.request import Request
from s3gw.pfs.interface import Branch, InvalidName
from s3gw.s3_error import S3Error

# Parameters that say what headers an answer has, which takes a signature as in S3: anybody could make a page
# of a public object.
_OVERRIDE = re.compile("response-")


class Gate:
    """Asks for the identities that an authority knows.

    Args:
        authority: Who knows them.
        buckets: How buckets are named where it is asked.
    """

    def __init__(self, authority: Authority, buckets: Buckets) -> None:
        self._authority = authority
        self._buckets = buckets

    def identify(self, request: Request) -> Access:
        """Find who sends a request.

        Raises:
            S3Error: AccessDenied, and all that a signature or a form can be refused for.
        """
        now = time.time()
        signed = verify(request, self._authority, now)
        if signed is None and reads_form(request):
            signed = verify_form(request.form().fields, self._authority, now)
        if signed is None:
            return Access(self._authority.anonymous)
        return Access(self._authority.confirm(signed.credentials))

    def judge(self, request: Request, operation: Operation[Any, Any], access: Access) -> None:
        """Demand what an operation needs of whoever asks. Raise S3Error AccessDenied, InvalidRequest."""
        if operation.right == ANYBODY or access.identity is None:
            return
        branch = self._branch(request.bucket)
        if not self._is_allowed(request, operation, access.identity, branch):
            raise access.denied(operation.right)
        if access.identity.is_anonymous and any(map(_OVERRIDE.match, request.query)):
            message = "Request specific response headers cannot be used for anonymous GET requests."
            raise S3Error(errors.InvalidRequest, message)
        if access.pfs is not None and branch is not None and operation.reach != "service":
            access.require_of_pfs(operation.right, branch, is_new=operation.reach == "new")
        for name in OWNERS:
            if name in request.headers and request.headers[name] != self._authority.account:
                raise access.denied()

    def _is_allowed(
        self,
        request: Request,
        operation: Operation[Any, Any],
        identity: Identity,
        branch: Branch | None,
    ) -> bool:
        right, reach = operation.right, operation.reach
        if reach == "service":  # whoever is known is shown what they may list
            return not identity.is_anonymous or identity.has(right)
        # the one name of a bucket by which it is judged: it may have several
        bucket = request.bucket if branch is None else bucket_of(branch)
        if reach == "key":
            assert request.target is not None
            return identity.may(right, bucket, request.target.key)
        if reach == "part":
            return identity.may_somewhere(right, bucket)
        return identity.may_below(right, bucket, request.query.get("prefix", "") if reach == "prefix" else "")

    def _branch(self, name: str) -> Branch | None:
        try:
            return self._buckets.place(name).branch
        except InvalidName:
            return None


def reads_form(request: Request) -> bool:
    """Tell whether a form is posted, which can tell who sends it; without one it is nobody in particular."""
    support = None if request.operation is None else request.operation.support
    return support is not None and support.reads_form and is_form(request.headers.get("content-type", ""))
