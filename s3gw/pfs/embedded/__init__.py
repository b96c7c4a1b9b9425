"""A PFS of its own in one folder, for laptops, tests and small servers."""

from s3gw.pfs.embedded._backup import backup
from s3gw.pfs.embedded._check import check
from s3gw.pfs.embedded._database import NewerFormat, Unusable
from s3gw.pfs.embedded._history import Keep, parse_duration, parse_history
from s3gw.pfs.embedded._pfs import EmbeddedPFS
from s3gw.pfs.embedded._prune import count_prune, prune

__all__ = [
    "EmbeddedPFS",
    "Keep",
    "NewerFormat",
    "Unusable",
    "backup",
    "check",
    "count_prune",
    "parse_duration",
    "parse_history",
    "prune",
]
