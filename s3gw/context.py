"""What every handler is given beside its request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from s3gw.addressing.buckets import BRANCHES, Buckets
from s3gw.addressing.keys import EXACT, KeyCode
from s3gw.auth.access import OPEN, Access
from s3gw.cache import Cache
from s3gw.http.cors import Rules
from s3gw.http.target import path_of
from s3gw.pfs.interface import PFS


@dataclass(frozen=True, slots=True)
class Context:
    """The PFS that is served, and the settings that change an answer.

    Attributes:
        pfs: Where the data is.
        region: What GetBucketLocation answers.
        delete_nonempty_buckets: Whether DeleteBucket deletes the files too, as the first
            s3gateway's documentation has it.
        keys: How keys are written as paths; the profile says it.
        buckets: How buckets are named; the profile says it.
        cache: What is kept in memory.
        access: What whoever asks may touch.
        location: Gives the URL of an object, of a bucket without a key, for whoever asks.
        cors: The rules for pages of other origins, where there are some.
    """

    pfs: PFS
    region: str = "PACHYDERM"
    delete_nonempty_buckets: bool = False
    keys: KeyCode = EXACT
    buckets: Buckets = BRANCHES
    cache: Cache = field(default_factory=lambda: Cache(0))
    access: Access = OPEN
    location: Callable[[str, str], str] = path_of
    cors: Rules | None = None
