"""The wire: from an HTTP request to a typed call of an operation, and back."""
