"""A backend for fastapi-cache: applications that use it get single flight and cheap clear() without a change.

    FastAPICache.init(NuthatchBackend(redis.asyncio.from_url(...)), prefix="myapp")

Its decorator calls get_with_ttl(); if there is nothing it computes, and calls set(). In between the lease waits in a
context variable, one for each request. A request that computes nothing in the end (an exception, say) forgets it, and
with that it is given back.
"""

from __future__ import annotations

import asyncio
import contextvars
import weakref
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

import redis.asyncio as redis

from .cache import Cache
from .policy import Policy

if TYPE_CHECKING:

    class Backend:
        """fastapi_cache's, as far as it is needed: nothing of it is inherited."""

else:
    try:
        from fastapi_cache import Backend
    except ImportError:
        try:
            from fastapi_cache.backends import Backend
        except ImportError:

            class Backend:
                """There is no fastapi-cache here; its form is all that is needed."""


#: What an entry may have, less one for safety.
NAMESPACES_MAX = 63


class _Lease:
    """Given back when nobody has it any more."""

    def __init__(self, cache: Cache, key: str, token: bytes) -> None:
        self.token = token
        self._give_back = weakref.finalize(self, _release, cache, key, token, asyncio.get_running_loop())
        self._give_back.atexit = False

    def take(self) -> bytes:
        self._give_back.detach()
        return self.token

    def give_back(self) -> None:
        self._give_back()


def _release(cache: Cache, key: str, token: bytes, loop: asyncio.AbstractEventLoop) -> None:
    """Wherever the garbage is collected: in the event loop's turn."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(cache.release_later, key, token)


_leases: "contextvars.ContextVar[Optional[Dict[str, _Lease]]]" = contextvars.ContextVar("nuthatch_leases", default=None)


def namespaces_of(key: str) -> List[str]:
    """All that clear() could be called with to remove the key: whatever stands before one of its colons."""
    return [key[:i] for i, character in enumerate(key) if character == ":" and i > 0][:NAMESPACES_MAX]


class NuthatchBackend(Backend):
    """Never raises because the server is away: there is nothing then."""

    def __init__(self, client: "redis.Redis[Any]", *, lease: float = 5, wait: float = 5) -> None:
        self._client = client
        self._cache = Cache(client, lease=lease, wait=wait)

    async def get_with_ttl(self, key: str) -> Tuple[int, Optional[bytes]]:
        """Seconds that are left, -1 without an end, and the value. Without one the caller is to compute and set()."""
        self._forget_lease(key)  # a caller that asks again has not set it
        answer = await self._cache.ask(key, meta=True)
        if answer is None:
            return await self._get_plainly(key)
        if answer.is_won:
            _leases.set({**(_leases.get() or {}), key: _Lease(self._cache, key, answer.token or b"")})
            return 0, None  # also near the end of a value's life: one computes early, others are shown the old one
        if answer.value is None:
            return 0, None
        return (answer.left_ms // 1000 if answer.left_ms >= 0 else -1), answer.value

    async def get(self, key: str) -> Optional[bytes]:
        """Looks, and promises nothing."""
        answer = await self._cache.ask(key, peek=True)
        return (await self._get_plainly(key))[1] if answer is None else answer.value

    async def set(self, key: str, value: Any, expire: Optional[int] = None) -> None:
        """Stored unless it was cleared, or one of its namespaces, since this request has asked for it."""
        data = value if isinstance(value, bytes) else str(value).encode()
        lease = (_leases.get() or {}).pop(key, None)
        tags = [] if self._cache.is_plain else namespaces_of(key)
        await self._cache.fill(key, data, None if lease is None else lease.take(), Policy(expire or None, tags=tags))
        if self._cache.is_plain and tags:
            await self._cache.fill(key, data, None, Policy(expire or None))

    async def clear(self, namespace: Optional[str] = None, key: Optional[str] = None) -> int:
        """The number of keys, where that is known: what falls with its namespace is not counted."""
        if namespace:
            await self._clear_namespace(namespace)
            return 0
        if not key:
            return 0
        present = await self.get(key) is not None
        await self._cache.invalidate(key)
        return int(present)

    async def close(self) -> None:
        await self._cache.close()

    async def _clear_namespace(self, namespace: str) -> None:
        await self._cache.invalidate(tags=[namespace])
        if self._cache.is_plain:
            async for key in self._client.scan_iter(match=_literal(namespace) + ":*", count=1000):
                await self._client.unlink(key)

    async def _get_plainly(self, key: str) -> Tuple[int, Optional[bytes]]:
        if not self._cache.is_plain:
            return 0, None
        value = await self._client.get(key)
        return (0, None) if value is None else (int(await self._client.ttl(key)), value)

    @staticmethod
    def _forget_lease(key: str) -> None:
        lease = (_leases.get() or {}).pop(key, None)
        if lease is not None:
            lease.give_back()


def _literal(pattern: str) -> str:
    return "".join("\\" + character if character in "*?[]\\^" else character for character in pattern)


__all__ = ["NuthatchBackend", "namespaces_of"]
