"""What a handler may return instead of its result: a change, and what to answer when it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from s3gw.operations._conditions import WriteCondition
from s3gw.pfs.interface import PFS, Branch, Change, ConditionFailed, Delete, Put, Staging

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Pending(Generic[Result]):
    """A change of one branch as a value, so that whoever runs the handler may gather it with others.

    Attributes:
        branch: The branch.
        edits: What is to be changed in it, all or nothing.
        then: Makes the handler's result from what the change has made.
        staging: Holds the body until then.
        condition: Of the edits; it knows which of its headers failed.
        told: Tells a client of an error of PFS in another way.
    """

    branch: Branch
    edits: Sequence[Put | Delete]
    then: Callable[[Change], Result]
    staging: Staging | None = None
    condition: WriteCondition | None = None
    told: Callable[[BaseException], BaseException] | None = None

    def make(self, pfs: PFS) -> Result:
        """Make the change by itself, and give the handler's result."""
        try:
            made: Change | BaseException = pfs.change(self.branch, self.edits)
        except Exception as error:
            made = error
        return self.end(made)

    def end(self, made: Change | BaseException) -> Result:
        """Give the handler's result, or raise why the change was not made."""
        if self.staging is not None:
            self.staging.__exit__(None, None, None)
        if isinstance(made, ConditionFailed) and self.condition and self.condition.refusal:
            raise self.condition.refusal from made
        if isinstance(made, BaseException):
            raise made if self.told is None else self.told(made)
        return self.then(made)
