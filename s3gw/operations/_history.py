"""Pages of versions by keys: `PFS.list_versions` knows paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from s3gw.context import Context
from s3gw.generated.requests import ListObjectVersionsRequest
from s3gw.operations._reads import snapshot_of
from s3gw.operations._versions import NULL
from s3gw.pfs.interface import Version, VersionPage

# A version, or what keys are rolled up to.
Entry: TypeAlias = Version | str
# A key and a version id, or nothing behind the last.
After: TypeAlias = tuple[str, str | None] | None

# A page may have nothing and go on, in front of a cluster, or where much is rolled up: so many are read.
_PAGES = 8
_PAGE = 1000


class _Pause(NamedTuple):
    """Where to go on in another request: enough was read for one."""

    path: str
    commit: str | None


def page_of_versions(
    context: Context, request: ListObjectVersionsRequest, version: str | None
) -> tuple[list[Entry], After]:
    """Give a page of ListObjectVersions, and where the next one begins.

    Args:
        context: The PFS, and the code of keys.
        request: What is asked for.
        version: The commit of the version-id marker, if there is one.
    """
    keys, prefix, delimiter = context.keys, request.prefix, request.delimiter
    listed: list[Entry] = []
    after: After = None
    for entry in _entries(context, request, version):
        if isinstance(entry, _Pause):
            return listed, (keys.key(entry.path), entry.commit)
        key = keys.key(entry if isinstance(entry, str) else entry.path)
        if not key.startswith(prefix):  # a code of another character begins like the prefix
            continue
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        group = key[: end + len(delimiter)] if end >= 0 else None
        if group is not None and (group in listed[-1:] or group <= request.key_marker):
            continue
        if len(listed) >= request.max_keys:
            return listed, after
        if group is not None:
            listed.append(group)
            after = group, None
        elif isinstance(entry, Version):
            listed.append(entry)
            after = key, entry.commit or NULL
    return listed, None


def _entries(
    context: Context, request: ListObjectVersionsRequest, version: str | None
) -> Iterator[Entry | _Pause]:
    """Give versions and directories in order, from the markers of a request on."""
    keys, prefix, marker = context.keys, request.prefix, request.key_marker
    begin: tuple[str, str | None] = keys.after(marker), None
    if version is not None and keys.is_key(marker):
        begin = keys.path(marker), version
    # a folder marker lies before what its key is a prefix of
    if keys.is_marker(prefix) and keys.is_key(prefix) and (begin[1] is not None or marker < prefix):
        path = keys.path(prefix)
        for entry in _walk(context, request, path, "", begin):
            if isinstance(entry, _Pause) or (isinstance(entry, Version) and entry.path == path):
                yield entry
    yield from _walk(context, request, keys.prefix(prefix), "/" if request.delimiter == "/" else "", begin)


def _walk(
    context: Context,
    request: ListObjectVersionsRequest,
    prefix: str,
    delimiter: str,
    begin: tuple[str, str | None],
) -> Iterator[Entry | _Pause]:
    """Give the entries of some pages, those of one in the order of paths, and then a pause."""
    position: tuple[str, str | None] | None = begin
    limit = min(_PAGE, request.max_keys + 1)
    for _ in range(_PAGES):
        if position is None:
            return
        page = _page(context, request, prefix, delimiter, position, limit)
        found: list[tuple[str, Entry]] = [(version.path, version) for version in page.versions]
        found += [(group, group) for group in page.groups]
        yield from (entry for _, entry in sorted(found, key=lambda pair: pair[0]))
        position = page.after
    if position is not None:
        yield _Pause(*position)


def _page(
    context: Context,
    request: ListObjectVersionsRequest,
    prefix: str,
    delimiter: str,
    position: tuple[str, str | None],
    limit: int,
) -> VersionPage:
    """Give a page of versions; where the bucket is a commit each of its files is one."""
    if request.commit is None:
        return context.pfs.list_versions(request.branch, prefix, delimiter, position, limit)
    snapshot = snapshot_of(context, request)
    page = snapshot.list_files(prefix, delimiter, position[0], limit)
    versions = [
        Version(file.path, snapshot.commit_of(file), file.committed, file, is_latest=True)
        for file in page.files
    ]
    return VersionPage(versions, page.groups, None if page.after is None else (page.after, None))
