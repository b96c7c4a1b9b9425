"""Rendered by codegen from spec/wire.yaml and spec/members.yaml; do not edit, run `tox -e codegen`.

Contents: NAMESPACE, HEADER_PREFIX, MOVED_HEADERS, SIGNATURES, WRITES, Checksum, CHECKSUMS, DROPS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from s3gw import digests

# Of all documents.
NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"

# Query parameters that begin with it count as headers, but for SIGNATURES.
HEADER_PREFIX: Final = "x-amz-"

# Further ones that do.
MOVED_HEADERS: Final = frozenset(["content-md5", "content-type"])

# Query parameters that take no part in routing, in lower case.
SIGNATURES: Final = frozenset(
    [
        "awsaccesskeyid",
        "expires",
        "signature",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-expires",
        "x-amz-security-token",
        "x-amz-signature",
        "x-amz-signedheaders",
        "x-id",
    ]
)

# Methods that change something.
WRITES: Final = frozenset(["DELETE", "POST", "PUT"])


class Checksum(NamedTuple):
    """An algorithm: the bytes of a value, and what makes it."""

    size: int
    digest: Callable[[], digests.Digest]


# Algorithm, as in x-amz-checksum-NAME.
CHECKSUMS: Final = {
    "crc32": Checksum(4, digests.crc32),
    "crc32c": Checksum(4, digests.crc32c),
    "crc64nvme": Checksum(8, digests.crc64nvme),
    "md5": Checksum(16, digests.md5),
    "sha1": Checksum(20, digests.sha1),
    "sha256": Checksum(32, digests.sha256),
    "sha512": Checksum(64, digests.sha512),
    "xxhash64": Checksum(8, digests.xxhash64),
    "xxhash3": Checksum(8, digests.xxhash3),
    "xxhash128": Checksum(16, digests.xxhash128),
}

# Member of a request that is accepted and not used -> why that harms nobody.
DROPS: Final = {
    "cache-control": "PFS keeps bytes and no headers; response-cache-control sets it for a read.",
    "content-disposition": "PFS keeps bytes and no headers; response-content-disposition sets it for a read.",
    "content-encoding": "PFS keeps bytes and no headers, and these are stored as sent; response-content-encoding sets it for a read.",
    "content-language": "PFS keeps bytes and no headers; response-content-language sets it for a read.",
    "content-type": "The type is guessed from the extension of the key; response-content-type sets it for a read.",
    "acl": "There are no ACLs, whatever is asked for.",
    "continuation-token": "Nothing is configured, so no page was ever followed by another.",
    "expires": "PFS keeps bytes and no headers; response-expires sets it for a read.",
    "versionId": "The answer is the same for every version.",
    "x-amz-acl": "There are no ACLs: the keyring says who may do what, and without --auth whoever reaches the gateway may do everything.",
    "x-amz-bypass-governance-retention": "Nothing is retained, so there is nothing to bypass.",
    "x-amz-checksum-mode": "No checksums are kept, and S3 leaves them out too where it has none.",
    "x-amz-client-token": "It keeps a request that is sent again from being done again; a rename that was done finds no source.",
    "x-amz-expected-bucket-owner": "Without --auth nobody is asked who they are, and all buckets have one owner; with it another than the account of the keyring is AccessDenied.",
    "x-amz-grant-*": "There are no ACLs: the keyring says who may do what, and without --auth whoever reaches the gateway may do everything.",
    "x-amz-meta-*": "PFS has no place for metadata, and clients such as rclone and s3cmd always send some; the bytes are stored whole.",
    "x-amz-mfa": "No bucket asks for a second factor.",
    "x-amz-object-ownership": "There are no ACLs, so ownership decides nothing.",
    "x-amz-optional-object-attributes": "It asks for the state of a restore, and nothing is ever archived.",
    "x-amz-request-payer": "Nobody pays for requests.",
    "x-amz-source-expected-bucket-owner": "Without --auth nobody is asked who they are, and all buckets have one owner; with it another than the account of the keyring is AccessDenied.",
    "x-amz-storage-class": "PFS has one tier of storage, and every object is answered as STANDARD.",
    "x-amz-tagging": "PFS has no place for tags; the bytes are stored whole.",
    "x-s3gw-session": "The upload knows the session in which it was begun.",
}
