"""The same for threads."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from nuthatch_cache import ComputeFailed, SyncCache


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
