"""What /metrics and /stats.json of a running server cost, as its reader sees it.

Usage: watch.py [URL], by default http://127.0.0.1:8080. On a loaded machine the least is the figure.
"""

import http.client
import statistics
import sys
import time
import urllib.parse

REQUESTS = 400
NOTHING_OLD = "/stats.json?since=99999999999999"


def measure(connection, path, accept="*/*"):
    took = []
    for _ in range(REQUESTS):
        begin = time.perf_counter()
        connection.request("GET", path, headers={"Accept": accept})
        response = connection.getresponse()
        body = response.read()
        took.append((time.perf_counter() - begin) * 1000)
        assert response.status == 200, response.status
    took.sort()
    print(f"{path:40} {took[0]:7.3f} {took[REQUESTS // 10]:7.3f} {statistics.median(took):7.3f} ms {len(body):7} bytes")


def main():
    url = urllib.parse.urlparse(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080")
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    print(f"{'':40} {'least':>7} {'a tenth':>7} {'half':>7}")
    measure(connection, "/healthz")
    measure(connection, "/metrics")
    measure(connection, "/metrics", "application/openmetrics-text;version=1.0.0")
    measure(connection, NOTHING_OLD)
    measure(connection, "/stats.json")


main()
