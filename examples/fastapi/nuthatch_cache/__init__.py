"""A cache for web applications on Nuthatch: one computes while others wait, old values while the new one is made, and
invalidation by key, tag and version.

    cache = Cache(redis.asyncio.from_url("redis://127.0.0.1:6379"))
    user = await cache.get_or_compute("user:7", load_user, ttl=60, grace=300, tags=["user:7"])
    await cache.invalidate(tags=["user:7"])

Against a plain Redis it goes on with GET and SET, without leases, grace and tags, and says so once.
"""

from .cache import Cache
from .local import LocalCache
from .policy import NOT_MODIFIED, Codec, ComputeFailed, NotCacheable
from .sync import SyncCache

__all__ = ["NOT_MODIFIED", "Cache", "Codec", "ComputeFailed", "LocalCache", "NotCacheable", "SyncCache"]
