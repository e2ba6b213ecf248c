"""How a value is kept, how it becomes bytes, and how computing may end."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Callable, Iterable, Optional, Sequence


class NotCacheable(Exception):
    """Raised by a computation whose value answers the request, but is not to be kept."""

    def __init__(self, value: Any = None) -> None:
        super().__init__("not cacheable")
        self.value = value


class ComputeFailed(Exception):
    """Computing failed a moment ago, by somebody else, and there is no old value to show."""


class NotModified:
    def __repr__(self) -> str:
        return "NOT_MODIFIED"


#: Returned by a computation that has learnt that the old value is still right.
NOT_MODIFIED = NotModified()


@dataclass(frozen=True)
class Policy:
    """Times in seconds. `ttl` None keeps a value until it is invalidated or evicted. `early` lets it be computed anew
    shortly before it ends, by the first who reads it then."""

    ttl: Optional[float] = 60
    grace: float = 0
    tags: Sequence[str] = ()
    version: Optional[str] = None
    jitter: int = 0
    early: bool = True

    def with_tags(self, more: Iterable[str]) -> "Policy":
        return replace(self, tags=list(dict.fromkeys([*self.tags, *more])))

    def living(self, ttl: float) -> "Policy":
        return self if ttl == self.ttl else replace(self, ttl=ttl)

    @property
    def needs_verbs(self) -> bool:
        """A plain Redis could not call it old when it is."""
        return bool(self.tags) or self.version is not None


def dump_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Codec:
    """From a value to the bytes that are kept, and back."""

    dump: Callable[[Any], bytes] = dump_json
    load: Callable[[bytes], Any] = json.loads


def milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
