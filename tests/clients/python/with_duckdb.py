"""DuckDB over a Parquet object; without its own S3 extension, which it would download, by fsspec."""

import io
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import s3fs

url, bucket = sys.argv[1:]
table = pa.table({"n": range(100_000), "name": [f"name-{n % 7}" for n in range(100_000)]})
sink = io.BytesIO()
pq.write_table(table, sink, row_group_size=10_000)
fs = s3fs.S3FileSystem(endpoint_url=url)  # with the keys and the region of the environment
fs.pipe_file(f"{bucket}/t/a.parquet", sink.getvalue())
duckdb.register_filesystem(fs)
query = f"SELECT count(*), sum(n) FROM read_parquet('s3://{bucket}/t/*.parquet') WHERE name = 'name-3'"
(found,) = duckdb.sql(query).fetchall()
assert found == (14286, sum(range(3, 100_000, 7))), found
print("all done")
