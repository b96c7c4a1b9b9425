"""``s3gw devpachd``."""

from __future__ import annotations

import argparse
from pathlib import Path

from s3gw.commands import Parser, failed
from s3gw.pfs.interface import PFSError

_DEVPACHD = """\
Serve pachd's own API over an embedded PFS, for tests and laptops. Open commits and file sets are gone
when it ends; what was committed stays, and so do tokens and roles.
"""
_DEVPACHD_EPILOG = """\
examples:
  s3gw devpachd --data dev
  s3gw serve --pfs grpc://127.0.0.1:30650                                    a gateway in front of it

  s3gw devpachd --data dev --root-token TOKEN                                with auth activated
  s3gw serve --pfs grpc://127.0.0.1:30650 --profile extended --auth pachyderm
  AWS_ACCESS_KEY_ID=TOKEN AWS_SECRET_ACCESS_KEY=TOKEN aws --endpoint-url http://127.0.0.1:30600 s3 ls
"""


def add_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to a parser; it has `run`, from its options to the exit status."""
    devpachd = commands.add_parser(
        "devpachd",
        help="serve pachd's own API over an embedded PFS, for tests and laptops",
        description=_DEVPACHD,
        epilog=_DEVPACHD_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    devpachd.set_defaults(run=_devpachd)
    devpachd.add_argument("--data", required=True, metavar="PATH", help="a folder of its own")
    devpachd.add_argument(
        "--listen",
        default="127.0.0.1:30650",
        metavar="HOST:PORT",
        help="where to listen (default: 127.0.0.1:30650)",
    )
    devpachd.add_argument(
        "--root-token",
        metavar="TOKEN",
        help="ask for tokens, as a cluster does where auth is activated; this one is its root user's",
    )
    devpachd.add_argument(
        "--finish", type=float, default=0.0, metavar="SECONDS", help="how long a commit takes to be finished"
    )


def _devpachd(options: argparse.Namespace) -> int:
    from s3gw.devpachd._server import run

    asks = " --profile extended --auth pachyderm" if options.root_token else ""

    def ready(address: str) -> None:
        print(f"devpachd: serving {options.data} at grpc://{address}")
        print(f"try:  s3gw serve --pfs grpc://{address}{asks}", flush=True)

    try:
        return run(Path(options.data), options.listen, options.finish, ready, options.root_token)
    except PFSError as error:
        return failed(error)
