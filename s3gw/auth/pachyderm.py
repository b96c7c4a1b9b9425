"""The users of a Pachyderm cluster: access key and secret are a Pachyderm token, both.

So Pachyderm's own gateway has it. pachd says whose a token is, and each request acts in PFS as that user,
whose roles decide. Where nobody has activated auth in the cluster any key will do that is its own secret.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import OrderedDict

from s3gw.auth.authority import Credentials
from s3gw.auth.identity import Identity
from s3gw.generated import errors
from s3gw.pfs.interface import PFS, NotAuthenticated
from s3gw.s3_error import S3Error

# What goes as metadata of a call: pachd's own tokens are 32 hex digits.
_TOKEN = re.compile(r"[!-~]{1,512}", re.ASCII)

# pachd is asked again whose a token is after so many seconds. PFS itself refuses what is done with one that
# was taken back meanwhile.
_KNOWN_S = 60.0
_REFUSED_S = 10.0
_MOST = 4096

_UNCONFIRMED = Identity("unconfirmed")
_ANYBODY = Identity("anybody", grants=None)

_log = logging.getLogger(__name__)


class Pachyderm:
    """Knows the users of a cluster; see `Authority`.

    Args:
        pfs: The cluster.
    """

    account = "000000000000"
    keys_are_secret = True
    is_quick = False
    anonymous = Identity("anonymous", is_anonymous=True)

    def __init__(self, pfs: PFS) -> None:
        self._pfs = pfs
        self._lock = threading.Lock()
        self._has_warned = False
        # Token -> whose it is, None where it is nobody's, and until when that counts, on the monotonic clock.
        self._known: OrderedDict[str, tuple[Identity | None, float]] = OrderedDict()

    def credentials(self, access_key: str) -> Credentials | None:
        """See `Authority.credentials`: a key is its own secret, whoever's it may be."""
        return Credentials(access_key, _UNCONFIRMED) if _TOKEN.fullmatch(access_key) else None

    def confirm(self, credentials: Credentials) -> Identity:
        """See `Authority.confirm`. Raise a `PFSError` too, where pachd cannot be asked."""
        token = credentials.secret
        with self._lock:
            identity, until = self._known.get(token, (None, 0.0))
        if until <= time.monotonic():
            identity = self._ask(token)
            kept_s = _REFUSED_S if identity is None else _KNOWN_S
            with self._lock:
                self._known[token] = identity, time.monotonic() + kept_s
                self._known.move_to_end(token)
                while len(self._known) > _MOST:
                    self._known.popitem(last=False)
        if identity is None:
            raise S3Error(
                errors.AccessDenied, f"{errors.AccessDenied.message}: pachd does not know this token."
            )
        return identity

    def _ask(self, token: str) -> Identity | None:
        try:
            user = self._pfs.user_of(token)
        except NotAuthenticated:
            return None
        if user is not None:
            return Identity(user, grants=None, token=token)
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "auth is not activated in this cluster: any access key that is its own secret will do"
            )
        return _ANYBODY
