"""An operation of the catalogue, as the generated tables hold it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from s3gw.context import Context
from s3gw.http.answer import Answer
from s3gw.http.request import Request
from s3gw.operations.pending import Pending

Asked = TypeVar("Asked")
Result = TypeVar("Result")

# How a request can be answered without a thread of its own: `read` waits for nothing, and is
# kept, since it follows from its request and its branch alone; `write` waits for its change alone, which it
# can share with others.
Lane = Literal["read", "write"]

# How a request is served whose body is here: in a lane, or in a thread by the application itself.
Way = Lane | Literal["thread"]

# Where a right is needed: for the key; for all keys of the bucket, which is perhaps still to be made
# (new), all that begin with the parameter prefix, or some of them; for nothing in particular. Codegen
# tells the same in the schema, but for new, which follows from the request.
Reach = Literal["bucket", "key", "new", "part", "prefix", "service"]

# The right that everybody has.
ANYBODY = "anybody"


@dataclass(frozen=True, slots=True, eq=False)
class Support(Generic[Asked, Result]):
    """How an operation is served.

    Attributes:
        summary: For people.
        pfs: The calls of pfs_v2.API that it maps to.
        reads: Members of a request that are read; ``?`` marks a parameter, ``=`` a field of a form.
        drops: Those that are accepted and not used; ``s3gw.generated.wire.DROPS`` says why.
        refuses: Those that are refused, each with the feature that it asks for.
        lane: See `Lane`. For a PFS that is not quick, whose answers are kept too: it takes a thread there.
        keeps_waiting: Whether its answer may take so long that white space goes ahead of it.
        makes_object: Whether there is to be an object of its key, which is refused where there can be none.
        reads_form: Whether its body is a form, which can tell who sends it.
        read: Makes the typed request.
        handle: The handler.
        write: Lays its result out as an answer.
    """

    summary: str
    pfs: tuple[str, ...]
    reads: tuple[str, ...]
    drops: tuple[str, ...]
    refuses: tuple[tuple[str, str], ...]
    lane: Lane | None
    read: Callable[[Request], Asked]
    handle: Callable[[Context, Asked], Result | Pending[Result]]
    write: Callable[[Result], Answer]
    keeps_waiting: bool = False
    makes_object: bool = False
    reads_form: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Operation(Generic[Asked, Result]):
    """An entry of the catalogue as a profile has it: supported, or not (then `why` says it).

    Attributes:
        marks: What in query and headers tells it apart, for people.
        served_in: The profiles that support it.
        right: What it needs, where somebody is asked who they are.
        reach: Where it needs that.
        twin_of: The operation that answers its requests, since none can tell the two apart.
    """

    name: str
    feature: str
    level: str
    method: str
    marks: str
    served_in: tuple[str, ...] = ()
    twin_of: str | None = None
    right: str = ANYBODY
    reach: Reach | None = None
    support: Support[Asked, Result] | None = None
    why: str | None = None
    instead: str | None = None

    def refusal(self) -> str:
        """Say to a client why it is not supported, and the way round it."""
        elsewhere = f"The profile {self.served_in[0]} has it." if self.served_in else None
        parts = (f"{self.name} ({self.feature}) is not supported.", self.why, self.instead, elsewhere)
        return " ".join(part for part in parts if part)


def supported(
    *,
    name: str,
    feature: str,
    level: str,
    method: str,
    marks: str,
    right: str,
    reach: Reach | None,
    served_in: tuple[str, ...],
    summary: str,
    pfs: tuple[str, ...],
    reads: tuple[str, ...],
    drops: tuple[str, ...],
    refuses: tuple[tuple[str, str], ...],
    read: Callable[[Request], Asked],
    handle: Callable[[Context, Asked], Result | Pending[Result]],
    write: Callable[[Result], Answer],
    lane: Lane | None = None,
    keeps_waiting: bool = False,
    makes_object: bool = False,
    reads_form: bool = False,
) -> Operation[Asked, Result]:
    """Make a supported operation of what an entry says."""
    support = Support(
        summary,
        pfs,
        reads,
        drops,
        refuses,
        lane,
        read,
        handle,
        write,
        keeps_waiting=keeps_waiting,
        makes_object=makes_object,
        reads_form=reads_form,
    )
    return Operation(
        name, feature, level, method, marks, served_in, right=right, reach=reach, support=support
    )


def unsupported(
    *,
    name: str,
    feature: str,
    level: str,
    method: str,
    marks: str,
    right: str,
    reach: Reach | None,
    why: str,
    instead: str | None = None,
    served_in: tuple[str, ...] = (),
    twin_of: str | None = None,
) -> Operation[Any, Any]:
    """Make an unsupported operation of what an entry says."""
    return Operation(
        name,
        feature,
        level,
        method,
        marks,
        served_in,
        twin_of,
        right=right,
        reach=reach,
        why=why,
        instead=instead,
    )
