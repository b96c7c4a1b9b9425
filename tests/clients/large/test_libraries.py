"""delta-rs, pyiceberg, polars and mlflow: tables and artifacts."""

from __future__ import annotations

import pytest

from tests.clients.conftest import CACHE, run
from tests.clients.large.conftest import HERE


@pytest.mark.parametrize("library", ["deltalake", "pyiceberg", "polars", "mlflow"])
def test_a_library_of_python(gateway, bucket, tools, tmp_path, library):
    script = HERE / "python" / f"with_{library}.py"
    output = run(tools / "python", script, gateway.url, bucket, cwd=tmp_path, HOME=str(CACHE))
    assert output.endswith("all done\n")
