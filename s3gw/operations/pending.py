"""What a handler may return instead of its result: a change, and what to answer when it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from s3gw.pfs.interface import Branch, Change, Delete, Put, Staging


@dataclass(frozen=True, slots=True)
class Pending:
    """A change of one branch as a value, so that whoever runs the handler may gather it with others.

    Attributes:
        branch: The branch.
        edits: What is to be changed in it, all or nothing.
        then: Makes the handler's result from what the change has made.
        staging: Holds the body until then.
    """

    branch: Branch
    edits: Sequence[Put | Delete]
    then: Callable[[Change], Any]
    staging: Staging | None = None

    def end(self, made: Change | BaseException) -> Any:
        """Give the handler's result, or raise why the change was not made."""
        if self.staging is not None:
            self.staging.__exit__(None, None, None)
        if isinstance(made, BaseException):
            raise made
        return self.then(made)
