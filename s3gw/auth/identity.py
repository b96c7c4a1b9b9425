"""Whoever asks, and what they were given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

# Characters of a bucket's name; longer ones are nobody's, and are not kept in a cache.
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights on some keys of some buckets.

    Attributes:
        rights: Of ``spec/authentication.yaml``.
        buckets: Patterns of names as `bucket_of` has them, in letters, digits, ``-``, ``_``, dots and
            ``*``, which stands for anything but a dot. A pattern without a dot is one of whole names,
            and its ``*`` stands for dots too.
        prefixes: Where in a bucket: ``a/`` is all below it, ``a`` the key itself too, but not ``ab``.
            Without any it is all of the bucket.
    """

    rights: frozenset[str]
    buckets: tuple[str, ...]
    prefixes: tuple[str, ...] = ()

    def is_on(self, bucket: str) -> bool:
        """Tell whether it is one on a bucket."""
        return any(_matches(pattern, bucket) for pattern in self.buckets)


def _matches(pattern: str, bucket: str) -> bool:
    if "." not in pattern:
        return fnmatchcase(bucket, pattern)
    own, names = pattern.split("."), bucket.split(".")
    return len(own) == len(names) and all(map(fnmatchcase, names, own))


class _Reach(NamedTuple):
    """Where in a bucket somebody has a right: at keys, and below folders; the folder ``""`` is all of it."""

    keys: frozenset[str]
    folders: tuple[str, ...]


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

    def may(self, right: str, bucket: str, key: str) -> bool:
        """Tell whether it has a right on a key."""
        reach = _reach(self, right, bucket)
        return key.startswith(reach.folders) or key in reach.keys

    def may_below(self, right: str, bucket: str, prefix: str) -> bool:
        """Tell whether it has a right on all keys that begin with `prefix`; ``""`` is the whole bucket."""
        return prefix.startswith(_reach(self, right, bucket).folders)

    def may_somewhere(self, right: str, bucket: str) -> bool:
        """Tell whether it has a right on any keys of a bucket."""
        return bool(_reach(self, right, bucket).folders)

    def has(self, right: str) -> bool:
        """Tell whether it has a right on anything."""
        return self.grants is None or any(right in grant.rights for grant in self.grants)


_NOWHERE = _Reach(frozenset(), ())
_EVERYWHERE = _Reach(frozenset(), ("",))


def _reach(identity: Identity, right: str, bucket: str) -> _Reach:
    if identity.grants is None:
        return _EVERYWHERE
    return _kept_reach(identity, right, bucket) if len(bucket) <= _LONGEST else _NOWHERE


# PERF: every request asks, and patterns are slow
@lru_cache(maxsize=8192)
def _kept_reach(identity: Identity, right: str, bucket: str) -> _Reach:
    prefixes = list(_prefixes(identity, right, bucket))
    if "" in prefixes:
        return _EVERYWHERE
    folders = (prefix if prefix.endswith("/") else f"{prefix}/" for prefix in prefixes)
    return _Reach(frozenset(prefixes), tuple(dict.fromkeys(folders)))


def _prefixes(identity: Identity, right: str, bucket: str) -> Iterator[str]:
    for grant in identity.grants or ():
        if right in grant.rights and grant.is_on(bucket):
            yield from grant.prefixes or ("",)
