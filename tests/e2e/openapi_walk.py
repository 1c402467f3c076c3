"""Walks every operation of docs/openapi.yaml against a running switch, and every answer in it.

A client that knows nothing but docs/api.md (openapi_client.py) sends good and bad requests; each
answer must have a status, a content type and a body that the file describes. At the end every
operation must have succeeded, and every refusal code of every operation must have been seen, but
for those that only a fault of the machine brings about.
"""
import sys

from openapi_client import new_id
from openapi_codes import Codes
from openapi_forms import Forms, Outage
from openapi_money import Money
from openapi_schema import Contract
from openapi_story import Story
from openapi_town import Town
from openapi_ways import Ways
from openapi_webhooks import Webhooks

# What no client can bring about: faults, overload, a lost COMMIT, the moments of a restart.
UNSEEN = {"internal", "no-memory", "io", "database", "crypto", "format", "overloaded",
          "outcome-unknown", "stopping"}


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
        return self.operations[name][1].replace("{id}", given or new_id()).replace(
            "{shop}", given or "M99999999")

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
        Ways(walk, people).run()
        Codes(walk, people).run()
        Money(walk, people).run()
        Webhooks(walk, people).run()
        Forms(walk, people).run()
        Outage(walk, people).run()
        faults = walk.faults + list(missing(walk))
        print(f"{len(walk.operations)} operations, {len(walk.seen)} kinds of answers")
    sys.exit("\n".join(faults) if faults else 0)


if __name__ == "__main__":
    main()
