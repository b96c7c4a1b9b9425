"""What listings of branches took, so that the next ones are quicker; whatever it is, they hold the same."""

from __future__ import annotations

from dataclasses import dataclass, field

from s3gw.pfs.pachd._directories import Measurements
from s3gw.pfs.pachd._files import LongDirectories
from s3gw.pfs.pachd._parts import Parts


@dataclass(frozen=True)
class Listings:
    """What is remembered of listings.

    Attributes:
        measurements: What the children of places took, by either way.
        long_directories: Those that pachd takes long to sum up.
        parts: Where listings that take long are cut.
    """

    measurements: Measurements = field(default_factory=Measurements)
    long_directories: LongDirectories = field(default_factory=LongDirectories)
    parts: Parts = field(default_factory=Parts)
