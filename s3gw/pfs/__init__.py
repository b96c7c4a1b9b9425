"""PFS in its own words: names, paths, one interface, and the ways to reach one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from s3gw.cache import Cache
from s3gw.pfs.interface import PFS, Branch, PFSError
from s3gw.pfs.paths import check_branch, is_own_repo

__all__ = ["PFS", "PFSError", "opener"]


def opener(
    where: str,
    *,
    durability: Literal["power", "process"] = "power",
    history: str = "all",
    pachd_ca: str | None = None,
    pachd_token: str | None = None,
    pachd_deadline_s: float = 60.0,
    properties_repo: str | None = None,
    cache: Cache | None = None,
    cache_dir: str | None = None,
    cache_size: int = 10 << 30,
    has_users: bool = False,
) -> Callable[[], PFS]:
    """Tell how to open the PFS that `where` names; the opening itself belongs into each worker.

    Args:
        where: ``embedded:PATH``, a folder that is made where it is missing;
            ``grpc://HOST:PORT`` or ``grpcs://HOST:PORT``, a cluster; ``pachd``, the cluster that
            Pachyderm's own tools would find.
        durability: What an acknowledged change of an embedded PFS survives.
        history: How far back the history of an embedded PFS is kept: ``30d``, ``100`` commits, ``all``.
        pachd_ca: A PEM file of the authorities to trust.
        pachd_token: A Pachyderm token.
        pachd_deadline_s: Seconds that a cluster may take for any one answer.
        properties_repo: The repo of a cluster that properties of files are kept in, if they are kept.
        cache: Where what was read of a cluster is kept in memory; None keeps nothing.
        cache_dir: A folder where large contents of a cluster are kept, if they are.
        cache_size: Bytes that it may have.
        has_users: Whether it is to act as the users that it knows.

    Raises:
        PFSError: `where` names no PFS, or what else is given does not go with it; the message says what
            to write.
    """
    kind, _, rest = where.partition(":")
    if kind == "embedded" and rest:
        _refuse(
            (has_users, "An embedded PFS knows no users: give --auth a keyring, or --pfs a cluster."),
            (properties_repo, "An embedded PFS keeps properties by itself: leave --properties-repo out."),
            (cache_dir, "An embedded PFS has its contents on this machine: leave --cache-dir out."),
            (pachd_ca or pachd_token, "An embedded PFS is no cluster: leave --pachd-ca, --pachd-token out."),
        )
        from s3gw.pfs.embedded import EmbeddedPFS, parse_history

        return partial(EmbeddedPFS, Path(rest), durability=durability, history=parse_history(history))
    if where == "pachd" or (kind in ("grpc", "grpcs") and rest):
        _refuse(
            (durability != "power", "A cluster says itself what a write survives: leave --durability out."),
            (history != "all", "A cluster keeps its history by itself: leave --history out."),
        )
        from s3gw.pfs.pachd.address import find_address

        if properties_repo is not None:
            check_branch(Branch(properties_repo, "master"))
            if is_own_repo(properties_repo):
                message = (
                    f"{properties_repo} is a repo of the gateway's own: choose another --properties-repo."
                )
                raise PFSError(message)
        address = find_address(where, ca_file=pachd_ca, token=pachd_token)
        if has_users and properties_repo is not None and address.token is None:
            message = (
                "--properties-repo belongs to the gateway itself, not to its users: give it a PACH_TOKEN."
            )
            raise PFSError(message)

        def open_pachd() -> PFS:
            from s3gw.pfs.pachd import PachdPFS  # gRPC must not be loaded before the fork
            from s3gw.pfs.pachd._disk import Contents

            contents = None if cache_dir is None else Contents(Path(cache_dir), cache_size)
            return PachdPFS(address, pachd_deadline_s, properties_repo, cache, contents)

        return open_pachd
    raise PFSError(
        f"{where!r} is no PFS: write embedded:PATH, for example embedded:/var/lib/s3gw, "
        "or grpc://HOST:PORT for a cluster"
    )


def _refuse(*refusals: tuple[object, str]) -> None:
    """Raise `PFSError` with the first message whose condition holds."""
    for condition, message in refusals:
        if condition:
            raise PFSError(message)
