"""Rendered by codegen from spec/authentication.yaml; do not edit, run `tox -e codegen`.

Contents: RIGHTS, OWNERS.
"""

from __future__ import annotations

from typing import Final

# What an identity may be given.
RIGHTS: Final = ("read", "list", "write", "delete", "create")

# Headers that name the account which a client takes for an owner.
OWNERS: Final = ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner")
