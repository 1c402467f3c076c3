"""Webhooks as their owner sees them, for the walk. Deliveries themselves: webhooks.py."""
import time

from openapi_client import new_id

URL = "https://books.shop.example/feezero"


class Webhooks:
    """A shop of its own, and another that has nothing to do with its webhooks."""

    def __init__(self, walk, people):
        self.walk, self.call, self.town = walk, walk.call, walk.town
        self.owner = self.town.shop("鮨 やすけ")
        self.till = self.town.till(self.owner)
        self.other = people["owner"]

    def run(self):
        webhook = self.one()
        self.secrets(webhook)
        self.log(webhook)
        self.foreign(webhook)
        self.ends(webhook)

    def one(self):
        """Made once; the same again is the same; an id and a URL belong together."""
        webhook = new_id()
        made = self.call("putWebhook", self.owner, webhook, {"url": URL}, expect=201).json
        self.walk.expect("secret" in made, "a new webhook shows its secret")
        again = self.call("putWebhook", self.owner, webhook, {"url": URL}, expect=200).json
        self.walk.same("shown once", again, {name: made[name] for name in made if name != "secret"})
        self.call("putWebhook", self.owner, webhook, {"url": URL + "/x"}, expect="id-reused")
        self.call("putWebhook", self.other, webhook, {"url": URL}, expect="id-reused")
        for url in ("http://shop.example/", "https://127.0.0.1/", "https://[::1]/x",
                    "https://localhost/", "https://u@shop.example/", "https://shop.example/#a"):
            answer = self.call("putWebhook", self.owner, new_id(), {"url": url}, expect="bad-field")
            self.walk.same(url, answer.json["field"], "url")
        more = [new_id() for _ in range(4)]
        for given in more:
            self.call("putWebhook", self.owner, given, {"url": URL}, expect=201)
        self.call("putWebhook", self.owner, new_id(), {"url": URL}, expect="too-many-webhooks")
        rows = self.call("getWebhooks", self.owner).json["webhooks"]
        self.walk.same("all of them, in order", [row["webhook_id"] for row in rows],
                       [webhook, *more])
        for given in more:
            self.call("deleteWebhook", self.owner, given)
        self.walk.same("what is left", len(self.call("getWebhooks", self.owner).json["webhooks"]),
                       1)
        return webhook

    def secrets(self, webhook):
        first = self.call("rotateWebhook", self.owner, webhook).json
        row = self.call("getWebhooks", self.owner).json["webhooks"][0]
        self.walk.same("the old one's end", row["old_secret_until"], first["old_secret_until"])
        second = self.call("rotateWebhook", self.owner, webhook, {"overlap": 60}).json
        self.walk.expect(first["secret"] != second["secret"], "a new secret is new")
        self.walk.expect(second["old_secret_until"] < first["old_secret_until"], "for a minute")
        third = self.call("rotateWebhook", self.owner, webhook, {"overlap": 0}).json
        self.walk.expect("old_secret_until" not in third, "no old one any more")

    def log(self, webhook):
        """Events of the shop are recorded, and sent again when asked."""
        for amount in (10, 20, 30):
            self.call("putIntent", self.till, new_id(), {"amount": amount}, expect=201)
        for _ in range(200):
            page = self.call("getDeliveries", self.owner, webhook).json
            if len(page["deliveries"]) == 3:
                break
            time.sleep(0.05)  # the courier comes by
        seqs = [row["seq"] for row in page["deliveries"]]
        self.walk.same("newest first", seqs, sorted(seqs, reverse=True))
        self.walk.same("three sales", len(seqs), 3)
        first = self.call("getDeliveries", self.owner, webhook, query="?limit=2").json
        self.walk.same("the next page", first["next"], seqs[1])
        rest = self.call("getDeliveries", self.owner, webhook,
                         query=f"?limit=2&before={first['next']}").json
        self.walk.same("the last page", [row["seq"] for row in rest["deliveries"]], seqs[2:])
        self.walk.same("nothing behind it", rest["next"], None)
        again = self.call("replayWebhook", self.owner, webhook, {"after": seqs[2]}).json
        self.walk.same("sent again", (again["replayed"], again["next"]), (2, seqs[0]))
        again = self.call("replayWebhook", self.owner, webhook, {"after": seqs[0]}).json
        self.walk.same("nothing to send", (again["replayed"], again["next"]), (0, seqs[0]))
        for query in ("?limit=0", "?limit=201", "?before=0", "?after=1"):
            self.call("getDeliveries", self.owner, webhook, query=query, expect="bad-query")

    def foreign(self, webhook):
        for who, given in ((self.other, webhook), (self.owner, new_id())):
            for name, body in (("deleteWebhook", None), ("rotateWebhook", {}),
                               ("replayWebhook", {"after": 0}), ("getDeliveries", None)):
                self.call(name, who, given, body, expect="not-found")

    def ends(self, webhook):
        for _ in range(2):
            self.call("deleteWebhook", self.owner, webhook)
        self.call("getDeliveries", self.owner, webhook, expect="not-found")
        self.call("replayWebhook", self.owner, webhook, {"after": 0}, expect="not-found")
        self.call("rotateWebhook", self.owner, webhook, expect="not-found")
        self.call("putWebhook", self.owner, webhook, {"url": URL}, expect="id-reused")
        self.walk.same("no webhook", self.call("getWebhooks", self.owner).json, {"webhooks": []})
