"""The town the hostile client finds: two shops, a till, two residents, an auditor, some sales."""
import base64
import time
from dataclasses import dataclass
from typing import Callable, Optional

from hostile_wire import Wire, request
from openapi_client import new_id, sign


@dataclass
class Endpoint:
    """One row of the route table with a request that would do."""

    name: str
    method: str
    pattern: str
    who: object
    body: Optional[Callable] = None  # makes a good body; None: there is none
    members: tuple = ()              # what a body may have
    required: tuple = ()
    known: str = ""                  # an id the caller may ask for
    empty_is: tuple = ()             # what an object without members may be answered
    is_order: bool = False           # kept under its id

    def path(self, given):
        return self.pattern.replace("{id}", given).replace("{shop}", given)


class Scene:
    """People with keys, and ids of all kinds."""

    def __init__(self, town):
        self.town = town
        self.owner = town.shop("珈琲ながれ")
        self.till = town.till(self.owner)
        self.other = town.shop("となりの店", "NEXT DOOR")
        self.rich = town.resident("山田 太郎")
        self.poor = town.resident("佐藤 花子")
        self.staff = town.staff("監査", "auditor")
        town.top_up(self.rich, 500000)
        self.shop_id = self.owner.me["party_id"]
        self.open = self.sale(100)
        self.paid = self.sale(1000)
        self.payment = self.pay(self.paid, 1000)
        self.code = new_id()
        answer = self.rich.send("PUT", f"/v1/codes/{self.code}", {})
        assert answer.status == 201, answer
        self.number = self.rich.send("GET", "/v1/history").json["items"][0]["number"]
        self.routes = {(endpoint.method, endpoint.pattern) for endpoint in self.endpoints()}

    def hang_up(self):
        for client in (self.owner, self.till, self.other, self.rich, self.poor, self.staff):
            client.close()

    def wire(self, timeout=5):
        return Wire(self.town.port, timeout)

    @staticmethod
    def signed(who, method, path, data=b"", query=""):
        """The bytes of a signed request."""
        headers = sign(who.key, who.key_id, method, path, query, data, int(time.time()))
        if data:
            headers["Content-Type"] = "application/json"
        return request(method, path + query, headers.items(), data)

    def sale(self, amount, who=None, **more):
        intent = new_id()
        answer = (who or self.till).send("PUT", f"/v1/intents/{intent}",
                                         {"amount": amount, "expires_in": 900} | more)
        assert answer.status == 201, answer
        return intent

    def order(self, intent, amount):
        return {"intent_id": intent, "shop": self.shop_id, "amount": amount, "again": True}

    def pay(self, intent, amount, who=None):
        payment = new_id()
        answer = (who or self.rich).send("PUT", f"/v1/payments/{payment}",
                                         self.order(intent, amount))
        assert answer.status == 201, answer
        return payment

    def enrolment(self):
        key = base64.b64encode(self.poor.key.spki).decode()
        return {"code": "1-0000-0000-0000-0000", "public_key": key, "label": "x"}

    def endpoints(self):
        """The bodies name sales that stay as they are: nothing here is ever carried out by luck."""
        intent = {"amount": 5, "expires_in": 60, "reference": "A"}
        payment = {"intent_id": self.paid, "shop": self.shop_id, "amount": 1000,
                   "deadline": "2999-01-01T00:00:00Z"}
        back = {"intent_id": self.open, "deadline": "2999-01-01T00:00:00Z"}
        transfer = {"to": self.rich.me["party_id"], "amount": 1, "message": "x",
                    "deadline": "2999-01-01T00:00:00Z"}
        paths = ("amount", "expires_in", "reference", "terminal", "code", "again")
        return [
            Endpoint("enrol", "POST", "/v1/enrol", self.poor, self.enrolment,
                     ("code", "public_key", "label"), ("code", "public_key")),
            Endpoint("intent", "PUT", "/v1/intents/{id}", self.till, intent.copy, paths,
                     ("amount",), is_order=True),
            Endpoint("owner's intent", "PUT", "/v1/intents/{id}", self.owner,
                     (intent | {"terminal": "T001"}).copy, paths, ("amount", "terminal"),
                     is_order=True),
            Endpoint("get intent", "GET", "/v1/intents/{id}", self.rich, known=self.open),
            Endpoint("cancel", "POST", "/v1/intents/{id}/cancel", self.till, {}.copy,
                     known=self.open, empty_is=("intent-not-found",)),
            Endpoint("events", "GET", "/v1/intents/{id}/events", self.till, known=self.paid),
            Endpoint("payment", "PUT", "/v1/payments/{id}", self.rich, payment.copy,
                     ("intent_id", "shop", "amount", "terminal", "again", "deadline"),
                     ("shop", "amount"), is_order=True),
            Endpoint("decline", "POST", "/v1/intents/{id}/decline", self.rich, {}.copy,
                     known=self.open, empty_is=("intent-not-found",)),
            Endpoint("code", "PUT", "/v1/codes/{id}", self.rich, {"max_amount": 1}.copy,
                     ("max_amount",), is_order=True, empty_is=(201,)),
            Endpoint("get code", "GET", "/v1/codes/{id}", self.rich, known=self.code),
            Endpoint("shop", "GET", "/v1/shops/{shop}", self.rich, known=self.shop_id),
            Endpoint("void", "PUT", "/v1/voids/{id}", self.till, back.copy,
                     ("intent_id", "deadline"), ("intent_id",), is_order=True),
            Endpoint("refund", "PUT", "/v1/refunds/{id}", self.owner, (back | {"amount": 1}).copy,
                     ("intent_id", "amount", "deadline"), ("intent_id", "amount"), is_order=True),
            Endpoint("transfer", "PUT", "/v1/transfers/{id}", self.poor, transfer.copy,
                     ("to", "amount", "message", "deadline"), ("to", "amount"), is_order=True),
            Endpoint("operation", "GET", "/v1/operations/{id}", self.rich, known=self.payment),
            Endpoint("tombstone", "PUT", "/v1/tombstones/{id}", self.staff, {"reason": "x"}.copy,
                     ("reason",), is_order=True, empty_is=(201,)),
            Endpoint("money events", "GET", "/v1/events", self.rich),
            Endpoint("balance", "GET", "/v1/balance", self.rich),
            Endpoint("history", "GET", "/v1/history", self.rich),
            Endpoint("statement", "GET", "/v1/statement", self.rich),
            Endpoint("receipt", "GET", "/v1/receipts/{id}", self.rich, known=self.payment),
        ]
