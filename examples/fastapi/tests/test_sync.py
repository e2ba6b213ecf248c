"""The same for threads."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from nuthatch_cache import ComputeFailed, NotCacheable, SyncCache


class Source:
    def __init__(self, seconds=0.0):
        self.computed = 0
        self.seconds = seconds
        self.lock = threading.Lock()

    def __call__(self):
        with self.lock:
            self.computed += 1
            value = self.computed
        time.sleep(self.seconds)
        return value


@pytest.fixture
def sync_client(nuthatch_port):
    client = redis.Redis(port=nuthatch_port)
    client.flushall()
    yield client
    client.close()


def test_a_crowd_of_threads_computes_once(sync_client):
    source = Source(0.05)
    caches = [SyncCache(sync_client) for _ in range(4)]
    with ThreadPoolExecutor(40) as pool:
        got = list(pool.map(lambda i: caches[i % 4].get_or_compute("k", source), range(40)))
    assert set(got) == {1} and source.computed == 1


def test_invalidation_grace_and_failure(sync_client):
    cache, source = SyncCache(sync_client), Source()
    assert cache.get_or_compute("k", source, tags=["a"], grace=60) == 1
    cache.invalidate(tags=["a"], soft=True)
    assert cache.get_or_compute("k", source, tags=["a"], grace=60) == 1
    cache.close()
    assert cache.get_or_compute("k", source, tags=["a"], grace=60) == 2
    cache.invalidate("k")

    def broken():
        raise OSError

    with pytest.raises(OSError):
        cache.get_or_compute("k", broken)
    with pytest.raises(ComputeFailed):
        cache.get_or_compute("k", source)


def test_a_plain_redis(redis_port):
    client = redis.Redis(port=redis_port)
    client.flushall()
    cache, source = SyncCache(client), Source()
    assert [cache.get_or_compute("k", source) for _ in range(2)] == [1, 1]
    cache.invalidate("k")
    assert cache.get_or_compute("k", source) == 2


def test_what_is_not_cacheable_is_an_answer_of_its_own(sync_client):
    cache, source = SyncCache(sync_client), Source(0.05)

    def compute():
        raise NotCacheable(source())

    with ThreadPoolExecutor(10) as pool:
        got = list(pool.map(lambda _: cache.get_or_compute("k", compute), range(10)))
    assert sorted(got) == list(range(1, 11))


def test_a_decorated_function(sync_client):
    cache, calls = SyncCache(sync_client), []

    @cache.cached("double:{n}", tags=["n:{n}"])
    def double(n):
        calls.append(n)
        cache.tag("all")
        return 2 * n

    assert [double(1), double(1), double(n=2)] == [2, 2, 4] and calls == [1, 2]
    for tag in ("n:1", "all"):
        assert cache.invalidate(tags=[tag])
        assert double(1) == 2
    assert calls == [1, 2, 1, 1]


def test_without_a_server_everybody_computes():
    cache, source = SyncCache(redis.Redis(port=1)), Source()
    assert [cache.get_or_compute("k", source) for _ in range(2)] == [1, 2]
    assert cache.get("k") is None and cache.invalidate("k") is False
