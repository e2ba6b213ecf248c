"""The systemd unit of examples/: what it leaves open, and whether the server can live under it.

Arguments: the server, the unit. Where systemd runs and we are root, the server is started by systemd-run with the
unit's own settings. Elsewhere its system calls are traced and held against the unit's filter, as systemd-analyze
knows it.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import redis

server, unit = (os.path.abspath(path) for path in sys.argv[1:3])
EXPOSURE_MAX = 20  # tenths, of 100
# Who is started otherwise, and as whom, is not the sandbox.
NOT_SANDBOX = ("Type", "ExecStart", "ExecReload", "Restart", "User", "Group", "RuntimeDirectory", "LogsDirectory")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def settings():
    section = ""
    for line in open(unit):
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == "[Service]" and line and not line.startswith("#"):
            yield tuple(line.split("=", 1))


def wait_for(port):
    client = redis.Redis(host="127.0.0.1", port=port)
    for _ in range(400):
        try:
            client.ping()
            return client
        except redis.exceptions.ConnectionError:
            time.sleep(0.05)
    raise AssertionError("the server does not answer")


def use(client, port):
    """What touches the kernel: files, sockets, threads, memory, names, signals."""
    client.set("k", "v" * 100000)
    client.lpush("l", *range(1000))
    client.eval("for i = 1, 1000 do redis.call('SET', 'x' .. i, i) end", 0)
    client.config_set("maxmemory", "100mb")
    client.config_set("hz", 100)
    client.info("everything")
    client.memory_stats()
    for command in (["MEMORY", "PURGE"], ["DEBUG", "SLEEP", "0"], ["LATENCY", "DOCTOR"]):
        try:
            client.execute_command(*command)
        except redis.exceptions.ResponseError:
            pass
    try:
        client.execute_command("MIGRATE", "localhost", port, "k", 1, 500, "COPY")
    except redis.exceptions.ResponseError:
        pass
    client.flushall()


def analyzed():
    """None where systemd's tools are missing."""
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={EXPOSURE_MAX}", unit]
    done = subprocess.run(command, capture_output=True, text=True)
    if "overall exposure" not in (done.stdout + done.stderr).lower():
        return None
    assert done.returncode == 0, done.stdout + done.stderr
    return True


def filter_sets():
    sets, name = {}, None
    text = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], capture_output=True, text=True).stdout
    for line in text.splitlines():
        word = line.strip()
        if line.startswith("@"):
            name = word
            sets[name] = []
        elif line.startswith(" ") and word and not word.startswith("#"):
            sets[name].append(word)
    return sets


def expand(sets, word):
    if not word.startswith("@"):
        return {word}
    return set().union(*(expand(sets, inner) for inner in sets[word]))


def allowed_calls(sets):
    allowed = expand(sets, "@default")
    for key, value in settings():
        if key != "SystemCallFilter":
            continue
        calls = set().union(*(expand(sets, word) for word in value.lstrip("~").split()))
        allowed = allowed - calls if value.startswith("~") else allowed | calls
    return allowed


def run_traced(folder, port):
    trace = os.path.join(folder, "trace")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--threads", "2", "--enable-debug-command", "yes"]
    options += ["--unixsocket", os.path.join(folder, "socket"), "--logfile", os.path.join(folder, "log")]
    tracer = ["strace", "-f", "-qq", "-o", trace, "-e", "signal=none", server]
    process = subprocess.Popen(tracer + options, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    client = wait_for(port)
    use(client, port)
    client.shutdown(nosave=True)
    process.wait(timeout=60)
    calls = set()
    for line in open(trace, errors="replace"):
        call = line.split(None, 1)[1].split("(")[0].strip()
        if call.replace("_", "").isalnum():
            calls.add(call)
    return calls


def can_trace():
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


def check_calls():
    if not can_trace():
        print("skipped: nothing can be traced here")
        return
    with tempfile.TemporaryDirectory() as folder:
        calls = run_traced(folder, free_port())
    assert "epoll_ctl" in calls and "accept4" in calls, calls
    refused = calls - allowed_calls(filter_sets())
    assert refused == set(), f"the unit refuses {sorted(refused)}"


def check_unit_at_work():
    port = free_port()
    command = ["systemd-run", "--quiet", "--pipe", "--collect", "--property=DynamicUser=yes"]
    command += [f"--property={key}={value}" for key, value in settings() if key not in NOT_SANDBOX]
    command += [server, "--port", str(port), "--bind", "127.0.0.1", "--threads", "2"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        client = wait_for(port)
        use(client, port)
        client.shutdown(nosave=True)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()


if not analyzed():
    print("skipped: no systemd-analyze here. all well")
    sys.exit(0)
if os.path.isdir("/run/systemd/system") and os.geteuid() == 0 and os.access(server, os.X_OK):
    check_unit_at_work()
check_calls()
print("all well")
