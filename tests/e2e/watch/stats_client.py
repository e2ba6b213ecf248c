"""/stats.json as a strict reader of JSON takes it, beside INFO.

Usage: stats_client.py PORT HTTP_PORT
"""

import json
import sys
import time
import urllib.request

import redis

COLUMNS = ["at_ms", "commands", "hits", "misses", "stale", "wins", "waits", "evicted", "expired", "invalidated",
           "used", "rss", "clients", "in_bytes", "out_bytes", "p50_us", "p99_us", "p999_us"]
SHAPE = {
    "server": ["name", "version", "pid", "uptime_s", "loops", "mode", "now_ms", "user"],
    "memory": ["used", "max", "peak", "rss", "fragmentation", "policy", "lua", "tracked"],
    "keys": ["total", "expiring", "dbs"],
    "cache": ["hits", "stale", "wins", "waits", "fills", "refused", "bumps", "reaped"],
    "leases": ["now", "waiters"],
    "totals": ["commands", "hits", "misses", "evicted", "expired", "invalidated", "in_bytes", "out_bytes",
               "connections", "rejected"],
    "history": ["interval_ms", "columns", "rows"],
}


def refuse_constant(text):
    raise ValueError(text)


def stats(port, query=""):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats.json{query}", timeout=20) as response:
        assert response.headers["Content-Type"] == "application/json"
        return json.loads(response.read().decode("utf-8"), parse_constant=refuse_constant)


def check_shape(told):
    for name, members in SHAPE.items():
        missing = [member for member in members if member not in told[name]]
        assert not missing, (name, missing)
    assert told["nearcache"] is None
    assert told["server"]["mode"] == "standalone" and told["server"]["user"] == "default"
    for name in ("commands", "hot", "big", "prefixes", "slowlog", "clients"):
        assert isinstance(told[name], list), name


def check_against_info(told, client):
    info = client.info("everything")
    assert told["keys"]["total"] == client.dbsize() == 3
    assert told["keys"]["dbs"] == [{"db": 0, "keys": 3, "expires": 1}]
    assert told["totals"]["hits"] == info["keyspace_hits"] == 1
    assert told["totals"]["misses"] == info["keyspace_misses"] == 1
    assert told["memory"]["max"] == info["maxmemory"]
    assert told["memory"]["policy"] == info["maxmemory_policy"]
    assert told["server"]["pid"] == info["process_id"]
    assert told["server"]["loops"] == 2
    calls = {command["name"]: command for command in told["commands"]}
    assert calls["get"]["calls"] == info["cmdstat_get"]["calls"] == 2
    assert calls["get"]["family"] == "string"
    assert 0 < calls["get"]["p50"] <= calls["get"]["p99"] <= calls["get"]["p999"]
    assert calls["client|setname"]["family"] == "connection"


def check_clients(told):
    named = [client for client in told["clients"] if client["name"] == "observer"]
    assert len(named) == 1 and named[0]["user"] == "default" and not named[0]["tracking"], told["clients"]
    ids = [client["id"] for client in told["clients"]]
    assert len(ids) >= 2 and ids == sorted(ids)


def check_bytes(told):
    """What is no UTF-8 is told as redis-cli shows it; the rest as it is."""
    args = [entry["args"] for entry in told["slowlog"] if entry["args"][0] == "SET"]
    assert ["SET", "bin\\xff\\x80\"\\\x01\n", "schön €😀"] in args, args


def check_history(port, client):
    end = time.monotonic() + 20
    rows = []
    while len(rows) < 2:
        assert time.monotonic() < end
        client.get("a")  # what ran before the first sample is in no row
        time.sleep(0.2)
        rows = stats(port)["history"]["rows"]
    assert stats(port)["history"]["columns"] == COLUMNS
    assert all(len(row) == len(COLUMNS) for row in rows)
    times = [row[0] for row in rows]
    assert times == sorted(times)
    assert sum(row[1] for row in rows) > 0, "commands"
    assert any(row[15] is not None for row in rows), "latency"
    younger = stats(port, f"?since={times[-2]}")["history"]["rows"]
    assert all(row[0] > times[-2] for row in younger) and younger[0][0] == times[-1]


def main():
    port, http_port = int(sys.argv[1]), int(sys.argv[2])
    client = redis.Redis(port=port)
    client.client_setname("observer")
    client.config_set("slowlog-log-slower-than", 0)
    client.set("a", 1)
    client.set(b'bin\xff\x80"\\\x01\n', "schön €😀")
    client.config_set("slowlog-log-slower-than", -1)
    client.set("c", 1, ex=100)
    client.get("a")
    client.get("absent")
    told = stats(http_port)
    check_shape(told)
    check_against_info(told, client)
    check_clients(told)
    check_bytes(told)
    check_history(http_port, client)
    print("all well")


main()
