"""Sweeps abandoned uploads and sessions, now and then, in a thread of each worker."""

from __future__ import annotations

import logging
import random
import threading
from datetime import UTC, datetime, timedelta

from s3gw.operations._sweep import sweep
from s3gw.pfs.interface import PFS, PFSError

_SELDOM_S = 3600.0

_log = logging.getLogger(__name__)


def start(pfs: PFS, expiry_s: float) -> None:
    """Start the thread, which ends with its process.

    Args:
        pfs: Where uploads and sessions are; of the users as which it acts too, as long as they come.
            Several workers and gateways may sweep one at the same time.
        expiry_s: How old an upload or a session must be to count as abandoned.
    """
    thread = threading.Thread(target=_run, args=(pfs, expiry_s), name="sweeper", daemon=True)
    thread.start()


def _run(pfs: PFS, expiry_s: float) -> None:
    pause = threading.Event()
    while True:
        # apart from others that were started with it
        pause.wait(min(_SELDOM_S, expiry_s / 4) * random.uniform(0.5, 1.5))  # noqa: S311
        try:
            for own in pfs.acting():
                _sweep(own, expiry_s)
        except Exception:
            _log.exception("abandoned uploads and sessions stay for now")


def _sweep(pfs: PFS, expiry_s: float) -> None:
    try:
        dropped = sweep(pfs, datetime.now(UTC) - timedelta(seconds=expiry_s))
    except PFSError as error:
        _log.warning("abandoned uploads and sessions stay for now: %s", error)
    else:
        if dropped:
            _log.info("%d abandoned uploads and sessions were dropped", dropped)
