"""examples/observability: what its files ask for is what a server tells, and the rules do what they say.

observability_client.py PROGRAM FOLDER: PROGRAM is the server, FOLDER the example. promtool is Debian's, of prometheus.
"""
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import redis

NAME = re.compile(r"\b(?:redis|nuthatch)_[a-z_]+\b")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One that is alone, or before another."""

    def __init__(self, program, directory, *options, http=True):
        self.port, self.http = free_port(), free_port() if http else 0
        of_http = ["--http-port", str(self.http)] if http else []
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", directory, *of_http, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.client = redis.Redis(port=self.port)
        for _ in range(200):
            try:
                self.client.ping()
                return
            except redis.exceptions.RedisError:
                time.sleep(0.05)
        raise SystemExit(f"{command} does not answer")

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics", timeout=10) as reply:
            return reply.read().decode()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)


def names_told(text):
    """A histogram or summary is asked for by its samples, the rest by its name."""
    return {line.split("{")[0].split(" ")[0] for line in text.splitlines() if line and not line.startswith("#")}


def expressions_of_rules(folder):
    for line in (folder / "rules.yml").read_text().splitlines():
        if not line.lstrip().startswith("#"):
            yield line


def expressions_of_board(folder):
    board = json.loads((folder / "grafana" / "nuthatch.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"]


def names_asked(folder):
    texts = [*expressions_of_rules(folder), *expressions_of_board(folder)]
    return {name for text in texts for name in NAME.findall(text)}


def work(server):
    """Something of everything that has a figure of its own only once it has happened."""
    client = server.client
    for i in range(200):
        client.set(f"user:{i}", "x" * 100, ex=100)
        client.get(f"user:{i}")
    client.get("absent")
    client.execute_command("CACHE", "GET", "page:1", "LEASE", 1000)


def check_names(program, folder, directory):
    alone = Server(program, directory)
    before = Server(program, directory, "--upstream", f"redis://127.0.0.1:{alone.port}")
    try:
        work(alone)
        before.client.get("user:1")
        missing = names_asked(folder)
        for _ in range(100):  # prefixes are told once the walk has come by
            missing -= names_told(alone.metrics()) | names_told(before.metrics())
            if not missing:
                return
            time.sleep(0.1)
        raise SystemExit(f"/metrics does not tell {sorted(missing)}")
    finally:
        before.stop()
        alone.stop()


def check_rules(folder):
    if shutil.which("promtool") is None:
        print("no promtool here: the rules are not looked at")
        return
    for what in (["config", "prometheus.yml"], ["rules", "rules.yml"]):
        subprocess.run(["promtool", "check", *what], cwd=folder, check=True)
    subprocess.run(["promtool", "test", "rules", "rules_test.yml"], cwd=folder, check=True)


def main(program, folder):
    folder = pathlib.Path(folder)
    check_rules(folder)
    with tempfile.TemporaryDirectory() as directory:
        check_names(program, folder, directory)
    print("all well")


main(*sys.argv[1:])
