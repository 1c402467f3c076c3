"""Ids of other people, other shops and another town; replays; the same id from many hands at once.

A foreign id may be told from an unknown one (403 against 404: ids are random, and whoever holds one
was given it), but a refusal says nothing else about it.
"""
import functools

from hostile_judge import at_once
from openapi_client import Client, new_id

# What a refusal may say to somebody whom the thing does not belong to.
PLAIN = {"type", "code", "title", "status", "detail", "title_ja", "retryable", "operation_id"}


class Rights:
    def __init__(self, judge, scene):
        self.judge, self.scene, self.town = judge, scene, scene.town
        self.refund = new_id()
        self.transfer = new_id()

    def run(self):
        scene = self.scene
        self.judge.check("refund", scene.owner.send("PUT", f"/v1/refunds/{self.refund}", {
            "intent_id": scene.paid, "amount": 10}), 201)
        self.judge.check("transfer", scene.rich.send("PUT", f"/v1/transfers/{self.transfer}", {
            "to": scene.poor.me["party_id"], "amount": 3, "message": "ありがとう"}), 201)
        self.foreign_ids(scene.other, scene.poor)
        self.another_town()
        self.what_shops_learn()
        self.replays()
        self.same_id()
        self.one_code_two_keys()

    def refused(self, what, answer, code, own=None):
        """Refused with just that, and with no word about the thing itself."""
        self.judge.check(what, answer, code)
        more = set(answer.json) - PLAIN
        self.judge.expect(not more, f"{what}: tells {sorted(more)}")
        named = answer.json.get("operation_id")
        self.judge.expect(named in (None, own), f"{what}: names {named}")

    def ids(self):
        scene = self.scene
        return {"intent": scene.paid, "open intent": scene.open, "payment": scene.payment,
                "refund": self.refund, "transfer": self.transfer}

    def foreign_ids(self, shop, resident, exists=True):
        """`exists` False: the callers are of another town, where none of these ids is known."""
        scene = self.scene
        operation, sale, receipt = ("not-yours",) * 3 if exists else (
            "operation-unknown", "intent-not-found", "not-found")
        for what, given in self.ids().items():
            for who in (shop, resident, scene.staff) if exists else (shop, resident):
                self.refused(f"operation of a foreign {what}",
                             who.send("GET", f"/v1/operations/{given}"), operation)
            code = receipt if given == scene.payment else "not-found"
            for who in (shop, resident):
                self.refused(f"receipt of a foreign {what}",
                             who.send("GET", f"/v1/receipts/{given}"), code)
        for given in (scene.paid, scene.open):
            for method, tail in (("GET", ""), ("GET", "/events"), ("POST", "/cancel")):
                self.refused(f"{method} foreign intent{tail}",
                             shop.send(method, f"/v1/intents/{given}{tail}"), sale)
            for kind, more in (("voids", {}), ("refunds", {"amount": 1})):
                own = new_id()
                answer = shop.send("PUT", f"/v1/{kind}/{own}", {"intent_id": given} | more)
                self.refused(f"{kind} of a foreign intent", answer, sale, own)
        if exists:
            self.taken_ids(shop, resident)

    def taken_ids(self, shop, resident):
        """An id that belongs to somebody cannot be closed or used again, nor asked out."""
        for what, given in self.ids().items():
            for who in (shop, resident, self.scene.staff):
                self.refused(f"tombstone on a foreign {what}",
                             who.send("PUT", f"/v1/tombstones/{given}"), "id-reused", given)
            self.refused(f"a sale under the id of a foreign {what}",
                         shop.send("PUT", f"/v1/intents/{given}", {
                             "amount": 1, "terminal": "T001"}), "id-reused", given)
            self.refused(f"a payment under the id of a foreign {what}", resident.send(
                "PUT", f"/v1/payments/{given}", self.scene.order(self.scene.paid, 1000)),
                "id-reused", given)
            self.refused(f"a transfer under the id of a foreign {what}", resident.send(
                "PUT", f"/v1/transfers/{given}", {"to": self.scene.rich.me["party_id"],
                                                  "amount": 3, "message": "ありがとう"}),
                "id-reused", given)

    # --- another town on the same switch ----------------------------------------------------------

    def neighbours(self):
        """A town whose parties have the very numbers of ours; one key is enrolled in both."""
        fz = self.town.fz
        number = fz("community", "add", "--name", "となり町", "--qr-guid", "jp.example.tonari")[
            "community"]
        shop = fz("shop", "add", "--community", str(number), "--name", "よその店", "--name-latin",
                  "ELSEWHERE", "--city-latin", "TONARI", "--postal", "2700192", "--mcc", "5814",
                  "--size", "small", "--bank", "0134", "--bank-name", "ﾁﾊﾞ", "--branch", "001",
                  "--branch-name", "ﾎﾝﾃﾝ", "--type", "1", "--account", "1234567", "--holder",
                  "ｶ)ﾖｿ")["code"]
        residents = [fz("resident", "add", "--community", str(number), "--name", f"よその{at}")
                     for at in range(5)]
        same = [made["code"] for made in residents if made["id"] == self.scene.rich.me["party_id"]]
        return number, shop, same[0]

    def enrolled_in(self, community, code, key=None):
        client = Client(self.town.port, self.town.ca_file, community, key)
        answer = client.enrol(code)
        self.judge.check("enrolment next door", answer, 201)
        client.me = answer.json
        return client

    def another_town(self):
        scene = self.scene
        number, shop_code, resident_code = self.neighbours()
        wrong = Client(self.town.port, self.town.ca_file, 1)
        self.judge.check("a code of the next town", wrong.enrol(shop_code), "enrolment-code")
        self.judge.check("a code with another town's number", wrong.enrol(
            "1" + shop_code[shop_code.index("-"):]), "enrolment-code")
        shop = self.enrolled_in(number, shop_code)
        resident = self.enrolled_in(number, resident_code, scene.rich.key)
        self.judge.expect(shop.me["party_id"] == self.scene.shop_id,
                          f"the shops' numbers differ: {shop.me}")
        self.foreign_ids(shop, resident, exists=False)
        answer = self.judge.check("balance next door", resident.send("GET", "/v1/balance"), 200)
        self.judge.expect(answer.json["balance"] == 0, f"not zero next door: {answer}")
        answer = self.judge.check("events next door", resident.send("GET", "/v1/events"), 200)
        self.judge.expect(answer.json["events"] == [], f"events from next door: {answer}")
        answer = self.judge.check("history next door", resident.send("GET", "/v1/history"), 200)
        self.judge.expect(answer.json["items"] == [], f"history from next door: {answer}")
        self.judge.check("before= of another town", resident.send(
            "GET", "/v1/history", query=f"?before={scene.number}"), "bad-query")
        answer = self.judge.check("one key, two towns", scene.rich.send("GET", "/v1/balance"), 200)
        self.judge.expect(answer.json["balance"] > 0, f"the wrong town's balance: {answer}")
        given = new_id()
        for who, status in ((shop, 201), (scene.owner, 201)):
            answer = who.send("PUT", f"/v1/intents/{given}", {"amount": 7, "terminal": "T001"})
            self.judge.check("one id in two towns", answer, status)
            self.judge.expect(who.me["name"] in answer.body.decode(), f"another's name: {answer}")
        for client in (shop, resident):
            client.close()

    # --- what is said to whom ---------------------------------------------------------------------

    def what_shops_learn(self):
        """No answer to a shop has the payer's id, name or account."""
        scene = self.scene
        secrets = [scene.rich.me["party_id"], scene.rich.me["name"],
                   str(10_000_000_000 + int(scene.rich.me["party_id"][1:]))]
        for who in (scene.till, scene.owner):
            for path in (f"/v1/intents/{scene.paid}", f"/v1/intents/{scene.paid}/events",
                         f"/v1/operations/{scene.paid}", f"/v1/operations/{scene.payment}",
                         f"/v1/operations/{self.refund}", f"/v1/receipts/{scene.payment}",
                         "/v1/history", "/v1/events"):
                answer = self.judge.check(f"GET {path}", who.send("GET", path), 200)
                told = [secret for secret in secrets if secret in answer.body.decode()]
                self.judge.expect(not told, f"GET {path} tells a shop {told}")
        answer = self.judge.check("a stranger's look", scene.poor.send(
            "GET", f"/v1/intents/{scene.paid}"), 200)
        told = {"operation_id", "number", "paid_at"} & set(answer.json)
        self.judge.expect(not told, f"a stranger is told {told}")
        answer = self.judge.check("a till's balance", scene.till.send("GET", "/v1/balance"),
                                  "role-forbidden")

    # --- replays and races ------------------------------------------------------------------------

    def replays(self):
        """Captured requests, sent again as they are, on connections of their own."""
        scene, path = self.scene, f"/v1/payments/{new_id()}"
        intent = scene.sale(50)
        headers, data = scene.rich.signed("PUT", path, scene.order(intent, 50))
        before = scene.rich.send("GET", "/v1/balance").json["balance"]
        once_more = functools.partial(self.again, "PUT", path, headers, data)
        answers = at_once(self.judge, *[once_more] * 12)
        for answer in answers:
            self.judge.check("a replayed payment", answer, 201)
        self.judge.expect(len({answer.body for answer in answers}) == 1, "replays differ")
        after = scene.rich.send("GET", "/v1/balance").json["balance"]
        self.judge.expect(before - after == 50, f"replays moved {before - after}")
        path = f"/v1/intents/{scene.sale(60)}/cancel"
        headers, data = scene.till.signed("POST", path)
        bodies = {self.again("POST", path, headers, data).body for _ in range(3)}
        self.judge.expect(len(bodies) == 1, "a replayed cancel says something else")

    def again(self, method, path, headers, data):
        client = self.town.stranger()
        answer = client.raw(method, path, headers, data or None)
        client.close()
        return answer

    def same_id(self):
        """One id, many contents at once: one is decided, the others hear that it is taken."""
        scene, given = self.scene, new_id()
        path = f"/v1/intents/{given}"
        calls = [scene.till.signed("PUT", path, {"amount": 100 + at}) for at in range(8)]
        calls += [scene.other.signed("PUT", path, {"amount": 100, "terminal": "T001"})] * 4
        answers = at_once(self.judge, *[functools.partial(self.again, "PUT", path, *call)
                                        for call in calls])
        for answer in answers:
            self.judge.check("one id, many sales", answer, 201, "id-reused")
        won = {answer.body for answer in answers if answer.status == 201}
        self.judge.expect(len(won) == 1, f"{len(won)} different sales under one id")
        given = new_id()
        path = f"/v1/payments/{given}"
        calls = [(path, (scene.rich, scene.poor)[at % 2].signed(
            "PUT", path, scene.order(scene.sale(10), 10))) for at in range(4)]
        calls += [(f"/v1/tombstones/{given}", scene.rich.signed("PUT", f"/v1/tombstones/{given}"))]
        answers = at_once(self.judge, *[functools.partial(self.again, "PUT", where, *call)
                                        for where, call in calls * 2])
        for answer in answers:
            self.judge.check("one id, many payments", answer, 201, "id-reused", "tombstoned",
                             "insufficient-funds")
        kept = self.town.sql(f"SELECT count(*) FROM fz.operation WHERE op_id = '{given}'")
        paid = self.town.sql(f"SELECT count(*) FROM fz.transfer WHERE op_id = '{given}'")
        self.judge.expect(kept == "1" and paid in ("0", "1"), f"kept {kept}, paid {paid}")

    def one_code_two_keys(self):
        code = self.town.fz("resident", "add", "--name", "二人")["code"]
        clients = [self.town.stranger() for _ in range(6)]
        answers = at_once(self.judge, *[functools.partial(client.enrol, code)
                                        for client in clients])
        for client, answer in zip(clients, answers):
            self.judge.check("one code, six keys", answer, 201, "enrolment-code")
            client.close()
        self.judge.expect([answer.status for answer in answers].count(201) == 1,
                          f"one code, and {[answer.status for answer in answers]}")
