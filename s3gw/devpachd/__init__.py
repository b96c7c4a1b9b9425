"""A pachd for tests, CI and laptops: ``pfs_v2.API`` over the embedded PFS."""
