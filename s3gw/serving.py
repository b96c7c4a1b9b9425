"""``s3gw serve``."""

from __future__ import annotations

import argparse
import logging
import os
import re
import threading
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s3gw import contract, maintenance
from s3gw.commands import Parser, failed
from s3gw.context import Context
from s3gw.generated.routes import DEFAULT_PROFILE, PROFILES
from s3gw.pfs import PFSError, opener

if TYPE_CHECKING:
    from s3gw.auth.authority import Authority
    from s3gw.auth.keyring import Keyring, Shared
    from s3gw.http.cors import Rules
    from s3gw.pfs.interface import PFS


_SERVE = """\
Serve S3 over PFS. A bucket is a branch of a repo, named branch.repo; an object is a file in the
branch's HEAD; a PutObject is one atomic commit.
"""
_SERVE_EPILOG = """\
examples:
  s3gw serve                                       a PFS of its own in ./data, on port 30600
  s3gw serve --pfs embedded:/var/lib/s3gw --listen 0.0.0.0:30600
  S3GW_LOG_FORMAT=json s3gw serve --workers 4
  s3gw serve --pfs grpc://127.0.0.1:30650          the cluster there
  s3gw key add me --keyring keyring.yaml --rights read,list,write,delete,create --buckets '*'
  s3gw serve --profile extended --auth keyring.yaml          only whom the keyring knows
  s3gw serve --profile extended --auth pachyderm --pfs grpc://127.0.0.1:30650

Without --auth any access key and secret will do: nobody is asked who they are.
SIGTERM finishes the requests in flight, then ends with status 0.
"""

# The --auth that is no keyring.
_PACHYDERM = "pachyderm"

# Options that the default profile has no use for, and how that is said.
_NOT_OF_DEFAULT = {
    "auth": f"--auth: the profile {DEFAULT_PROFILE} asks nobody",
    "cors": f"--cors is not of the profile {DEFAULT_PROFILE}",
    "domain": f"--domain is not of the profile {DEFAULT_PROFILE}",
}

_CACHE_SIZE = "10G"
_LAST_PORT = 65535
_REGION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST = 1024
_LARGEST = 1 << 30
_BYTES = re.compile(r"([0-9]{1,12})([KMG]?)", re.ASCII)
_ON = ("true", "1", "yes", "on")
_OFF = ("false", "0", "no", "off", "")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


_log = logging.getLogger(__name__)


class _Unusable(Exception):
    """What keeps it from being begun, in one line that says what to do."""


def add_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to a parser; it has `run`, from its options to the exit status."""
    serve = commands.add_parser(
        "serve",
        help="serve S3",
        description=_SERVE,
        epilog=_SERVE_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    serve.set_defaults(run=_serve)
    _setting(
        serve,
        "--pfs",
        default="embedded:data",
        metavar="WHERE",
        help="embedded:PATH, a folder of its own; grpc://HOST:PORT or grpcs://HOST:PORT, a cluster; "
        "pachd, the cluster that pachctl or the pod knows",
    )
    _setting(
        serve,
        "--listen",
        type=_address,
        default="127.0.0.1:30600",
        metavar="HOST:PORT",
        help="where to listen",
    )
    serve.add_argument(
        "--admin-listen",
        type=_address,
        default=os.environ.get("S3GW_ADMIN_LISTEN") or None,
        metavar="HOST:PORT",
        help="where to answer /healthz and /readyz, for probes (default: nowhere)",
    )
    _setting(
        serve,
        "--profile",
        choices=list(PROFILES),
        default=DEFAULT_PROFILE,
        help="which operations are served: "
        + "; ".join(f"{p.name}, {_lower(p.summary)}" for p in PROFILES.values()),
    )
    serve.add_argument(
        "--auth",
        type=_auth,
        default=os.environ.get("S3GW_AUTH"),
        metavar="FILE|pachyderm",
        help="ask who sends a request, in the profile extended: FILE is the keyring that says who there is "
        "and what each may (see s3gw key); with pachyderm access key and secret are a Pachyderm token, both, "
        "and the roles of the cluster decide; without it anybody who reaches the port may read and write",
    )
    _setting(
        serve,
        "--workers",
        type=_count,
        default="",
        metavar="N",
        help="processes; without it one for each core, or one in front of a cluster, where it gathers writes",
    )
    _setting(
        serve,
        "--threads",
        type=_count,
        default="",
        metavar="N",
        help="requests at a time in each worker; without it 8, or 64 in front of a cluster",
    )
    _setting(
        serve,
        "--uploads",
        type=_count,
        default="128",
        metavar="N",
        help="large bodies received at a time in each worker, besides --threads; one client address has "
        "three quarters of them at most",
    )
    _setting(
        serve,
        "--connections",
        type=_number,
        default="4096",
        metavar="N",
        help="connections open at a time in each worker; for one more, the one that is idle for longest is "
        "closed",
    )
    _setting(
        serve,
        "--idle-timeout",
        type=_number,
        default="120",
        metavar="SECONDS",
        help="how long a connection may be silent, between requests or while it takes an answer",
    )
    _setting(
        serve,
        "--header-timeout",
        type=_number,
        default="10",
        metavar="SECONDS",
        help="how long the head of a request may take, from its first byte to its last",
    )
    _setting(
        serve,
        "--upload-min-rate",
        type=_number,
        default="4096",
        metavar="BYTES",
        help="bytes per second of a body below which it is given up, on average over more than 30 seconds",
    )
    _setting(
        serve,
        "--domain",
        type=contract.domains,
        default="",
        metavar="NAME[,NAME]",
        help="domains below which each bucket has a host of its own, in the profile extended: "
        "master.images.s3.example.com for s3.example.com; paths go on beside them",
    )
    _setting(
        serve,
        "--trusted-proxy",
        type=_networks,
        default="",
        metavar="CIDR[,CIDR]",
        help="addresses of proxies, such as 10.0.0.0/8, whose X-Forwarded-For, -Proto, -Host and -Port tell "
        "who asks, and how; nobody else's do",
    )
    _setting(
        serve,
        "--cache-memory",
        type=_bytes,
        default="64M",
        metavar="BYTES",
        help="what each worker may keep in memory: answers to reads, which are given again while their "
        "branch is as it was, and of a cluster what was read of finished commits; K, M and G are units, "
        "0 keeps nothing",
    )
    _setting(
        serve,
        "--cache-dir",
        default="",
        metavar="DIR",
        help="a folder where large objects of a cluster are kept when they are read, for all workers; "
        "without it none are",
    )
    _setting(
        serve,
        "--cache-size",
        type=_bytes,
        default=_CACHE_SIZE,
        metavar="BYTES",
        help="what that folder may hold: what was read longest ago is dropped first; K, M and G are units, "
        "0 keeps nothing",
    )
    _setting(
        serve,
        "--region",
        type=_region,
        default="PACHYDERM",
        metavar="NAME",
        help="what GetBucketLocation answers",
    )
    _setting(
        serve,
        "--log-format",
        choices=["json", "text"],
        default="text",
        help="of the log on standard error",
    )
    _setting(
        serve,
        "--durability",
        choices=["power", "process"],
        default="power",
        help="what an acknowledged write survives: a power loss, or only the end of the process (faster)",
    )
    _setting(
        serve,
        "--history",
        type=maintenance.history,
        default="all",
        metavar="30d|100|all",
        help="how far back the history of each branch of an embedded PFS is kept: for so long, so many "
        "commits, or all of it; the heads always stay",
    )
    _setting(
        serve,
        "--upload-expiry",
        type=maintenance.duration,
        default="7d",
        metavar="30d|12h",
        help="how old uploads in parts and commit sessions may become before they are dropped, of the "
        "profile extended",
    )
    _setting(
        serve,
        "--cors",
        default="",
        metavar="FILE",
        help="rules for pages of other origins, for all buckets, of the profile extended: S3's document "
        "CORSConfiguration, or what the AWS CLI takes for it",
    )
    _setting(
        serve, "--pachd-ca", default="", metavar="FILE", help="PEM of the authorities to trust; asks for TLS"
    )
    _setting(
        serve, "--pachd-token", default="", metavar="TOKEN", help="a Pachyderm token; better in PACH_TOKEN"
    )
    _setting(
        serve,
        "--pachd-deadline",
        type=_count,
        default="60",
        metavar="SECONDS",
        help="how long the cluster may take for an answer, before a client is told to slow down",
    )
    _setting(
        serve,
        "--properties-repo",
        default="",
        metavar="NAME",
        help="a repo of the cluster, made when it is needed, to keep content types, metadata, tags and the "
        "like of objects in; without it a cluster drops them",
    )
    serve.add_argument(
        "--delete-nonempty-buckets",
        action=argparse.BooleanOptionalAction,
        default=_switch(serve, "S3GW_DELETE_NONEMPTY_BUCKETS"),
        help="let DeleteBucket delete the files too",
    )


def _setting(parser: argparse.ArgumentParser, flag: str, *, default: str, help: str, **rest: Any) -> None:  # noqa: A002
    """Add an option that the environment can give too; argparse checks a text default like an argument."""
    variable = "S3GW_" + flag.removeprefix("--").replace("-", "_").upper()
    given = os.environ.get(variable) or default
    choices = rest.get("choices")
    if choices and given not in choices:
        parser.error(f"{variable}: {given!r} is none of {', '.join(choices)}")
    shown = f" (default: {default})" if default else ""
    parser.add_argument(flag, default=given, help=f"{help}{shown}", **rest)


def _switch(parser: argparse.ArgumentParser, variable: str) -> bool:
    given = os.environ.get(variable, "").lower()
    if given not in (*_ON, *_OFF):
        parser.error(f"{variable}: {given!r} is none of true, false")
    return given in _ON


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence.removesuffix(".")[1:]


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - `:30600` asks for it


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(each) for each in text.replace(",", " ").split())
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}: write 10.0.0.0/8, or an address") from error


def _auth(text: str) -> str:
    """Refuse what is empty: whoever asks for it does not want to be open."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty: name a keyring, or leave it and S3GW_AUTH out")
    return text


def _region(text: str) -> str:
    if not _REGION.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no region: write letters, digits, - and _")
    return text


def _count(text: str) -> int:
    if not text:  # the default follows from --pfs
        return 0
    if not text.isdecimal() or not 0 < int(text) <= _MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {_MOST}")
    return int(text)


def _bytes(text: str) -> int:
    match = _BYTES.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write 512K, 64M, 1G or 0")
    return int(match[1]) * _UNITS[match[2]]


def _number(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _LARGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {_LARGEST}")
    return int(text)


def _serve(options: argparse.Namespace) -> int:
    try:
        return _served(options)
    except _Unusable as error:
        return failed(error)


def _served(options: argparse.Namespace) -> int:
    from s3gw import sweeper
    from s3gw.auth.keyring import Shared
    from s3gw.cache import Cache
    from s3gw.http.wsgi import create_app
    from s3gw.server import ServerError, Settings, serve

    _refuse_what_the_profile_lacks(options)
    if options.cache_size != _bytes(_CACHE_SIZE) and not options.cache_dir:
        raise _Unusable("--cache-size is what --cache-dir may hold: add that too, or leave it out")
    rules = _cors(options)
    shared = Shared()
    keyring = _keyring(options, shared)
    if keyring is not None:
        keyring.keep()
    host, port = options.listen
    in_cluster = not options.pfs.startswith("embedded:")
    settings = Settings(
        host=host,
        port=port,
        # writes of one process share a commit, and those that wait for a cluster need no core
        workers=options.workers or (1 if in_cluster else os.cpu_count() or 1),
        threads=options.threads or (64 if in_cluster else 8),
        uploads=options.uploads,
        connections=options.connections,
        idle_timeout_s=options.idle_timeout,
        header_timeout_s=options.header_timeout,
        upload_min_rate=options.upload_min_rate,
        log_format=options.log_format,
        admin=options.admin_listen,
        trusted_proxies=options.trusted_proxy,
    )
    cache = Cache(options.cache_memory)  # of each worker: it is empty when they are forked
    try:
        open_pfs = opener(
            options.pfs,
            durability=options.durability,
            history=options.history,
            pachd_ca=options.pachd_ca or None,
            pachd_token=options.pachd_token or None,
            pachd_deadline_s=options.pachd_deadline,
            properties_repo=options.properties_repo or None,
            cache=cache,
            cache_dir=options.cache_dir or None,
            cache_size=options.cache_size,
            has_users=options.auth == _PACHYDERM,
        )

        def make_app() -> Any:
            context = Context(
                open_pfs(),
                options.region,
                options.delete_nonempty_buckets,
                cors=rules,
                cache=cache,
            )
            authority = _authority(options, context.pfs, shared)
            app = create_app(context, options.profile, domains=options.domain, authority=authority)
            sweeper.start(context.pfs, options.upload_expiry)
            if in_cluster:
                threading.Thread(target=_look, args=(context.pfs,), name="look", daemon=True).start()
            return app

        def ready(url: str) -> None:
            how = f"profile {options.profile}, {settings.workers} workers"
            print(f"s3gw: serving {options.pfs} at {url} ({how})")
            if keyring is not None:
                keyring.warn_of_others()
                known = "1 identity" if keyring.count == 1 else f"{keyring.count} identities"
                print(f"s3gw: asks who sends a request: {known} of {options.auth}")
            elif options.auth:
                print("s3gw: asks who sends a request: access key and secret are a Pachyderm token, both")
            if options.auth:
                print(f"try:  aws --endpoint-url {url} s3 ls", flush=True)
                return
            first = f"{url}/master.first"
            print(f"try:  curl -X PUT {first} && echo hello | curl -T - {first}/hello.txt")
            print("note: anybody who reaches the port may read and write: no --auth", flush=True)

        return serve(settings, make_app, ready=ready)
    except (ServerError, PFSError) as error:
        raise _Unusable(str(error)) from error


def _look(pfs: PFS) -> None:
    """Say at the start that a cluster does not answer: one may start later, or have another address."""
    try:
        pfs.check()
    except PFSError as error:
        _log.warning("the cluster does not answer yet: %s", error)


def _refuse_what_the_profile_lacks(options: argparse.Namespace) -> None:
    for name, refusal in _NOT_OF_DEFAULT.items():
        if options.profile == DEFAULT_PROFILE and getattr(options, name):
            raise _Unusable(f"{refusal}: add --profile extended")


def _authority(options: argparse.Namespace, pfs: PFS, shared: Shared) -> Authority | None:
    """Give who knows identities, as it is whenever a worker starts; None where nobody is asked."""
    if options.auth == _PACHYDERM:
        from s3gw.auth.pachyderm import Pachyderm

        return Pachyderm(pfs)
    keyring = _keyring(options, shared)
    if keyring is not None:
        keyring.watch()
    return keyring


def _keyring(options: argparse.Namespace, shared: Shared) -> Keyring | None:
    """Open the keyring of --auth, where there is one."""
    from s3gw.auth.document import KeyringError
    from s3gw.auth.keyring import Keyring

    if options.auth in (None, _PACHYDERM):
        return None
    try:
        return Keyring(Path(options.auth), shared)
    except KeyringError as error:
        raise _Unusable(f"--auth: {error}") from error


def _cors(options: argparse.Namespace) -> Rules | None:
    from s3gw.http.cors import BrokenRules, Rules

    if not options.cors:
        return None
    try:
        return Rules.load(Path(options.cors))
    except BrokenRules as error:
        raise _Unusable(str(error)) from error
