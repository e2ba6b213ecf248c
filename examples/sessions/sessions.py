"""The sessions of a web application: a hash for each of them, and for each user the set of those that are open."""

import secrets


class Sessions:
    def __init__(self, client, lifetime_s=1800):
        """`client` is a redis.Redis with decode_responses; a session ends so long after it was last used."""
        self.client, self.lifetime_s = client, lifetime_s

    def open(self, user, **facts):
        """Begin a session; what is returned goes into a cookie."""
        token = secrets.token_urlsafe(24)
        with self.client.pipeline(transaction=False) as pipe:
            pipe.hset(f"session:{token}", mapping={"user": user, "requests": 0, **facts})
            pipe.expire(f"session:{token}", self.lifetime_s)
            pipe.sadd(f"sessions:{user}", token)
            pipe.execute()
        return token

    def use(self, token):
        """What is known of a session, which lives on; None when it has ended."""
        if not self.client.expire(f"session:{token}", self.lifetime_s):
            return None
        self.client.hincrby(f"session:{token}", "requests", 1)
        return self.client.hgetall(f"session:{token}")

    def keep(self, token, **facts):
        """Remember more of a session."""
        self.client.hset(f"session:{token}", mapping=facts)
        self.client.expire(f"session:{token}", self.lifetime_s)

    def close(self, token):
        """Sign out here."""
        user = self.client.hget(f"session:{token}", "user")
        self.client.unlink(f"session:{token}")
        self.client.srem(f"sessions:{user}", token)

    def close_all(self, user):
        """Sign out everywhere; how many sessions were still open."""
        tokens = self.client.smembers(f"sessions:{user}")
        return self.client.delete(f"sessions:{user}", *(f"session:{token}" for token in tokens)) - bool(tokens)
