"""Where pachd is: told, or found as Pachyderm's own tools find it."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s3gw.pfs.interface import PFSError

DEFAULT_PORT = 30650
_ADDRESS = re.compile(r"(?:(grpcs?|https?)://)?(\[[0-9A-Fa-f:.]+\]|[^\[\]/:\s]+)(?::([0-9]{1,5}))?/?")
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Address:
    """How to reach pachd.

    Attributes:
        target: ``HOST:PORT``, as gRPC wants it.
        tls: Whether the connection is encrypted.
        ca: PEM of the authorities to trust; None trusts the system's.
        token: A Pachyderm session or robot token; never shown.
    """

    target: str
    tls: bool = False
    ca: bytes | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{'grpcs' if self.tls else 'grpc'}://{self.target}"


def find_address(
    where: str,
    *,
    ca_file: str | None = None,
    token: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Address:
    """Find pachd.

    Args:
        where: ``grpc://HOST:PORT``, ``grpcs://HOST:PORT``, or ``pachd``: the pod's
            ``PACHD_PEER_SERVICE_HOST`` and ``_PORT``, else the active context of the pachctl
            config (``$PACH_CONFIG``, ``/pachctl/config.json``, ``~/.pachyderm/config.json``) with
            its address, authorities and session token.
        ca_file: PEM of the authorities to trust; it asks for TLS by itself.
        token: Wins over ``PACH_TOKEN`` and over the config's.
        environ: The environment.

    Raises:
        PFSError: There is none; the message says what to do.
    """
    token = token or environ.get("PACH_TOKEN") or None
    ca = None
    if ca_file:
        try:
            ca = Path(ca_file).read_bytes()
        except OSError as error:
            raise PFSError(f"--pachd-ca {ca_file} cannot be read: {error.strerror}") from error
        if b"BEGIN CERTIFICATE" not in ca:
            raise PFSError(f"--pachd-ca {ca_file} is no PEM file of certificates")
    if where != "pachd":
        return _parse(where, ca, token)
    host = environ.get("PACHD_PEER_SERVICE_HOST")
    if host:
        port = environ.get("PACHD_PEER_SERVICE_PORT", str(DEFAULT_PORT))
        return _parse(f"grpc://{f'[{host}]' if ':' in host else host}:{port}", ca, token)
    return _from_config(environ, ca, token)


def _parse(text: str, ca: bytes | None, token: str | None) -> Address:
    found = _ADDRESS.fullmatch(text)
    port = int(found[3] or DEFAULT_PORT) if found else 0
    if not found or not 0 < port <= _LAST_PORT:
        raise PFSError(f"{text!r} is no address of pachd: write grpc://HOST:PORT or grpcs://HOST:PORT")
    tls = ca is not None or found[1] in ("grpcs", "https")
    return Address(f"{found[2]}:{port}", tls, ca, token)


def _from_config(environ: Mapping[str, str], ca: bytes | None, token: str | None) -> Address:
    home = Path(environ.get("HOME") or "~").expanduser()
    places = [Path("/pachctl/config.json"), home / ".pachyderm" / "config.json"]
    if environ.get("PACH_CONFIG"):
        places = [Path(environ["PACH_CONFIG"])]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise PFSError(
            f"no pachd was found: there is no PACHD_PEER_SERVICE_HOST, and no pachctl config at "
            f"{' or '.join(map(str, places))}; write --pfs grpc://HOST:PORT"
        )
    try:
        config: Any = json.loads(path.read_bytes())["v2"]
        name = config["active_context"]
        context = config["contexts"][name]
        address = context["pachd_address"]
        given = base64.b64decode(context.get("server_cas") or "", validate=True) or None
    except (OSError, ValueError, LookupError, TypeError, binascii.Error) as error:
        raise PFSError(
            f"{path} names no pachd in its active context: run `pachctl config set active-context`, "
            "or write --pfs grpc://HOST:PORT"
        ) from error
    return _parse(address, ca or given, token or context.get("session_token") or None)
