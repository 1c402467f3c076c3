"""The ways of paying beside the till's own code, and how both ends hear of it, for the walk."""
import functools
import time

from hostile_judge import at_once
from openapi_client import new_id


class Ways:
    """A shop and residents of its own; the figures do not depend on what went before."""

    def __init__(self, walk, people):
        self.walk, self.call, self.town = walk, walk.call, walk.town
        self.staff = people["auditor"]
        self.owner = self.town.shop("立ち飲み いろは")
        self.till = self.town.till(self.owner)
        self.payer = self.town.resident("小林 一茶")
        self.friend = self.town.resident("松尾 芭蕉")
        self.shop_id = self.owner.me["party_id"]
        self.town.top_up(self.payer, 100000)

    def run(self):
        for part in (self.money_events, self.woken, self.shops, self.stickers,
                     self.twice):
            part()

    def sale(self, amount, **more):
        intent = new_id()
        self.call("putIntent", self.till, intent, {"amount": amount} | more, expect=201)
        return intent

    def pay(self, intent, amount):
        payment = new_id()
        self.call("putPayment", self.payer, payment, {
            "intent_id": intent, "shop": self.shop_id, "amount": amount}, expect=201)
        return payment

    def follow(self, who, after=0, limit=2):
        """Everything that moved an account after a transfer, by small pages."""
        seen = []
        while True:
            page = self.call("getEvents", who, query=f"?after={after}&limit={limit}").json
            seen += page["events"]
            if not page["events"]:
                self.walk.same("the cursor stays", page["next"], after)
                return seen
            after = page["next"]

    def money_events(self):
        intent = self.sale(700)
        payment = self.pay(intent, 700)
        self.call("putRefund", self.till, new_id(), {"intent_id": intent, "amount": 200},
                  expect=201)
        self.call("putTransfer", self.payer, new_id(), {
            "to": self.friend.me["party_id"], "amount": 30, "message": "古池や"}, expect=201)
        for who, types in (
                (self.payer, ["topup.completed", "payment.completed", "payment.refunded",
                              "transfer.out"]),
                (self.friend, ["transfer.in"]),
                (self.till, ["payment.completed", "payment.refunded"]),
                (self.owner, ["payment.completed", "payment.refunded"])):
            seen = self.follow(who)
            history = self.call("getHistory", who).json["items"][::-1]
            self.walk.same("types", [event["type"] for event in seen], types)
            for event, item in zip(seen, history):
                told = {name: item[name] for name in item if name not in ("kind", "number")}
                shown = {name: event[name] for name in event
                         if name not in ("seq", "type", "terminal")}
                self.walk.same("an event is a line of the history", shown, told)
                self.walk.same("its place", event["seq"], item["number"])
                self.walk.same("the till", event.get("terminal"),
                               "T001" if "intent_id" in event else None)
        self.walk.same("the payment", seen[0]["operation_id"], payment)
        self.walk.same("from there on", self.follow(self.owner, seen[0]["seq"]), seen[1:])
        for query in ("?after=999999999", "?wait=31", "?limit=0", "?limit=201", "?after=-1"):
            self.call("getEvents", self.payer, query=query, expect="bad-query")

    def woken(self):
        """Who waits hears of it at once, whichever worker booked it: a payment, a transfer."""
        for who, act, kind in (
                (self.till, lambda: self.pay(self.sale(11), 11), "payment.completed"),
                (self.friend, lambda: self.call("putTransfer", self.payer, new_id(), {
                    "to": self.friend.me["party_id"], "amount": 5}, expect=201), "transfer.in")):
            after = self.follow(who, limit=200)[-1]["seq"]
            clients = [who.another() for _ in range(6)]  # some on either worker

            def wait(client, after=after):
                began = time.monotonic()
                page = self.call("getEvents", client, query=f"?after={after}&wait=20").json
                return time.monotonic() - began, [event["type"] for event in page["events"]]

            def later(act=act):
                time.sleep(0.7)
                act()
                return 0, [kind]

            for took, types in at_once(self.walk, *[functools.partial(wait, client)
                                                    for client in clients], later):
                self.walk.same("what woke", types, [kind])
                self.walk.expect(took < 5, f"{kind}: it slept {took:.1f} s")
        after = self.follow(self.till, limit=200)[-1]["seq"]
        began = time.monotonic()
        empty = self.call("getEvents", self.till, query=f"?after={after}&wait=1").json
        self.walk.same("nothing", empty, {"events": [], "next": after})
        self.walk.expect(0.9 < time.monotonic() - began < 5, "it waits as long as it was told")

    # --- stickers ---------------------------------------------------------------------------------

    def at_sticker(self, amount, expect=201, given=None, **more):
        given = given or new_id()
        return given, self.call("putPayment", self.payer, given, {
            "shop": self.shop_id, "amount": amount} | more, expect=expect)

    def shops(self):
        shop = self.call("getShop", self.payer, self.shop_id).json
        self.walk.same("the shop", shop, {
            "category_code": "5814", "city": "NAGAREYAMA", "id": self.shop_id,
            "name": "立ち飲み いろは", "open": True, "usual_max": 0})
        for missing in ("M99999999", self.payer.me["party_id"], "M" + self.payer.me["party_id"][1:],
                        "x", self.shop_id.lower(), new_id()):
            self.call("getShop", self.payer, missing, expect="not-found")

    def stickers(self):
        """What the payer says is paid at once; it can be voided, refunded and shown as any sale."""
        paid, first = self.at_sticker(900, terminal="T001")
        _, again = self.at_sticker(900, given=paid, terminal="T001",
                                   deadline="2020-01-01T00:00:00Z")
        self.walk.same("paid again", again.body, first.body)
        self.at_sticker(900, "id-reused", given=paid)
        self.walk.same("paid", [first.json[name] for name in ("intent_id", "state", "amount")],
                       [paid, "COMPLETED", 900])
        for who in (self.payer, self.till, self.owner):
            sale = self.call("getIntent", who, paid).json
            self.walk.same("the sale", [sale.get(name) for name in (
                "state", "operation_id", "terminal", "qr", "refunded")],
                           ["COMPLETED", paid, "T001", "", 0])
            self.walk.same("its shop", sale["shop"], {"id": self.shop_id, "name": "立ち飲み いろは"})
            receipt = self.call("getReceipt", who, paid).json
            self.walk.same("the receipt", receipt["intent_id"], paid)
        event = self.follow(self.owner)[-1]
        self.walk.same("the shop hears of it", [event[name] for name in (
            "type", "amount", "intent_id", "terminal")], ["payment.completed", 900, paid, "T001"])
        inquiry = self.call("getOperation", self.payer, paid)
        self.walk.expect(first.body in inquiry.body, "an inquiry has the original's bytes")
        self.call("putRefund", self.till, new_id(), {"intent_id": paid, "amount": 300}, expect=201)
        whole, _ = self.at_sticker(120)
        self.walk.expect("terminal" not in self.call("getIntent", self.till, whole).json,
                         "a sticker of no till")
        self.walk.expect("terminal" not in self.call("getReceipt", self.till, whole).json,
                         "its receipt")
        self.call("putVoid", self.till, new_id(), {"intent_id": whole}, expect=201)
        self.at_sticker(100, "account-not-found", shop="M99999999")
        self.at_sticker(100, "account-not-found", shop="M" + self.payer.me["party_id"][1:])
        self.at_sticker(1000001, "amount-out-of-range")
        self.at_sticker(990000, "insufficient-funds")
        self.at_sticker(100, "bad-field", intent_id=paid, terminal="T001")
        closed = new_id()
        self.call("putTombstone", self.payer, closed, expect=201)
        self.at_sticker(100, "tombstoned", given=closed)
        for amount in range(1, 25):
            self.at_sticker(200 + amount)
        self.walk.same("usual", self.call("getShop", self.payer, self.shop_id).json["usual_max"],
                       900)

    def twice(self):
        """The same amount again is asked about, wherever it is paid, unless the payer wants it."""
        self.at_sticker(640)
        _, refused = self.at_sticker(640, "suspected-duplicate")
        self.walk.expect(refused.json["seconds_ago"] < 20, f"how long ago? {refused.json}")
        intent = self.sale(640)
        order = {"intent_id": intent, "shop": self.shop_id, "amount": 640}
        refused, given = new_id(), new_id()
        first = self.call("putPayment", self.payer, refused, order, expect="suspected-duplicate")
        self.walk.same("the sale is open", first.json["state"], "CREATED")
        self.walk.same("the same refusal", self.call(
            "putPayment", self.payer, refused, order, expect="suspected-duplicate").body,
                       first.body)
        self.call("putPayment", self.payer, refused, order | {"again": True}, expect="id-reused")
        self.call("putPayment", self.payer, given, order | {"again": True}, expect=201)
        self.call("putPayment", self.payer, given, order, expect="id-reused")
        self.at_sticker(640, again=True)
        self.at_sticker(641, again=False)
