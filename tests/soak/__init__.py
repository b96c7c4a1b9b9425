"""A gateway under a mixed load for as long as you like, with kills; on demand: `make soak`."""
