"""From spec/ to s3gw/generated/ and docs/operations.md."""
