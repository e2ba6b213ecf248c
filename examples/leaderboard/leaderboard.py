"""A leaderboard: the best score of every player in one sorted set, the highest first."""


class Leaderboard:
    def __init__(self, client, game):
        """`client` is a redis.Redis with decode_responses."""
        self.client, self.key = client, f"leaderboard:{game}"

    def report(self, player, points):
        """A game was played: only a better score counts. The player's place, from 1."""
        with self.client.pipeline(transaction=False) as pipe:
            pipe.zadd(self.key, {player: points}, gt=True)
            pipe.zrevrank(self.key, player)
            return pipe.execute()[1] + 1

    def top(self, count, skip=0):
        """So many places behind the first `skip`: place, player, points."""
        rows = self.client.zrevrange(self.key, skip, skip + count - 1, withscores=True)
        return [(skip + i, player, points) for i, (player, points) in enumerate(rows, start=1)]

    def around(self, player, reach=5):
        """The places around a player's; empty for somebody who has not played."""
        rank = self.client.zrevrank(self.key, player)
        if rank is None:
            return []
        skip = max(0, rank - reach)
        return self.top(rank + reach + 1 - skip, skip)

    def between(self, low, high):
        """How many players have so many points."""
        return self.client.zcount(self.key, low, high)

    def keep(self, places):
        """Forget all but the best; how many are gone."""
        return self.client.zremrangebyrank(self.key, 0, -places - 1)
