"""What the modules of commands share; which there are, `s3gw.cli` says."""

from __future__ import annotations

import argparse
import sys
from typing import TypeVar

Parser = TypeVar("Parser", bound=argparse.ArgumentParser)


def failed(what: object, status: int = 2) -> int:
    """Say in a line why a command ends; its exit status."""
    print(f"s3gw: {what}", file=sys.stderr)
    return status
