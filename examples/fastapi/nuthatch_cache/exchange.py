"""One request on its way through the application: what its endpoint has said of caching, and what was found."""

from __future__ import annotations

from typing import Any, Awaitable, Callable, List, MutableMapping, Optional, Sequence, Set, Tuple

from .cache import Cache
from .policy import Policy
from .stored import RawHeader, Stored
from .turns import Turn, Turns

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SCOPE_KEY = "nuthatch_cache"


class Answered(BaseException):
    """The endpoint need not run: the exchange has an answer. It is no Exception, so that nobody on its way to the middleware
    takes it for an error: no log, no transaction of a dependency, no application that is mounted in another."""


class Fill:
    """A lease that this request has won, and those of this process who wait for it. Without a token there is no lease: the
    server is away, or has none. The answer gets its ETag all the same."""

    __slots__ = ("key", "token", "turn")

    def __init__(self, key: str, token: Optional[bytes], turn: Optional[Turn]) -> None:
        self.key = key
        self.token = token
        self.turn = turn


class Asked:
    """The header fields of a request that matter here, found in one pass."""

    __slots__ = ("host", "names_whom", "if_none_match", "if_modified_since", "cache_control")

    def __init__(self, raw_headers: Sequence[RawHeader]) -> None:
        self.host = b""
        self.names_whom = False
        self.if_none_match: Optional[bytes] = None
        self.if_modified_since: Optional[bytes] = None
        self.cache_control: Optional[bytes] = None
        for name, value in raw_headers:
            if name == b"host":
                self.host = value.lower()
            elif name == b"if-none-match":
                self.if_none_match = _joined(self.if_none_match, value)
            elif name == b"cache-control":
                self.cache_control = _joined(self.cache_control, value)
            elif name == b"authorization" or name == b"cookie":
                self.names_whom = True
            elif name == b"if-modified-since":
                self.if_modified_since = value


def _joined(before: Optional[bytes], value: bytes) -> bytes:
    return value if before is None else before + b", " + value


class Exchange:
    __slots__ = ("cache", "turns", "asked", "refreshes", "is_decided", "shown", "left", "grace", "max_age", "status",
                 "private", "policy", "varies_by", "vary", "fill", "renewal", "invalidations", "tags")

    def __init__(self, cache: Cache, turns: Turns, asked: Asked, refreshes: Optional[Fill] = None) -> None:
        self.cache = cache
        self.turns = turns
        self.asked = asked
        self.refreshes = refreshes  # it is run for the cache alone
        self.is_decided = False  # one cached() has spoken
        self.shown: Optional[Stored] = None
        self.left: Optional[float] = None  # seconds that `shown` stays fresh
        self.grace = 0.0
        self.max_age: Optional[float] = None
        self.status = ""  # for Cache-Status
        self.private = False
        self.policy: Optional[Policy] = None
        self.varies_by: Sequence[str] = ()
        self.vary = b""  # what of the request the answer depends on, for caches further out
        self.fill: Optional[Fill] = None
        self.renewal: Optional[Fill] = None  # to be computed behind the answer
        self.invalidations: List[Tuple[List[str], bool]] = []
        self.tags: Set[str] = set()
