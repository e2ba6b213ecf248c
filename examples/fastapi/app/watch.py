"""What the caches do, and where to look closer."""

import os
from typing import Any, Dict

import redis.asyncio as redis
from fastapi import APIRouter

from . import database
from .caches import near_client, shared_client

PAGE = os.environ.get("SHARED_HTTP", "http://127.0.0.1:7080")

router = APIRouter()


@router.get("/watch")
async def watch():
    return {"page": f"{PAGE}/", "numbers": f"{PAGE}/stats.json", "database_reads_of_this_worker": database.reads,
            "shared": await _counts(shared_client, "cache_"), "near": await _counts(near_client, "nearcache_")}


@router.get("/watch/{key:path}")
async def why(key: str):
    """Of one key: its state, tags and age, and why it is what it is."""
    try:
        reply = await shared_client.execute_command("CACHE", "INFO", key)
    except redis.RedisError as error:  # it is away, or a Redis
        return {"unknown": str(error)}
    return {_text(reply[i]): _text(reply[i + 1]) for i in range(0, len(reply), 2)} if reply else None


async def _counts(client: redis.Redis, prefix: str) -> Dict[str, Any]:
    try:
        info = await client.info("all")
    except redis.RedisError as error:
        return {"away": str(error)}
    names = ("used_memory_human", "keyspace_hits", "keyspace_misses", "evicted_keys")
    return {name: value for name, value in info.items() if name in names or name.startswith(prefix)}


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value
