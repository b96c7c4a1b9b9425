"""Sets a run up: starts ours and the peers, and gives them the same objects."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from bench import fill, servers
from bench.measure import Bench, Run
from bench.servers import Server, say
from bench.workloads import (
    KIB,
    LARGE,
    LARGE_SIZE,
    MAKE,
    OURS,
    PREFIX,
    PROCESS,
    SMALL,
    SMALL_KEYS,
    UPLOADED,
    WITH_PARTS,
    WRITTEN,
    Listed,
    put,
    short,
)
from s3gw.addressing.buckets import BRANCHES
from s3gw.pfs import opener
from s3gw.pfs.embedded import EmbeddedPFS, Keep
from s3gw.pfs.interface import BranchNotFound, PFSError

# Moto keeps some kilobytes of memory for each object; MinIO keeps a folder and a file.
_MOST_KEYS = {"moto": 100_000, "minio": 100_000}
_MOST_DEEP_QUICK = 1000  # of MinIO's buckets with folders, in quick mode


def embedded(
    stack: contextlib.ExitStack,
    run: Run,
    load: Path,
    buckets: Sequence[Listed],
    peers: Sequence[str],
    binaries: Path,
) -> Bench:
    """Serve from folders beside `load`; the peers that are written in Go are installed in `binaries`."""
    here = load.parent
    ours, plain, linked, minio = (here / name for name in ("s3gw", "plain", "linked", "minio"))
    for folder in (plain, linked, minio):
        folder.mkdir()
    prefix = PREFIX
    _fill_folders(ours, plain if {"rclone", "versitygw"} & set(peers) else None, prefix, buckets)
    started = [_both(stack, OURS, ours), _both(stack, PROCESS, here / "process", "--durability=process")]
    started[1].only_writes = True
    for peer in peers:
        if peer == "rclone":
            start = servers.rclone(plain)
        elif peer == "moto":
            fitting = [one for one in buckets if _fits(run, peer, one)]
            start = servers.moto(*(f"{prefix}{one.name}={one.keys}={one.folders}" for one in fitting))
        elif (binary := servers.installed(peer, binaries)) is None:
            run.left_out.append(peer)
            continue
        else:
            start = (
                servers.versitygw(binary, _link(plain, linked))
                if peer == "versitygw"
                else servers.minio(binary, minio)
            )
        started.append(stack.enter_context(start))
    bench = Bench(run, load, prefix, started)
    for server in started:
        say(f"filling {server.name}")
        _fill(bench, server)
        for bucket in buckets:
            if not _fits(run, server.name, bucket):
                server.unfilled[bucket.name] = f"filling {short(bucket.keys)} keys takes too long."
            elif server.name == "minio":
                _fill_minio(bench, server, bucket, minio / (prefix + bucket.name))
    return bench


def _both(stack: contextlib.ExitStack, name: str, folder: Path, *options: str) -> Server:
    """Start one of ours, and beside it the profile extended, over a folder of its own."""
    server = stack.enter_context(servers.s3gw(name, f"embedded:{folder}", *options))
    beside = folder.with_name(f"{folder.name}-extended")
    extended = stack.enter_context(servers.s3gw(name, f"embedded:{beside}", "--profile=extended", *options))
    extended.is_peer = server.is_peer = False
    extended.is_extended, extended.only_writes = True, True
    extended.free = lambda: _prune(beside)
    server.extended = extended
    return server


def _prune(folder: Path) -> None:
    """Forget all that is no part of a head: each turn would leave gigabytes."""
    pfs = EmbeddedPFS(folder, "process")
    pfs.prune(Keep(commits=1))
    pfs.close()


def _fill_folders(ours: Path, plain: Path | None, prefix: str, buckets: Sequence[Listed]) -> None:
    pfs = EmbeddedPFS(ours, "process")
    for bucket in buckets:
        name = prefix + bucket.name
        say(f"filling {name}")
        fill.branch(pfs, name, bucket.paths)
        if plain is not None:
            fill.folder(plain / name, bucket.paths)
    pfs.close()


def _link(folders: Path, into: Path) -> Path:
    """Let versitygw share what rclone serves, and have its own place for what it writes."""
    for folder in folders.iterdir():
        (into / folder.name).symlink_to(folder)
    return into


def _fits(run: Run, peer: str, bucket: Listed) -> bool:
    """Tell whether a bucket is soon filled, and soon removed."""
    if run.mode == "quick" and peer == "minio" and bucket.folders > 1:
        return bucket.keys <= _MOST_DEEP_QUICK
    return bucket.keys <= _MOST_KEYS.get(peer, bucket.keys)


def _fill(bench: Bench, server: Server) -> None:
    """Write over HTTP what is small or large."""
    if server.extended or server.name in WITH_PARTS:
        bench.must(server.extended or server, UPLOADED, *MAKE)
    for bucket in (SMALL, WRITTEN, LARGE):
        bench.must(server, bucket, *MAKE)
    bench.must(server, SMALL, *put(KIB, SMALL_KEYS, 32, f"-count={SMALL_KEYS}"))
    # behind those that are deleted: rclone does not always make a folder again that has just gone
    bench.must(server, WRITTEN, *put(KIB, 1, 1, "-count=1", f"-from={SMALL_KEYS}"))
    if not server.only_writes:
        bench.must(server, LARGE, *put(LARGE_SIZE, 1, 1, "-count=1"))


def _fill_minio(bench: Bench, server: Server, bucket: Listed, folder: Path) -> None:
    """Write one object over HTTP, and the others as MinIO keeps it."""
    bench.must(server, bucket.name, *MAKE)
    bench.must(server, bucket.name, *put(1, 1, 1, "-count=1"))
    data = (folder / bucket.paths[0] / "xl.meta").read_bytes()
    fill.folder(folder, bucket.paths, data, "/xl.meta")


def pachd(
    stack: contextlib.ExitStack,
    run: Run,
    load: Path,
    buckets: Sequence[Listed],
    address: str,
    others: Sequence[str],
) -> Bench:
    """Serve a cluster's repos, of random names; both endpoints show them, and the stack removes them."""
    token = os.environ.get("PACH_TOKEN")
    key = token or servers.ACCESS  # Pachyderm's gateway wants the secret to be the key
    started = [stack.enter_context(servers.s3gw(OURS, f"grpc://{address}"))]
    for number, told in enumerate(others, 1):
        name, _, url = told.rpartition("=")
        started.append(Server(name or f"other {number}", url.rstrip("/"), "", (key, key)))
    bench = Bench(run, load, f"master.bench{secrets.token_hex(4)}-", started)
    pfs = opener(f"grpc://{address}", pachd_token=token)()
    stack.callback(pfs.close)

    def remove() -> None:
        say("removing what was filled")
        for written in (SMALL, WRITTEN, LARGE, "up", "down", *(bucket.name for bucket in buckets)):
            name = BRANCHES.place(bench.prefix + written).branch
            try:
                pfs.delete_branch(name, with_files=True)
            except BranchNotFound:
                pass
            except PFSError as error:
                say(f"{name} stays: {error}")

    stack.callback(remove)
    for bucket in buckets:
        say(f"filling {bucket.name}")
        fill.cluster(pfs, address, token, bench.prefix + bucket.name, bucket.paths)
    fill.cluster(pfs, address, token, bench.prefix + SMALL, Listed(SMALL_KEYS).paths, os.urandom(KIB))
    for written in (WRITTEN, LARGE):
        bench.must(started[0], written, *MAKE)
    bench.must(started[0], LARGE, *put(LARGE_SIZE, 1, 1, "-count=1"))
    return bench
