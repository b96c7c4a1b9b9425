"""Group commit for SQLite: a transaction costs one fsync, be it for one change or for a hundred."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Generic, Protocol, TypeVar

from s3gw.pfs.embedded._database import Database
from s3gw.pfs.embedded._space import Space
from s3gw.pfs.embedded._transaction import Transaction
from s3gw.pfs.group_commit import GroupCommit, Member
from s3gw.pfs.interface import NoSpace, WouldWait

Result_co = TypeVar("Result_co", covariant=True)
Result = TypeVar("Result")


class Work(Protocol[Result_co]):
    """Something that is done in a transaction, all or nothing."""

    @property
    def frees(self) -> bool:
        """Whether it only deletes, so that it is to be done on a full disk too."""
        ...

    def __call__(self, transaction: Transaction) -> Result_co:
        """Do it. What it raises undoes it alone."""
        ...


class Task(Generic[Result]):
    """Work that is a function."""

    def __init__(self, function: Callable[[Transaction], Result], *, frees: bool = False) -> None:
        self.frees = frees
        self._function = function

    def __call__(self, transaction: Transaction) -> Result:
        """See `Work`."""
        return self._function(transaction)


_Member = Member[Work[object], tuple[object]]


class Committer:
    """Runs pieces of work in shared transactions.

    Args:
        database: Where.
        space: Whether there is room; its reserve is given to work that frees more.
        dooms: Is told that a transaction has left files of contents that are to be removed.
    """

    def __init__(self, database: Database, space: Space, dooms: Callable[[], None]) -> None:
        self._database = database
        self._space = space
        self._dooms = dooms
        self._groups = GroupCommit[Work[object], tuple[object]](self._perform)

    def run(self, work: Work[Result]) -> Result:
        """Run `work` in a transaction; it is durable when this returns.

        What `work` raises undoes it alone, and is raised here. Raise `WouldWait` as `run_all`.
        """
        (result,) = self.run_all([work])
        if isinstance(result, BaseException):
            raise result
        return result

    def run_all(self, works: Sequence[Work[Result]]) -> list[Result | BaseException]:
        """Run several pieces of work that came together; what one raises is its result.

        Raise `WouldWait`, and do nothing, where the calling thread must not wait and would have to.
        """
        weighed = [(work, 0) for work in works]
        if self._database.is_alone():  # whoever leads a group waits for this thread
            members = self._groups.run_alone(weighed)
        elif self._database.may_not_wait():
            at_once = self._groups.run_at_once(weighed)
            waits = None if at_once is None else at_once[0].error
            if at_once is None or isinstance(waits, WouldWait):
                raise waits or WouldWait("Another change is being made.")
            members = at_once
        else:
            members = self._groups.run_all(weighed)
        return [
            member.result[0] if member.error is None and member.result else member.error  # type: ignore[misc]
            for member in members
        ]

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nobody else writes; until the end of the ``with`` nobody does."""
        with ExitStack() as stack:
            with suppress(OSError):  # `run_all` tries again, and tells
                stack.enter_context(self._database.exclusive())
            yield

    def _perform(self, group: list[_Member]) -> None:
        """Do the work of a group; where there is no room, that part of it which frees some."""
        self._database.check()
        if not self._space.is_there():
            group = self._refuse(group, None)
        try:
            self._transact(group)
        except NoSpace as error:
            if self._database.may_not_wait():
                raise WouldWait("Room is to be made first.") from error
            group = self._refuse(group, error)
            if not group:
                raise
            self._space.spend()
            self._database.make_room()
            self._transact(group)

    def _refuse(self, group: list[_Member], error: NoSpace | None) -> list[_Member]:
        """Refuse what takes room; what is left to be done."""
        for member in group:
            if not member.work.frees:
                member.error = error or self._space.refusal()
        return [member for member in group if member.work.frees]

    def _transact(self, group: list[_Member]) -> None:
        if not group:
            return
        results: list[tuple[object] | None] = []
        try:
            with self._database.writing() as connection:
                transaction = Transaction(connection)
                results = [self._attempt(member, transaction) for member in group]
                self._database.note_bytes(transaction.size)
        except (sqlite3.Error, OSError) as error:
            raise self._database.told(error) from error
        for member, result in zip(group, results, strict=True):
            member.result = result
        if transaction.dooms:
            self._dooms()
        if self._space.refuses and not all(member.work.frees for member in group):
            self._space.note_taken()

    def _attempt(self, member: _Member, transaction: Transaction) -> tuple[object] | None:
        """Do the work of one member; what it raises undoes that work alone."""
        member.error = None
        try:
            return (member.work(transaction),)
        except sqlite3.Error:
            raise  # nobody knows what is left of the transaction
        except Exception as error:
            member.error = error
            return None
