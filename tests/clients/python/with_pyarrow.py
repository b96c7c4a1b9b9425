"""pyarrow: a partitioned dataset with any characters in its partitions, and a large file in parts."""

import os
import sys
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow import fs

url, bucket = sys.argv[1:]
s3 = fs.S3FileSystem(  # with the keys of the environment
    scheme="http",
    endpoint_override=urlsplit(url).netloc,
    region="us-east-1",
)
places = ["a b", "@+(é", "x=y", "50%"]
table = pa.table({"n": range(40_000), "place": [places[n % 4] for n in range(40_000)]})
hive = ds.partitioning(pa.schema([("place", pa.string())]), flavor="hive")
for _ in range(2):  # overwritten the second time
    ds.write_dataset(
        table,
        f"{bucket}/t",
        filesystem=s3,
        format="parquet",
        partitioning=hive,
        existing_data_behavior="delete_matching",
    )
found = ds.dataset(f"{bucket}/t", filesystem=s3, partitioning=hive).to_table(
    filter=ds.field("place") == "@+(é"
)
assert found["n"].to_pylist() == list(range(1, 40_000, 4))
names = {info.base_name for info in s3.get_file_info(fs.FileSelector(f"{bucket}/t"))}
assert len(names) == len(places), names

body = os.urandom(20 << 20)
with s3.open_output_stream(f"{bucket}/dir/large", metadata={"Content-Type": "text/x", "m": "v"}) as stream:
    stream.write(body)
with s3.open_input_stream(f"{bucket}/dir/large") as stream:
    assert stream.read() == body
with s3.open_input_file(f"{bucket}/dir/large") as file:
    assert file.read_at(10, 15 << 20) == body[15 << 20 :][:10]
s3.copy_file(f"{bucket}/dir/large", f"{bucket}/dir/copy")
s3.move(f"{bucket}/dir/copy", f"{bucket}/dir/moved")
s3.create_dir(f"{bucket}/empty/folder")
assert s3.get_file_info(f"{bucket}/empty/folder").type == fs.FileType.Directory
assert [s3.get_file_info(f"{bucket}/dir/{name}").size for name in ("large", "moved")] == [len(body)] * 2
assert s3.get_file_info(f"{bucket}/dir/copy").type == fs.FileType.NotFound
s3.delete_dir(f"{bucket}/dir")
assert s3.get_file_info(f"{bucket}/dir/large").type == fs.FileType.NotFound
pq.write_table(table, f"{bucket}/one.parquet", filesystem=s3)
assert pq.read_table(f"{bucket}/one.parquet", filesystem=s3)["n"].to_pylist() == list(range(40_000))
print("all done")
