"""Nobody reads what is older than a write that was acknowledged before, through whichever gateway."""

from __future__ import annotations

import hashlib
import http.client
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.serving import Gateway, serving

BUCKET = "/master.fresh"
WRITES = 40
READERS = 64


def text(number: int) -> str:
    return f"{number:06}"


BY_ETAG = {hashlib.md5(text(number).encode()).hexdigest(): number for number in range(WRITES + 1)}


def test_two_gateways_with_a_writer_each_and_64_readers(tmp_path):
    """Each writer counts up under a key of its own; a reader never finds less than was acknowledged."""
    acknowledged = [0, 0]
    done = threading.Event()

    def write(gateway: Gateway, writer: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
        for number in range(1, WRITES + 1):
            connection.request("PUT", f"{BUCKET}/{writer}", body=text(number))
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            acknowledged[writer] = number

    def read(gateway: Gateway, reader: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
        writer, lists, reads = reader % 2, reader % 4 > 1, 0
        while not done.is_set():
            least = acknowledged[writer]
            connection.request("GET", f"{BUCKET}?list-type=2" if lists else f"{BUCKET}/{writer}")
            answer = connection.getresponse()
            body = answer.read().decode()
            most = acknowledged[writer] + 1
            etag = (
                body.partition(f"<Key>{writer}</Key>")[2].partition("<ETag>")[2].replace("&quot;", '"')[1:33]
            )
            assert least <= (BY_ETAG[etag] if lists else int(body)) <= most
            reads += 1
        return reads

    with serving(tmp_path, "--workers", "2") as one, serving(tmp_path) as other:
        assert one.request("PUT", BUCKET).status == 200
        for writer in range(2):
            assert one.request("PUT", f"{BUCKET}/{writer}", text(0).encode()).status == 200
        with ThreadPoolExecutor(READERS + 2) as threads:
            gateways = [one, other]
            readers = [threads.submit(read, gateways[n // 4 % 2], n) for n in range(READERS)]
            try:
                for writer in [threads.submit(write, gateways[n], n) for n in range(2)]:
                    writer.result(60)
            finally:
                done.set()
            assert all(reader.result(60) for reader in readers)
