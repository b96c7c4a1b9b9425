"""Whoever asks, and what they were given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights on some keys of some buckets.

    Attributes:
        rights: Of ``spec/authentication.yaml``.
        buckets: Patterns of names as `bucket_of` has them, in which a ``*`` stands for anything.
        prefixes: Where in a bucket: ``a/`` is all below it, ``a`` the key itself too, but not ``ab``.
            Without any it is all of the bucket.
    """

    rights: frozenset[str]
    buckets: tuple[str, ...]
    prefixes: tuple[str, ...] = ()

    def has_key(self, key: str) -> bool:
        """Tell whether a key is among those."""
        return not self.prefixes or any(_is_in(key, prefix) for prefix in self.prefixes)

    def has_prefix(self, prefix: str) -> bool:
        """Tell whether all keys that begin with `prefix` are among those."""
        return not self.prefixes or any(prefix.startswith(_folder(own)) or own == "" for own in self.prefixes)


def _folder(prefix: str) -> str:
    return prefix if prefix.endswith("/") else f"{prefix}/"


def _is_in(key: str, prefix: str) -> bool:
    return prefix in (key, "") or key.startswith(_folder(prefix))


@lru_cache(maxsize=4096)
def _matches(pattern: str, bucket: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), bucket, re.DOTALL) is not None


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """Whoever asks.

    Attributes:
        name: For the log, and for what belongs to it: uploads and sessions. Never a secret.
        grants: What it was given; None where PFS itself decides.
        token: By which PFS knows it, where it does.
        is_anonymous: Whether it is nobody in particular.
    """

    name: str
    grants: tuple[Grant, ...] | None = ()
    token: str | None = field(default=None, repr=False)
    is_anonymous: bool = False

    def _of(self, right: str, bucket: str) -> Iterator[Grant]:
        for grant in self.grants or ():
            if right in grant.rights and any(_matches(pattern, bucket) for pattern in grant.buckets):
                yield grant

    def may(self, right: str, bucket: str, key: str) -> bool:
        """Tell whether it has a right on a key."""
        return self.grants is None or any(grant.has_key(key) for grant in self._of(right, bucket))

    def may_below(self, right: str, bucket: str, prefix: str) -> bool:
        """Tell whether it has a right on all keys that begin with `prefix`; ``""`` is the whole bucket."""
        return self.grants is None or any(grant.has_prefix(prefix) for grant in self._of(right, bucket))

    def may_somewhere(self, right: str, bucket: str) -> bool:
        """Tell whether it has a right on any keys of a bucket."""
        return self.grants is None or any(True for _ in self._of(right, bucket))

    def has(self, right: str) -> bool:
        """Tell whether it has a right on anything."""
        return self.grants is None or any(right in grant.rights for grant in self.grants)
