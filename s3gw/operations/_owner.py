"""The owner of everything: PFS has permissions, not owners."""

from s3gw.generated.documents import Owner

OWNER = Owner(id="0" * 32, display_name="pachyderm")
