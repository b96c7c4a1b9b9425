"""Sets a run up: starts ours and the peers, and gives them the same objects."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import fill, servers
from bench.measure import Bench, Run, bare_writes
from bench.servers import Server, say
from bench.workloads import (
    ALL_FRESH_KEYS,
    EXTENDED,
    FRESH,
    KIB,
    LARGE,
    LARGE_SIZE,
    MAKE,
    OURS,
    PREFIX,
    PROCESS,
    SIGNED,
    SMALL,
    SMALL_KEYS,
    UPLOADED,
    WITH_PARTS,
    WRITTEN,
    Listed,
    Workload,
    put,
    short,
    small,
)
from s3gw.addressing.buckets import BRANCHES
from s3gw.cache import Cache
from s3gw.pfs import opener
from s3gw.pfs.embedded import EmbeddedPFS, Keep
from s3gw.pfs.interface import BranchNotFound, PFSError

# Moto keeps some kilobytes of memory for each object; MinIO keeps a folder and a file.
_MOST_KEYS = {"moto": 100_000, "minio": 100_000}
_WARMS_UP_S = 4
_MOST_DEEP_QUICK = 1000  # of MinIO's buckets with folders, in quick mode


def embedded(
    stack: contextlib.ExitStack,
    run: Run,
    load: Path,
    buckets: Sequence[Listed],
    work: Sequence[Workload],
    peers: Sequence[str],
    binaries: Path,
) -> Bench:
    """Serve from folders beside `load`; peers in Go and Java are installed in `binaries`."""
    here = load.parent
    plain = here / "plain"
    plain.mkdir()
    of_folders = {"rclone", "versitygw", "s3proxy"} & set(peers)
    _fill_folders(here / OURS, plain if of_folders else None, buckets)
    started = [
        _both(stack, OURS, here / OURS),
        _both(stack, PROCESS, here / "process", "--durability=process"),
    ]
    started[1].only_writes = True
    if any(one.variant == SIGNED for one in work):
        started[0].variants[SIGNED] = _asking(stack, here / "signed")
    for peer in peers:
        program = servers.installed(peer, binaries)
        if program is None:
            run.left_out.append(peer)
            continue
        fitting = [one for one in buckets if _fits(run, peer, one)]
        started.append(stack.enter_context(_peer(peer, program, plain, fitting)))
    floor = stack.enter_context(bare_writes(here / "floor", KIB))
    bench = Bench(run, load, PREFIX, started, floor)
    for server in started:
        say(f"filling {server.name}")
        _fill(bench, server)
        for bucket in buckets:
            if not _fits(run, server.name, bucket):
                server.unfilled[bucket.name] = f"filling {short(bucket.keys)} keys takes too long."
            elif server.name == "minio":
                _fill_minio(bench, server, bucket, here / "minio" / (PREFIX + bucket.name))
    return bench


def _peer(
    name: str, program: Path, plain: Path, buckets: Sequence[Listed]
) -> contextlib.AbstractContextManager[Server]:
    """Start a peer over `plain`, which holds buckets for it too, or over a folder of its own beside that."""
    if name == "rclone":
        return servers.rclone(program, plain)
    if name == "moto":
        return servers.moto(*(f"{PREFIX}{one.name}={one.keys}={one.folders}" for one in buckets))
    own = plain.with_name(name)
    own.mkdir()
    if name == "minio":
        return servers.minio(program, own)
    for folder in plain.iterdir():  # what all of them serve, and beside it a place for what it writes
        (own / folder.name).symlink_to(folder)
    return {"versitygw": servers.versitygw, "s3proxy": servers.s3proxy}[name](program, own)


def _both(stack: contextlib.ExitStack, name: str, folder: Path, *options: str) -> Server:
    """Start one of ours, and beside it the profile extended, over a folder of its own."""
    server = stack.enter_context(servers.s3gw(name, f"embedded:{folder}", *options))
    beside = folder.with_name(f"{folder.name}-extended")
    extended = stack.enter_context(servers.s3gw(name, f"embedded:{beside}", "--profile=extended", *options))
    extended.is_peer = server.is_peer = False
    extended.is_extended, extended.only_writes = True, True
    extended.free = lambda: _prune(beside)
    server.variants[EXTENDED] = extended
    return server


def _asking(stack: contextlib.ExitStack, folder: Path) -> Server:
    """Start one of ours that checks the signature of each request, with a keyring of one identity."""
    rights = "[{rights: [read, list, write, delete, create], buckets: ['*']}]"
    identity = f"{{name: bench, access_key: {servers.ACCESS}, secret: {servers.SECRET}, may: {rights}}}"
    keyring = folder.with_suffix(".yaml")
    keyring.write_text(f"identities: [{identity}]\n")
    keyring.chmod(0o600)
    options = ("--profile=extended", f"--auth={keyring}")
    server = stack.enter_context(servers.s3gw(OURS, f"embedded:{folder}", *options))
    server.keys = servers.ACCESS, servers.SECRET
    server.is_peer, server.is_extended = False, True
    return server


def _prune(folder: Path) -> None:
    """Forget all that is no part of a head: each turn would leave gigabytes."""
    pfs = EmbeddedPFS(folder, "process")
    pfs.prune(Keep(commits=1))
    pfs.close()


def _fill_folders(ours: Path, plain: Path | None, buckets: Sequence[Listed]) -> None:
    pfs = EmbeddedPFS(ours, "process")
    for bucket in buckets:
        name = PREFIX + bucket.name
        say(f"filling {name}")
        fill.branch(pfs, name, bucket.paths)
        if plain is not None:
            fill.folder(plain / name, bucket.paths)
    pfs.close()


def _fits(run: Run, peer: str, bucket: Listed) -> bool:
    """Tell whether a bucket is soon filled, and soon removed."""
    if run.mode == "quick" and peer == "minio" and bucket.folders > 1:
        return bucket.keys <= _MOST_DEEP_QUICK
    return bucket.keys <= _MOST_KEYS.get(peer, bucket.keys)


def _fill(bench: Bench, server: Server) -> None:
    """Write over HTTP what is small or large."""
    if EXTENDED in server.variants or server.name in WITH_PARTS:
        bench.must(server.variants.get(EXTENDED, server), UPLOADED, *MAKE)
    if asking := server.variants.get(SIGNED):
        bench.must(asking, SMALL, *MAKE)
        bench.must(asking, SMALL, *put(KIB, SMALL_KEYS, 32, f"-count={SMALL_KEYS}"))
    for bucket in (SMALL, WRITTEN, LARGE):
        bench.must(server, bucket, *MAKE)
    bench.must(server, SMALL, *put(KIB, SMALL_KEYS, 32, f"-count={SMALL_KEYS}"))
    # behind those that are deleted: rclone does not always make a folder again that has just gone
    bench.must(server, WRITTEN, *put(KIB, 1, 1, "-count=1", f"-from={SMALL_KEYS}"))
    for method in ("GET", "HEAD", "PUT") if server.name == "s3proxy" else ():  # Java compiles what runs often
        bench.must(server, SMALL, *small(method, 32).options, f"-seconds={_WARMS_UP_S}")
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
    kept = stack.enter_context(tempfile.TemporaryDirectory())
    started = [stack.enter_context(servers.s3gw(OURS, f"grpc://{address}", f"--cache-dir={kept}"))]
    for number, told in enumerate(others, 1):
        name, _, url = told.rpartition("=")
        started.append(Server(name or f"other {number}", url.rstrip("/"), "", (key, key)))
    pfs = opener(f"grpc://{address}", pachd_token=token, cache=Cache(1 << 20))()
    stack.callback(pfs.close)
    prefix = f"master.bench{secrets.token_hex(4)}-"
    looked_at = BRANCHES.place(prefix + SMALL).branch
    bench = Bench(run, load, prefix, started, lambda: pfs.snapshot(looked_at).commit)

    def remove() -> None:
        say("removing what was filled")
        for written in (SMALL, FRESH, WRITTEN, LARGE, "up", "down", *(bucket.name for bucket in buckets)):
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
    for name, keys in ((SMALL, SMALL_KEYS), (FRESH, ALL_FRESH_KEYS)):
        say(f"filling {name}")
        paths = Listed(keys).paths
        fill.cluster(pfs, address, token, bench.prefix + name, paths, lambda _: os.urandom(KIB))
    for written in (WRITTEN, LARGE):
        bench.must(started[0], written, *MAKE)
    bench.must(started[0], LARGE, *put(LARGE_SIZE, 1, 1, "-count=1"))
    return bench
