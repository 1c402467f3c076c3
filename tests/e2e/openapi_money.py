"""Refunds that wait for their shop's money. For the walk."""
import time

from openapi_client import new_id


class Money:
    """A shop and a resident of their own."""

    def __init__(self, walk, _):
        self.walk, self.call, self.town = walk, walk.call, walk.town
        self.owner = self.town.shop("八百屋 お七")
        self.till = self.town.till(self.owner)
        self.payer = self.town.resident("大田 南畝")
        self.shop_id = self.owner.me["party_id"]
        self.town.top_up(self.payer, 400000)

    def run(self):
        self.held()

    def pay(self, amount, expect=201):
        given = new_id()
        return given, self.call("putPayment", self.payer, given, {
            "shop": self.shop_id, "amount": amount}, expect=expect)

    def give_back(self, sale, amount, expect, given=None):
        return self.call("putRefund", self.till, given or new_id(), {
            "intent_id": sale, "amount": amount}, expect=expect)

    # --- refunds on hold --------------------------------------------------------------------------

    def keep_back(self, yen):
        """The shop cannot dispose of so much."""
        self.town.sql(f"UPDATE fz.account SET hold = {yen} WHERE account = 11000000000 + "
                      f"{int(self.shop_id[1:])}")

    def held(self):
        sale, _ = self.pay(150000)
        self.keep_back(149000)
        refund = new_id()
        first = self.give_back(sale, 60000, 202, refund)
        self.walk.same("on hold", [first.json.get(name) for name in (
            "status", "state", "refunded", "number")], ["HELD", "COMPLETED", 60000, None])
        self.walk.expect(first.json["eta"] > first.json["at"], "it is expected later")
        self.give_back(sale, 50000, "insufficient-funds")
        self.give_back(sale, 90001, "refund-exceeds-payment")
        for who in (self.payer, self.till):
            seen = self.call("getIntent", who, sale).json
            self.walk.same("both see it", (seen["refunded"], seen["held"]), (60000, 60000))
        inquiry = self.call("getOperation", self.till, refund)
        self.walk.same("an inquiry", (inquiry.json["status"], inquiry.json["http_status"]),
                       ("HELD", 202))
        events = self.call("getIntentEvents", self.till, sale).json["events"]
        self.walk.same("the event", events[-1]["type"], "intent.refund_held")
        self.call("putVoid", self.till, new_id(), {"intent_id": sale}, expect="already-refunded")
        after = self.call("getEvents", self.payer, query="?limit=200").json["next"]
        self.keep_back(0)
        event = self.call("getEvents", self.payer, query=f"?after={after}&wait=20").json["events"]
        self.walk.same("released", [(row["type"], row["amount"], row.get("intent_id"))
                                    for row in event], [("payment.refunded", 60000, sale)])
        seen = self.call("getIntent", self.payer, sale).json
        self.walk.same("nothing waits", (seen["refunded"], seen.get("held")), (60000, None))
        self.walk.same("the answer stays", self.give_back(sale, 60000, 202, refund).body,
                       first.body)
        events = self.call("getIntentEvents", self.till, sale).json["events"]
        self.walk.same("the event", events[-1]["type"], "intent.refunded")
        self.several(sale)

    def several(self, sale):
        """They are paid one after the other, as far as the money goes."""
        self.keep_back(89000)
        for _ in range(3):
            self.give_back(sale, 2000, 202)
        self.keep_back(90000 - 4500)
        self.walk.same("what there is money for is paid", self.until_held(sale, 2000), 2000)
        self.keep_back(0)
        self.walk.same("all are paid", self.until_held(sale, 0), 0)

    def until_held(self, sale, wanted):
        """Looks until so much waits, for 20 seconds at most; what waits then."""
        until = time.monotonic() + 20
        held = None
        while held != wanted and time.monotonic() < until:
            held = self.call("getIntent", self.till, sale).json.get("held", 0)
            time.sleep(0.1)
        return held
