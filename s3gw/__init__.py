"""S3 in front of PFS, Pachyderm's versioned file system."""
