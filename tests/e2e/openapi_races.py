"""What many do at once: one id from a hundred connections, two payers and one sale, cancel against
payment, tombstone against a late original, waiting tills on all workers, and a stop in between.
"""
import signal
import sys
import threading
import time

from openapi_client import new_id
from openapi_town import Town

ROUNDS = 15
CROWD = 100
faults = []


def expect(holds, what):
    if not holds:
        faults.append(what)


def at_once(*tasks):
    """Runs them together, started by one barrier; their results in order."""
    barrier = threading.Barrier(len(tasks))
    results = [None] * len(tasks)

    def run(index, task):
        barrier.wait()
        try:
            results[index] = task()
        except Exception as error:  # a broken connection is a finding, not the end of the test
            results[index] = error

    threads = [threading.Thread(target=run, args=item) for item in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, Exception):
            faults.append(f"a request had no answer: {result!r}")
    return [result for result in results if not isinstance(result, Exception)]


def connected(client, count):
    """The same caller, so often, each with an open connection."""
    twins = [client.another() for _ in range(count)]
    for twin in twins:
        twin.raw("GET", "/healthz", {}, None)
    return twins


class Races:
    def __init__(self, town):
        self.town = town
        self.owner = town.shop("流山カフェ")
        self.till = town.till(self.owner)
        self.payers = [town.resident(name) for name in ("山田 太郎", "佐藤 花子")]
        self.shop = self.owner.me["party_id"]
        for payer in self.payers:
            town.top_up(payer, 100000)

    def sale(self, amount):
        intent = new_id()
        answer = self.till.send("PUT", f"/v1/intents/{intent}", {"amount": amount})
        assert answer.status == 201, answer
        return intent

    def pay(self, client, payment, intent, amount):
        return client.send("PUT", f"/v1/payments/{payment}",
                           {"intent_id": intent, "shop": self.shop, "amount": amount,
                            "again": True})

    def balance(self, client):
        return client.send("GET", "/v1/balance").json["balance"]

    def state(self, intent):
        return self.till.send("GET", f"/v1/intents/{intent}").json["state"]

    def one_id_from_a_hundred(self):
        payer, payment, intent = self.payers[0], new_id(), self.sale(1480)
        before, shop_before = self.balance(payer), self.balance(self.owner)
        answers = at_once(*[lambda twin=twin: self.pay(twin, payment, intent, 1480)
                            for twin in connected(payer, CROWD)])
        expect(len(answers) == CROWD, f"{len(answers)} answers")
        expect({(answer.status, answer.body) for answer in answers} ==
               {(201, answers[0].body)}, "a hundred times the same id: one answer")
        expect(before - self.balance(payer) == 1480, "it was booked once at the payer")
        expect(self.balance(self.owner) - shop_before == 1480, "and once at the shop")
        items = payer.send("GET", "/v1/history", query="?limit=200").json["items"]
        expect([item["operation_id"] for item in items].count(payment) == 1, "one transfer")
        again = self.pay(payer, payment, intent, 1480)
        expect(again.body == answers[0].body, "and later still the same bytes")

    def one_id_for_two_things(self):
        transfer, payer = new_id(), self.payers[0]
        to = self.payers[1].me["party_id"]
        before = self.balance(payer)
        answers = at_once(*[
            lambda twin=twin, amount=amount: (amount, twin.send(
                "PUT", f"/v1/transfers/{transfer}", {"to": to, "amount": amount}))
            for twin, amount in zip(connected(payer, 40), [11, 12] * 20)])
        won = {amount for amount, answer in answers if answer.status == 201}
        expect(len(won) == 1, f"one of the two contents wins: {won}")
        bodies = {answer.body for _, answer in answers if answer.status == 201}
        expect(len(bodies) == 1, "with the same bytes each time")
        lost = {answer.code for amount, answer in answers if amount not in won}
        expect(lost == {"id-reused"}, f"the other is refused: {lost}")
        expect(before - self.balance(payer) in won, "booked once")

    def two_payers_one_sale(self):
        for _ in range(ROUNDS):
            intent, shop_before = self.sale(10), self.balance(self.owner)
            before = sum(self.balance(payer) for payer in self.payers)
            answers = at_once(*[lambda payer=payer: self.pay(payer.another(), new_id(), intent, 10)
                                for payer in self.payers])
            expect(sorted((answer.status, answer.code or "") for answer in answers) ==
                   [(201, ""), (409, "intent-paid")], f"one pays, one is late: {answers}")
            expect(self.balance(self.owner) - shop_before == 10, "the shop has it once")
            expect(before - sum(self.balance(payer) for payer in self.payers) == 10,
                   "one of the two paid")

    def cancel_against_payment(self):
        seen = set()
        for turn in range(ROUNDS):
            intent, before = self.sale(10), self.balance(self.owner)
            tasks = [lambda: self.till.another().send("POST", f"/v1/intents/{intent}/cancel", {}),
                     lambda: self.pay(self.payers[0].another(), new_id(), intent, 10)]
            canceled, paid = at_once(*tasks)
            outcome = (canceled.code or canceled.status, paid.code or paid.status)
            seen.add(outcome)
            expect(outcome in ((200, "intent-canceled"), ("intent-paid", 201)),
                   f"one wins and the other is told: {outcome}")
            wanted = ("CANCELED", 0) if canceled.status == 200 else ("COMPLETED", 10)
            expect((self.state(intent), self.balance(self.owner) - before) == wanted,
                   "the sale and the money agree")
        print(f"cancel against payment: {seen}")

    def tombstone_against_a_late_original(self):
        payer, to = self.payers[0], self.payers[1].me["party_id"]
        for _ in range(ROUNDS):
            operation, before = new_id(), self.balance(payer)
            sent, closed = at_once(
                lambda: payer.another().send("PUT", f"/v1/transfers/{operation}",
                                             {"to": to, "amount": 5}),
                lambda: payer.another().send("PUT", f"/v1/tombstones/{operation}", {}))
            moved = before - self.balance(payer)
            if closed.status == 201:
                expect((sent.code, moved) == ("tombstoned", 0), f"closed, and {sent}")
            else:
                expect((closed.code, sent.status, moved) == ("id-reused", 201, 5), f"{closed}")
                state = closed.json["final_state"]
                expect(state["result"] == sent.json, "final_state is what the original got")

    def all_tills_wake(self):
        """Connections are spread over the workers, so most payments are another worker's."""
        intent = self.sale(10)
        after = self.till.send("GET", f"/v1/intents/{intent}/events").json["next"]
        results = []

        def wait(client):
            began = time.monotonic()
            answer = client.send("GET", f"/v1/intents/{intent}/events",
                                 query=f"?after={after}&wait=25")
            results.append((time.monotonic() - began, answer))

        waiting = [threading.Thread(target=wait, args=(twin,)) for twin in connected(self.till, 16)]
        for thread in waiting:
            thread.start()
        time.sleep(1)
        expect(not results, f"nobody is answered before anything happened: {results}")
        paid = self.pay(self.payers[0], new_id(), intent, 10)
        for thread in waiting:
            thread.join()
        slowest = max(seconds for seconds, _ in results)
        expect(slowest < 4, f"all woke when it was paid, the last after {slowest:.1f} s")
        for _, answer in results:
            told = [(event["type"], event["operation_id"]) for event in answer.json["events"]]
            expect(told == [("intent.completed", paid.json["operation_id"])], f"{answer}")

    def expiry_wakes(self):
        """Nobody does anything: the poll itself sees to it that the ledger lets the sale expire."""
        intent = new_id()
        answer = self.till.send("PUT", f"/v1/intents/{intent}", {"amount": 10, "expires_in": 10})
        after = self.till.send("GET", f"/v1/intents/{intent}/events").json["next"]
        began = time.monotonic()
        events = self.till.send("GET", f"/v1/intents/{intent}/events",
                                query=f"?after={after}&wait=30").json["events"]
        seconds = time.monotonic() - began
        expect([event["type"] for event in events] == ["intent.expired"], f"{events}")
        expect(8 < seconds < 14, f"after {seconds:.1f} s")
        expect(answer.json["expires_at"] <= events[0]["at"], "not before its time")

    def revoked_keys(self):
        old = self.town.till(self.owner)
        expect(old.send("GET", "/v1/history").status == 200, "a fresh key works")
        self.town.fz("key", "revoke", "--key-id", old.key_id)
        deadline = time.monotonic() + 10
        twins = connected(old, 8)
        while time.monotonic() < deadline:
            codes = {twin.send("GET", "/v1/history").code for twin in twins}
            if codes == {"key-unknown"}:
                break
            time.sleep(0.2)
        expect(codes == {"key-unknown"}, f"a revoked key is refused everywhere: {codes}")
        again = old.enrol(old.code)
        expect(again.code in ("enrolment-code", "key-unknown"), f"and cannot come back: {again}")

    def a_new_name(self):
        """What was answered stays, also when the shop has another name by now."""
        intent = new_id()
        made = self.till.send("PUT", f"/v1/intents/{intent}", {"amount": 10})
        self.town.sql("UPDATE fz.party SET name = '新装開店カフェ' "
                      f"WHERE party = {int(self.shop[1:])}")
        deadline, name = time.monotonic() + 10, None
        while name != "新装開店カフェ" and time.monotonic() < deadline:
            time.sleep(0.3)
            sales = [twin.send("PUT", f"/v1/intents/{new_id()}", {"amount": 10}).json
                     for twin in connected(self.till, 8)]
            fresh = {sale["shop"]["name"] for sale in sales}
            name = fresh.pop() if len(fresh) == 1 else None
        expect(name == "新装開店カフェ", "new sales have the new name")
        again = self.till.send("PUT", f"/v1/intents/{intent}", {"amount": 10})
        asked = self.till.send("GET", f"/v1/operations/{intent}")
        expect(again.body == made.body, f"the old one has the old: {again}")
        expect(made.body in asked.body, f"and when it is asked for: {asked}")

    def gone_clients(self):
        """Tills that hang up while they wait leave nothing behind."""
        intent = self.sale(10)
        for twin in connected(self.till, 10):
            path, query = f"/v1/intents/{intent}/events", "?after=999999&wait=30"
            headers, _ = twin.signed("GET", path, None, query)
            twin.connection.request("GET", path + query, headers=headers)
            time.sleep(0.02)
            twin.close()
        time.sleep(0.5)
        text = self.till.raw("GET", "/metrics", {}, None).body.decode()
        open_ones = sum(int(line.split()[-1]) for line in text.splitlines()
                        if line.startswith("feezero_http_requests_in_flight{"))
        expect(open_ones == 1, f"{open_ones} requests are open, one is this")

    def stop_in_flight(self):
        """The ledger is busy for longer than a stop may take: the payment is cut off, not lost."""
        payer, payment, intent = self.payers[0], new_id(), self.sale(10)
        before, outcomes = self.balance(payer), []
        holder = self.town.sql_behind("BEGIN; SELECT FROM fz.head FOR UPDATE; SELECT pg_sleep(4)")
        time.sleep(0.5)

        def pay():
            try:
                outcomes.append(self.pay(payer.another(), payment, intent, 10).code)
            except OSError as error:
                outcomes.append(type(error).__name__)

        paying = threading.Thread(target=pay)
        paying.start()
        time.sleep(0.5)
        began = time.monotonic()
        code = self.town.stop()
        seconds = time.monotonic() - began
        paying.join()
        holder.wait()
        expect(code == 0 and seconds < 3.5, f"it ended with {code} after {seconds:.1f} s")
        self.town.start()
        for client in (payer, self.till, self.owner):
            client.close()
        expect(before - self.balance(payer) in (0, 10), "booked once or not at all")
        answer = self.pay(payer, payment, intent, 10)
        expect(answer.status == 201 and before - self.balance(payer) == 10,
               f"sent again after {outcomes}: {answer}")

    def stop(self):
        """SIGTERM answers who waits, and the switch ends well."""
        intent = self.sale(10)
        results = []

        def wait(client):
            results.append(client.send("GET", f"/v1/intents/{intent}/events",
                                       query="?after=999999&wait=30"))

        waiting = [threading.Thread(target=wait, args=(twin,)) for twin in connected(self.till, 8)]
        for thread in waiting:
            thread.start()
        time.sleep(0.5)
        began = time.monotonic()
        self.town.process.send_signal(signal.SIGTERM)
        for thread in waiting:
            thread.join()
        code = self.town.process.wait(timeout=20)
        self.town.process = None
        seconds = time.monotonic() - began
        expect(len(results) == 8 and {answer.status for answer in results} == {200},
               f"who waited was answered: {results}")
        expect({answer.json["next"] for answer in results} == {999999}, "with nothing")
        expect(code == 0 and seconds < 4, f"it ended with {code} after {seconds:.1f} s")

    def run(self):
        for race in (self.one_id_from_a_hundred, self.one_id_for_two_things,
                     self.two_payers_one_sale, self.cancel_against_payment,
                     self.tombstone_against_a_late_original, self.all_tills_wake,
                     self.expiry_wakes, self.revoked_keys, self.a_new_name, self.gone_clients,
                     self.stop_in_flight, self.stop):
            began = time.monotonic()
            race()
            print(f"{race.__name__}: {time.monotonic() - began:.1f} s")


def main():
    with Town() as town:
        Races(town).run()
        audit = town.audit()
        expect("\nbooks balance " in audit, f"fz audit: {audit}")
    sys.exit("\n".join(faults) if faults else 0)


if __name__ == "__main__":
    main()
