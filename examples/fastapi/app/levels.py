"""A backend of one's own, in the form that fastapi-cache asks for: memory, Nuthatch, Redis.

    FastAPICache.init(Levels(redis.asyncio.from_url(...)))        # where fastapi-cache is installed

The second and the third level are one connection here: the Nuthatch asks its Redis by itself, and is told by it what
changes. What is read from memory may be as old as `seconds`.
"""

import logging
from typing import Optional, Tuple

import redis.asyncio as redis

from nuthatch_cache import LocalCache

log = logging.getLogger(__name__)


class Levels:
    def __init__(self, near: redis.Redis, *, seconds: float = 1, entries: int = 1000) -> None:
        self._near = near
        self._seconds = seconds
        self._memory = LocalCache(seconds, entries)

    async def get_with_ttl(self, key: str) -> Tuple[int, Optional[bytes]]:
        """Nobody outside may keep it for longer than memory does. The key's own end is not asked for: TTL is answered by
        the Redis, GET by the copy that this machine has."""
        return int(self._seconds), await self.get(key)

    async def get(self, key: str) -> Optional[bytes]:
        value = self._memory.get(key)
        if value is not None:
            return value
        try:
            value = await self._near.get(key)
        except redis.RedisError as error:  # without a cache the application is slower, not broken
            log.warning("no cache: %s", error)
            return None
        if value is not None:
            self._memory.set(key, value)
        return value

    async def set(self, key: str, value: bytes, expire: Optional[int] = None) -> None:
        self._memory.set(key, value)
        try:
            await self._near.set(key, value, ex=expire)
        except redis.RedisError as error:
            log.warning("no cache: %s", error)

    async def clear(self, namespace: Optional[str] = None, key: Optional[str] = None) -> int:
        self._memory.clear()
        if key:
            return await self._near.unlink(key)
        keys = [found async for found in self._near.scan_iter(f"{namespace}:*", count=1000)] if namespace else []
        return await self._near.unlink(*keys) if keys else 0
