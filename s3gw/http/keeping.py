"""Answers that are kept: of the same request, in the same state of its branch, the answer is the same.

An entry of the catalogue in the lane `read` promises that: what it answers follows from its request and
from the branch alone. The state of the branch is asked for each time, so that nothing old is ever served,
whoever has written since, in whichever process. A cluster tells the head alone: there a request of a version
or of the bucket of a commit is worked out each time, and one in the name of a user of the cluster too.

PERF: what is asked for once is not kept: where clients read more than there is room for, that would cost
as much as the answer itself, and drive out what is asked for again.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable
from typing import Any

from s3gw.cache import Cache
from s3gw.http.layout import Response
from s3gw.http.operation import Operation
from s3gw.http.request import Request
from s3gw.http.target import Target, parse
from s3gw.pfs.interface import PFS, BranchNotFound

# Headers that no operation of the lane reads.
INERT = frozenset(
    (
        "accept",
        "accept-encoding",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "date",
        "host",
        "user-agent",
        "via",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-proto",
    )
)

# Those that some read, and that say all with their values. A request with others is not kept: conditions
# on the time depend on the clock too.
_TOLD = frozenset(("range", "x-amz-checksum-mode"))

# A target that is longer is not kept: it may be of thousands of parameters, each two texts and a place.
_LONGEST_TARGET = 2048

# Bytes of the objects that a request is, and of those that an answer is, beside their texts, of which
# those of a target are kept three times: rounded up from what tracemalloc says.
_OF_A_REQUEST = 850
_OF_AN_ANSWER = 200
_OF_A_HEADER = 60

# Places in which it is noted what was asked for lately: a request may take the place of another.
_PLACES = 1 << 16


class Kept:
    """A request of the lane, and its last answer.

    Attributes:
        target: Of the request.
        operation: That it is routed to.
        asked: The typed request, which nobody changes.
        state: Of its branch, in which the answer was made.
        response: Laid out, but for what is of one request; None where there is none.
    """

    __slots__ = ("asked", "operation", "response", "state", "target")

    def __init__(self, target: Target, operation: Operation[Any, Any], asked: Any) -> None:
        self.target = target
        self.operation = operation
        self.asked = asked
        self.state: Hashable = None
        self.response: Response | None = None


class Keeper:
    """Keeps requests and their answers.

    Args:
        pfs: Whose states they are of.
        cache: Where.
        hosts_count: Whether the bucket may stand in the host. Of those no answer is kept.
    """

    def __init__(self, pfs: PFS, cache: Cache, *, hosts_count: bool) -> None:
        self._hosts_count = hosts_count
        self._cache = cache
        self._keeps = cache.keeps
        self._tells_history = pfs.is_quick
        self._lately = [0] * (_PLACES if self._keeps else 0)

    def recall(self, request: Request) -> None:
        """Take a request for what an equal one was, where one is known."""
        key = self._key(request)
        kept: Kept | None = None if key is None else self._cache.get(key)
        if kept is not None:
            request.kept = kept
            request.target = kept.target
            request.operation = kept.operation

    def note(self, request: Request, asked: Any) -> Kept | None:
        """Remember what a request is; None where it is none that can be kept, or was not asked for before."""
        operation, target = request.operation, request.target
        if operation is None or operation.support is None or target is None:
            return None
        if operation.support.lane != "read" or not self._follows_from_state(request, asked):
            return None
        key = self._key(request)
        if key is None or not self._was_asked(key):
            return None
        if target.query and parse(request.raw_target).query != target.query:
            return None  # some of it is headers, which a presigner has moved there
        return Kept(target, operation, asked)

    def _follows_from_state(self, request: Request, asked: Any) -> bool:
        """Tell whether the answer is the same while the state is, whoever asks."""
        if getattr(asked, "branch", None) is None:
            return False  # it is of no branch
        if request.has_bucket_in_host or (request.access is not None and request.access.pfs is not None):
            return False
        return self._tells_history or not (asked.commit or getattr(asked, "version_id", None))

    def _was_asked(self, key: tuple[str, ...]) -> bool:
        number = hash(key)
        place = number % _PLACES
        was_asked = self._lately[place] == number
        self._lately[place] = number
        return was_asked

    @staticmethod
    def state(pfs: PFS, kept: Kept) -> Hashable:
        """Ask for the state of the branch; None where there is none, which the handler finds out too."""
        try:
            return pfs.state(kept.asked.branch)
        except BranchNotFound:
            return None

    def keep(self, request: Request, kept: Kept, state: Hashable, response: Response) -> None:
        """Keep an answer that was made after its branch was in a state: it is no older than that."""
        body = response.body
        if state is None or not (body is None or isinstance(body, bytes) or body.data is not None):
            return
        made = Kept(kept.target, kept.operation, kept.asked)
        made.state, made.response = state, response
        key = self._key(request) or ()
        size = _OF_A_REQUEST + 3 * sum(map(len, key)) + _OF_AN_ANSWER
        size += sum(_OF_A_HEADER + len(value) for _, value in response.headers)
        if body is not None:
            size += sys.getsizeof(body if isinstance(body, bytes) else body.data)
        self._cache.put(key, made, size)

    def _key(self, request: Request) -> tuple[str, ...] | None:
        """Give all that the answer to a request depends on beside its branch; None where that is unknown."""
        target = request.raw_target
        if not self._keeps or not target.startswith("/") or len(target) > _LONGEST_TARGET:
            return None
        headers = request.headers
        host = (headers.get("host", ""),) if self._hosts_count else ()
        if headers.keys() <= INERT:  # PERF: as a rule
            return request.method, request.raw_target, *host
        told = headers.keys() - INERT
        if not told <= _TOLD:
            return None
        told_values = (f"{name}:{headers[name]}" for name in sorted(told))
        return request.method, request.raw_target, *host, *told_values
