module s3gw.bench/load

go 1.25
