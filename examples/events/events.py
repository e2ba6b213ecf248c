"""A log of events: each group of workers gets all of them, each worker of a group some."""

import json
import socket

import redis


class Events:
    def __init__(self, client, group, lease_s=30, keep=100000, name="events"):
        """`client` is a redis.Redis with decode_responses; what a worker keeps for so long, others take over; of what
        was published about so many events are kept."""
        self.client, self.group, self.name, self.keep = client, group, name, keep
        self.lease_ms = int(lease_s * 1000)
        try:
            # From the first event that is still there.
            client.xgroup_create(name, group, id="0", mkstream=True)
        except redis.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    def publish(self, kind, **about):
        """Tell of something that has happened; the event's ID."""
        return self.client.xadd(
            self.name, {"kind": kind, "about": json.dumps(about)}, maxlen=self.keep, approximate=True
        )

    def own(self, worker):
        """What the worker was given before and has not finished: it asks for it when it starts again."""
        return self._events(self.client.xreadgroup(self.group, worker, {self.name: "0"}))

    def take(self, worker, count=10, wait_s=1):
        """Events that nobody of the group has been given yet, [] if none come in time."""
        wait_ms = max(1, int(wait_s * 1000))
        return self._events(
            self.client.xreadgroup(self.group, worker, {self.name: ">"}, count=count, block=wait_ms)
        )

    def rescue(self, worker, count=10):
        """Events of workers who have kept them for too long, given to this one."""
        _, entries, *_ = self.client.xautoclaim(
            self.name, self.group, worker, self.lease_ms, "0-0", count=count
        )
        return [self._event(id, fields) for id, fields in entries if fields]

    def finish(self, *ids):
        """They are done, and nobody is given them again; how many were not finished before."""
        return self.client.xack(self.name, self.group, *ids)

    def unfinished(self):
        """How many events each worker has, by its name."""
        found = self.client.xpending(self.name, self.group)
        return {consumer["name"]: consumer["pending"] for consumer in found["consumers"]}

    def work(self, do, until, worker=None, wait_s=1):
        """Call `do(id, kind, about)` for each event until `until()`, asked every `wait_s`, says that it is enough."""
        worker = worker or socket.gethostname()
        events = self.own(worker)
        while not until():
            for id, kind, about in events:
                do(id, kind, about)
                self.finish(id)
            events = self.take(worker, wait_s=wait_s) or self.rescue(worker)

    def _events(self, reply):
        # Of what was trimmed or deleted since it was given out, only the ID is left.
        return [self._event(id, fields) for _, entries in reply for id, fields in entries if fields]

    def _event(self, id, fields):
        return id, fields["kind"], json.loads(fields["about"])
