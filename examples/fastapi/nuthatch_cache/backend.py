"""A backend for fastapi-cache: applications that use it get single flight and cheap clear() without a change.

    FastAPICache.init(NuthatchBackend(redis.asyncio.from_url(...)), prefix="myapp")
"""

from __future__ import annotations

import contextvars
from typing import Any, Dict, Optional, Tuple

import redis.asyncio as redis

from . import verbs
from .cache import Cache
from .verbs import Policy

try:
    from fastapi_cache import Backend  # type: ignore[import]
except ImportError:  # its form is all that is needed

    class Backend:  # type: ignore[no-redef]
        pass


_tokens: "contextvars.ContextVar[Optional[Dict[str, bytes]]]" = contextvars.ContextVar("nuthatch_tokens", default=None)


def namespace_of(key: str) -> str:
    """A key is the namespace, a colon and a hash."""
    return key.rpartition(":")[0]


class NuthatchBackend(Backend):
    def __init__(self, client: "redis.Redis", *, lease: float = 5, wait: float = 5) -> None:
        self._client = client
        self._cache = Cache(client, lease=lease, wait=wait)

    async def get_with_ttl(self, key: str) -> Tuple[int, Optional[bytes]]:
        answer = await self._cache.ask(key, meta=True)
        if answer is None:
            return int(await self._client.ttl(key)), await self._client.get(key)
        if answer.is_won:
            _tokens.set({**(_tokens.get() or {}), key: answer.token or b""})
        ttl_ms = int(answer.meta.get("ttl", -1))
        return (ttl_ms // 1000 if ttl_ms >= 0 else ttl_ms), answer.value

    async def get(self, key: str) -> Optional[bytes]:
        return (await self.get_with_ttl(key))[1]

    async def set(self, key: str, value: Any, expire: Optional[int] = None) -> None:
        data = value if isinstance(value, bytes) else str(value).encode()
        token = (_tokens.get() or {}).pop(key, None)
        namespace = namespace_of(key)
        policy = Policy(ttl=expire or 365 * 86400, tags=[namespace] if namespace else [])
        if await self._cache.fill(key, data, token, policy) or token is not None:
            return
        await self._client.set(key, data, ex=expire)

    async def clear(self, namespace: Optional[str] = None, key: Optional[str] = None) -> int:
        """The number of keys, where that is known: what falls with its namespace is not counted."""
        if namespace:
            await self._cache.invalidate(tags=[namespace])
            return 0
        return int(await self._client.delete(key)) if key else 0


__all__ = ["NuthatchBackend", "namespace_of", "verbs"]
