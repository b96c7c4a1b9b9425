"""polars: a lazy frame goes out as it is computed, in parts, and is scanned again."""

import sys

import polars as pl

url, bucket = sys.argv[1:]
options = {  # and the keys of the environment
    "aws_endpoint_url": url,
    "aws_allow_http": "true",
    "aws_region": "us-east-1",
}
count = 3_000_000
frame = pl.LazyFrame({"n": range(count)}).with_columns(hash=pl.col("n").hash(), part=pl.col("n") % 3)
frame.sink_parquet(f"s3://{bucket}/large.parquet", storage_options=options)
found = pl.scan_parquet(f"s3://{bucket}/large.parquet", storage_options=options)
assert found.select(pl.col("n").sum()).collect().item() == count * (count - 1) // 2
assert found.filter(pl.col("n") == 77).collect().height == 1

frame.collect().write_parquet(f"s3://{bucket}/t (é)/", partition_by="part", storage_options=options)
parts = pl.scan_parquet(f"s3://{bucket}/t (é)/", storage_options=options, hive_partitioning=True)
assert parts.filter(pl.col("part") == 1).select(pl.len()).collect().item() == count // 3
frame.head(1000).sink_csv(f"s3://{bucket}/a.csv", storage_options=options)
assert pl.read_csv(f"s3://{bucket}/a.csv", storage_options=options).height == 1000
print("all done")
