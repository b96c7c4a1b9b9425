"""Rendered by codegen from spec/authentication.yaml; do not edit, run `tox -e codegen`.

Contents: RIGHTS, OWNERS, FORM_UNJUDGED, FORM_SECRETS.
"""

from __future__ import annotations

from typing import Final

# What an identity may be given.
RIGHTS: Final = ("read", "list", "write", "delete", "create")

# Headers that name the account which a client takes for an owner.
OWNERS: Final = ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner")

# Fields of forms that no policy needs to name; a trailing star stands for any rest.
FORM_UNJUDGED: Final = ("awsaccesskeyid", "file", "policy", "signature", "x-amz-signature", "x-ignore-*")

# Those whose values no answer repeats.
FORM_SECRETS: Final = (
    "awsaccesskeyid",
    "signature",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-signature",
)
