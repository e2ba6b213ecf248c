"""What RFC 9110 and 9111 ask of a cache that stands beside its origin. Pure."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from .stored import RawHeader, Stored

#: Of a 304 (RFC 9110, 15.4.5), and what caches are told besides.
KEPT_IN_304 = {b"etag", b"vary", b"content-location", b"last-modified", b"cache-groups"}


def directives(value: bytes) -> Dict[str, str]:
    """Of Cache-Control: names in lower case, with what they say."""
    found = {}
    for word in value.decode("latin-1").split(","):
        name, _, argument = word.partition("=")
        if name.strip():
            found[name.strip().lower()] = argument.strip().strip('"')
    return found


def kept_for(status: int, raw_headers: Iterable[RawHeader], ttl: float, varies_by: Sequence[str]) -> Optional[float]:
    """Seconds, or None: by the application's own word it may not be kept for others. A Set-Cookie is for one; no-store,
    private and no-cache mean it; and a Vary must name nothing that the key does not hold."""
    has_length = False
    for name, value in raw_headers:
        name = name.lower()
        if b"\n" in value:
            return None
        if name == b"content-length":
            has_length = True
        elif name == b"set-cookie":
            return None
        elif name == b"vary" and not _names(value) <= set(varies_by):
            return None
        elif name == b"cache-control":
            said = directives(value)
            if {"no-store", "private", "no-cache"} & set(said):
                return None
            ttl = _seconds(said.get("s-maxage", said.get("max-age", "")), ttl)
    return ttl if status == 200 and has_length and ttl > 0 else None


def _names(vary: bytes) -> "set[str]":
    return {name.strip().lower() for name in vary.decode("latin-1").split(",") if name.strip()}


def _seconds(text: str, otherwise: float) -> float:
    return float(text) if text.isdigit() else otherwise


def matches(condition: bytes, etag: bytes) -> bool:
    """If-None-Match, compared weakly. Commas within a tag are not worth telling apart: ours have none."""
    if condition == etag:
        return True
    if condition.strip() == b"*":
        return True
    words = (word.strip() for word in condition.split(b","))
    return etag in [word[2:] if word.startswith(b"W/") else word for word in words]


def unmodified_since(condition: bytes, stored: Stored) -> bool:
    """If-Modified-Since, where the application says when it was modified."""
    modified = next((value for name, value in stored.headers if name == b"last-modified"), None)
    if modified is None:
        return False
    try:
        since = parsedate_to_datetime(condition.decode("latin-1"))
        return parsedate_to_datetime(modified.decode("latin-1")) <= since
    except (TypeError, ValueError):
        return False


def cache_control(left: Optional[float], grace: float, private: bool, at_most: Optional[float] = None) -> bytes:
    """For browsers and what stands before them. `left` None: it has no end, and a day is told. `at_most` holds against
    what cannot be purged there: 0 has them ask each time. It is never `public`, which would have caches show it to those
    who say who they are."""
    seconds = 86400 if left is None else left
    whole = max(0, int(seconds if at_most is None else min(seconds, at_most)))
    who = "private, " if private else ""
    if whole == 0:
        return f"{who}no-cache".encode()
    later = f", stale-while-revalidate={int(grace)}" if grace >= 1 and at_most is None else ""
    return f"{who}max-age={whole}{later}".encode()


def groups(tags: Iterable[str]) -> bytes:
    """A list of strings as Cache-Groups has it. What it cannot say, it leaves out."""
    sayable = (tag for tag in tags if tag.isascii() and tag.isprintable())
    return ", ".join('"' + tag.replace("\\", "\\\\").replace('"', '\\"') + '"' for tag in sayable).encode()


def answer(stored: Stored, extra: List[RawHeader], if_none_match: Optional[bytes],
           if_modified_since: Optional[bytes]) -> Tuple[int, List[RawHeader], bytes]:
    """Status, headers and body for who asks, who may have the same already. If-None-Match outdoes If-Modified-Since."""
    if if_none_match is not None:
        has_it = matches(if_none_match, stored.etag)
    else:
        has_it = if_modified_since is not None and unmodified_since(if_modified_since, stored)
    if has_it:
        return 304, [header for header in stored.headers if header[0] in KEPT_IN_304] + extra, b""
    return 200, [*stored.headers, *extra, (b"content-length", b"%d" % len(stored.body))], stored.body
