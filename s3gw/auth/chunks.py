"""Signatures of the chunks of a body: each is chained to the one before, the first to that of the request.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html, and sigv4-streaming-trailers.html
"""

from __future__ import annotations

import hashlib
import hmac

from s3gw.generated import errors
from s3gw.generated.authentication import SCHEME
from s3gw.s3_error import S3Error

_EMPTY = hashlib.sha256().hexdigest()


class ChunkSigner:
    """Verifies the chunks of one body, in their order.

    Args:
        key: Derived for the request.
        stamp: Its time, as in its string to sign.
        scope: Of its credential.
        seed: Its signature.
        has_trailer: Whether trailing headers follow the chunks, and are signed too.
    """

    def __init__(self, key: bytes, stamp: str, scope: str, seed: str, *, has_trailer: bool) -> None:
        self._key = key
        self._where = f"{stamp}\n{scope}"
        self._previous = seed
        self.has_trailer = has_trailer

    def verify_chunk(self, sha256: str, signature: str | None) -> None:
        """Verify the next chunk by the hash of its bytes. Raise S3Error SignatureDoesNotMatch."""
        self._verify("PAYLOAD", f"{_EMPTY}\n{sha256}", signature, "A chunk of the body")

    def verify_trailer(self, trailer: str, signature: str | None) -> None:
        """Verify the trailing headers: ``name:value`` and LF of each. Raise S3Error SignatureDoesNotMatch."""
        sha256 = hashlib.sha256(trailer.encode("latin-1")).hexdigest()
        self._verify("TRAILER", sha256, signature, "The trailer")

    def _verify(self, what: str, hashes: str, signature: str | None, name: str) -> None:
        if signature is None:
            raise S3Error(errors.SignatureDoesNotMatch, f"{name} has no signature, and needs one.")
        text = f"{SCHEME}-{what}\n{self._where}\n{self._previous}\n{hashes}"
        computed = hmac.digest(self._key, text.encode(), "sha256").hex()
        if not hmac.compare_digest(computed.encode(), signature.encode("utf-8", "replace")):
            raise S3Error(errors.SignatureDoesNotMatch, f"{name} does not match its signature.")
        self._previous = computed
