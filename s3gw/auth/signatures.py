"""From a signed request to its credentials, whichever way it is signed.

* `canonical`  what of a request is signed, in the forms that clients have for it
* `claims`     what signatures have in common, and how wrong ones are answered
* `v4`         Signature Version 4 in Authorization
* `presigned`  Signature Version 4 in the query
* `v2`         Signature Version 2, in both
* `chunks`     bodies whose chunks are signed
"""

from __future__ import annotations

from s3gw.auth import presigned, v2, v4
from s3gw.auth.authority import Authority
from s3gw.auth.claims import Signed
from s3gw.generated.authentication import MARKS, SCHEME, V2_MARKS, V2_SCHEME, V4A_SCHEME
from s3gw.http.request import Request
from s3gw.s3_error import S3Error, invalid_argument


def verify(request: Request, authority: Authority, now: float) -> Signed | None:
    """Verify the signature of a request, of which no body is read yet; None where it has none.

    Raises:
        S3Error: InvalidArgument where nobody can tell what the signature is, and for each kind what its
            module says.
    """
    assert request.target is not None
    authorization = request.headers.get("authorization")
    query = request.target.query
    is_presigned = bool(query) and any(name.lower() in MARKS for name in query)
    is_presigned_v2 = not V2_MARKS.isdisjoint(query)
    if (authorization is not None) + is_presigned + is_presigned_v2 > 1:
        raise invalid_argument(
            "Authorization",
            "",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
            "string parameter or the Authorization header should be specified",
        )
    if is_presigned:
        return presigned.verify_query(request, authority, now)
    if is_presigned_v2:
        return v2.verify_query(request, authority, now)
    if authorization is None:
        return None
    scheme, _, rest = authorization.partition(" ")
    if scheme == SCHEME:
        return v4.verify_header(request, authority, now, rest)
    if scheme == V2_SCHEME:
        return v2.verify_header(request, authority, now, rest)
    raise _unknown(scheme)


def _unknown(scheme: str) -> S3Error:
    """Refuse an Authorization of another kind; any word of it may be a secret, and none is told."""
    if scheme.startswith(V4A_SCHEME):
        return v4.unsupported()
    return invalid_argument("Authorization", "", "Unsupported Authorization Type")
