"""/metrics beside what Debian's redis_exporter prints of the same server, and as Prometheus's own tools read it.

Usage: metrics_client.py PART PORT HTTP_PORT, where PART is exporter, tools or scrape.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import socket

# What the exporter prints that is not ours to print, and why.
LEFT_OUT = {
    "redis_exporter_": "about the exporter itself",
    "redis_target_scrape_request_errors_total": "about requests to the exporter",
    "redis_last_key_groups_scrape_duration_milliseconds": "about a search that the exporter makes",
    "redis_db_keys_cached": "the exporter takes the fourth figure of a database for KeyDB's cached keys; it is subexpiry",
}
# What moves though nobody does anything, by how much of its value at most, or in its own unit.
MOVES = re.compile("redis_(memory|allocator|mem)_")
MOVES_PART = 0.25
SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{.*\})?) (\S+)$")
OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"


def fetch(url, accept="*/*"):
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=20) as response:
        return response.read().decode(), response.headers["Content-Type"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def fetch_once_up(url, seconds=20):
    end = time.monotonic() + seconds
    while True:
        try:
            return fetch(url)[0]
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def series_of(name):
    """A sample's name and labels, in whatever order these are written."""
    base, _, labels = name.partition("{")
    pairs = re.findall(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"', labels)
    return base, tuple(sorted(pairs))


def read(text):
    types, samples = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types, f"{name} is told twice"
            types[name] = kind
        elif not line.startswith("#"):
            match = SAMPLE.match(line)
            assert match, line
            series = series_of(match[1])
            assert series not in samples, f"{line} is told twice"
            samples[series] = float(match[2])
    return types, samples


def is_left_out(name):
    return any(name.startswith(prefix) for prefix in LEFT_OUT) or not name.startswith("redis_")


def fits(series, told, before, after):
    low, high = min(before, after), max(before, after)
    if MOVES.match(series[0]):
        slack = MOVES_PART * max(abs(low), abs(high), 1)
        low, high = low - slack, high + slack
    slack = 1e-9 * max(abs(low), abs(high))  # of how numbers are printed
    return low - slack <= told <= high + slack


def compare(port, http_port):
    ours = f"http://127.0.0.1:{http_port}/metrics"
    exporter_port = free_port()
    exporter = subprocess.Popen(
        ["prometheus-redis-exporter", "-redis.addr", f"redis://127.0.0.1:{port}",
         "-web.listen-address", f"127.0.0.1:{exporter_port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        theirs = f"http://127.0.0.1:{exporter_port}/metrics"
        fetch_once_up(theirs)
        _, before = read(fetch(ours)[0])
        their_types, their_samples = read(fetch(theirs)[0])
        our_types, after = read(fetch(ours)[0])
    finally:
        exporter.terminate()
        exporter.wait()
    wrong = []
    for name, kind in their_types.items():
        if not is_left_out(name) and our_types.get(name) != kind:
            wrong.append(f"{name} is a {kind}, here {our_types.get(name)}")
    for series, told in their_samples.items():
        if is_left_out(series[0]):
            continue
        if series not in before or series not in after:
            wrong.append(f"{series} is missing")
        elif not fits(series, told, before[series], after[series]):
            wrong.append(f"{series} is {told}, here {before[series]} before and {after[series]} behind")
    assert not wrong, "\n".join(wrong)
    assert sum(not is_left_out(series[0]) for series in their_samples) > 200
    assert not any("key" in dict(labels) for _, labels in after), "a key is a label"


def lint(http_port):
    """promtool reads every line; of what it would have named otherwise all is the exporter's."""
    text, kind = fetch(f"http://127.0.0.1:{http_port}/metrics")
    assert kind.startswith("text/plain; version=0.0.4"), kind
    tool = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    said = (tool.stdout + tool.stderr).strip().splitlines()
    assert tool.returncode in (0, 3), said
    assert all(line.startswith("redis_") for line in said), said


def series_of_both_forms(http_port):
    """Of OpenMetrics, as its reference reader takes it, and of the plain form."""
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    text, kind = fetch(f"http://127.0.0.1:{http_port}/metrics", OPENMETRICS)
    assert kind.startswith("application/openmetrics-text; version=1.0.0"), kind
    families = list(text_string_to_metric_families(text))
    assert any(family.type == "counter" for family in families)
    strict = {(sample.name, tuple(sorted(sample.labels.items()))) for family in families
              for sample in family.samples}
    plain = {(name, tuple((key, value.replace("\\\\", "\\")) for key, value in labels))
             for name, labels in read(fetch(f"http://127.0.0.1:{http_port}/metrics")[0])[1]}
    return strict, plain


def read_strictly(http_port, seconds=30):
    """Both forms have the same series, but for prefixes that a walk has met in between."""
    end = time.monotonic() + seconds
    while True:
        strict, plain = series_of_both_forms(http_port)
        if strict == plain:
            return
        assert time.monotonic() < end, strict ^ plain
        time.sleep(0.1)


def scrape(http_port):
    """Debian's Prometheus fetches it by itself and keeps what it says."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        with open(f"{folder}/prometheus.yml", "w") as file:
            file.write("global: {scrape_interval: 250ms, scrape_timeout: 250ms}\n"
                       "scrape_configs:\n"
                       "  - job_name: nuthatch\n"
                       f"    static_configs: [{{targets: ['127.0.0.1:{http_port}']}}]\n")
        server = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            await_sample(f"http://127.0.0.1:{port}/api/v1/query?query=", "redis_db_keys{db=\"db0\"}", "4")
            await_sample(f"http://127.0.0.1:{port}/api/v1/query?query=", "up", "1")
        finally:
            server.kill()
            server.wait()


def await_sample(url, query, value, seconds=30):
    end = time.monotonic() + seconds
    while True:
        answer = json.loads(fetch_once_up(url + urllib.parse.quote(query)))
        result = answer["data"]["result"]
        if result and result[0]["value"][1] == value:
            return
        assert time.monotonic() < end, answer
        time.sleep(0.1)


def main():
    part, port, http_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    programs = {"exporter": "prometheus-redis-exporter", "tools": "promtool", "scrape": "prometheus"}
    if shutil.which(programs[part]) is None:
        print("not here")
        return
    if part == "exporter":
        compare(port, http_port)
    elif part == "tools":
        lint(http_port)
        read_strictly(http_port)
    else:
        scrape(http_port)
    print("all well")


main()
