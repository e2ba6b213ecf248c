"""Three levels for what everybody reads all the time, and what may be a second old: only keys and times, no tags.

Another machine writes to the Redis, and the Nuthatch of this one is told; this process sees it within a second.
"""

from fastapi import APIRouter

from .caches import levels

router = APIRouter()


@router.get("/notices/{place}")
async def read(place: str):
    text = await levels.get(f"notice:{place}")
    return {"notice": text.decode() if text else "nothing new"}


@router.put("/notices/{place}")
async def write(place: str, text: str, seconds: int = 3600):
    await levels.set(f"notice:{place}", text.encode(), seconds)
    return {"notice": text}
