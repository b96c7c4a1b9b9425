"""Who asks, and what they may: asked where the gateway runs with ``--auth``.

* `identity`    whoever asks, and what they were given
* `authority`   who knows identities: the interface of a keyring and of Pachyderm
* `keyring`     the authority of a file, which `document` reads
* `pachyderm`   the users of a Pachyderm cluster
* `signatures`  from a signed request to its credentials
* `access`      what the identity of a request may touch
* `forms`       from a signed form to its credentials
* `policy`      what a signed form may be
* `gate`        all of it together, as `s3gw.http.application` asks
"""
