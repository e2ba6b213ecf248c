"""Celery with its Redis transport and result backend. Arguments: port of the server; by itself it starts the worker."""

import os
import signal
import subprocess
import sys
import time

from celery import Celery, chain, chord, group

port = int(os.environ.get("CELERY_PORT") or sys.argv[1])
app = Celery("celery_client", broker=f"redis://127.0.0.1:{port}/0", backend=f"redis://127.0.0.1:{port}/1")


@app.task
def add(a, b):
    return a + b


@app.task
def total(numbers):
    return sum(numbers)


@app.task
def fail():
    raise ValueError("this one fails")


@app.task(bind=True, max_retries=3)
def patient(self):
    if self.request.retries < 2:
        raise self.retry(countdown=0.2)
    return self.request.retries


def check_all():
    assert add.delay(1, 2).get(timeout=30) == 3

    results = [add.delay(number, number) for number in range(50)]
    assert [result.get(timeout=30) for result in results] == [2 * number for number in range(50)]

    failed = fail.delay()
    try:
        failed.get(timeout=30)
        raise AssertionError("a failure is no result")
    except ValueError as error:
        assert str(error) == "this one fails"
    assert failed.state == "FAILURE"

    # A time that has not come: the worker keeps it, and is given it again where it was not done.
    started = time.monotonic()
    later = add.apply_async((3, 4), countdown=0.5)
    retried = patient.delay()
    assert later.get(timeout=30) == 7
    assert time.monotonic() - started >= 0.4
    assert retried.get(timeout=30) == 2

    assert group(add.s(number, 1) for number in range(10))().get(timeout=30) == list(range(1, 11))
    assert chord((add.s(number, number) for number in range(10)), total.s())().get(timeout=30) == 90
    assert chain(add.s(1, 1), add.s(10))().get(timeout=30) == 12

    # One that nobody is to do any more.
    revoked = add.apply_async((1, 1), countdown=60)
    app.control.revoke(revoked.id)
    # To all workers, and their answers: pub/sub.
    assert [list(reply.values()) for reply in app.control.ping(timeout=20, limit=1)] == [[{"ok": "pong"}]]


def main():
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "--app", "celery_client", "worker", "--concurrency", "2"]
        + ["--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"],
        cwd=os.path.dirname(os.path.abspath(__file__)),
        env={**os.environ, "CELERY_PORT": str(port), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=sys.stdout,
        stderr=subprocess.STDOUT,
    )
    try:
        check_all()
    finally:
        worker.send_signal(signal.SIGQUIT)
        worker.wait(timeout=30)
    print("all well")


if __name__ == "__main__":
    main()
