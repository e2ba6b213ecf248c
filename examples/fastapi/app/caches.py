"""What this application keeps values in: the three levels, each with its own promise.

SHARED is a Nuthatch on its own. It has leases, grace, tags and versions, which must be in one place to be true for all:
what one worker invalidates no other worker, and no other machine that asks the same one, shows any more.

NEAR is a Nuthatch in front of a Redis (`--upstream`), one on each machine. It keeps plain strings that this machine reads,
and the Redis tells it when one changes. It has no leases and tags: a Redis knows no CACHE, and says so.

MEMORY is in the process, for a second. Nobody tells it anything.
"""

import os

import redis.asyncio as redis

from nuthatch_cache import Cache

from .levels import Levels

shared_client = redis.from_url(os.environ.get("SHARED_URL", "redis://127.0.0.1:7001"))
near_client = redis.from_url(os.environ.get("NEAR_URL", "redis://127.0.0.1:7002"), socket_timeout=2)

cache = Cache(shared_client)
levels = Levels(near_client, seconds=1, entries=1000)


async def close() -> None:
    await cache.close()
    await shared_client.close()
    await near_client.close()
