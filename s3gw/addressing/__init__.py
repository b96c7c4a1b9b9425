"""What S3 addresses, in PFS's words: a bucket is a branch or a commit of one, a key is a path."""
