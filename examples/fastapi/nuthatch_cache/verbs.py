"""What is said to the server, and what it answers: no input, no output, no waiting."""

from __future__ import annotations

import hashlib
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from .policy import NotCacheable, Policy, milliseconds

Argument = Union[bytes, str, int]
Command = List[Argument]

#: So long nobody tries again what has failed, or waits for what may not be kept.
PAUSE_MS = 1000


TAG_BYTES_MAX = 255


class Answer(NamedTuple):
    """Of CACHE GET. `state` is hit, win, stale, busy, pass, fail or miss; `left_ms` what is left of the fresh life,
    -1 where there is no end, or it was not asked for."""

    state: str
    value: Optional[bytes]
    token: Optional[bytes]
    left_ms: int = -1

    @property
    def is_shown(self) -> bool:
        return self.value is not None

    @property
    def is_won(self) -> bool:
        return self.token is not None


def get_command(key: str, lease: float, wait: float = 0, version: Optional[str] = None, meta: bool = False,
                peek: bool = False) -> Command:
    command: Command = ["CACHE", "GET", key]
    command += ["PEEK"] if peek else ["LEASE", milliseconds(lease)]
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
    if policy.ttl is not None:
        command += ["PX", milliseconds(policy.ttl)]
        if policy.grace > 0:
            command += ["GRACE", milliseconds(policy.grace)]
    if policy.tags:
        command += ["TAGS", len(policy.tags), *map(_fitting, policy.tags)]
    if policy.version is not None:
        command += ["VERSION", policy.version]
    if policy.jitter:
        command += ["JITTER", policy.jitter]
    if not policy.early:
        command += ["COST", 0]  # what costs nothing is not worth computing ahead
    return command


def release_command(key: str, token: bytes, *how: Argument) -> Command:
    return ["CACHE", "RELEASE", key, token, *how]


def end_of_failure(error: BaseException) -> Tuple[Argument, ...]:
    """How a lease ends when computing has raised."""
    if isinstance(error, NotCacheable):
        return ("PASS", PAUSE_MS)
    if isinstance(error, Exception):
        return ("RETRY", PAUSE_MS)
    return ()  # cancelled: whoever waits computes


def invalidate_commands(keys: Sequence[str], tags: Sequence[str], match: Optional[str], soft: bool) -> List[Command]:
    beginning: Command = ["CACHE", "INVALIDATE", "SOFT"] if soft else ["CACHE", "INVALIDATE"]
    commands: List[Command] = []
    if keys:
        commands.append([*beginning, "KEYS", *keys])
    if tags:
        commands.append([*beginning, "TAGS", *map(_fitting, tags)])
    if match is not None:
        commands.append([*beginning, "MATCH", match])
    return commands


def _fitting(tag: str) -> str:
    """A tag has at most 255 bytes; one with a part that a client has made may be longer."""
    if len(tag) < 64 or len(tag.encode()) <= TAG_BYTES_MAX:
        return tag
    return "long:" + hashlib.blake2b(tag.encode(), digest_size=16).hexdigest()


def read_answer(reply: Sequence[Any]) -> Answer:
    state, value, token = reply[0], reply[1], reply[2]
    if state == b"hit":
        state = "hit"
    else:
        state, value, token = _text(state), _bytes(value), _bytes(token)
    return Answer(state, value, token, _left(reply[3]) if len(reply) > 3 else -1)


def _left(meta: Union[Sequence[Any], Dict[Any, Any]]) -> int:
    if isinstance(meta, list) and meta[0] == b"ttl":
        return int(meta[1])
    if isinstance(meta, dict):
        return next((int(value) for name, value in meta.items() if _text(name) == "ttl"), -1)
    return next((int(meta[i + 1]) for i in range(0, len(meta), 2) if _text(meta[i]) == "ttl"), -1)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _bytes(value: Any) -> Optional[bytes]:
    return value.encode() if isinstance(value, str) else value


def is_unknown_command(error: Exception) -> bool:
    """A Redis, or a Nuthatch in front of one, that has no such verbs."""
    return "unknown command" in str(error).lower()


def plain_set_command(key: str, value: bytes, policy: Policy) -> Optional[Command]:
    """For a server without the verbs. What depends on tags or a version is not kept: nothing could call it old."""
    if policy.needs_verbs:
        return None
    command: Command = ["SET", key, value]
    return command if policy.ttl is None else [*command, "PX", milliseconds(policy.ttl)]
