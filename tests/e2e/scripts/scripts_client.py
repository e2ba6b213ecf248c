"""redis-py's locks and registered scripts. Arguments: port of the server."""

import sys
import threading
import time

import redis
from redis.exceptions import LockError, LockNotOwnedError, NoScriptError, ResponseError

port = int(sys.argv[1])


def connect(**options):
    return redis.Redis(host="127.0.0.1", port=port, **options)


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def locks_exclude(r):
    inside, most, turns = [0], [0], [0]

    def work():
        with connect() as own:
            for _ in range(15):
                with own.lock("shared", timeout=20, sleep=0.002):
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                    turns[0] += 1
                    time.sleep(0.0005)
                    inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most[0], turns[0]) == (1, 120), (most, turns)
    assert r.exists("shared") == 0


def locks_have_an_owner_and_an_end(r):
    mine, others = r.lock("owned", timeout=5), connect().lock("owned", timeout=5)
    assert mine.acquire() and mine.owned() and mine.locked() and not others.owned()
    assert others.acquire(blocking=False) is False
    started = time.monotonic()
    assert others.acquire(blocking_timeout=0.2) is False and time.monotonic() - started < 5
    raises(LockError, others.release)
    assert mine.extend(5) and 5000 < r.pttl("owned") <= 10000
    assert mine.extend(3, replace_ttl=True) and r.pttl("owned") <= 3000
    assert mine.reacquire() and 3000 < r.pttl("owned") <= 5000
    mine.release()
    assert others.acquire(blocking=False) is True
    r.delete("owned")
    raises(LockNotOwnedError, others.release)
    short = r.lock("short", timeout=0.1)
    assert short.acquire()
    time.sleep(0.2)
    raises(LockNotOwnedError, lambda: short.extend(1))


def scripts_are_registered(r):
    text = "redis.call('SET', KEYS[1], ARGV[1]) return {redis.call('GET', KEYS[1]), #ARGV, KEYS[1]}"
    script = r.register_script(text)
    assert script(keys=[b"\xff\x00key"], args=["v", 2]) == [b"v", 2, b"\xff\x00key"]
    assert r.script_exists(script.sha, "0" * 40) == [True, False]
    assert r.script_flush() and r.script_exists(script.sha) == [False]
    raises(NoScriptError, lambda: r.evalsha(script.sha, 1, "k", "v"))
    assert script(keys=["k"], args=["again"]) == [b"again", 1, b"k"]  # it is loaded anew
    r.script_flush()
    with r.pipeline() as pipe:
        pipe.incr("n")
        script(keys=["k"], args=["one"], client=pipe)
        script(keys=["k"], args=["two"], client=pipe)
        pipe.get("k")
        assert pipe.execute() == [1, [b"one", 1, b"k"], [b"two", 1, b"k"], b"two"]
    assert connect(decode_responses=True, db=3).register_script("return redis.call('DBSIZE')")() == 0


def scripts_find_undeclared_keys(r):
    r.mset({f"cache:{n}": n for n in range(200)})
    clear = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end"
    assert r.eval(clear, 0, "cache:*") is None
    assert r.keys("cache:*") == []


def errors_are_told(r):
    error = raises(ResponseError, lambda: r.eval("return redis.call('HGET', KEYS[1], 'f')", 1, "k"))
    assert "WRONGTYPE" in str(error), error
    error = raises(ResponseError, lambda: r.eval("return redis.error_reply('MINE to tell')", 0))
    assert str(error) == "MINE to tell", error
    error = raises(ResponseError, lambda: r.eval_ro("return redis.call('SET', KEYS[1], 1)", 1, "k"))
    assert "Write commands are not allowed from read-only scripts" in str(error), error
    raises(ResponseError, lambda: r.script_kill())
    assert r.eval("return 'still here'", 0) == b"still here"


client = connect()
client.flushall()
for part in (locks_exclude, locks_have_an_owner_and_an_end, scripts_are_registered,
             scripts_find_undeclared_keys, errors_are_told):
    part(client)
print("all well")
