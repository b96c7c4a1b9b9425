"""A devpachd of a test's own, and faults for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from s3gw.cache import Cache
from s3gw.pfs.interface import Branch
from s3gw.pfs.pachd import PachdPFS
from s3gw.pfs.pachd.address import find_address
from tests.contract.conftest import Store
from tests.serving import devpachd


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the devpachd."""
    return tmp_path / "devpachd"


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """The address of a devpachd of this test's own."""
    with devpachd(folder) as (address, _):
        yield address


@pytest.fixture
def fault(folder: Path) -> Callable[..., None]:
    """Sets what goes wrong, in place of what went wrong before."""

    def set_faults(**faults: object) -> None:
        new = folder / "faults.new"
        new.write_text(json.dumps(faults))
        new.replace(folder / "faults.json")

    return set_faults


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    """A branch there, with a deadline of two seconds."""
    pfs = PachdPFS(find_address(address, environ={}), deadline_s=2, cache=Cache(1 << 26))
    branch = Branch("repo", "master")
    pfs.create_branch(branch)
    yield Store(pfs, branch)
    pfs.close()
