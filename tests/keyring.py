"""A keyring for tests: an access key is the name of the identity in capitals."""

from __future__ import annotations

from pathlib import Path

ACCOUNT = "123456789012"
TOKEN = "the-session-token-of-visitor"

SECRETS = {
    name: f"the/secret+of/{name}"
    for name in ("admin", "reader", "writer", "team", "nobody", "visitor", "former")
}

# Buckets of anybody are `master.public-...`.
KEYRING = f"""\
account: {ACCOUNT}
identities:
  - name: admin
    access_key: ADMIN
    secret: {SECRETS["admin"]}
    may:
      - rights: [read, list, write, delete, create]
        buckets: ['*']
  - name: reader
    access_key: READER
    secret: {SECRETS["reader"]}
    may:
      - rights: [read, list]
        buckets: ['*']
  - name: writer
    access_key: WRITER
    secret: {SECRETS["writer"]}
    may:
      - rights: [write]
        buckets: ['*']
  - name: team   # on two prefixes, one of which is a key too
    access_key: TEAM
    secret: {SECRETS["team"]}
    may:
      - rights: [read, list, write, delete]
        buckets: ['*']
        prefixes: [a/, b]
  - name: nobody   # may nothing
    access_key: NOBODY
    secret: {SECRETS["nobody"]}
  - name: visitor   # whose requests must carry a session token
    access_key: VISITOR
    secret: {SECRETS["visitor"]}
    session_token: {TOKEN}
    may:
      - rights: [read, list]
        buckets: ['*']
  - name: former   # whose time is over
    access_key: FORMER
    secret: {SECRETS["former"]}
    expires: 2020-01-01T00:00:00Z
    may:
      - rights: [read, list]
        buckets: ['*']
anonymous:
  may:
    - rights: [read, list]
      buckets: ['master.public-*']
"""


def keyring_in(folder: Path) -> Path:
    """Write `KEYRING` into a folder; gives its file."""
    path = folder / "keyring.yaml"
    path.touch(0o600)
    path.write_text(KEYRING)
    return path
