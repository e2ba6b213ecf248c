"""examples/fastapi/ at work, where the Nuthatch that it asks for leases and tags has a Redis behind it, and so has none.
Arguments: the folder, port of Nuthatch, port of the Redis behind it, which is ended."""

import json
import os
import socket
import subprocess
import sys
import tempfile
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
    """Status and the answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"content-type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


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
    eventually(lambda: call("/articles/birds"), lambda seen: seen[0] == 404)
    assert call("/articles/birds", "PUT", {"title": "by the application"})[0] == 200
    assert call("/articles/birds")[1]["title"] == "by the application"
    assert call("/articles/birds/words")[1] == {"words": 3}

    assert call("/notices/pond")[1]["notice"] == "nothing new"
    for text in ("written behind its back", "and again"):
        direct.set("notice:pond", text)
        eventually(lambda: call("/notices/pond")[1]["notice"], lambda notice: notice == text)
    before = call("/watch")[1]["near"]["nearcache_hits"]
    eventually(lambda: call("/notices/pond") and call("/watch")[1]["near"]["nearcache_hits"], lambda hits: hits > before)

    direct.shutdown(nosave=True)
    assert call("/articles/birds")[1]["title"] == "by the application"
    assert call("/notices/pond")[0] == 200


folder_of_data = tempfile.TemporaryDirectory()
port = free_port()
url = f"redis://127.0.0.1:{cache_port}"
base = f"http://127.0.0.1:{port}"
server = subprocess.Popen(
    [sys.executable, "-m", "uvicorn", "app.main:app", "--port", str(port), "--log-level", "warning"], cwd=folder,
    env={**os.environ, "SHARED_URL": url, "NEAR_URL": url, "PYTHONDONTWRITEBYTECODE": "1",
         "DATABASE": f"{folder_of_data.name}/articles.sqlite"})
try:
    session()
finally:
    server.terminate()
    server.wait()
print("all well")
