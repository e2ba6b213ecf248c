"""Ordinary use of redis-py through the near cache. Arguments: port of Nuthatch, port of the Redis behind it."""

import inspect
import sys
import threading
import time

import redis

port, upstream_port = int(sys.argv[1]), int(sys.argv[2])
direct = redis.Redis(port=upstream_port, decode_responses=True)


def eventually(what, expected, seconds=5):
    """What others wrote is seen after one network delay."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what() == expected:
            return
        time.sleep(0.001)
    raise AssertionError(f"{what()!r} is not {expected!r}")


def hits(r):
    return r.info("nearcache")["nearcache_hits"]


def strings(r):
    assert r.set("name", "nuthatch", ex=100) and r.get("name") == "nuthatch" and 98 <= r.ttl("name") <= 100
    before = hits(r)
    assert [r.get("name") for _ in range(10)] == ["nuthatch"] * 10
    assert hits(r) >= before + 10, "ten reads of a key that is here are ten hits"
    assert direct.get("name") == "nuthatch", "what is written is in the Redis"
    direct.set("name", "other")
    eventually(lambda: r.get("name"), "other")
    direct.delete("name")
    eventually(lambda: r.get("name"), None)
    assert r.mset({"a": 1, "b": 2}) and r.mget("a", "b", "c") == ["1", "2", None]
    assert r.incrby("a", 41) == 42 and r.get("a") == "42" and direct.get("a") == "42"
    assert r.append("b", "xyz") == 4 and r.get("b") == "2xyz" and r.strlen("b") == 4


def types(r):
    assert r.hset("h", mapping={"f": "1", "g": "2"}) == 2 and r.hgetall("h") == {"f": "1", "g": "2"}
    assert r.rpush("l", "x", "y", "z") == 3 and r.lrange("l", 0, -1) == ["x", "y", "z"]
    assert r.sadd("s", "m", "n") == 2 and r.smembers("s") == {"m", "n"}
    assert r.zadd("z", {"one": 1, "two": 2.5}) == 2
    assert r.zrange("z", 0, -1, withscores=True) == [("one", 1.0), ("two", 2.5)]
    assert r.geoadd("geo", (13.361389, 38.115556, "Palermo")) == 1
    assert abs(r.geopos("geo", "Palermo")[0][0] - 13.361389) < 1e-4
    assert r.pfadd("hll", 1, 2, 3) == 1 and r.pfcount("hll") == 3
    assert r.setbit("bits", 7, 1) == 0 and r.bitcount("bits") == 1 and r.get("bits") == "\x01"
    entry = r.xadd("stream", {"field": "value"})
    assert r.xrange("stream") == [(entry, {"field": "value"})]
    assert sorted(r.scan_iter(match="*", count=3)) == sorted(direct.keys())
    assert r.type("h") == "hash" and r.delete("h") == 1 and r.type("h") == "none"


def pipelines(r):
    with r.pipeline(transaction=False) as p:
        for i in range(500):
            p.set(f"p:{i}", i)
        for i in range(500):
            p.get(f"p:{i}")
        assert p.execute() == [True] * 500 + [str(i) for i in range(500)]
    with r.pipeline() as p:
        p.multi()
        p.set("t", "1").incr("t").get("t").lpush("t", "wrong type")
        replies = p.execute(raise_on_error=False)
    assert replies[:3] == [True, 2, "2"] and "WRONGTYPE" in str(replies[3])
    assert r.get("t") == "2"


def watched(r):
    """Of two who raise the same number at once, none is lost."""
    r.set("stock", 0)

    def raise_by_one(connection):
        for _ in range(25):
            connection.transaction(lambda p: (lambda n: (p.multi(), p.set("stock", n + 1)))(int(p.get("stock"))), "stock")

    others = [redis.Redis(port=p, decode_responses=True) for p in (port, port, upstream_port)]
    threads = [threading.Thread(target=raise_by_one, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert r.get("stock") == "75", r.get("stock")
    with r.pipeline() as p:
        p.watch("stock")
        direct.set("stock", "changed")
        p.multi()
        p.set("stock", "mine")
        try:
            p.execute()
        except redis.WatchError:
            return
    raise AssertionError("a watched key was changed, and nothing was said")


def locks(r):
    """redis-py's lock is a SET NX and three Lua scripts."""
    counter = {"in": 0, "most": 0}

    def work():
        mine = redis.Redis(port=port)
        for _ in range(10):
            with mine.lock("lock", timeout=10, sleep=0.001):
                counter["in"] += 1
                counter["most"] = max(counter["most"], counter["in"])
                counter["in"] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter["most"] == 1 and r.get("lock") is None
    lock = r.lock("other", timeout=5)
    assert lock.acquire() and lock.extend(5) and r.pttl("other") > 5000
    direct.delete("other")
    try:
        lock.release()
    except redis.exceptions.LockError:
        pass
    else:
        raise AssertionError("a lock that is gone was released")
    script = r.register_script("redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])")
    assert script(keys=["scripted"], args=["v"]) == "v" and r.get("scripted") == "v"
    assert r.eval("return redis.call('SET', 'undeclared', 'w')", 0) == "OK" and r.get("undeclared") == "w"


def next_message(subscriber):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        message = subscriber.get_message(timeout=0.1)
        if message is not None:
            return message["type"], message["channel"], message["data"]
    raise AssertionError("no message")


def pub_sub(r):
    subscriber = r.pubsub()
    subscriber.subscribe("news")
    subscriber.psubscribe("n*")
    assert next_message(subscriber)[0] == "subscribe" and next_message(subscriber)[0] == "psubscribe"
    assert direct.publish("news", "from the Redis") == 2
    assert {next_message(subscriber), next_message(subscriber)} == {
        ("message", "news", "from the Redis"), ("pmessage", "news", "from the Redis")}
    assert r.publish("news", "through the cache") == 2
    assert next_message(subscriber)[2] == next_message(subscriber)[2] == "through the cache"
    subscriber.unsubscribe()
    subscriber.punsubscribe()
    assert next_message(subscriber)[0] == "unsubscribe" and next_message(subscriber)[0] == "punsubscribe"
    subscriber.close()


def waiting(r):
    for pusher in (direct, redis.Redis(port=port)):
        timer = threading.Timer(0.05, lambda: pusher.rpush("queue", "work"))
        timer.start()
        assert r.blpop("queue", timeout=5) == ("queue", "work")
        timer.join()
    started = time.monotonic()
    assert r.blpop("queue", timeout=0.2) is None and time.monotonic() - started >= 0.15
    timer = threading.Timer(0.05, lambda: direct.xadd("events", {"k": "v"}))
    timer.start()
    (name, entries), = r.xread({"events": "$"}, block=5000)
    assert name == "events" and entries[0][1] == {"k": "v"}
    timer.join()


def databases():
    other = redis.Redis(port=port, db=3, decode_responses=True)
    other.set("name", "in three")
    first = redis.Redis(port=port, decode_responses=True)
    first.set("name", "in zero")
    assert other.get("name") == "in three" and first.get("name") == "in zero"
    assert redis.Redis(port=upstream_port, db=3).get("name") == b"in three"
    raw = redis.Redis(port=port)
    raw.set(b"\xff\x00\r\n", b"\x00\xfe")
    assert raw.get(b"\xff\x00\r\n") == b"\x00\xfe" == redis.Redis(port=upstream_port).get(b"\xff\x00\r\n")


# Before version 5 redis-py speaks RESP2 only.
protocols = [{}]
if "protocol" in inspect.signature(redis.Connection.__init__).parameters:
    protocols = [{"protocol": 2}, {"protocol": 3}]
for options in protocols:
    client = redis.Redis(port=port, decode_responses=True, **options)
    for part in (strings, types, pipelines, watched, locks, pub_sub, waiting):
        client.flushall()
        part(client)
databases()
print("all well")
