"""delta-rs: writers at once, each of whose commits is a conditional put; time travel, vacuum."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

url, bucket = sys.argv[1:]
options = {  # and the keys of the environment
    "AWS_ENDPOINT_URL": url,
    "AWS_ALLOW_HTTP": "true",
    "AWS_REGION": "us-east-1",
}
where = f"s3://{bucket}/delta/t"


def rows(writer: int) -> pa.Table:
    return pa.table({"writer": [writer] * 100, "n": range(100), "p": [f"@+(é{n % 2}" for n in range(100)]})


write_deltalake(where, rows(0), partition_by=["p"], storage_options=options)
with ThreadPoolExecutor(4) as pool:
    list(
        pool.map(
            lambda writer: write_deltalake(where, rows(writer), mode="append", storage_options=options),
            range(1, 9),
        )
    )
table = DeltaTable(where, storage_options=options)
assert table.version() == 8, table.version()
found = table.to_pyarrow_table()
assert sorted(found["writer"].to_pylist()) == [writer for writer in range(9) for _ in range(100)]
assert DeltaTable(where, version=0, storage_options=options).to_pyarrow_table().num_rows == 100

write_deltalake(where, rows(9), mode="overwrite", storage_options=options)
table.update_incremental()
assert table.to_pyarrow_table().num_rows == 100
removed = table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
assert len(removed) == 18, removed
assert table.to_pyarrow_table(filters=[("p", "=", "@+(é1")])["n"].to_pylist() == list(range(1, 100, 2))
table.optimize.compact()
table.create_checkpoint()
assert DeltaTable(where, storage_options=options).to_pyarrow_table().num_rows == 100
print("all done")
