"""Projects, repos, branches and commits as values."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from s3gw.devpachd._names import Branch
from s3gw.devpachd._views import Key
from s3gw.pfs.embedded._contents import StagedContent
from s3gw.pfs.interface import Branch as Place


def now() -> datetime:
    """Give the time."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Project:
    """A project."""

    created: datetime
    description: str = ""


@dataclass(eq=False, slots=True)
class Line:
    """A branch of the embedded PFS.

    Attributes:
        place: Its name there.
        tip: The commit whose files its head holds; None where it holds none.
    """

    place: Place
    tip: Commit | None = None


@dataclass(eq=False, slots=True)
class Commit:
    """A commit.

    Attributes:
        branch: The branch that it was made on.
        id: Its id, which it shares with the commits that were made with it.
        line: Where it goes when it is finished.
        parent: The commit before it.
        automatic: Whether pachd itself made it.
        provenance: The commits that it is computed from.
        changes: What it changes, as long as it is not in `line`: upon its base, or upon `beneath`.
        doubled: Errors that it will have unless what they are about is deleted.
        beneath: What a commit that cannot be put into its line is laid upon, which is in one.
        flat: Whether it is laid upon that.
        stored: Its id in the line, once it is there.
        due: When it is finished, by the clock that is never set.
        refused: Why it is in error; nobody hears of it before it is finished.
        abandoned: Whether it was finished with that error by whoever made it.
        size: Bytes in all its files, as soon as they are known.
    """

    branch: Branch
    id: str
    line: Line
    parent: Commit | None
    automatic: bool = False
    started: datetime = field(default_factory=now)
    description: str = ""
    provenance: list[Commit] = field(default_factory=list)
    children: list[Commit] = field(default_factory=list)
    changes: dict[Key, StagedContent | None] = field(default_factory=dict)
    doubled: set[str] = field(default_factory=set)
    beneath: Commit | None = None
    flat: bool = False
    stored: str | None = None
    finishing: datetime | None = None
    finish_s: float = 0.0
    due: float = 0.0
    refused: str = ""
    abandoned: bool = False
    size: int | None = None
    deleted: bool = False

    def __str__(self) -> str:
        return f"{self.branch.repo}@{self.id}"

    @property
    def is_finished(self) -> bool:
        """Whether pachd is done with it."""
        return self.finishing is not None and time.monotonic() >= self.due

    @property
    def finished(self) -> datetime | None:
        """When pachd was done with it."""
        if self.finishing is None or not self.is_finished:
            return None
        return self.finishing + timedelta(seconds=self.finish_s)

    @property
    def error(self) -> str:
        """Its error, as far as it can be seen."""
        return self.refused if self.abandoned or self.is_finished else ""

    @property
    def base(self) -> Commit | None:
        """The commit that it changes: ancestors with an error are skipped."""
        base = self.parent
        while base is not None and base.refused:
            base = base.parent
        return base


@dataclass(eq=False, slots=True)
class BranchState:
    """A branch: its head, and the branches that it is computed from."""

    head: Commit
    line: Line
    direct: tuple[Branch, ...] = ()


@dataclass(eq=False, slots=True)
class RepoState:
    """A repo; branches and commits in the order in which they were made."""

    created: datetime
    description: str = ""
    branches: dict[Branch, BranchState] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
