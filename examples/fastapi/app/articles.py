"""Whole answers, kept for everybody: by time, and by what they depend on.

However many ask, one of them runs the endpoint. For 30 s its answer is fresh; for 5 minutes more the old one is shown
while a new one is made. Browsers and CDNs are told how long it holds, and get a 304 where they have it already.
"""

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel

from nuthatch_cache.fastapi import cached, invalidates

from . import database
from .caches import cache

router = APIRouter()


class Article(BaseModel):
    title: str
    author: str = "anonymous"


@router.get("/articles/{name}", dependencies=[Depends(cached(ttl=30, grace=300, tags=["article:{name}"]))])
async def read(name: str):
    article = await database.read(name)
    if article is None:
        raise HTTPException(404, "no such article")  # nothing but a 200 is kept
    cache.tag(f"author:{article['author']}")  # a dependency that is known only now
    return article


@router.put("/articles/{name}", dependencies=[Depends(invalidates("article:{name}"))])
async def write(name: str, article: Article):
    """When this is answered, nobody is shown the old one any more."""
    await database.write(name, article.title, article.author)
    return {"name": name, "title": article.title, "author": article.author}


@router.post("/authors/{author}/renamed", dependencies=[Depends(invalidates("author:{author}", soft=True))])
async def renamed(author: str):
    """All articles of an author in one step, however many: softly, so that none of their readers waits."""
    return {"author": author}
