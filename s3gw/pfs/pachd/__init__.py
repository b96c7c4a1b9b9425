"""PFS in a Pachyderm cluster: `s3gw.pfs.interface` over pachd's gRPC."""

from s3gw.pfs.pachd._address import Address, find_address
from s3gw.pfs.pachd._pfs import PachdPFS

__all__ = ["Address", "PachdPFS", "find_address"]
