"""Responses as they are kept, and the rules of RFC 9110 and 9111 that a cache beside its origin needs. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Iterable, List, Optional, Sequence, Tuple

Header = Tuple[str, str]

#: Of a 304, besides those about the cache.
KEPT_IN_304 = {"etag", "vary", "content-location", "expires", "last-modified", "cache-groups"}

#: Not of the response, but of how it travels.
NOT_KEPT = {"connection", "keep-alive", "transfer-encoding", "upgrade", "date", "cache-control", "cache-status",
            "etag", "content-length"}


@dataclass(frozen=True)
class Stored:
    status: int
    headers: Sequence[Header]
    body: bytes

    def dump(self) -> bytes:
        head = json.dumps([self.status, list(self.headers)], separators=(",", ":"))
        return head.encode() + b"\n" + self.body

    @staticmethod
    def load(data: bytes) -> "Stored":
        head, _, body = data.partition(b"\n")
        status, headers = json.loads(head)
        return Stored(status, [(name, value) for name, value in headers], body)

    @property
    def etag(self) -> str:
        """Strong, and the same in each worker."""
        return '"' + hashlib.blake2b(self.body, digest_size=16).hexdigest() + '"'


def from_message(status: int, raw_headers: Iterable[Tuple[bytes, bytes]], body: bytes) -> Stored:
    headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw_headers]
    return Stored(status, [header for header in headers if header[0] not in NOT_KEPT], body)


def directives(value: str) -> List[str]:
    return [word.strip().lower() for word in value.split(",") if word.strip()]


def may_be_kept(status: int, raw_headers: Iterable[Tuple[bytes, bytes]]) -> bool:
    """By the application's own word: a Set-Cookie is for one, and no-store and private mean it."""
    has_length = False
    for name, value in raw_headers:
        name = name.lower()
        has_length = has_length or name == b"content-length"
        if name == b"set-cookie" or (name == b"vary" and b"*" in value):
            return False
        if name == b"cache-control" and {"no-store", "private"} & set(directives(value.decode("latin-1"))):
            return False
    return status == 200 and has_length


def matches(condition: str, etag: str) -> bool:
    """If-None-Match, compared weakly."""
    if condition.strip() == "*":
        return True
    return etag in [word.strip()[2:] if word.strip().startswith("W/") else word.strip()
                    for word in condition.split(",")]


def cache_control(left: float, grace: float, private: bool) -> str:
    whole = max(0, int(left))
    words = ["private" if private else "public", f"max-age={whole}"]
    if grace >= 1:
        words.append(f"stale-while-revalidate={int(grace)}")
    if whole == 0:
        words.append("must-revalidate" if grace < 1 else "no-cache")
    return ", ".join(words)


def groups(tags: Sequence[str]) -> str:
    """A list of strings as Cache-Groups has it."""
    return ", ".join('"' + tag.replace("\\", "\\\\").replace('"', '\\"') + '"' for tag in tags)


def to_send(stored: Stored, extra: Sequence[Header], condition: Optional[str]) -> Tuple[int, List[Header], bytes]:
    """Status, headers and body for who asks, who may have the same already."""
    headers = [*stored.headers, ("etag", stored.etag), *extra]
    if condition is None or not matches(condition, stored.etag):
        return stored.status, [*headers, ("content-length", str(len(stored.body)))], stored.body
    about_the_cache = {name for name, _ in extra}
    return 304, [header for header in headers if header[0] in KEPT_IN_304 | about_the_cache], b""
