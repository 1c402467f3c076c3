"""One-time codes that residents show: paid at once, asked for consent, refused. For the walk."""
import base64
import functools
import os
import random
import signal
import subprocess
import time

from hostile_judge import at_once
from openapi_client import Client, new_id
from openapi_town import free_port

FROZEN, CLOSED = 2, 3


def check_digit(digits):
    """ISO/IEC 7812-1, annex B."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if at % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def some_digits():
    digits = "29" + "".join(random.choice("0123456789") for _ in range(17))
    return digits + check_digit(digits)


class Codes:
    """A shop, its rival, and two residents of their own."""

    def __init__(self, walk, people):
        self.walk, self.call, self.town = walk, walk.call, walk.town
        self.staff = people["auditor"]
        self.owner, self.rival = self.town.shop("そば処 やまと"), self.town.shop("うどん さぬき")
        self.till, self.other_till = self.town.till(self.owner), self.town.till(self.rival)
        self.payer, self.other = self.town.resident("与謝 蕪村"), self.town.resident("正岡 子規")
        self.shop_id = self.owner.me["party_id"]
        self.town.top_up(self.payer, 90000)
        self.town.top_up(self.other, 90000)

    def run(self):
        for part in (self.made, self.paid, self.woken, self.refused, self.consent, self.declined,
                     self.unanswered, self.without_key):
            part()

    def set_wallet(self, setting):
        self.town.sql(f"UPDATE fz.account SET {setting} WHERE account = 10000000000 + "
                      f"{int(self.payer.me['party_id'][1:])}")

    def code(self, expect=201, given=None, who=None, **body):
        return self.call("putCode", who or self.payer, given or new_id(), body, expect=expect)

    def sell(self, amount, code, expect=201, who=None, given=None, **more):
        return self.call("putIntent", who or self.till, given or new_id(),
                         {"amount": amount, "code": code} | more, expect=expect)

    def state(self, code, query=""):
        return self.call("getCode", self.payer, code["code_id"], query=query).json

    def made(self):
        given = new_id()
        first = self.code(given=given, max_amount=2500)
        code = first.json
        self.walk.same("the same code", self.code(given=given, max_amount=2500).body, first.body)
        self.code("id-reused", given=given, max_amount=2501)
        self.walk.same("check digit", check_digit(code["code"][:19]), code["code"][19])
        self.walk.same("the payload", base64.b64decode(code["qr"]).hex().upper(),
                       "8505435056303161164F08F04665655A65726F5A0A" + code["code"])
        self.walk.same("unless told", self.code().json["max_amount"], 10000)
        self.code("amount-out-of-range", max_amount=1000001)
        self.walk.same("it waits", self.state(code), {
            "code_id": given, "expires_at": code["expires_at"], "max_amount": 2500,
            "state": "WAITING"})
        inquiry = self.call("getOperation", self.payer, given)
        self.walk.expect(first.body in inquiry.body, "an inquiry has the original's bytes")
        self.walk.same("in the database", self.town.sql(
            f"SELECT count(*) FROM fz.operation o WHERE o::text LIKE '%{code['code']}%'"), "0")
        self.call("getCode", self.other, given, expect="not-yours")
        self.call("getCode", self.payer, expect="code-unknown")
        for query in ("?after=PAID", "?after=", "?wait=31"):
            self.call("getCode", self.payer, given, query=query, expect="bad-query")
        closed = new_id()
        self.call("putTombstone", self.payer, closed, expect=201)
        self.code("tombstoned", given=closed)
        for state, refusal in ((FROZEN, "account-frozen"), (CLOSED, "account-closed")):
            self.set_wallet(f"state = {state}")
            self.code(refusal)
        self.set_wallet("state = 1")

    def paid(self):
        code, sale = self.code(max_amount=2000).json, new_id()
        first = self.sell(2000, code["code"], given=sale, reference="T-7")
        self.walk.same("paid", [first.json.get(name) for name in (
            "state", "operation_id", "qr", "consent", "amount")],
                       ["COMPLETED", sale, "", None, 2000])
        self.walk.same("again", self.sell(2000, code["code"], given=sale, reference="T-7").body,
                       first.body)
        self.sell(2001, code["code"], "id-reused", given=sale, reference="T-7")
        used = self.state(code)
        self.walk.same("used", (used["state"], used["intent"]["intent_id"],
                                used["intent"]["state"]), ("USED", sale, "COMPLETED"))
        self.sell(10, code["code"], "code-used")
        self.call("putIntent", self.other_till, body={"amount": 10, "code": code["code"]},
                  expect="code-used")
        for who in (self.payer, self.till, self.owner):
            self.walk.same("receipt", self.call("getReceipt", who, sale).json["amount"], 2000)
        event = self.call("getEvents", self.till, query="?limit=200").json["events"][-1]
        self.walk.same("event", [event[name] for name in ("type", "intent_id", "operation_id",
                                                          "terminal")],
                       ["payment.completed", sale, sale, "T001"])
        self.walk.expect("蕪村" not in str(event), "a shop is not told who paid")
        self.walk.same("history", self.call("getHistory", self.payer).json["items"][0][
            "intent_id"], sale)
        self.call("putRefund", self.till, new_id(), {"intent_id": sale, "amount": 500}, expect=201)
        other = self.sell(777, self.code().json["code"]).json
        self.call("putVoid", self.till, new_id(), {"intent_id": other["intent_id"]}, expect=201)

    def woken(self):
        """The wallet hears of it at once, whichever worker the till came to."""
        for amount, word in ((300, "USED"), (900, "ASKED")):
            code = self.code(max_amount=500).json
            clients = [self.payer.another() for _ in range(4)]

            def wait(client, code=code):
                began = time.monotonic()
                state = self.call("getCode", client, code["code_id"],
                                  query="?after=WAITING&wait=20").json["state"]
                return time.monotonic() - began, state

            def later(amount=amount, code=code, word=word):
                time.sleep(0.7)
                self.sell(amount, code["code"])
                return 0, word

            for took, state in at_once(self.walk, *[functools.partial(wait, client)
                                                    for client in clients], later):
                self.walk.same("what woke", state, word)
                self.walk.expect(took < 5, f"{word}: it slept {took:.1f} s")
        began = time.monotonic()
        self.walk.same("still", self.state(code, "?after=ASKED&wait=1")["state"], "ASKED")
        self.walk.expect(time.monotonic() - began > 0.9, "it waits as long as it was told")

    def refused(self):
        code = self.code(max_amount=50000).json
        digits = code["code"]
        wrong = digits[:19] + str((int(digits[19]) + 1) % 10)
        for bad in (wrong, "30" + digits[2:], digits[:19] + "x"):
            answer = self.sell(10, bad, "bad-field")
            self.walk.same("field", answer.json["field"], "code")
        self.call("putIntent", self.till, body={"amount": 10, "again": True}, expect="bad-field")
        self.sell(10, some_digits(), "code-unknown")
        for setting in (f"state = {FROZEN}", f"state = {CLOSED}"):
            self.set_wallet(setting)
            answer = self.sell(10, digits, "payer-declined")
            self.walk.expect("frozen" not in str(answer.json), "no tipping-off")
        self.set_wallet("state = 1, hold = 85000")
        answer = self.sell(40000, digits, "insufficient-funds")
        self.walk.expect(not {"balance", "shortfall"} & set(answer.json), f"told: {answer.json}")
        self.set_wallet("hold = 0")
        self.walk.same("nothing happened", self.state(code)["state"], "WAITING")
        self.sell(610, digits)
        self.sell(610, self.code().json["code"], "suspected-duplicate")
        self.sell(610, self.code().json["code"], again=True)
        late = self.code().json
        self.town.sql("UPDATE fz.code SET expires_us = 1 WHERE code_id = "
                      f"'{late['code_id']}'")
        self.sell(10, late["code"], "code-expired")
        self.walk.same("expired", self.state(late)["state"], "EXPIRED")

    def ask(self, amount):
        """A code up to 100 yen, and a sale that wants more."""
        code = self.code(max_amount=100).json
        sale = self.sell(amount, code["code"])
        self.walk.same("it waits for her", (sale.json["state"], sale.json["consent"]),
                       ("CREATED", "waiting"))
        asked = self.state(code)
        self.walk.same("she is asked", (asked["state"], asked["intent"]["amount"],
                                        asked["intent"]["shop"]["name"]),
                       ("ASKED", amount, "そば処 やまと"))
        return code, sale.json["intent_id"]

    def consent(self):
        code, sale = self.ask(1200)
        order = {"intent_id": sale, "shop": self.shop_id, "amount": 1200}
        self.call("putPayment", self.other, body=order, expect="not-yours")
        self.call("declineIntent", self.other, sale, {}, expect="not-yours")
        self.call("putPayment", self.payer, body=order, expect=201)
        self.walk.same("used", self.state(code)["state"], "USED")
        answer = self.call("declineIntent", self.payer, sale, {}, expect="intent-paid")
        self.walk.same("too late", answer.json["state"], "COMPLETED")
        self.call("declineIntent", self.payer, expect="intent-not-found")

    def declined(self):
        code, sale = self.ask(1300)
        first = self.call("declineIntent", self.payer, sale, {})
        self.walk.same("declined", first.json["state"], "CANCELED")
        self.walk.same("again", self.call("declineIntent", self.payer, sale).body, first.body)
        events = self.call("getIntentEvents", self.till, sale).json["events"]
        self.walk.same("the till hears of it", events[-1]["type"], "intent.declined")
        self.walk.same("the code is used up", self.state(code)["state"], "USED")
        self.sell(10, code["code"], "code-used")

    def unanswered(self):
        code, sale = self.ask(1400)
        self.town.sql("UPDATE fz.intent SET expires_us = created_us + 1 "
                      f"WHERE intent_id = '{sale}'")
        state = self.state(code)
        self.walk.same("the prompt closes", (state["state"], state["intent"]["state"]),
                       ("USED", "EXPIRED"))
        self.call("putPayment", self.payer, body={
            "intent_id": sale, "shop": self.shop_id, "amount": 1400}, expect="intent-expired")

    # --- a switch that has no key for codes -------------------------------------------------------

    def without_key(self):
        """Beside the town's own: all else works, and codes say why not."""
        port = free_port()
        config = os.path.join(self.town.folder, "no-codes.ini")
        with open(self.town.config, encoding="utf-8") as file:
            lines = file.read().replace(f":{self.town.port}", f":{port}").splitlines()
        with open(config, "w", encoding="utf-8") as file:
            file.write("\n".join(line for line in lines if "code_key_file" not in line) + "\n")
        code = self.code().json
        process = subprocess.Popen([f"{self.town.bin}/fz-switch", "-c", config])
        try:
            payer, till = self.at(port, self.payer), self.at(port, self.till)
            self.until_ready(payer)
            self.code("codes-off", who=payer)
            self.sell(10, code["code"], "codes-off", who=till)
            self.call("putIntent", till, new_id(), {"amount": 10}, expect=201)
            for name in ("getCode", "getOperation", "putTombstone"):
                self.call(name, payer, code["code_id"], expect="codes-off")
        finally:
            process.send_signal(signal.SIGTERM)
            self.walk.same("the end of it", process.wait(timeout=20), 0)

    def at(self, port, who):
        """The same caller at another switch."""
        twin = Client(port, self.town.ca_file, key=who.key)
        twin.key_id = who.key_id
        return twin

    @staticmethod
    def until_ready(who):
        for _ in range(200):
            try:
                if who.raw("GET", "/readyz", {}, None).status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise SystemExit("the switch without codes did not become ready")
