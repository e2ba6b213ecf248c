"""The same for threads."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable, Dict, Optional, Sequence

import redis
from redis.exceptions import RedisError, ResponseError

from . import verbs
from .verbs import Answer, Codec, ComputeFailed, NotCacheable, Policy

Compute = Callable[[], Any]


class SyncCache:
    """As Cache. Old values are computed anew by a small pool of threads."""

    def __init__(self, client: "redis.Redis", *, lease: float = 5, wait: float = 5, codec: Codec = Codec(),
                 refreshers: int = 4) -> None:
        self._client = client
        self._lease = lease
        self._wait = wait
        self._codec = codec
        self._lock = threading.Lock()
        self._under_way: Dict[Any, "Future[Any]"] = {}
        self._behind = ThreadPoolExecutor(refreshers, thread_name_prefix="nuthatch-cache")
        self._plain = False

    def get_or_compute(self, key: str, compute: Compute, *, ttl: float = 60, grace: float = 0,
                       tags: Sequence[str] = (), version: Optional[str] = None, jitter: int = 0) -> Any:
        policy = Policy(ttl, grace, tags, version, jitter)
        mine: "Future[Any]" = Future()
        with self._lock:
            first = self._under_way.setdefault((key, version), mine)
        if first is not mine:
            return first.result()
        try:
            mine.set_result(self._look_up(key, compute, policy))
        except BaseException as error:
            mine.set_exception(error)
        finally:
            with self._lock:
                del self._under_way[(key, version)]
        return mine.result()

    def set(self, key: str, value: Any, *, ttl: float = 60, grace: float = 0, tags: Sequence[str] = (),
            version: Optional[str] = None) -> None:
        self._store(key, value, None, Policy(ttl, grace, tags, version))

    def invalidate(self, *keys: str, tags: Sequence[str] = (), soft: bool = False) -> None:
        try:
            for command in [] if self._plain else verbs.invalidate_commands(keys, tags, soft):
                self._client.execute_command(*command)
        except ResponseError as error:
            self._note_plain(error)
        if self._plain and keys:
            self._client.execute_command("DEL", *keys)

    tag = staticmethod(verbs.tag)

    def close(self) -> None:
        self._behind.shutdown()

    def _ask(self, key: str, version: Optional[str]) -> Optional[Answer]:
        if self._plain:
            return None
        reply = self._tell(*verbs.get_command(key, self._lease, self._wait, version))
        return None if reply is None else verbs.read_answer(reply)

    def _look_up(self, key: str, compute: Compute, policy: Policy) -> Any:
        answer = self._ask(key, policy.version)
        if answer is None:
            return self._look_up_plainly(key, compute, policy)
        if answer.is_shown:
            if answer.is_won:
                self._behind.submit(self._compute, key, compute, answer, policy)
            return self._codec.load(answer.value or b"")
        if answer.is_won:
            return self._compute(key, compute, answer, policy)
        if answer.state == "fail":
            raise ComputeFailed(key)
        return _without_keeping(compute)

    def _compute(self, key: str, compute: Compute, answer: Answer, policy: Policy) -> Any:
        token = answer.token or b""
        try:
            with verbs.collecting_tags() as found:
                value = compute()
        except BaseException as error:
            command, is_failure = verbs.end_of_failure(key, token, error)
            self._tell(*command)
            if is_failure:
                raise
            return error.value  # type: ignore[attr-defined]
        if value is verbs.NOT_MODIFIED:
            self._tell(*verbs.release_command(key, token, "RENEW", verbs.milliseconds(policy.ttl)))
            return self._codec.load(answer.value) if answer.value is not None else None
        self._store(key, value, token, policy.with_tags(found))
        return value

    def _store(self, key: str, value: Any, token: Optional[bytes], policy: Policy) -> None:
        data = self._codec.dump(value)
        if not self._plain:
            self._tell(*verbs.set_command(key, data, token, policy))
        command = verbs.plain_set_command(key, data, policy) if self._plain else None
        if command is not None:
            self._tell(*command)

    def _look_up_plainly(self, key: str, compute: Compute, policy: Policy) -> Any:
        keeps = self._plain and verbs.plain_set_command(key, b"", policy) is not None
        data = self._tell("GET", key) if keeps else None
        if data is not None:
            return self._codec.load(data)
        try:
            value = compute()
        except NotCacheable as error:
            return error.value
        if self._plain:
            self._store(key, value, None, policy)
        return value

    def _tell(self, *command: Any) -> Any:
        try:
            return self._client.execute_command(*command)
        except ResponseError as error:
            self._note_plain(error)
        except RedisError as error:
            verbs.log.warning("the cache does not answer: %s", error)
        return None

    def _note_plain(self, error: ResponseError) -> None:
        if not verbs.is_unknown_command(error):
            raise error
        if not self._plain:
            verbs.log.warning("this server has no CACHE: going on with GET and SET, without leases, grace and tags")
        self._plain = True


def _without_keeping(compute: Compute) -> Any:
    try:
        return compute()
    except NotCacheable as error:
        return error.value
