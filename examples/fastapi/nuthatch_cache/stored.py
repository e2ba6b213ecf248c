"""Responses as they are kept: as HTTP writes them, so that redis-cli shows what they are. Pure."""

from __future__ import annotations

import hashlib
from typing import Iterable, List, NamedTuple, Optional, Tuple

RawHeader = Tuple[bytes, bytes]

#: Not of the response, but of how it travels, or said anew each time.
NOT_KEPT = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"date",
            b"age", b"cache-control", b"cache-status", b"etag", b"expires", b"content-length"}


class Stored(NamedTuple):
    headers: List[RawHeader]
    body: bytes
    etag: bytes


def make(raw_headers: Iterable[RawHeader], body: bytes) -> Stored:
    """The ETag is strong, and the same in each worker and on each machine."""
    headers = [(name.lower(), value) for name, value in raw_headers]
    etag = b'"' + hashlib.blake2b(body, digest_size=16).hexdigest().encode() + b'"'
    kept = [header for header in headers if header[0] not in NOT_KEPT]
    return Stored([*kept, (b"etag", etag)], body, etag)


def dump(stored: Stored) -> bytes:
    lines = [b"200", *(name + b": " + value for name, value in stored.headers)]
    return b"\n".join(lines) + b"\n\n" + stored.body


def load(data: bytes) -> Optional[Stored]:
    """None: somebody else has written it."""
    head, separator, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    if not separator or first != b"200":
        return None
    headers: List[RawHeader] = []
    etag = b""
    for line in lines:
        name, _, value = line.partition(b": ")
        headers.append((name, value))
        if name == b"etag":
            etag = value
    return Stored(headers, body, etag) if etag else None
