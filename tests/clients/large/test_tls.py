"""mc over TLS by nginx, with buckets in paths and in hosts."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from functools import partial

import pytest

from tests.clients.conftest import ACCESS_KEY, LARGE, SECRET, ended, missing, run
from tests.clients.large.conftest import built
from tests.clients.large.test_mc import VERSION
from tests.nginx import DOMAIN, Front, fronted, guarded


@pytest.fixture(scope="module")
def nginx(tmp_path_factory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("tls")
    with guarded(folder) as gateway, fronted(gateway, folder / "front") as front:
        yield front


@pytest.fixture
def curl(nginx):
    """Run a command of curl that mc has made, and give the status of the answer."""
    if not shutil.which("curl"):
        missing("curl")
    options = ["--silent", "--show-error", "--cacert", nginx.authority, "--write-out", "%{http_code}"]
    options += ["--connect-to", f"::127.0.0.1:{nginx.port}"]
    return partial(run, "curl", *options)


@pytest.mark.parametrize(
    ("host", "style", "bucket"), [("127.0.0.1", "on", "mc.tls"), (DOMAIN, "off", "mc.images")]
)
def test_mc(nginx, curl, files, tmp_path, host, style, bucket):
    trusted = tmp_path / "mc" / "certs" / "CAs"
    trusted.mkdir(parents=True)
    shutil.copy(nginx.authority, trusted)
    options = ["--config-dir", tmp_path / "mc", "--quiet", "--no-color"]
    for name in (host, f"{bucket}.{host}") if host == DOMAIN else ():
        options += ["--resolve", f"{name}:{nginx.port}=127.0.0.1"]
    mc = partial(run, built("github.com/minio/mc", VERSION), *options)
    mc("alias", "set", "gw", f"https://{host}:{nginx.port}", ACCESS_KEY, SECRET, "--path", style)
    mc("mb", f"gw/{bucket}")
    large = files / "dir/large"
    for key in ("large", "a b/@+( é"):
        mc("cp", large, f"gw/{bucket}/{key}")
    assert [line.split()[-1] for line in mc("ls", "--recursive", f"gw/{bucket}").splitlines()] == [
        "é",
        "large",
    ]
    assert f"{LARGE >> 20} MiB" in mc("stat", f"gw/{bucket}/large")
    mc("cp", f"gw/{bucket}/a b/@+( é", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == large.read_bytes()

    for key in ("large", "a b/@+( é"):
        link = _shared(mc("share", "download", f"gw/{bucket}/{key}"))
        assert curl(link, "-o", tmp_path / "shared") == "200"
        assert (tmp_path / "shared").read_bytes() == large.read_bytes()
    form = shlex.split(_shared(mc("share", "upload", f"gw/{bucket}/form")).replace("<FILE>", str(large)))
    assert form[0] == "curl"
    assert curl(*form[1:]) == "204"
    mc("cp", f"gw/{bucket}/form", tmp_path / "form")
    assert (tmp_path / "form").read_bytes() == large.read_bytes()
    form[form.index("key=form")] = "key=another"
    assert "Invalid according to Policy" in curl(*form[1:])

    assert "`private`" in mc("anonymous", "get", f"gw/{bucket}")
    refused = ended(*mc.args, "anonymous", "set", "download", f"gw/{bucket}")
    assert "PutBucketPolicy (Policies) is not supported" in refused.stderr
    mc("rm", "--recursive", "--force", f"gw/{bucket}")
    assert mc("ls", f"gw/{bucket}") == ""
    where = f"PUT {host}/{bucket}/large" if style == "on" else f"PUT {bucket}.{host}/large"
    assert where in nginx.log()


def _shared(told: str) -> str:
    """Give what mc tells to share."""
    (line,) = (line for line in told.splitlines() if line.startswith("Share: "))
    return line.removeprefix("Share: ")
