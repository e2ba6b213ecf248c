"""The application: which part shows what.

    articles.py   whole answers: kept by time, invalidated by dependency; ETag and Cache-Control for browsers
    words.py      the result of a function, under a version
    byhand.py     invalidation by hand: keys, tags, patterns
    notices.py    three levels: this process, this machine's Nuthatch, a Redis for all machines
    levels.py     a backend of one's own, which these three are
    watch.py      what the caches do
    caches.py     which cache promises what
    database.py   what is slow
"""

from fastapi import FastAPI

from nuthatch_cache.fastapi import install

from . import articles, byhand, notices, watch, words
from .caches import cache, close

app = FastAPI(title="Articles")
install(app, cache)
app.add_event_handler("shutdown", close)
for part in (words, articles, byhand, notices, watch):
    app.include_router(part.router)
