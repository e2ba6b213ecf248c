"""By hand: what an operator, or a hook of another system, makes the cache forget."""

from typing import List, Optional

from fastapi import APIRouter, Query

from .caches import cache

router = APIRouter()


@router.delete("/cache")
async def forget(key: List[str] = Query([]), tag: List[str] = Query([]), match: Optional[str] = None, soft: bool = False):
    """Keys, tags, and all keys of a pattern. `told` is false while the cache is away: it is told when it is back."""
    return {"told": await cache.invalidate(*key, tags=tag, match=match, soft=soft)}
