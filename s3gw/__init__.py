"""S3 in front of PFS, Pachyderm's versioned file system."""

__version__ = "0.1.0"
