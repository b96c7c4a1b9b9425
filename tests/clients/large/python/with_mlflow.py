"""mlflow's S3 repository of artifacts: a large one, a folder of them, removal."""

import os
import sys
from pathlib import Path

url, bucket = sys.argv[1:]
os.environ["MLFLOW_S3_ENDPOINT_URL"] = url

from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository  # noqa: E402

source, target = Path("source"), Path("target")
(source / "model").mkdir(parents=True)
target.mkdir()
(source / "weights (é).bin").write_bytes(os.urandom(20 << 20))
(source / "model" / "MLmodel").write_text("flavors: {}\n")
repository = get_artifact_repository(f"s3://{bucket}/0/run/artifacts")
repository.log_artifacts(str(source))
repository.log_artifact(str(source / "model" / "MLmodel"), "extra")
assert sorted(info.path for info in repository.list_artifacts()) == ["extra", "model", "weights (é).bin"]
repository.download_artifacts("", str(target))
for file in ("weights (é).bin", "model/MLmodel", "extra/MLmodel"):
    original = source / file.replace("extra", "model")
    assert (target / file).read_bytes() == original.read_bytes()
repository.delete_artifacts()
assert repository.list_artifacts() == []
print("all done")
