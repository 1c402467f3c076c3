#!/usr/bin/env python3
"""The other ways of paying, for the double of the switch (double.py): one-time codes, consent,
stickers, what looks like a repetition. Also its refusals and its form of a time.
"""
import base64
import time
import uuid

STATUS = {"id-reused": 409, "tombstoned": 409, "intent-not-found": 404, "intent-paid": 409,
          "intent-canceled": 409, "intent-expired": 410, "shop-mismatch": 422,
          "amount-mismatch": 422, "not-paid": 409, "already-voided": 409, "already-refunded": 409,
          "refund-exceeds-payment": 422, "insufficient-funds": 402, "signature-missing": 401,
          "signature-stale": 401, "signature-invalid": 401, "digest-mismatch": 401,
          "key-unknown": 401, "role-forbidden": 403, "enrolment-code": 403, "not-found": 404,
          "operation-unknown": 404, "overloaded": 503, "outcome-unknown": 503,
          "account-not-found": 404, "code-unknown": 404, "code-used": 409, "code-expired": 410,
          "suspected-duplicate": 409, "not-yours": 403, "bad-field": 422}


class Refusal(Exception):
    """An answer that is a problem."""

    def __init__(self, code, **extra):
        super().__init__(code)
        self.body = {"type": f"https://feezero.example/problems/{code}", "code": code,
                     "title": code, "status": STATUS[code], "detail": code, "title_ja": code,
                     "retryable": STATUS[code] == 503, **extra}


def wire_time(seconds=None):
    """RFC 3339 in UTC with milliseconds."""
    seconds = time.time() if seconds is None else seconds
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"


def luhn_digit(digits):
    """The check digit of ISO/IEC 7812-1."""
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(reversed(digits))]
    return str(-sum(d // 10 + d % 10 for d in doubled) % 10)


class OtherWays:
    """A part of class Double, which has the rest of what is used here."""

    def find_code(self, digits):
        """The code with these digits, still good."""
        for code in self.codes.values():
            if code["digits"] == digits:
                if code["intent"] is not None:
                    raise Refusal("code-used")
                if time.time() >= code["expires"]:
                    raise Refusal("code-expired")
                return code
        raise Refusal("code-unknown")

    def use_code(self, code, intent, body):
        """Pays at once, or asks the payer."""
        intent["_payer"] = code["party"]
        if body["amount"] > code["max_amount"]:
            intent["consent"] = "waiting"
            intent["_expires"] = time.time() + 30
        else:
            self.check_duplicate(code["party"], body)
            if self.balances[code["party"]] < body["amount"]:
                raise Refusal("insufficient-funds")
            self.balances[code["party"]] -= body["amount"]
            intent["state"] = "COMPLETED"
            answer = self.book(intent["intent_id"], "payment", body["amount"], intent)
            intent.update(number=answer["number"], paid_at=answer["at"],
                          operation_id=intent["intent_id"])
        code["intent"] = intent

    def make_code(self, who, code_id, body):
        """PUT /v1/codes/{id}"""
        digits = "29" + f"{uuid.UUID(code_id).int % 10 ** 17:017d}"
        digits += luhn_digit(digits)
        code = {"digits": digits, "party": who[1], "intent": None,
                "max_amount": body.get("max_amount", 10000), "expires": time.time() + 300}
        self.codes[code_id] = code
        payload = (bytes.fromhex("8505") + b"CPV01" + bytes.fromhex("61164f08f0") + b"FeeZero" +
                   bytes.fromhex("5a0a" + digits))
        return {"code_id": code_id, "code": digits, "qr": base64.b64encode(payload).decode(),
                "max_amount": code["max_amount"], "expires_at": wire_time(code["expires"])}

    def code_state(self, code_id):
        """What became of a code."""
        code = self.codes.get(code_id)
        if code is None:
            raise Refusal("code-unknown")
        state = "WAITING" if time.time() < code["expires"] else "EXPIRED"
        answer = {"code_id": code_id}
        if code["intent"] is not None:
            intent = self.intent_of(code["intent"]["intent_id"])
            state = "ASKED" if intent["state"] == "CREATED" else "USED"
            answer["intent"] = self.public(intent)
        return {**answer, "state": state}

    def wait_code(self, code_id, query):
        """GET /v1/codes/{id}, held open."""
        deadline = time.time() + min(int(query.get("wait", 0)), 30)
        while True:
            answer = self.code_state(code_id)
            left = deadline - time.time()
            if answer["state"] != query.get("after") or left <= 0:
                return 200, answer
            self.changed.wait(min(left, 0.2))

    def check_duplicate(self, party, body):
        """The same payer and amount again, moments later."""
        now = time.time()
        recent = getattr(self, "_recent", {})
        self._recent = recent
        ago = now - recent.get((party, body["amount"]), 0)
        if ago < self.duplicate_window and not body.get("again"):
            raise Refusal("suspected-duplicate", seconds_ago=int(ago))
        recent[(party, body["amount"])] = now

    def pay_sticker(self, who, operation_id, body):
        """PUT /v1/payments/{id} without an intent."""
        if body["shop"] != self.SHOP["id"]:
            raise Refusal("account-not-found")
        if self.balances[who[1]] < body["amount"]:
            raise Refusal("insufficient-funds", balance=self.balances[who[1]],
                          shortfall=body["amount"] - self.balances[who[1]])
        self.check_duplicate(who[1], body)
        self.balances[who[1]] -= body["amount"]
        intent = {"intent_id": operation_id, "state": "COMPLETED", "amount": body["amount"],
                  "refunded": 0, "currency": "JPY", "shop": self.SHOP, "qr": "",
                  "_payer": who[1], "operation_id": operation_id}
        if "terminal" in body:
            intent["terminal"] = body["terminal"]
        self.intents[operation_id] = intent
        answer = self.book(operation_id, "payment", body["amount"], intent)
        intent.update(number=answer["number"], paid_at=answer["at"], created_at=answer["at"],
                      expires_at=answer["at"])
        self.add_event(intent, "completed")
        return answer

    def decline(self, who, intent_id):
        """POST /v1/intents/{id}/decline"""
        intent = self.intent_of(intent_id)
        if intent.get("_payer") != who[1]:
            raise Refusal("not-yours")
        return self.cancel(intent_id)
