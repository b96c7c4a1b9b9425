"""A PFS of its own in one folder, for laptops, tests and small servers."""

from s3gw.pfs.embedded._database import NewerFormat, Unusable
from s3gw.pfs.embedded._pfs import EmbeddedPFS

__all__ = ["EmbeddedPFS", "NewerFormat", "Unusable"]
