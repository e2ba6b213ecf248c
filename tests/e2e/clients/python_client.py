"""Ordinary use of redis-py: what an application does with its cache. Arguments: port, unix socket; for TLS the files of
the authority, of a certificate and of its key as well."""

import sys
import threading
import time

import redis

port, socket_path = int(sys.argv[1]), sys.argv[2]
tls = {}
if len(sys.argv) > 3:
    tls = dict(zip(("ssl_ca_certs", "ssl_certfile", "ssl_keyfile"), sys.argv[3:]))
    tls["ssl_check_hostname"] = True
scheme = "rediss" if tls else "redis"
ssl = {"ssl": True} if tls else {}


def raises(text, action):
    try:
        action()
    except redis.ResponseError as error:
        assert text in str(error), f"{error!r} does not say {text!r}"
        return
    raise AssertionError(f"no error that says {text!r}")


def strings(r):
    assert r.set("name", "nuthatch") is True
    assert r.get("name") == b"nuthatch"
    assert r.get("missing") is None
    assert r.set("name", "other", nx=True) is None
    assert r.set("name", "new", xx=True, get=True) == b"nuthatch"
    assert r.setnx("once", 1) is True and r.setnx("once", 2) is False
    assert r.getset("once", 3) == b"1" and r.getdel("once") == b"3" and not r.exists("once")
    assert r.mset({"a": 1, "b": b"\x00\r\n", "c": 2.5}) is True
    assert r.mget("a", "b", "c", "d") == [b"1", b"\x00\r\n", b"2.5", None]
    assert r.append("a", "23") == 3 and r.strlen("a") == 3 and r.getrange("a", 0, 1) == b"12"
    assert r.setrange("a", 5, "x") == 6 and r.get("a") == b"123\x00\x00x"
    large = b"x" * (5 << 20)
    r.set("large", large)
    assert r.get("large") == large
    r["item"] = "like a dict"
    assert r["item"] == b"like a dict" and "item" in r
    del r["item"]
    assert "item" not in r


def counters(r):
    assert r.incr("hits") == 1 and r.incrby("hits", 9) == 10 and r.decr("hits", 3) == 7
    assert r.incrbyfloat("ratio", 0.1) == 0.1
    r.set("name", "nuthatch")
    raises("not an integer", lambda: r.incr("name"))


def deadlines(r):
    r.set("session", "s", ex=100)
    assert 98 <= r.ttl("session") <= 100 and 98000 <= r.pttl("session") <= 100000
    assert r.persist("session") is True and r.ttl("session") == -1 and r.ttl("missing") == -2
    assert r.expire("session", 50) is True
    assert r.expireat("session", int(time.time()) + 60) is True
    r.setex("short", 1, "s")
    r.psetex("shorter", 50, "s")
    time.sleep(0.2)
    assert r.get("shorter") is None and r.get("short") == b"s"
    assert r.getex("short", ex=30) == b"s" and r.ttl("short") > 20


def keys(r):
    r.flushdb()
    for i in range(300):
        r.set(f"user:{i}", i)
    assert sorted(r.keys("user:29?")) == [b"user:%d" % i for i in range(290, 300)]
    assert len(set(r.scan_iter(match="user:*", count=20))) == 300
    assert r.dbsize() == 300
    assert r.rename("user:1", "renamed") and r.exists("user:1", "renamed", "user:2") == 2
    assert r.copy("user:2", "copied") and r.type("copied") == b"string"
    assert r.delete("user:3", "user:4", "missing") == 2 and r.unlink("user:5") == 1
    assert r.randomkey() is not None and r.touch("user:6", "missing") == 1
    assert r.move("user:7", 1) is True
    assert r.object("encoding", "user:8") == b"int"


def pipelines(r):
    with r.pipeline(transaction=False) as pipe:
        for i in range(1000):
            pipe.set(f"p:{i}", i).get(f"p:{i}")
        replies = pipe.execute()
    assert replies[0::2] == [True] * 1000 and replies[1::2] == [b"%d" % i for i in range(1000)]
    with r.pipeline(transaction=False) as pipe:
        replies = pipe.set("word", "x").incr("word").get("word").execute(raise_on_error=False)
    assert replies[0] is True and isinstance(replies[1], redis.ResponseError) and replies[2] == b"x"


def server(r):
    r.set("name", "nuthatch")
    assert r.ping() is True and r.echo("hi") == b"hi"
    info = r.info()
    assert info["redis_version"].startswith("7.") and info["loading"] == 0
    assert r.info("keyspace")["db0"]["keys"] > 0
    assert r.config_get("maxmemory") == {"maxmemory": "0"}
    assert r.config_set("maxmemory", "100mb") and r.config_get("maxmemory")["maxmemory"] == "104857600"
    assert r.config_set("maxmemory", "0")
    assert r.client_setname("worker") and r.client_getname() == "worker"
    assert any(c["name"] == "worker" for c in r.client_list())
    assert r.client_id() > 0 and abs(r.time()[0] - time.time()) < 5
    assert isinstance(r.slowlog_get(10), list) and r.command_count() > 50
    raises("unknown command", lambda: r.execute_command("NOSUCH", "a"))
    raises("wrong number of arguments", lambda: r.execute_command("GET"))
    assert r.memory_usage("missing") is None and r.memory_usage("name") > 0


def connections():
    pool = redis.ConnectionPool.from_url(f"{scheme}://127.0.0.1:{port}/2", max_connections=20, **tls)

    def work(number):
        r = redis.Redis(connection_pool=pool)
        for i in range(200):
            r.set(f"thread:{number}", i)
            assert r.get(f"thread:{number}") == b"%d" % i
            r.incr("together")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert redis.Redis(connection_pool=pool).get("together") == b"1600"

    text = redis.Redis(unix_socket_path=socket_path, decode_responses=True, client_name="texts")
    text.set("umlaut", "grün")
    assert text.get("umlaut") == "grün" and text.client_getname() == "texts"
    by_url = redis.from_url(f"{scheme}://127.0.0.1:{port}/5", health_check_interval=1, **tls)
    assert by_url.set("k", "v") and by_url.get("k") == b"v"
    assert redis.Redis(port=port, **ssl, **tls).get("k") is None


client = redis.Redis(host="127.0.0.1", port=port, **ssl, **tls)
for part in (strings, counters, deadlines, keys, pipelines, server):
    client.flushall()
    part(client)
connections()
print("all well")
