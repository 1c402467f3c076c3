"""Walks every operation of docs/openapi.yaml against a running switch, and every answer it promises.

A client that knows nothing but docs/api.md (openapi_client.py) sends good and bad requests; each
answer must have a status, a content type and a body that the file describes. At the end every
operation must have succeeded, and every refusal code of every operation must have been seen, but
for those that only a fault of the machine brings about.
"""
import base64
import json
import sys
import threading
import time
import uuid

from openapi_client import new_id, sign
from openapi_qr import parse_qr, uuid_of_base32
from openapi_schema import Contract
from openapi_town import Town

# What no client can bring about: faults, overload, a lost COMMIT, the moments of a restart.
UNSEEN = {"internal", "no-memory", "io", "database", "crypto", "format", "overloaded",
          "outcome-unknown", "stopping"}
ACCOUNT = {"R": 10, "M": 11}  # classes of a resident's and a shop's account
FROZEN, CLOSED = 2, 3


class Walk:
    """Calls operations by their name in the file, and keeps what was seen."""

    def __init__(self, town):
        self.town = town
        self.contract = Contract()
        self.operations = {name: (method.upper(), path, operation)
                           for name, method, path, operation in self.contract.operations()}
        self.seen = set()  # (operation, status, problem code or None)
        self.faults = []

    def path(self, name, given=None):
        return self.operations[name][1].replace("{id}", given or new_id())

    def check(self, name, answer, status, code=None):
        """Holds an answer against the file and against what the story expects."""
        operation = self.operations[name][2]
        self.seen.add((name, answer.status, answer.code))
        wrong = []
        if (answer.status, answer.code) != (status, code):
            wrong.append(f"expected {status} {code}")
        content = self.contract.content(operation, answer.status)
        if content is None:
            wrong.append("the file does not have this status")
        elif answer.type not in content:
            wrong.append(f"{answer.type} is not in the file for {answer.status}")
        else:
            value = answer.body.decode() if answer.json is None else answer.json
            wrong += self.contract.faults(content[answer.type]["schema"], value)
        if answer.type == "application/problem+json" and answer.json["status"] != answer.status:
            wrong.append("`status` is not the status")
        if answer.status == 503 and answer.headers.get("retry-after") != "1":
            wrong.append("there is no Retry-After")
        if len(answer.headers.get("x-request-id", "")) != 16:
            wrong.append("there is no X-Request-Id")
        if wrong:
            self.faults.append(f"{name}: {answer}: {'; '.join(wrong)}")
        return answer

    def call(self, name, who, given=None, body=None, query="", expect=200):
        """`expect`: a status, or a problem code."""
        answer = who.send(self.operations[name][0], self.path(name, given), body, query)
        if isinstance(expect, int):
            return self.check(name, answer, expect)
        status = next((status for status, codes in
                       self.contract.codes(self.operations[name][2]).items() if expect in codes), 0)
        return self.check(name, answer, status, expect)

    def expect(self, holds, what):
        if not holds:
            self.faults.append(what)

    def same(self, name, got, wanted):
        self.expect(got == wanted, f"{name}: {got!r} instead of {wanted!r}")


class Generic:
    """What is alike for all signed operations: signatures, roles, forms."""

    def __init__(self, walk, people):
        self.walk = walk
        self.people = people  # role -> client

    def body_of(self, operation):
        """A request body that is well formed: the example of the file."""
        content = operation.get("requestBody", {}).get("content", {})
        return content["application/json"]["example"] if content else None

    def run(self):
        for name, (method, path, operation) in self.walk.operations.items():
            if path.startswith("/v1/"):
                self.signatures(name, method, path, operation)
                self.forms(name, method, path, operation)
                self.roles(name, operation)
                self.other_method(path)

    def someone(self, operation):
        """A caller who may, or for enrolment one with a fresh key."""
        roles = operation["x-roles"]
        return self.people[roles[0]] if roles else self.walk.town.stranger()

    def signatures(self, name, method, path, operation):
        who, body = self.someone(operation), self.body_of(operation)
        path = self.walk.path(name)

        def send(headers, data):
            return who.raw(method, path, headers, data or None)

        def refused(code, headers, data):
            return self.walk.check(name, send(headers, data), 401, code)

        if name == "enrol":
            body = self.own_enrolment(who)
        headers, data = who.signed(method, path, body)
        plain = {key: value for key, value in headers.items() if not key.startswith("Signature")}
        refused("signature-missing", plain, data)
        refused("signature-missing", headers | {"Signature": "sig=:AAAA:"}, data)
        refused("signature-missing", headers | {"Signature-Input": "sig=()"}, data)
        for seconds in (-310, 310):
            stale, data = who.signed(method, path, body, created=int(time.time()) + seconds)
            answer = refused("signature-stale", stale, data)
            self.walk.expect("server_time" in answer.json, f"{name}: no server_time")
        expired, data = who.signed(method, path, body)
        changed = expired["Signature-Input"].replace(";keyid", ';nonce="x";keyid')
        refused("signature-invalid", expired | {"Signature-Input": changed}, data)
        refused("signature-invalid",
                headers | {"Signature": who.signed(method, path + "/x", body)[0]["Signature"]}, data)
        stranger = self.walk.town.stranger()
        foreign = sign(stranger.key, stranger.key_id, method, path, "", data, int(time.time()))
        refused("key-unknown", headers | foreign, data)
        if not data:
            wrong = {"Content-Digest": f"sha-256=:{'A' * 43}=:"}
            refused("digest-mismatch", headers | wrong, data)
        else:
            uncovered = sign(who.key, who.key_id, method, path, "", b"", int(time.time()))
            refused("signature-missing", headers | uncovered, data)
            refused("digest-mismatch", headers, data + b" ")

    @staticmethod
    def own_enrolment(who, code="1-0000-0000-0000-0000"):
        return {"code": code, "public_key": base64.b64encode(who.key.spki).decode()}

    def forms(self, name, method, path, operation):
        who, body = self.someone(operation), self.body_of(operation)
        codes = self.walk.contract.codes(operation)
        if name == "enrol":
            body = self.own_enrolment(who)
        self.walk.call(name, who, body=body, query="?nonsense=1", expect="bad-query")
        if "{id}" in path:
            for bad in ("x", new_id().upper(), str(uuid.UUID(int=0)), new_id() + "0"):
                self.walk.call(name, who, bad, body, expect="bad-id")
        target = self.walk.path(name)
        long_one = who.raw(method, target + "?" + "x" * 600, {}, None)
        self.walk.check(name, long_one, 400, "bad-request")
        if body is None:
            self.walk.call(name, who, body={}, expect="bad-request")
            return

        def raw(data, content_type="application/json"):
            headers = sign(who.key, who.key_id, method, target, "", data, int(time.time()))
            if content_type:
                headers["Content-Type"] = content_type
            return who.raw(method, target, headers, data or None)

        for data in (b"{", b"[]", b'{"a":1,"a":1}', b"\xff", b'{"x":"\\u0000"}'):
            self.walk.check(name, raw(data), 400, "bad-json")
        self.walk.check(name, raw(b'{"unknown_member":1}' + b" " * 16384), 413, "body-too-large")
        for content_type in ("text/plain", None):
            self.walk.check(name, raw(json.dumps(body).encode(), content_type), 415, "media-type")
        if operation["requestBody"]["required"]:
            self.walk.check(name, raw(b""), 400, "bad-request")
        if method == "PUT":
            long_one = json.dumps(body).encode().ljust(2049)
            self.walk.check(name, raw(long_one), 413, "body-too-large")
        answer = self.walk.call(name, who, body=body | {"unknown_member": 1}, expect="bad-field")
        self.walk.same(f"{name}: field", answer.json["field"], "unknown_member")
        self.walk.expect(422 in codes, f"{name} takes a body and has no 422")
        self.fields(name, who, body, operation)

    def fields(self, name, who, body, operation):
        """Each member of the wrong type, out of bounds, and missing."""
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        for member, given in schema.get("properties", {}).items():
            rule = self.walk.contract.resolve(given)
            wrong = [None, {}, True, [1]]
            if rule.get("type") == "integer":
                wrong += ["1", 1.5, rule["minimum"] - 1, rule["maximum"] + 1]
            else:
                wrong += [1, "", "\n", "x" * (rule.get("maxLength", 400) + 1)]
            for value in wrong:
                answer = self.walk.call(name, who, body=body | {member: value}, expect="bad-field")
                self.walk.same(f"{name}: {value!r} as {member}", answer.json["field"], member)
            if member in schema.get("required", ()):
                rest = {key: value for key, value in body.items() if key != member}
                answer = self.walk.call(name, who, body=rest, expect="bad-field") if rest else None
                if answer is not None:
                    self.walk.same(f"{name} without {member}", answer.json["field"], member)

    def roles(self, name, operation):
        """Every cell of the table: who may not is told so, who may is not."""
        allowed = operation["x-roles"]
        for role, who in self.people.items():
            if allowed and role not in allowed:
                self.walk.call(name, who, body=self.body_of(operation), expect="role-forbidden")
            elif allowed:
                method = self.walk.operations[name][0]
                answer = who.send(method, self.walk.path(name), self.body_of(operation))
                self.walk.expect(answer.code != "role-forbidden", f"{name}: {role} may")

    def other_method(self, path):
        who = self.people["resident"]
        answer = who.send("DELETE", path.replace("{id}", new_id()))
        self.walk.same(f"DELETE {path}", (answer.status, answer.code), (405, "method-not-allowed"))
        self.walk.expect(answer.headers.get("allow"), f"DELETE {path}: no Allow")


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
        again = self.call("enrol", self.payer, body=Generic.own_enrolment(
            self.payer, self.payer.code), expect=201)
        self.walk.same("enrolling again", again.json, self.payer.me)
        spoken = self.payer.code.lower().replace("-", "").replace("1", "1-", 1)
        self.call("enrol", self.payer, body=Generic.own_enrolment(self.payer, spoken), expect=201)
        for code in (self.payer.code, "1-0000-0000-0000-0000", "2" + self.payer.code[1:],
                     "1-????-????-????-????", "no code, sixteen"):
            thief = self.town.stranger()
            self.call("enrol", thief, body=Generic.own_enrolment(thief, code),
                      expect="enrolment-code")
        mixed = self.town.stranger()
        answer = mixed.send("POST", "/v1/enrol", Generic.own_enrolment(self.payer))
        self.walk.check("enrol", answer, 401, "key-unknown")
        for key in ("AAAA", "not base64", "", "A" * 125):
            self.call("enrol", mixed, body=Generic.own_enrolment(mixed) | {"public_key": key},
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
        received = self.call("getHistory", self.neighbour).json["items"]
        self.walk.same("the message", received[-1].get("message"), "お昼ごちそうさま")
        for query in ("?before=999999", "?limit=0", "?limit=201", "?limit=1&limit=2", "?before="):
            self.call("getHistory", self.payer, query=query, expect="bad-query")

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
        self.call("putIntent", shop, body={"amount": 1, "terminal": "T001"},
                  expect="account-not-found")


class Outage:
    """No database: every operation says so, with 503, and afterwards all is well again."""

    def __init__(self, walk, people):
        self.walk, self.people, self.town = walk, people, walk.town
        self.name = walk.town.sql("SELECT current_database()")

    def allow(self, allowed):
        admin = self.town.database.replace(f"dbname={self.name}", "dbname=postgres")
        mine, self.town.database = self.town.database, admin
        self.town.sql(f"ALTER DATABASE \"{self.name}\" WITH ALLOW_CONNECTIONS {allowed}")
        if not allowed:
            self.town.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                          f"WHERE datname = '{self.name}'")
        self.town.database = mine

    def run(self):
        threads = []
        self.allow(False)
        try:
            for name, (_, path, operation) in self.walk.operations.items():
                if path.startswith("/v1/"):
                    threads.append(threading.Thread(target=self.ask, args=(name, operation)))
                    threads[-1].start()
            for thread in threads:
                thread.join()
            answer = self.people["resident"].another().raw("GET", "/readyz", {}, None)
            self.walk.check("getReady", answer, 503)
            answer = self.people["resident"].another().raw("GET", "/healthz", {}, None)
            self.walk.check("getHealth", answer, 200)
        finally:
            self.allow(True)
        self.recovers()

    def ask(self, name, operation):
        roles = operation["x-roles"]
        who = self.people[roles[0]].another() if roles else self.town.stranger()
        body = operation.get("requestBody", {}).get("content", {})
        body = body["application/json"]["example"] if body else None
        if name == "enrol":
            body = Generic.own_enrolment(who)
        self.walk.call(name, who, body=body, expect="unavailable")

    def recovers(self):
        for _ in range(100):
            client = self.people["resident"].another()
            if client.raw("GET", "/readyz", {}, None).status == 200:
                break
            time.sleep(0.1)
        else:
            self.walk.faults.append("the switch did not recover")
        self.walk.call("getBalance", self.people["resident"].another())


def missing(walk):
    """What the file promises and nobody has seen."""
    for name, (_, _, operation) in walk.operations.items():
        if not any(seen[0] == name and seen[1] < 300 for seen in walk.seen):
            yield f"{name} never succeeded"
        for status, codes in walk.contract.codes(operation).items():
            for code in codes - UNSEEN:
                if (name, status, code) not in walk.seen and (name, code) != ("getMetrics",
                                                                              "not-found"):
                    yield f"{name} never answered {status} {code}"


def main():
    with Town() as town:
        walk = Walk(town)
        owner = town.shop("流山おおたかの森カフェテリア本店いちごいちえ三号館別館")
        people = {"resident": town.resident("山田 太郎"), "owner": owner, "terminal": town.till(owner),
                  "treasurer": town.staff("金子", "treasurer"),
                  "auditor": town.staff("検見川", "auditor")}
        Story(walk, people).run()
        Generic(walk, people).run()
        Outage(walk, people).run()
        faults = walk.faults + list(missing(walk))
        print(f"{len(walk.operations)} operations, {len(walk.seen)} kinds of answers")
    sys.exit("\n".join(faults) if faults else 0)


if __name__ == "__main__":
    main()
