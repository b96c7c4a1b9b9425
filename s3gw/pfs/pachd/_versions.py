"""Versions of files: PFS knows none, so that commits are listed and compared.

A page looks at the last commits of the branch that are finished, `COMMITS` of them at the most. What is
older is told as made by the oldest of these.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise

from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import Branch, FileInfo, FileNotFound, Page, Version, VersionPage
from s3gw.pfs.pachd._client import Client
from s3gw.pfs.pachd._messages import commit_message, repo_message, time_of
from s3gw.pfs.pachd._snapshot import PachdSnapshot
from s3gw.pfs.pachd._views import Views

# Commits that a page looks at.
COMMITS = 64

# Listings at a time.
_AT_ONCE = 4


@dataclass(frozen=True)
class _Listed:
    """A commit, its time, and what of its files concerns a page."""

    commit: str
    page: Page
    files: dict[str, FileInfo]


def list_versions(
    client: Client,
    views: Views,
    branch: Branch,
    prefix: str,
    delimiter: str,
    after: tuple[str, str | None],
    limit: int,
) -> VersionPage:
    """See `PFS.list_versions`."""
    head = PachdSnapshot(client, branch, None, views).commit
    if limit <= 0:
        return VersionPage([], [], None)
    path, commit = after

    def look(commit_id: str) -> _Listed:
        snapshot = PachdSnapshot(client, branch, commit_id, views)
        page = snapshot.list_files(prefix, delimiter, path, limit + 1)
        files = {file.path: file for file in page.files}
        belongs = path.startswith(prefix) and not (delimiter and delimiter in path[len(prefix) :])
        if commit is not None and belongs:  # older ones of this path come first
            with contextlib.suppress(FileNotFound):
                files[path] = snapshot.inspect_file(path)
        return _Listed(commit_id, page, files)

    commits = list(_finished(client, branch, head))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        listed = list(pool.map(look, [commit_id for commit_id, _ in commits]))
    entries = list(_entries(listed, dict(commits), after))
    versions = [entry for entry in entries[:limit] if isinstance(entry, Version)]
    groups = [entry for entry in entries[:limit] if isinstance(entry, str)]
    if len(entries) > limit:
        last = entries[limit - 1]
        return VersionPage(
            versions, groups, (last, None) if isinstance(last, str) else (last.path, last.commit)
        )
    end = _end(listed)
    return VersionPage(versions, groups, None if end is None else (end, None))


def _finished(client: Client, branch: Branch, head: str) -> Iterator[tuple[str, datetime]]:
    """Give the last commits that are finished, and when, the newest first; those with an error are none."""
    request = pb.ListCommitRequest(
        repo=repo_message(branch), to=commit_message(branch, head), number=2 * COMMITS, all=True
    )
    found = client.stream("ListCommit", request)
    good = (info for info in found if info.HasField("finished") and not info.error)
    for info in islice(good, COMMITS):
        yield info.commit.id, time_of(info.finishing)


def _end(listed: list[_Listed]) -> str | None:
    """Give the entry behind which not all is known, None where all is."""
    return min((one.page.after for one in listed if one.page.after is not None), default=None)


def _entries(
    listed: list[_Listed], times: dict[str, datetime], after: tuple[str, str | None]
) -> Iterator[Version | str]:
    """Give the versions and the groups, as far as all is known."""
    end = _end(listed)
    groups = {group for one in listed for group in one.page.groups}
    for name in sorted({path for one in listed for path in one.files} | groups):
        if end is not None and name > end:
            return
        if name in groups:
            yield name
            continue
        versions = list(_versions(name, listed, times))
        if name == after[0]:
            commits = [version.commit for version in versions]
            versions = versions[commits.index(after[1]) + 1 :] if after[1] in commits else []
        yield from versions


def _versions(path: str, listed: list[_Listed], times: dict[str, datetime]) -> Iterator[Version]:
    """Give the versions of a file, the newest first: a run of equal contents is one."""
    is_latest = True
    for newer, older in pairwise([*listed, None]):
        assert newer is not None
        file = newer.files.get(path)
        before = None if older is None else older.files.get(path)
        if (file and (file.size, file.hash)) != (before and (before.size, before.hash)):
            yield Version(path, newer.commit, times[newer.commit], file, is_latest)
            is_latest = False
