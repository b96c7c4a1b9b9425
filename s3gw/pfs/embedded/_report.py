"""What a check finds, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s3gw.pfs.embedded._rows import Content


@dataclass(slots=True)
class Report:
    """What a check has found.

    Attributes:
        problems: What is not in order, a line each.
        lost: How many of these are versions of files that cannot be read any more.
        repaired: What was done about it, a line each.
        versions: Of files, that were looked at.
        size: Bytes of these.
        strays: Files that nothing refers to.
    """

    problems: list[str] = field(default_factory=list)
    lost: int = 0
    repaired: list[str] = field(default_factory=list)
    versions: int = 0
    size: int = 0
    strays: int = 0

    @property
    def in_order(self) -> bool:
        """Whether nothing is left to be done, and nothing was lost."""
        return not self.lost and len(self.repaired) >= len(self.problems)

    def __str__(self) -> str:
        found = f"{self.versions} versions of files, {self.size / 1e6:.1f} MB: "
        if not self.problems:
            return found + "all is in order"
        repaired = f", {len(self.repaired)} repaired" if self.repaired else ""
        return f"{found}{len(self.problems)} problems, {self.lost} versions lost{repaired}"


@dataclass(slots=True)
class LostVersion:
    """A version of a file whose content is not what was stored.

    Attributes:
        table: Where it stands.
        branch: The name of its branch.
        row: Line, path, until, size, MD5, content.
    """

    table: str
    branch: str
    row: tuple[Any, ...]


@dataclass(slots=True)
class Findings:
    """What a repair has to know.

    Attributes:
        report: What people are told.
        tell: Is told each line of it at once.
        is_damaged: Whether SQLite finds the database out of order.
        misnamed: How many rows of the index of names are missing or wrong.
        miscounted: How many contents are counted wrong.
        orphans: Composed contents that have pieces and nothing else.
        unused: By table, the contents that nothing refers to.
        lost: Versions that cannot be read any more.
        strays: Files that nothing refers to.
        sums: Of files of format 1, by name.
    """

    report: Report
    tell: Callable[[str], None]
    is_damaged: bool = False
    misnamed: int = 0
    miscounted: int = 0
    orphans: list[int] = field(default_factory=list)
    unused: dict[str, list[Content]] = field(default_factory=dict)
    lost: list[LostVersion] = field(default_factory=list)
    strays: list[Path] = field(default_factory=list)
    sums: dict[str, bytes] = field(default_factory=dict)

    def problem(self, text: str) -> None:
        """Note what is not in order."""
        self.report.problems.append(text)
        self.tell(text)

    def repaired(self, text: str) -> None:
        """Note what was done about it."""
        self.report.repaired.append(text)
        self.tell(text)
