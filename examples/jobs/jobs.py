"""A job queue: jobs wait in one list, and stand in the worker's own list while it works on them."""

import json


class Jobs:
    def __init__(self, client, lease_s=30):
        """`client` is a redis.Redis with decode_responses; a worker that is silent for so long is dead."""
        self.client, self.lease_s = client, lease_s

    def add(self, *jobs):
        """Put jobs, whatever JSON can say, behind those that wait; how many wait now."""
        return self.client.lpush("jobs", *map(json.dumps, jobs))

    def take(self, worker, wait_s=None):
        """The next job as its text, None if none comes in time. At no moment is it in no list, whoever dies."""
        self.client.set(f"worker:{worker}", "alive", ex=self.lease_s)
        self.client.sadd("workers", worker)
        if wait_s is None:
            return self.client.lmove("jobs", f"jobs:{worker}", "RIGHT", "LEFT")
        return self.client.blmove("jobs", f"jobs:{worker}", wait_s, "RIGHT", "LEFT")

    def finish(self, worker, job):
        """It is done. False: it took too long, and somebody else has it."""
        return self.client.lrem(f"jobs:{worker}", 1, job) == 1

    def work(self, worker, do, until, wait_s=1):
        """Do jobs, also those of workers that died, until `until()`, asked every `wait_s`, says that it is enough."""
        while not until():
            job = self.take(worker, wait_s)
            if job is None:
                self.rescue()
            else:
                do(json.loads(job))
                self.finish(worker, job)

    def rescue(self):
        """Give the jobs of dead workers back to the front of the queue; how many there were."""
        rescued = 0
        for worker in self.client.smembers("workers"):
            if self.client.exists(f"worker:{worker}"):
                continue
            while self.client.lmove(f"jobs:{worker}", "jobs", "LEFT", "RIGHT"):
                rescued += 1
        return rescued
