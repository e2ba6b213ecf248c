"""examples/fastapi/ at work. Arguments: the folder, port of Nuthatch, port of the Redis behind it, which is ended."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import redis

folder, cache_port, upstream_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
direct = redis.Redis(port=upstream_port, decode_responses=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def call(path, method="GET", body=None):
    """Status, what the application says of its cache, and the answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"content-type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers.get("x-cache"), json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None, json.load(error)


def eventually(action, good, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        try:
            seen = action()
            if good(seen):
                return seen
        except OSError:
            seen = "no connection"
        assert time.monotonic() < deadline, seen
        time.sleep(0.02)


def session():
    assert eventually(lambda: call("/articles/birds"), lambda seen: seen[0] == 200)[2]["name"] == "birds"
    before = call("/stats")[2]["nearcache_hits"]
    for _ in range(5):
        assert call("/articles/birds")[1] == "hit"
    assert call("/stats")[2]["nearcache_hits"] >= before + 5

    assert call("/articles/birds", "PUT", {"title": "by the application"})[0] == 200
    assert call("/articles/birds")[2]["title"] == "by the application"
    assert direct.get("article:birds") == "by the application"

    direct.set("article:birds", "behind its back")
    eventually(lambda: call("/articles/birds")[2]["title"], lambda title: title == "behind its back")

    direct.shutdown(nosave=True)
    eventually(lambda: call("/articles/birds"), lambda seen: seen[:2] == (200, "down"))
    assert call("/articles/birds", "PUT", {"title": "lost"})[0] == 503


port = free_port()
base = f"http://127.0.0.1:{port}"
server = subprocess.Popen(
    [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "warning"], cwd=folder,
    env={**os.environ, "CACHE_URL": f"redis://127.0.0.1:{cache_port}", "PYTHONDONTWRITEBYTECODE": "1"})
try:
    session()
finally:
    server.terminate()
    server.wait()
print("all well")
