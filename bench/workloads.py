"""What is measured: data only. Options are those of the load program (``load/main.go``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

SMALL, WRITTEN, LARGE, UPLOADED, FRESH = "small", "written", "large", "uploaded", "fresh"
SMALL_KEYS = 1000

# Of one turn that reads each object for the first time, and of all such turns. Each has a content of its own.
FRESH_KEYS = 50
ALL_FRESH_KEYS = 200 * FRESH_KEYS

# The variants of ours: in the profile extended, and there with a keyring too.
EXTENDED, SIGNED = "extended", "signed"

FIRST_TIME, AGAIN = "first time", "again"
LARGE_SIZE = 256 * MIB

# Of the buckets of a run beside the embedded PFS.
PREFIX = "bench."

# The least that S3 allows of a part that is not the last.
LEAST_PART = 5 * MIB
WITH_PARTS = ("versitygw", "minio")
WITH_SIGNATURES = ("versitygw", "minio")

# Who is measured with a thousand connections.
MANY = 1000
WITH_MANY = ("versitygw", "minio")

ENTRIES = 1000
FOLDERS = 100

# Listings of a bucket without folders.
FLAT = ("first", "middle")

OURS, PROCESS = "s3gw", "s3gw, process"

# Options that make a bucket.
MAKE = ("-method=PUT", "-keys=0", "-count=1")

# As many entries as the middle of 1000 keys has; of the largest bucket.
HALF_PAGE = "LIST middle, 500 entries only"


@dataclass(frozen=True)
class Workload:
    """One kind of request.

    Attributes:
        name: As the tables show it.
        bucket: Without the prefix of the run.
        options: Of the load program.
            `TURN` in them stands for a number, `FRESH_KEYS` above that of any turn before.
        prepare: Its options for what has to be sent before each turn, untimed. Where it begins an upload, the
            turn completes that one.
        elsewhere: Whether another server prepares it, and this one has not seen what it reads: for two
            servers of one cluster.
        tidy: Its options for what is to be sent behind each turn, which then frees the space; untimed.
        answer_size: Bytes of each answer's body, where that is known.
        entries: Keys and common prefixes in an answer, for a listing.
        writes: Whether durability matters: our second server is measured too.
        alone: Measured for us only.
        peers: Who takes part beside us; all, where none is named.
        variant: Which of `Server.variants` serves it for us, where it is one: `EXTENDED` or `SIGNED`.
        is_floor: Whether no server has a part in it: what can be done without one, see `Bench.floor`.
    """

    name: str
    bucket: str
    options: tuple[str, ...]
    prepare: tuple[str, ...] = ()
    elsewhere: bool = False
    tidy: tuple[str, ...] = ()
    answer_size: int | None = None
    entries: int | None = None
    writes: bool = False
    alone: bool = False
    peers: tuple[str, ...] = ()
    variant: str = ""
    is_floor: bool = False


@dataclass(frozen=True)
class Listed:
    """A bucket to be listed: so many keys, spread over so many folders, as the load program names them."""

    keys: int
    folders: int = 1

    @property
    def name(self) -> str:
        """Without the prefix of the run; buckets have no capitals."""
        return f"{'flat' if self.folders == 1 else 'deep'}{short(self.keys).lower()}"

    @property
    def each(self) -> int:
        """Keys of a folder."""
        return self.keys // self.folders

    @property
    def paths(self) -> list[str]:
        """All keys, in order."""
        return [f"f{number // self.each:02}/{number % self.each:06}" for number in range(self.keys)]


def short(keys: int) -> str:
    """Write a number of keys as people do: 100k, 1M."""
    return f"{keys // 1000}k".replace("000k", "M")


def name_of(kind: str, keys: int) -> str:
    """Name a listing.

    `kind` is first or middle, or of a deep bucket: in folders (its first), delimiter, one folder.
    """
    return f"LIST {kind}, {short(keys)} keys"


def name_of_upload(size: int) -> str:
    """Name the upload of an object of so many bytes in parts of 16 MiB."""
    return f"upload of {_size(size)} in parts, 8 conn."


def name_of_completion(parts: int) -> str:
    """Name the completion alone of an upload of so many parts."""
    return f"completion of {parts} parts"


def name_of_copy(size: int) -> str:
    """Name the copy of an object of so many bytes."""
    return f"CopyObject of {_size(size)}"


def _size(size: int) -> str:
    return f"{size // GIB} GiB" if size >= GIB else f"{size // MIB} MiB"


def put(size: int, keys: int, connections: int, *more: str) -> tuple[str, ...]:
    """Give the options that write objects."""
    return ("-method=PUT", f"-size={size}", f"-keys={keys}", f"-connections={connections}", *more)


def small(method: str, connections: int, bucket: str = SMALL) -> Workload:
    """Requests for objects of 1 KiB."""
    options = (f"-method={method}", f"-size={KIB}", f"-keys={SMALL_KEYS}", f"-connections={connections}")
    size = KIB if method == "GET" else 0 if method == "HEAD" else None
    name = f"{method} 1 KiB, {connections} conn."
    return Workload(name, bucket, options, answer_size=size, writes=method == "PUT")


def listing(kind: str, keys: int, marker: str = "start-after", most: int = ENTRIES) -> Workload:
    """A page of entries: the first or one from the middle of a folder, that of 100 folders or of one of them.

    A bucket of 1000 keys has 500 behind its middle.
    """
    version = "list-type=2&" if marker == "start-after" else ""
    query = f"{version}max-keys={most}"
    entries = min(most, keys // 2 if kind == "middle" else keys)
    if kind == "middle":  # a signature wants the parameters in their order
        query = "&".join(sorted([*query.split("&"), f"{marker}=f00%2F{keys // 2 - 1:06}"]))
    elif kind == "delimiter":
        query, entries = f"delimiter=%2F&{query}", FOLDERS
    elif kind == "one folder":
        query, entries = f"delimiter=%2F&{query}&prefix=f50%2F", min(most, keys // FOLDERS)
    bucket = Listed(keys, 1 if kind in FLAT else FOLDERS).name
    return Workload(name_of(kind, keys), bucket, (f"-query={query}", "-connections=2"), entries=entries)


GET_LARGE = Workload("GET 256 MiB", LARGE, (), answer_size=LARGE_SIZE)
PUT_LARGE = Workload("PUT 256 MiB", LARGE, put(LARGE_SIZE, 1, 1))
RANGES = Workload(
    "GET 1 MiB ranges", LARGE, (f"-range={MIB}", f"-size={LARGE_SIZE}", "-connections=2"), answer_size=MIB
)
FLOOR = Workload("bare write of 1 KiB + fdatasync", "", (), is_floor=True)
LOOK = Workload("bare look at a head", SMALL, (), is_floor=True)
LAST_RANGE = replace(RANGES, name="GET last 1 MiB", options=(f"-range={MIB}", f"-size={LARGE_SIZE}", "-last"))
DELETE = Workload(
    "DELETE, 8 conn.",
    WRITTEN,
    ("-method=DELETE", "-keys=2000", "-count=2000", "-connections=8"),
    prepare=put(KIB, 2000, 32, "-count=2000"),
    writes=True,
)
DELETE_MANY = Workload(
    "DeleteObjects 1000",
    WRITTEN,
    ("-method=POST", "-query=delete", "-keys=1000", "-batch=1000", "-count=1"),
    prepare=put(KIB, 1000, 32, "-count=1000"),
)


def in_parts(size: int, parts: int) -> list[Workload]:
    """Give the workloads of uploads in parts and of copies: of so many bytes, and of so many parts."""
    upload = (f"-part={16 * MIB}", f"-size={size}", "-connections=8")
    many = (f"-part={LEAST_PART}", f"-size={parts * LEAST_PART}", "-connections=8")
    away = ("-method=DELETE", "-keys=1", "-count=1")
    copy = ("-method=PUT", f"-source=/{PREFIX}{UPLOADED}/f00/000000", "-keys=1", "-from=1")
    common = Workload("", UPLOADED, (), tidy=away, writes=True, peers=WITH_PARTS, variant=EXTENDED)
    return [
        replace(common, name=name_of_upload(size), options=upload),
        replace(common, name=name_of_completion(parts), options=many, prepare=(*many, "-begin")),
        replace(common, name=name_of_copy(size), options=copy, prepare=upload),
    ]


def buckets(sizes: Sequence[int]) -> list[Listed]:
    """Give the buckets that the listings want."""
    return [Listed(keys, folders) for keys in sizes for folders in (1, FOLDERS)]


def embedded(sizes: Sequence[int], kinds: Sequence[str], size: int, parts: int) -> list[Workload]:
    """Give all workloads of an embedded PFS.

    Args:
        sizes: Keys of the buckets that are listed.
        kinds: Of listings.
        size: Bytes of what is uploaded in parts, and copied.
        parts: Of the upload whose completion alone is measured.
    """
    found = [small(method, number) for method in ("GET", "HEAD", "PUT") for number in (1, 8, 32, 64)]
    found.append(FLOOR)
    found += [signed(small("GET", number)) for number in (8, 64)]
    found += [replace(small(method, MANY), peers=WITH_MANY) for method in ("GET", "PUT")]
    found += [GET_LARGE, PUT_LARGE, RANGES]
    for keys in sizes:
        found += [listing(kind, keys) for kind in kinds]
    half = listing("middle", sizes[-1], most=ENTRIES // 2)
    found.append(replace(half, name=HALF_PAGE, alone=True))
    return [*found, DELETE, DELETE_MANY, *in_parts(size, parts)]


def signed(workload: Workload) -> Workload:
    """Give a workload where the signature of each request is checked."""
    method, rest = workload.name.split(", ")
    return replace(workload, name=f"{method} signed, {rest}", peers=WITH_SIGNATURES, variant=SIGNED)


def pachd(sizes: Sequence[int]) -> list[Workload]:
    """Give all workloads beside another endpoint of the same pachd."""
    found = [
        turn for method in ("GET", "HEAD") for turn in (fresh(method), again(small(method, 1), FRESH_KEYS))
    ]
    found.append(LOOK)
    found += [small("PUT", number, WRITTEN) for number in (1, 8, 64)]
    # Pachyderm's gateway answers a ListObjectsV2 as if it were a ListObjects
    pages = [("first", keys) for keys in sizes] + [("middle", keys) for keys in sizes]
    for kind, keys in [*pages, ("delimiter", sizes[-1]), ("one folder", sizes[-1])]:
        page = listing(kind, keys, "marker")
        last = (keys if kind in FLAT else keys // FOLDERS) - 1
        found += [first_time(page, put(1, 1, 1, "-count=1", f"-from={last}", "-seed=TURN")), again(page)]
    new = put(LARGE_SIZE, 1, 1, "-count=1", "-seed=TURN")
    return [*found, first_time(GET_LARGE, new), again(GET_LARGE), LAST_RANGE]


def fresh(method: str) -> Workload:
    """Requests for objects of 1 KiB, each of which no turn has asked for before."""
    options = (
        f"-method={method}",
        f"-keys={FRESH_KEYS}",
        f"-count={FRESH_KEYS}",
        "-from=TURN",
        "-seconds=60",
    )
    one = small(method, 1, FRESH)
    known = (
        "-method=HEAD",
        "-keys=1",
        "-count=1",
        f"-from={ALL_FRESH_KEYS - 1}",
    )  # the commit, and one of them
    return replace(one, name=f"{one.name}, {FIRST_TIME}", options=options, prepare=known)


def first_time(workload: Workload, change: tuple[str, ...]) -> Workload:
    """Give one request for what another server has changed just before."""
    options = (*workload.options, "-connections=1", "-count=1")
    name = f"{workload.name}, {FIRST_TIME}"
    return replace(workload, name=name, options=options, prepare=change, elsewhere=True)


def again(workload: Workload, keys: int = 1) -> Workload:
    """Give requests for what the server has read before: so many keys."""
    options = (*workload.options, "-connections=1", f"-keys={keys}")
    name = f"{workload.name}, {AGAIN}"
    return replace(workload, name=name, options=options, prepare=(*options, f"-count={keys}"))
