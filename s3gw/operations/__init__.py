"""What S3 means, in PFS's words: one function for each supported operation of the catalogue.

A handler is ``operation(context, request) -> result``: a typed request in, a typed result out, both
from ``s3gw.generated.requests``. It knows no HTTP and no storage.
"""
