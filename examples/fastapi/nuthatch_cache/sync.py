"""The same for threads."""

from __future__ import annotations

import functools
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable, Dict, Optional, Sequence, TypeVar

import redis
from redis.exceptions import RedisError, ResponseError

from . import tags as dependencies
from . import verbs
from .formatted import Formatted
from .policy import NOT_MODIFIED, Codec, ComputeFailed, NotCacheable, Policy, milliseconds
from .standing import Standing, log
from .turns import PASSES
from .verbs import Answer, Argument

Compute = Callable[[], Any]
Function = TypeVar("Function", bound=Callable[..., Any])

_UNREADABLE = object()
_REFUSED = object()


class SyncCache:
    """As Cache. Old values are computed anew by a small pool of threads. The time that the server may be silent is the
    client's `socket_timeout`, which must be longer than `wait`."""

    def __init__(self, client: "redis.Redis[Any]", *, lease: float = 5, wait: float = 5, codec: Codec = Codec(),
                 refreshers: int = 4) -> None:
        self._client = client
        self._lease = lease
        self._wait = wait
        self._codec = codec
        self._lock = threading.Lock()
        self._running: "Dict[Any, Future[Any]]" = {}
        self._behind = ThreadPoolExecutor(refreshers, thread_name_prefix="nuthatch-cache")
        self._standing = Standing()

    tag = staticmethod(dependencies.tag)

    def get_or_compute(self, key: str, compute: Compute, *, ttl: Optional[float] = 60, grace: float = 0,
                       tags: Sequence[str] = (), version: Optional[str] = None, jitter: int = 0,
                       early: bool = True, wait: Optional[float] = None, lease: Optional[float] = None) -> Any:
        policy = Policy(ttl, grace, tags, version, jitter, early)
        dependencies.note(tags)
        mine: "Future[Any]" = Future()
        with self._lock:
            first = self._running.setdefault((key, version), mine)
        if first is not mine:
            outcome = first.result()
            return outcome if outcome is not PASSES else _without_keeping(compute)

        def end(outcome: Any) -> None:
            with self._lock:
                if self._running.get((key, version)) is mine:
                    del self._running[(key, version)]
                    mine.set_result(outcome)

        try:
            value = self._look_up(key, compute, policy, wait, lease, end)
        except BaseException as error:
            with self._lock:
                is_first = self._running.get((key, version)) is mine
                if is_first:
                    del self._running[(key, version)]
            if is_first:
                mine.set_exception(error)
            raise
        end(value)
        return value

    def get(self, key: str, default: Any = None, *, version: Optional[str] = None) -> Any:
        if self._standing.is_plain:
            data = self._say("GET", key)
        else:
            reply = self._say(*verbs.get_command(key, 0, version=version, peek=True))
            data = None if reply is None else verbs.read_answer(reply).value
        value = _UNREADABLE if data is None else self._load(key, data)
        return default if value is _UNREADABLE else value

    def set(self, key: str, value: Any, *, ttl: Optional[float] = 60, grace: float = 0, tags: Sequence[str] = (),
            version: Optional[str] = None, jitter: int = 0) -> None:
        self._fill(key, value, None, Policy(ttl, grace, tags, version, jitter))

    def invalidate(self, *keys: str, tags: Sequence[str] = (), match: Optional[str] = None, soft: bool = False) -> bool:
        commands = verbs.invalidate_commands(keys, tags, match, soft)
        if self._standing.is_plain:
            commands = [["DEL", *keys]] if keys else []
        self._standing.owe(commands)
        try:
            self._pay()
        except ResponseError as error:
            if not verbs.is_unknown_command(error):
                raise
            self._standing.refused(error)
            return self.invalidate(*keys)
        except (RedisError, OSError) as error:
            self._standing.away(error)
            return False
        return True

    def cached(self, key: str, *, tags: Sequence[str] = (), **policy: Any) -> Callable[[Function], Function]:
        def decorate(function: Function) -> Function:
            formatted = Formatted(function, key, tags)

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                name, labels = formatted.of(args, kwargs)
                return self.get_or_compute(name, functools.partial(function, *args, **kwargs), tags=labels, **policy)

            return wrapper  # type: ignore[return-value]

        return decorate

    def close(self) -> None:
        """Waits for what is refreshed behind answers, and refreshes no more."""
        self._behind.shutdown()

    def _ask(self, key: str, policy: Policy, wait: Optional[float], lease: Optional[float]) -> Optional[Answer]:
        if self._standing.is_plain:
            return None
        try:
            self._pay()
        except (RedisError, OSError) as error:
            self._standing.away(error)
            return None
        command = verbs.get_command(key, self._lease if lease is None else lease, self._wait if wait is None else wait,
                                    policy.version)
        reply = self._say(*command)
        return None if reply is None else verbs.read_answer(reply)

    def _look_up(self, key: str, compute: Compute, policy: Policy, wait: Optional[float], lease: Optional[float],
                 end: Callable[[Any], None]) -> Any:
        answer = self._ask(key, policy, wait, lease)
        if answer is None:
            return self._look_up_plainly(key, compute, policy)
        if answer.value is not None:
            value = self._load(key, answer.value)
            if value is _UNREADABLE:
                return self._compute(key, compute, answer, policy, end)
            if answer.is_won:
                self._behind.submit(self._compute_behind, key, compute, answer, policy)
            return value
        if answer.is_won:
            return self._compute(key, compute, answer, policy, end)
        if answer.state == "fail":
            raise ComputeFailed(key)
        if answer.state == "pass":
            end(PASSES)
        return _without_keeping(compute)

    def _compute(self, key: str, compute: Compute, answer: Answer, policy: Policy, end: Callable[[Any], None]) -> Any:
        token = answer.token
        try:
            with dependencies.collecting_tags() as found:
                value = compute()
            if value is not NOT_MODIFIED:
                self._fill(key, value, token, policy.with_tags(found))
                return value
        except BaseException as error:
            if token is not None:
                self._say(*verbs.release_command(key, token, *verbs.end_of_failure(error)))
            if not isinstance(error, NotCacheable):
                raise
            end(PASSES)  # those who wait compute each for itself
            return error.value
        if token is not None:
            self._say(*verbs.release_command(key, token, "RENEW", milliseconds(policy.ttl or 365 * 86400)))
        return None if answer.value is None else self._codec.load(answer.value)

    def _compute_behind(self, key: str, compute: Compute, answer: Answer, policy: Policy) -> None:
        try:
            self._compute(key, compute, answer, policy, lambda _: None)
        except Exception as error:
            log.warning("a value could not be computed anew: %r", error)

    def _fill(self, key: str, value: Any, token: Optional[bytes], policy: Policy) -> None:
        data = self._codec.dump(value)
        if not self._standing.is_plain:
            said = self._say(*verbs.set_command(key, data, token, policy), refused=_REFUSED)
            if said is _REFUSED and token is not None:
                self._say(*verbs.release_command(key, token, "PASS", verbs.PAUSE_MS))
        command = verbs.plain_set_command(key, data, policy) if self._standing.is_plain else None
        if command is not None:
            self._say(*command)

    def _look_up_plainly(self, key: str, compute: Compute, policy: Policy) -> Any:
        keeps = self._standing.is_plain and not policy.needs_verbs
        data = self._say("GET", key) if keeps else None
        value = _UNREADABLE if data is None else self._load(key, data)
        if value is not _UNREADABLE:
            return value
        try:
            value = compute()
        except NotCacheable as error:
            return error.value
        if keeps and value is not NOT_MODIFIED:
            self._fill(key, value, None, policy)
        return None if value is NOT_MODIFIED else value

    def _load(self, key: str, data: bytes) -> Any:
        try:
            return self._codec.load(data)
        except Exception as error:
            log.warning("what is kept under %s cannot be read and is made anew: %r", key, error)
            return _UNREADABLE

    def _say(self, *command: Argument, refused: Any = None) -> Any:
        try:
            reply = self._client.execute_command(*command)
            self._standing.heard()
            return reply
        except ResponseError as error:
            self._standing.refused(error)
            return refused
        except (RedisError, OSError) as error:
            self._standing.away(error)
        return None

    def _pay(self) -> None:
        for command in self._standing.owed:
            try:
                self._client.execute_command(*command)
            except ResponseError as error:
                if not verbs.is_unknown_command(error):
                    self._standing.paid(command)
                raise
            self._standing.paid(command)


def _without_keeping(compute: Compute) -> Any:
    try:
        return compute()
    except NotCacheable as error:
        return error.value
