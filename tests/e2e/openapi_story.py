"""A town's day for the walk: every outcome of every operation, once the form is right."""
import time
from urllib.parse import urlencode

from openapi_client import new_id
from openapi_forms import own_enrolment
from openapi_qr import parse_qr, uuid_of_base32

ACCOUNT = {"R": 10, "M": 11}  # classes of a resident's and a shop's account
FROZEN, CLOSED = 2, 3


class Story:
    """A town's day: everything that can come out of an operation once the form is right."""

    def __init__(self, walk, people):
        self.walk, self.call, self.town = walk, walk.call, walk.town
        self.till, self.owner = people["terminal"], people["owner"]
        self.payer, self.staff = people["resident"], people["auditor"]
        self.other_shop = self.town.shop("となりの店")
        self.neighbour = self.town.resident("佐藤 花子")
        self.shop_id = self.owner.me["party_id"]

    def set_account(self, client, setting):
        """What has no command yet: frozen and closed accounts, holds."""
        party = client.me["party_id"]
        account = ACCOUNT[party[0]] * 1000000000 + int(party[1:])
        self.town.sql(f"UPDATE fz.account SET {setting} WHERE account = {account}")

    def sale(self, amount, **more):
        intent = new_id()
        self.call("putIntent", self.till, intent, {"amount": amount} | more, expect=201)
        return intent

    def order(self, intent, amount, shop=None, **more):
        return {"intent_id": intent, "shop": shop or self.shop_id, "amount": amount} | more

    def pay(self, intent, amount, who=None, expect=201, **more):
        payment = new_id()
        answer = self.call("putPayment", who or self.payer, payment,
                           self.order(intent, amount, **more), expect=expect)
        return payment, answer

    def run(self):
        for part in (self.enrolment, self.intents, self.payments, self.refusals, self.returns,
                     self.transfers, self.inquiries, self.accounts, self.events, self.service,
                     self.without_accounts):
            part()

    def enrolment(self):
        again = self.call("enrol", self.payer, body=own_enrolment(
            self.payer, self.payer.code), expect=201)
        self.walk.same("enrolling again", again.json, self.payer.me)
        spoken = self.payer.code.lower().replace("-", "").replace("1", "1-", 1)
        self.call("enrol", self.payer, body=own_enrolment(self.payer, spoken), expect=201)
        for code in (self.payer.code, "1-0000-0000-0000-0000", "2" + self.payer.code[1:],
                     "1-????-????-????-????", "no code, sixteen"):
            thief = self.town.stranger()
            self.call("enrol", thief, body=own_enrolment(thief, code),
                      expect="enrolment-code")
        mixed = self.town.stranger()
        answer = mixed.send("POST", "/v1/enrol", own_enrolment(self.payer))
        self.walk.check("enrol", answer, 401, "key-unknown")
        for key in ("AAAA", "not base64", "", "A" * 125):
            self.call("enrol", mixed, body=own_enrolment(mixed) | {"public_key": key},
                      expect="bad-field")

    def intents(self):
        intent = new_id()
        asked = {"amount": 1480, "reference": "A-1024", "expires_in": 300}
        made = self.call("putIntent", self.till, intent, asked, expect=201)
        again = self.call("putIntent", self.till, intent, dict(reversed(asked.items())), expect=201)
        self.walk.same("the same intent again", again.body, made.body)
        self.call("putIntent", self.till, intent, asked | {"amount": 1481}, expect="id-reused")
        self.call("putIntent", self.owner, intent, asked | {"terminal": "T999"},
                  expect="id-reused")
        self.call("putIntent", self.till, body=asked | {"terminal": "T001"}, expect="bad-field")
        self.call("putIntent", self.owner, body=asked, expect="bad-field")
        self.call("putIntent", self.owner, body=asked | {"terminal": "T002"}, expect=201)
        self.call("putIntent", self.till, body={"amount": 1000001}, expect="amount-out-of-range")
        self.code(made.json)
        for who in (self.till, self.owner, self.payer, self.neighbour):
            answer = self.call("getIntent", who, intent)
            self.walk.same("an open intent", answer.json, made.json)
        self.call("getIntent", self.other_shop, intent, expect="not-yours")
        self.call("getIntent", self.till, expect="intent-not-found")
        self.call("cancelIntent", self.other_shop, intent, expect="not-yours")
        canceled = self.call("cancelIntent", self.till, intent, {})
        again = self.call("cancelIntent", self.owner, intent)
        self.walk.same("canceled", canceled.json, made.json | {"state": "CANCELED"})
        self.walk.same("canceled again", again.body, canceled.body)
        replay = self.call("putIntent", self.till, intent, asked, expect=201)
        self.walk.same("the answer of the creation, after the cancel", replay.body, made.body)
        self.call("cancelIntent", self.till, expect="intent-not-found")
        self.set_account(self.owner, f"state = {FROZEN}")
        self.call("putIntent", self.till, body=asked, expect="merchant-closed")
        self.set_account(self.owner, "state = 1")
        closed = new_id()
        self.call("putTombstone", self.till, closed, expect=201)
        self.call("putIntent", self.till, closed, asked, expect="tombstoned")

    def code(self, intent):
        """The QR code says what the intent says."""
        code = parse_qr(intent["qr"])
        self.walk.same("27", code["27"], {
            "00": self.till.me["qr_guid"], "01": self.shop_id, "02": "T001",
            "03": code["27"]["03"]})
        self.walk.same("27/03", uuid_of_base32(code["27"]["03"]), intent["intent_id"])
        self.walk.same("fixed", [code[name] for name in ("00", "01", "53", "58")],
                       ["01", "12", "392", "JP"])
        self.walk.same("54", code["54"], str(intent["amount"]))
        self.walk.same("62", code["62"], {"05": intent["reference"], "07": "T001"})
        self.walk.same("64", code["64"], {"00": "JA", "01": intent["shop"]["name"][:25]})

    def payments(self):
        self.town.top_up(self.payer, 10000)
        intent = self.sale(1480)
        payment, first = self.pay(intent, 1480)
        self.walk.same("paid", (first.json["amount"], first.json["state"]), (1480, "COMPLETED"))
        again = self.call("putPayment", self.payer, payment, self.order(
            intent, 1480, deadline="2020-01-01T00:00:00Z"), expect=201)
        self.walk.same("paid again", again.body, first.body)
        self.call("putPayment", self.payer, payment, self.order(intent, 1481), expect="id-reused")
        self.call("putPayment", self.neighbour, payment, self.order(intent, 1480),
                  expect="id-reused")
        self.walk.same("the balance", self.call("getBalance", self.payer).json["available"], 8520)
        for who, told in ((self.payer, True), (self.till, True), (self.neighbour, False)):
            seen = self.call("getIntent", who, intent).json
            self.walk.same("paid intent", seen["state"], "COMPLETED")
            self.walk.same("its payment", seen.get("operation_id"), payment if told else None)
        self.walk.expect("paid_at" not in seen and "number" not in seen, "told to a stranger")
        _, late = self.pay(intent, 1480, who=self.neighbour, expect="intent-paid")
        self.walk.same("of the loser", late.json["state"], "COMPLETED")
        late = self.call("cancelIntent", self.till, intent, expect="intent-paid")
        self.walk.same("of the cancel", late.json["state"], "COMPLETED")
        for who in (self.payer, self.till, self.owner):
            receipt = self.call("getReceipt", who, payment).json
            self.walk.same("receipt", receipt["number"], first.json["number"])
        self.call("getReceipt", self.neighbour, payment, expect="not-yours")
        self.call("getReceipt", self.other_shop, payment, expect="not-yours")
        self.call("getReceipt", self.payer, intent, expect="not-found")

    def refusals(self):
        intent = self.sale(20000)
        _, refused = self.pay(intent, 20000, expect="insufficient-funds")
        self.walk.same("shortfall", [refused.json[name] for name in
                                     ("balance", "shortfall", "state")], [8520, 11480, "CREATED"])
        self.pay(intent, 19999, expect="amount-mismatch")
        self.pay(intent, 20000, shop=self.other_shop.me["party_id"], expect="shop-mismatch")
        self.pay(intent, 1000001, expect="amount-out-of-range")
        self.pay(intent, 20000, deadline="2020-01-01T09:00:00+09:00", expect="deadline-passed")
        self.pay(new_id(), 20000, expect="intent-not-found")
        closed = new_id()
        self.call("putTombstone", self.payer, closed, expect=201)
        self.call("putPayment", self.payer, closed, self.order(intent, 20000), expect="tombstoned")
        for state, code in ((FROZEN, "account-frozen"), (CLOSED, "account-closed")):
            self.set_account(self.payer, f"state = {state}")
            self.pay(intent, 20000, expect=code)
        self.set_account(self.payer, "state = 1")
        self.set_account(self.owner, f"state = {FROZEN}")
        self.pay(intent, 20000, expect="merchant-closed")
        self.set_account(self.owner, "state = 1")
        self.call("cancelIntent", self.till, intent)
        self.pay(intent, 20000, expect="intent-canceled")
        short = self.sale(100, expires_in=10)
        self.town.sql("UPDATE fz.intent SET expires_us = created_us + 1 "
                      f"WHERE intent_id = '{short}'")
        self.walk.same("overdue", self.call("getIntent", self.neighbour, short).json["state"],
                       "EXPIRED")
        self.pay(short, 100, expect="intent-expired")
        self.walk.same("cancel of an expired one",
                       self.call("cancelIntent", self.till, short).json["state"], "EXPIRED")

    def give_back(self, name, intent, expect, who=None, **more):
        return self.call(name, who or self.till, new_id(), {"intent_id": intent} | more,
                         expect=expect)

    def returns(self):
        refunded, voided = self.sale(1000), self.sale(500)
        for name, more in (("putVoid", {}), ("putRefund", {"amount": 1})):
            self.give_back(name, refunded, "not-paid", **more)
        for intent, amount in ((refunded, 1000), (voided, 500)):
            self.pay(intent, amount)
        for name, more in (("putVoid", {}), ("putRefund", {"amount": 400})):
            self.give_back(name, new_id(), "intent-not-found", **more)
            self.give_back(name, refunded, "not-yours", who=self.other_shop, **more)
            self.give_back(name, refunded, "deadline-passed", deadline="2020-01-01T00:00:00Z",
                           **more)
            for setting, code in ((f"state = {FROZEN}", "account-frozen"),
                                  (f"state = {CLOSED}", "account-closed"),
                                  ("hold = 99999", "insufficient-funds")):
                if name == "putRefund" and code == "insufficient-funds":
                    continue  # it would be on hold
                self.set_account(self.owner, setting)
                self.give_back(name, refunded, code, **more)
                self.set_account(self.owner, "state = 1, hold = 0")
            closed = new_id()
            self.call("putTombstone", self.owner, closed, expect=201)
            self.call(name, self.till, closed, {"intent_id": refunded} | more, expect="tombstoned")
        self.give_back("putRefund", refunded, "amount-out-of-range", amount=1000001)
        refund = new_id()
        body = {"intent_id": refunded, "amount": 400}
        first = self.call("putRefund", self.till, refund, body, expect=201)
        again = self.call("putRefund", self.owner, refund, body, expect=201)
        self.walk.same("refunded again", again.body, first.body)
        self.call("putRefund", self.till, refund, body | {"amount": 401}, expect="id-reused")
        over = self.give_back("putRefund", refunded, "refund-exceeds-payment", amount=601)
        self.walk.same("refundable", over.json["refundable"], 600)
        self.give_back("putVoid", refunded, "already-refunded")
        rest = self.give_back("putRefund", refunded, 201, amount=600)
        self.walk.same("refunded in all", rest.json["refunded"], 1000)
        self.voids(voided)

    def voids(self, voided):
        void = new_id()
        self.town.sql("UPDATE fz.intent SET paid_us = paid_us - 172800000000 "
                      f"WHERE intent_id = '{voided}'")
        self.give_back("putVoid", voided, "void-window-closed")
        self.town.sql("UPDATE fz.intent SET paid_us = paid_us + 172800000000 "
                      f"WHERE intent_id = '{voided}'")
        first = self.call("putVoid", self.till, void, {"intent_id": voided}, expect=201)
        again = self.call("putVoid", self.till, void, {"intent_id": voided}, expect=201)
        self.walk.same("voided again", again.body, first.body)
        self.call("putVoid", self.till, void, {"intent_id": new_id()}, expect="id-reused")
        self.give_back("putVoid", voided, "already-voided")
        self.give_back("putRefund", voided, "already-voided", amount=1)

    def transfers(self):
        transfer, to = new_id(), self.neighbour.me["party_id"]
        body = {"to": to, "amount": 500, "message": "お昼ごちそうさま"}
        first = self.call("putTransfer", self.payer, transfer, body, expect=201)
        again = self.call("putTransfer", self.payer, transfer, body, expect=201)
        self.walk.same("sent again", again.body, first.body)
        self.call("putTransfer", self.payer, transfer, body | {"message": "x"}, expect="id-reused")

        def refused(code, **change):
            self.call("putTransfer", self.payer, new_id(), body | change, expect=code)

        refused("same-account", to=self.payer.me["party_id"])
        refused("account-not-found", to="R99999999")
        refused("account-not-found", to="R" + self.shop_id[1:])
        refused("amount-out-of-range", amount=1000001)
        refused("insufficient-funds", amount=100000)
        refused("deadline-passed", deadline="2020-01-01T00:00:00Z")
        closed = new_id()
        self.call("putTombstone", self.payer, closed, expect=201)
        self.call("putTransfer", self.payer, closed, body, expect="tombstoned")
        for state, code in ((FROZEN, "account-frozen"), (CLOSED, "account-closed")):
            self.set_account(self.payer, f"state = {state}")
            refused(code)
        self.set_account(self.payer, "state = 1")
        self.town.top_up(self.neighbour, 999500)
        refused("balance-limit")

    def inquiries(self):
        intent = self.sale(300, reference="asked")
        made = self.call("getOperation", self.till, intent).json
        self.walk.same("the creation", (made["status"], made["http_status"], made["kind"]),
                       ("DONE", 201, "intent"))
        payment, paid = self.pay(intent, 300)
        for who in (self.payer, self.till, self.owner):
            answer = self.call("getOperation", who, payment)
            self.walk.expect(paid.body in answer.body, "an inquiry has the original's bytes")
            self.walk.same("the intent's creation stays",
                           self.call("getOperation", self.till, intent).json, made)
        for who in (self.neighbour, self.other_shop, self.staff):
            self.call("getOperation", who, payment, expect="not-yours")
            self.call("getOperation", who, new_id(), expect="operation-unknown")
        lost, refused = self.pay(self.sale(900000), 900000, expect="insufficient-funds")
        answer = self.call("getOperation", self.payer, lost)
        self.walk.expect(refused.body in answer.body, "a refusal's bytes too")
        self.walk.same("a refusal", answer.json["status"], "REJECTED")
        self.call("getOperation", self.till, lost, expect="not-yours")  # it tells a balance
        self.tombstones(payment, intent, lost)

    def tombstones(self, payment, intent, lost):
        for who, taken, told in ((self.payer, payment, True), (self.owner, payment, True),
                                 (self.till, intent, True), (self.payer, lost, True),
                                 (self.till, lost, False), (self.neighbour, payment, False),
                                 (self.staff, intent, False)):
            answer = self.call("putTombstone", who, taken, {"reason": "no answer"},
                               expect="id-reused")
            self.walk.same("final_state", "final_state" in answer.json, told)
            if told:
                self.walk.same("it is the inquiry", answer.json["final_state"],
                               self.call("getOperation", who, taken).json)
        for who in (self.payer, self.staff):
            closed = new_id()
            first = self.call("putTombstone", who, closed, expect=201)
            again = self.call("putTombstone", who, closed, {}, expect=201)
            self.walk.same("closed again", again.body, first.body)
            self.call("putTombstone", who, closed, {"reason": "x"}, expect="tombstoned")
            self.call("putTombstone", self.neighbour, closed, expect="tombstoned")
            inquiry = self.call("getOperation", who, closed).json
            self.walk.same("a tombstone", inquiry["status"], "TOMBSTONED")
            self.call("getOperation", self.neighbour, closed, expect="not-yours")

    def accounts(self):
        for who in (self.payer, self.owner):
            balance = self.call("getBalance", who).json
            every, query = [], "?limit=2"
            while query:
                page = self.call("getHistory", who, query=query).json
                every += page["items"]
                query = f"?limit=2&before={page['next']}" if page["next"] else ""
            total = sum(item["amount"] * (1 if item["direction"] == "in" else -1)
                        for item in every)
            numbers = [item["number"] for item in every]
            self.walk.same("the sum of the history", total, balance["balance"])
            self.walk.same("newest first", numbers, sorted(set(numbers), reverse=True))
            self.walk.same("as_of", balance["as_of"], numbers[0])
            self.walk.same("all at once", self.call("getHistory", who,
                                                    query="?limit=200").json["items"], every)
            told = {"counterparty" in item for item in every if item["kind"] == "payment"}
            self.walk.same("whom it is told", told, {who is self.payer})
        self.walk.same("a till sees the shop's", self.call("getHistory", self.till).json["items"],
                       every[:50])
        self.past(every)
        received = self.call("getHistory", self.neighbour).json["items"]
        self.walk.same("the message", received[-1].get("message"), "お昼ごちそうさま")
        for query in ("?before=999999", "?limit=0", "?limit=201", "?limit=1&limit=2", "?before="):
            self.call("getHistory", self.payer, query=query, expect="bad-query")

    def past(self, every):
        """The shop's history by kind, direction and time, against the list of all of it."""
        def signed(items):
            return sum(item["amount"] * (1 if item["direction"] == "in" else -1) for item in items)

        times = [item["at"] for item in every]
        for begin, end in ((None, None), (times[-1], times[0]), (times[len(times) // 2], None),
                           (times[4], times[2]), (times[3], times[3]), (None, times[5])):
            span = {"from": begin, "to": end}
            for more in ({}, {"kind": "payment"}, {"kind": "void,refund"}, {"direction": "in"},
                         {"kind": "payment,refund", "direction": "out"}):
                asked = {key: value for key, value in (span | more).items() if value}
                wanted = [item for item in every
                          if item["kind"] in more.get("kind", item["kind"]).split(",")
                          and item["direction"] == more.get("direction", item["direction"])
                          and (begin or "") <= item["at"] < (end or "9")]
                self.walk.same(f"history {asked}", self.call(
                    "getHistory", self.owner, query="?" + urlencode({"limit": 200} | asked)
                ).json["items"], wanted)
            asked = {key: value for key, value in span.items() if value}
            statement = self.call("getStatement", self.owner,
                                  query="?" + urlencode(asked) if asked else "").json
            inside = [item for item in every if (begin or "") <= item["at"] < (end or "9")]
            before = [item for item in every if item["at"] < (begin or "")]
            self.walk.same(f"statement {asked}", statement | {"at": None}, {
                "account": statement["account"], "at": None, "movements": len(inside),
                "opening": {"as_of": before[0]["number"] if before else 0,
                            "balance": signed(before)},
                "closing": {"as_of": (inside + before)[0]["number"] if inside or before else 0,
                            "balance": signed(inside + before)},
                "in": sum(item["amount"] for item in inside if item["direction"] == "in"),
                "out": sum(item["amount"] for item in inside if item["direction"] == "out")})
        for at in (times[0], times[3], times[-1]):
            then = [item for item in every if item["at"] <= at]
            balance = self.call("getBalance", self.owner, query="?" + urlencode({"at": at})).json
            self.walk.same(f"balance at {at}", (balance["as_of"], balance["balance"],
                                                balance["at"]),
                           (then[0]["number"], signed(then), at))
        self.walk.same("before everything", self.call(
            "getBalance", self.owner, query="?at=2020-01-01T00:00:00Z").json["balance"], 0)
        now = self.call("getBalance", self.owner).json
        later = self.call("getBalance", self.owner, query="?at=2999-01-01T09:00:00%2B09:00").json
        self.walk.same("the future is now", later["balance"], now["balance"])
        for query, field in (("?kind=", "kind"), ("?kind=gift", "kind"), ("?kind=topup", "kind"),
                             ("?kind=payment,payment", "kind"), ("?kind=payment,", "kind"),
                             ("?direction=both", "direction"), ("?from=yesterday", "from"),
                             ("?from=2026-12-01T00:00:00Z&to=2026-11-01T00:00:00Z", "to"),
                             ("?from=%", "from"), ("?kind=payment%00", "kind")):
            answer = self.call("getHistory", self.owner, query=query, expect="bad-query")
            self.walk.same(f"history {query}", answer.json["field"], field)
        for name, query in (("getStatement", "?to=x"), ("getStatement", "?at=" + times[0]),
                            ("getBalance", "?at=12"), ("getBalance", "?to=" + times[0])):
            self.call(name, self.owner, query=query, expect="bad-query")
        self.call("getStatement", self.till, expect="role-forbidden")

    def events(self):
        intent = self.sale(100)
        first = self.call("getIntentEvents", self.till, intent).json
        self.walk.same("created", [event["type"] for event in first["events"]], ["intent.created"])
        self.pay(intent, 100)
        self.give_back("putRefund", intent, 201, amount=40)
        more = self.call("getIntentEvents", self.owner, intent,
                         query=f"?after={first['next']}&wait=30").json
        self.walk.same("what followed", [(event["type"], event["amount"], event["state"])
                                         for event in more["events"]],
                       [("intent.completed", 100, "COMPLETED"),
                        ("intent.refunded", 40, "COMPLETED")])
        began = time.monotonic()
        empty = self.call("getIntentEvents", self.till, intent,
                          query=f"?after={more['next']}&wait=1").json
        self.walk.same("nothing", empty, {"events": [], "next": more["next"]})
        self.walk.expect(0.9 < time.monotonic() - began < 5, "it waits as long as it was told")
        self.call("getIntentEvents", self.other_shop, intent, expect="not-yours")
        self.call("getIntentEvents", self.till, expect="intent-not-found")
        for query in ("?wait=31", "?after=-1", "?after=x"):
            self.call("getIntentEvents", self.till, intent, query=query, expect="bad-query")

    def service(self):
        for name in ("getHealth", "getReady", "getMetrics"):
            answer = self.payer.raw("GET", self.walk.path(name), {}, None)
            self.walk.check(name, answer, 200)
        self.walk.expect("feezero_commands_total" in answer.body.decode(), "figures")

    def without_accounts(self):
        """Rows that no command takes away: what if they were missing?"""
        ghost, shop = self.town.resident("幽霊"), self.town.shop("まぼろし屋")
        intent = self.sale(100)
        self.town.sql("DELETE FROM fz.account WHERE account % 1000000000 IN "
                      f"({int(ghost.me['party_id'][1:])}, {int(shop.me['party_id'][1:])})")
        self.pay(intent, 100, who=ghost, expect="account-not-found")
        self.call("getBalance", ghost, expect="account-not-found")
        self.call("getHistory", ghost, expect="account-not-found")
        self.call("getStatement", ghost, expect="account-not-found")
        self.call("getEvents", ghost, expect="account-not-found")
        self.call("putCode", ghost, body={}, expect="account-not-found")
        self.call("putIntent", shop, body={"amount": 1, "terminal": "T001"},
                  expect="account-not-found")
