"""Attributes of an object, those that are asked for."""

from __future__ import annotations

from s3gw.context import Context
from s3gw.generated import errors
from s3gw.generated.documents import Checksum, GetObjectAttributesOutput, ObjectPart, ObjectParts
from s3gw.generated.requests import GetObjectAttributesRequest, GetObjectAttributesResult
from s3gw.operations._checksums import named_checksums
from s3gw.operations._etag import etag_of
from s3gw.operations._properties import Properties
from s3gw.operations._versions import find_version
from s3gw.s3_error import S3Error, invalid_argument

_ATTRIBUTES = ("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize")


def get_object_attributes(context: Context, request: GetObjectAttributesRequest) -> GetObjectAttributesResult:
    """Tell what is asked for of an object or of a version of it."""
    asked = _asked(request.object_attributes)
    found = find_version(context, request)
    file = found.file
    properties = Properties.of_bytes(file.properties)
    checksum = None
    if "Checksum" in asked and properties.checksums:
        checksum = Checksum(checksum_type=properties.checksum_type, **named_checksums(properties.checksums))
    document = GetObjectAttributesOutput(
        etag=etag_of(file) if "ETag" in asked else None,
        checksum=checksum,
        object_parts=_parts(request, properties) if "ObjectParts" in asked else None,
        storage_class="STANDARD" if "StorageClass" in asked else None,
        object_size=file.size if "ObjectSize" in asked else None,
    )
    return GetObjectAttributesResult(document, last_modified=file.committed, version_id=found.version_id)


def _asked(header: str) -> set[str]:
    names = {name.strip() for name in header.split(",") if name.strip()}
    if not names:
        raise S3Error(
            errors.InvalidRequest,
            "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing "
            "or empty",
        )
    if not names <= set(_ATTRIBUTES):
        raise invalid_argument("x-amz-object-attributes", header, "Invalid attribute name specified.")
    return names


def _parts(request: GetObjectAttributesRequest, properties: Properties) -> ObjectParts | None:
    """Tell the parts that an object was uploaded in; as S3, one by one only where they have checksums."""
    parts = properties.parts
    if parts is None:
        return None
    first = request.part_number_marker
    shown = range(first, min(first + request.max_parts, len(parts.sizes))) if parts.checksums else range(0)
    algorithm = next(iter(properties.checksums), "")
    is_truncated = bool(parts.checksums) and first + request.max_parts < len(parts.sizes)
    return ObjectParts(
        parts_count=len(parts.sizes),
        part_number_marker=first,
        next_part_number_marker=shown.stop if is_truncated else None,
        max_parts=request.max_parts,
        is_truncated=is_truncated,
        part=[
            ObjectPart(
                part_number=index + 1,
                size=parts.sizes[index],
                **named_checksums({algorithm: parts.checksums[index]}),
            )
            for index in shown
        ],
    )
