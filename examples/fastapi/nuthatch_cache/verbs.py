"""What is said to the server, and what it answers: no input, no output, no waiting."""

from __future__ import annotations

import contextvars
import json
import logging
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, List, Optional, Sequence, Set, Tuple

log = logging.getLogger("nuthatch_cache")

Argument = Any  # bytes, str, int
Command = List[Argument]


class NotCacheable(Exception):
    """Raised by a computation whose value answers the request, but is not to be kept."""

    def __init__(self, value: Any = None) -> None:
        super().__init__("not cacheable")
        self.value = value


class ComputeFailed(Exception):
    """Computing failed a moment ago, by somebody else, and there is no old value to show."""


class _NotModified:
    def __repr__(self) -> str:
        return "NOT_MODIFIED"


#: Returned by a computation that has learnt that the old value is still right.
NOT_MODIFIED = _NotModified()


def dump_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Policy:
    """How a value is kept. Times in seconds."""

    ttl: float = 60
    grace: float = 0
    tags: Sequence[str] = ()
    version: Optional[str] = None
    jitter: int = 0

    def with_tags(self, more: Iterable[str]) -> "Policy":
        tags = list(dict.fromkeys([*self.tags, *more]))
        return Policy(self.ttl, self.grace, tags, self.version, self.jitter)


@dataclass(frozen=True)
class Answer:
    """Of CACHE GET. `state` is hit, win, stale, busy, pass, fail or miss."""

    state: str
    value: Optional[bytes]
    token: Optional[bytes]
    meta: dict = field(default_factory=dict)

    @property
    def is_shown(self) -> bool:
        return self.value is not None

    @property
    def is_won(self) -> bool:
        return self.token is not None


@dataclass(frozen=True)
class Codec:
    """From a value to the bytes that are kept, and back."""

    dump: Callable[[Any], bytes] = dump_json
    load: Callable[[bytes], Any] = json.loads


def milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def get_command(key: str, lease: float, wait: float, version: Optional[str], meta: bool = False) -> Command:
    command: Command = ["CACHE", "GET", key, "LEASE", milliseconds(lease)]
    if wait > 0:
        command += ["WAIT", milliseconds(wait)]
    if version is not None:
        command += ["VERSION", version]
    if meta:
        command += ["META"]
    return command


def set_command(key: str, value: bytes, token: Optional[bytes], policy: Policy) -> Command:
    command: Command = ["CACHE", "SET", key, value]
    if token is not None:
        command += ["TOKEN", token]
    command += ["PX", milliseconds(policy.ttl)]
    if policy.grace > 0:
        command += ["GRACE", milliseconds(policy.grace)]
    if policy.tags:
        command += ["TAGS", len(policy.tags), *policy.tags]
    if policy.version is not None:
        command += ["VERSION", policy.version]
    if policy.jitter:
        command += ["JITTER", policy.jitter]
    return command


def release_command(key: str, token: bytes, *how: Argument) -> Command:
    return ["CACHE", "RELEASE", key, token, *how]


def invalidate_commands(keys: Sequence[str], tags: Sequence[str], soft: bool) -> List[Command]:
    beginning: Command = ["CACHE", "INVALIDATE"] + (["SOFT"] if soft else [])
    commands = []
    if keys:
        commands.append([*beginning, "KEYS", *keys])
    if tags:
        commands.append([*beginning, "TAGS", *tags])
    return commands


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _bytes(value: Any) -> Optional[bytes]:
    return value.encode() if isinstance(value, str) else value


def _pairs(meta: Any) -> dict:
    if isinstance(meta, dict):
        return {_text(name): value for name, value in meta.items()}
    return {_text(meta[i]): meta[i + 1] for i in range(0, len(meta), 2)}


def read_answer(reply: Sequence[Any]) -> Answer:
    meta = _pairs(reply[3]) if len(reply) > 3 else {}
    return Answer(_text(reply[0]), _bytes(reply[1]), _bytes(reply[2]), meta)


def is_unknown_command(error: Exception) -> bool:
    """A Redis, or a Nuthatch in front of one, that has no such verbs."""
    return "unknown command" in str(error).lower()


def plain_set_command(key: str, value: bytes, policy: Policy) -> Optional[Command]:
    """For a server without the verbs. What depends on tags or a version is not kept: nothing could call it old."""
    if policy.tags or policy.version is not None:
        return None
    return ["SET", key, value, "PX", milliseconds(policy.ttl)]


_found_tags: "contextvars.ContextVar[Optional[Set[str]]]" = contextvars.ContextVar("nuthatch_cache_tags", default=None)


def tag(*tags: str) -> None:
    """While a value is computed: it depends on these, too."""
    found = _found_tags.get()
    if found is not None:
        found.update(tags)


class collecting_tags:
    """with collecting_tags() as found: what tag() names meanwhile; also told to who computes around it."""

    def __enter__(self) -> Set[str]:
        self._outer = _found_tags.get()
        self._found: Set[str] = set()
        self._token = _found_tags.set(self._found)
        return self._found

    def __exit__(self, *_: Any) -> None:
        _found_tags.reset(self._token)
        if self._outer is not None:
            self._outer.update(self._found)


def end_of_failure(key: str, token: bytes, error: BaseException) -> Tuple[Command, bool]:
    """How a lease ends when computing raised, and whether the error is to be shown as such."""
    if isinstance(error, NotCacheable):
        return release_command(key, token, "PASS", 1000), False
    if isinstance(error, Exception):
        return release_command(key, token, "RETRY", 1000), True
    return release_command(key, token), True  # cancelled: whoever waits computes
