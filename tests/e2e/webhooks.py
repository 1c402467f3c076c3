"""Webhooks against real receivers: signed, in order, at least once, and nobody in anybody's way.

The courier is the switch's own; receivers are on loopback, which the configuration of this test
allows. At the end each event of each shop has its delivery, and no webhook-id two bodies.

  webhooks.py [PART...]     only these
"""
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from openapi_client import new_id
from openapi_town import Town, free_port
from webhooks_receiver import Receiver

TIMEOUT_S = 2  # webhook_timeout_s of the town


def until(what, condition, seconds=20):
    """Waits for something that must become true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


class Shop:
    """An owner with webhooks, and a till that makes events: an intent, and its end."""

    def __init__(self, town, name):
        self.town = town
        self.owner = town.shop(name)
        self.till = town.till(self.owner)
        self.secrets = {}

    def webhook(self, url):
        given = new_id()
        answer = self.owner.send("PUT", f"/v1/webhooks/{given}", {"url": url})
        assert answer.status == 201, answer
        self.secrets[given] = answer.json["secret"]
        return given

    def event(self, count=1):
        for _ in range(count):
            answer = self.till.send("PUT", f"/v1/intents/{new_id()}", {"amount": 1})
            assert answer.status == 201, answer

    def log(self, webhook):
        """{seq: delivery}"""
        answer = self.owner.send("GET", f"/v1/webhooks/{webhook}/deliveries", query="?limit=200")
        assert answer.status == 200, answer
        return {row["seq"]: row for row in answer.json["deliveries"]}

    def states(self, webhook):
        return [row["state"] for _, row in sorted(self.log(webhook).items())]

    def row(self, webhook):
        rows = self.owner.send("GET", "/v1/webhooks").json["webhooks"]
        return next(row for row in rows if row["webhook_id"] == webhook)

    def replay(self, webhook, after=0):
        answer = self.owner.send("POST", f"/v1/webhooks/{webhook}/replay", {"after": after})
        assert answer.status == 200, answer
        return answer.json


def couriers(master):
    """Process ids of the couriers among the children of a switch."""
    with open(f"/proc/{master}/task/{master}/children", encoding="ascii") as children:
        pids = children.read().split()
    found = []
    for pid in pids:
        try:
            with open(f"/proc/{pid}/comm", encoding="ascii") as name:
                if name.read().strip() == "fz-courier":
                    found.append(int(pid))
        except OSError:
            pass
    return found


def figure(town, name):
    text = town.stranger().raw("GET", "/metrics", {}, None).body.decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith(name + "{"))


def seqs(messages):
    return [message.seq for message in messages]


def check_all(town):
    """Nothing was forgotten, and nothing was recorded that happened before the webhook."""
    missing = town.sql(
        "SELECT count(*) FROM fz.webhook w JOIN fz.event e ON e.community_id = w.community_id"
        " AND e.shop = w.shop AND e.event > w.since_event WHERE w.state <> 3 AND NOT EXISTS"
        " (SELECT FROM fz.webhook_delivery d WHERE d.community_id = w.community_id"
        "  AND d.webhook_id = w.webhook_id AND d.event = e.event)")
    assert missing == "0", f"{missing} events have no delivery"


# --- one receiver ---------------------------------------------------------------------------------

def signed_and_in_order(town):
    """By TLS: each event once, in order, signed, over one connection; the API tells the same."""
    shop = Shop(town, "署名堂")
    shop.event(2)  # before there is a webhook: not its business
    key = os.path.join(town.folder, "key.pem")
    with Receiver((town.ca_file, key)) as receiver:
        webhook = shop.webhook(receiver.url)
        began = time.monotonic()
        shop.event(40)
        got = receiver.wait_for(40)
        took = time.monotonic() - began
        until("written down", lambda: set(shop.states(webhook)) == {"DELIVERED"})
        assert seqs(got) == sorted(shop.log(webhook)), (seqs(got), sorted(shop.log(webhook)))
        assert len(got) == 40 and receiver.connections == 1, receiver.connections
        for message in got:
            assert message.signed_by(shop.secrets[webhook]), message.headers
            assert not message.signed_by("whsec_" + "A" * 43 + "="), "anybody may sign"
            assert message.signatures() == 1
            assert message.id == f"evt_1_{message.seq}", message.id
            assert message.headers["content-type"] == "application/json"
            intent = shop.owner.send(
                "GET", f"/v1/intents/{message.json['data']['intent_id']}/events").json["events"][0]
            told = {name: value for name, value in message.json["data"].items()
                    if name not in ("community", "shop")}
            assert told == intent, (told, intent)
        print(f"forty events by TLS in {took:.1f} s")


def twice_the_same(town):
    """Who answers too late, or is asked to replay, gets the same id and the same body."""
    shop = Shop(town, "二度目屋")
    with Receiver() as receiver:
        receiver.answer = lambda message: (
            (lambda handler: time.sleep(TIMEOUT_S + 1)) if len(receiver.got) == 1 else 200)
        webhook = shop.webhook(receiver.url)
        shop.event()
        first, second = receiver.wait_for(2)[:2]
        assert first.id == second.id and first.body == second.body
        assert second.signed_by(shop.secrets[webhook])
        assert int(second.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"])
        until("delivered", lambda: shop.states(webhook) == ["DELIVERED"])
        row = shop.log(webhook)[first.seq]
        assert row["attempts"] == 2 and row["status"] == 200 and "fault" not in row, row
        again = shop.replay(webhook)
        assert again["replayed"] == 1 and again["next"] == first.seq, again
        third = receiver.wait_for(3)[2]
        assert third.id == first.id and third.body == first.body


def rotation(town):
    """Two signatures while the old secret lasts, one afterwards."""
    shop = Shop(town, "合鍵屋")
    with Receiver() as receiver:
        webhook = shop.webhook(receiver.url)
        old = shop.secrets[webhook]

        def rotate(**body):
            answer = shop.owner.send("POST", f"/v1/webhooks/{webhook}/rotate", body)
            assert answer.status == 200, answer
            return answer.json["secret"]

        def next_one():
            count = len(receiver.messages())
            shop.event()
            return receiver.wait_for(count + 1)[count]

        assert next_one().signed_by(old)
        lost = rotate()  # its answer got lost on the way, so again:
        new = rotate()
        both = next_one()
        assert both.signatures() == 2 and both.signed_by(old) and both.signed_by(new)
        assert not both.signed_by(lost)
        town.sql(f"UPDATE fz.webhook SET old_until_us = 1 WHERE webhook_id = '{webhook}'")
        alone = next_one()
        assert alone.signatures() == 1 and alone.signed_by(new) and not alone.signed_by(old)
        newest = rotate(overlap=0)
        at_once = next_one()
        assert at_once.signatures() == 1 and at_once.signed_by(newest)


def gone(town):
    """410 ends it; what happens meanwhile is recorded; a replay begins again."""
    shop = Shop(town, "店じまい")
    with Receiver() as receiver:
        receiver.answer = lambda message: 410
        webhook = shop.webhook(receiver.url)
        shop.event()
        until("off", lambda: shop.row(webhook)["state"] == "OFF")
        shop.event(3)
        until("recorded", lambda: shop.states(webhook) == ["WAITING"] * 4)
        time.sleep(1)
        assert len(receiver.messages()) == 1, "it was asked again"
        receiver.answer = lambda message: 200
        shop.replay(webhook)
        until("delivered", lambda: shop.states(webhook) == ["DELIVERED"] * 4)
        assert seqs(receiver.messages()[1:]) == sorted(shop.log(webhook))


def refuses_one(town):
    """An event that is refused comes again, and holds up nothing behind it."""
    shop = Shop(town, "好き嫌い")
    with Receiver() as receiver:
        webhook = shop.webhook(receiver.url)
        shop.event()
        bad = receiver.wait_for(1)[0].seq + 1
        receiver.answer = lambda message: 500 if message.seq == bad else 204
        shop.event(5)
        until("the others", lambda: shop.states(webhook).count("DELIVERED") == 5)
        assert shop.log(webhook)[bad]["status"] == 500
        others = [seq for seq in seqs(receiver.messages()) if seq != bad]
        assert others == sorted(others), others
        receiver.answer = lambda message: 204
        until("the refused one", lambda: shop.states(webhook) == ["DELIVERED"] * 6, 30)


def made_under_load(town):
    """Webhooks made while events come: from one event on each gets every one of them, once."""
    shop = Shop(town, "開店当日")
    with Receiver() as receiver:
        are_made = threading.Event()

        def sell(till):
            left = 5
            while left > 0:
                left -= are_made.is_set()
                till.send("PUT", f"/v1/intents/{new_id()}", {"amount": 1})

        sellers = [threading.Thread(target=sell, args=(shop.till.another(),)) for _ in range(4)]
        for seller in sellers:
            seller.start()
        webhooks = [shop.webhook(receiver.url) for _ in range(5) if time.sleep(0.03) is None]
        are_made.set()
        for seller in sellers:
            seller.join()
        last = int(town.sql("SELECT max(event) FROM fz.event"))
        ids = ", ".join(f"'{webhook}'" for webhook in webhooks)
        until("all of it", lambda: town.sql(
            f"SELECT count(*) FROM fz.webhook_delivery WHERE webhook_id IN ({ids}) AND event ="
            f" {last} AND state = 2") == "5", 60)
        check_all(town)
        got = seqs(receiver.messages())
        first = [int(town.sql(f"SELECT min(event) FROM fz.webhook_delivery WHERE webhook_id ="
                              f" '{webhook}'")) for webhook in webhooks]
        assert len(set(first)) > 1, "all were made at one moment: no test"
        for seq in range(max(first), last + 1):
            assert got.count(seq) == 5, f"event {seq} came {got.count(seq)} times for five webhooks"


# --- many receivers -------------------------------------------------------------------------------

def hang(handler):
    """Never answers; lets go only when the other side does."""
    handler.connection.settimeout(30)
    handler.connection.recv(1)


def endless(handler):
    """Says yes, and goes on talking."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(100000):
        handler.wfile.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")


def long_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(1000):
        handler.wfile.write(f"X-{number}: {'y' * 100}\r\n".encode())


def nonsense(handler):
    handler.wfile.write(b"\x00\x01\x02 no HTTP at all\r\n\r\n")
    handler.close_connection = True


def hang_up(handler):
    handler.close_connection = True


def ill_beside_well(town):
    """Every kind of bad receiver; the well one beside them hears at once."""
    first, second = Shop(town, "元気な店"), Shop(town, "困った店")
    answers = {  # what the log must say in the end
        (first, "slow"): (lambda message: hang, (None, "timeout")),
        (first, "five hundred"): (lambda message: 500, (500, None)),
        (first, "busy"): (lambda message: (429, {"Retry-After": "3600"}, b""), (429, None)),
        (second, "long headers"): (lambda message: long_headers, (None, "protocol")),
        (second, "nonsense"): (lambda message: nonsense, (None, "protocol")),
        (second, "hangs up"): (lambda message: hang_up, (None, "connection")),
        (second, "endless"): (lambda message: endless, (200, None)),
    }
    with Receiver() as well, Receiver() as target:
        opened, webhooks = [], {}
        try:
            for who, (answer, _) in answers.items():
                receiver = Receiver()
                opened.append(receiver.__enter__())
                receiver.answer = answer
                webhooks[who] = who[0].webhook(receiver.url)
            redirect = Receiver()
            opened.append(redirect.__enter__())
            redirect.answer = lambda message: (307, {"Location": target.url}, b"")
            answers[(second, "redirect")] = (None, (307, None))
            webhooks[(second, "redirect")] = second.webhook(redirect.url)
            answers[(first, "down")] = (None, (None, "connection"))
            webhooks[(first, "down")] = first.webhook(f"http://127.0.0.1:{free_port()}/")
            webhook = first.webhook(well.url)
            longest = 0
            for number in range(1, 9):
                began = time.monotonic()
                first.event()
                second.event()
                assert len(well.wait_for(number)) == number, "a bad receiver holds up a good one"
                longest = max(longest, time.monotonic() - began)
            assert longest < TIMEOUT_S, f"the well one waited {longest:.1f} s"
            assert seqs(well.messages()) == sorted(seqs(well.messages()))
            for who, (_, wanted) in answers.items():
                def said(who=who, wanted=wanted):
                    rows = who[0].log(webhooks[who]).values()
                    return any((row.get("status"), row.get("fault")) == wanted for row in rows)
                until(f"{who[1]}: {wanted}", said)
            assert not target.messages(), "a redirect was followed"
            assert first.row(webhooks[(first, "busy")])["paused_until"] > "2026", "Retry-After"
            assert first.log(webhooks[(first, "busy")])[well.messages()[0].seq]["attempts"] == 1
            assert first.row(webhook)["failures"] == 0
            print(f"the well one heard within {longest:.2f} s")
            for shop, name in webhooks:
                shop.owner.send("DELETE", f"/v1/webhooks/{webhooks[(shop, name)]}")
        finally:
            for receiver in opened:
                receiver.__exit__()


def back_again(town):
    """Was down for a while: when it answers, all that waits comes, in order."""
    shop = Shop(town, "ひと休み")
    port = free_port()
    webhook = shop.webhook(f"http://127.0.0.1:{port}/")
    shop.event(6)
    until("three failures", lambda: shop.row(webhook)["failures"] >= 3, 30)
    first = min(shop.log(webhook))
    town.sql("UPDATE fz.webhook_delivery SET next_us = next_us + 3600000000"  # as if long down
             f" WHERE webhook_id = '{webhook}' AND event > {first}")
    with Receiver(port=port) as receiver:
        got = receiver.wait_for(6, 40)
        assert sorted(seqs(got)) == sorted(shop.log(webhook)), seqs(got)
        spread = got[-1].at - got[0].at
        assert spread < 3, f"the last came {spread:.1f} s after the first"
        until("well", lambda: shop.row(webhook)["failures"] == 0)
        assert all(message.signed_by(shop.secrets[webhook]) for message in got)


# --- the courier's own troubles -------------------------------------------------------------------

def killed(town):
    """kill -9 in the midst of deliveries: another takes its place and nothing is lost."""
    shop = Shop(town, "不死身")
    restarts = figure(town, "feezero_worker_restarts_total")
    with Receiver() as receiver:
        def slowly(handler):
            time.sleep(0.05)
            handler.send_response(204)
            handler.end_headers()

        receiver.answer = lambda message: slowly
        webhook = shop.webhook(receiver.url)
        shop.event(30)
        for number in (3, 12, 25):
            receiver.wait_for(number)
            until("a courier", lambda: couriers(town.process.pid))
            os.kill(couriers(town.process.pid)[0], signal.SIGKILL)
        until("all of it", lambda: shop.states(webhook) == ["DELIVERED"] * 30, 30)
        got = receiver.messages()
        assert set(seqs(got)) == set(shop.log(webhook))
        bodies = {}
        for message in got:
            assert bodies.setdefault(message.id, message.body) == message.body
        print(f"three couriers killed: {len(got) - len(bodies)} of {len(bodies)} came twice")
    assert figure(town, "feezero_worker_restarts_total") == restarts + 3


def given_up(town):
    """After three days it is given up, after thirty forgotten; a replay brings back the rest."""
    shop = Shop(town, "三日坊主")
    webhook = shop.webhook(f"http://127.0.0.1:{free_port()}/")
    shop.event(3)
    until("recorded", lambda: len(shop.log(webhook)) == 3)
    old, older, _ = sorted(shop.log(webhook))
    before = figure(town, "feezero_webhooks_given_up_total")
    for seq, days in ((old, 3.01), (older, 30.01)):
        town.sql(f"UPDATE fz.webhook_delivery SET recorded_us = recorded_us - {days} * 86400000000"
                 f" WHERE webhook_id = '{webhook}' AND event = {seq}")
    os.kill(couriers(town.process.pid)[0], signal.SIGKILL)  # a new one looks after that at once
    until("given up", lambda: shop.states(webhook) == ["GIVEN_UP", "WAITING"])
    assert figure(town, "feezero_webhooks_given_up_total") > before
    assert shop.replay(webhook)["replayed"] == 2
    until("waiting again", lambda: shop.states(webhook) == ["WAITING"] * 2)
    shop.owner.send("DELETE", f"/v1/webhooks/{webhook}")


def two_switches(town):
    """Two switches, one courier at work: everything once. When it is gone the other takes over."""
    config = os.path.join(town.folder, "second.ini")
    with open(town.config, encoding="utf-8") as first, open(config, "w", encoding="utf-8") as file:
        file.write(first.read().replace(f"127.0.0.1:{town.port}", f"127.0.0.1:{free_port()}"))
    second = subprocess.Popen([f"{town.bin}/fz-switch", "-c", config])
    shop = Shop(town, "双子")
    try:
        until("the second courier", lambda: len(couriers(second.pid)) == 1)
        time.sleep(1.5)
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted" \
               " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        assert town.sql(held) == "1"
        with Receiver() as receiver:
            webhook = shop.webhook(receiver.url)
            shop.event(60)
            until("delivered", lambda: shop.states(webhook) == ["DELIVERED"] * 60)
            assert len(receiver.messages()) == 60, f"{len(receiver.messages())} for 60"
            at_work = int(town.sql(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name"
                " = 'fz-switch courier' AND datname = current_database()"))
            assert at_work == 2, f"{at_work} couriers are connected"
            town.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                     " AND database = (SELECT oid FROM pg_database WHERE datname ="
                     " current_database())")
            shop.event(10)
            until("the rest", lambda: shop.states(webhook) == ["DELIVERED"] * 70)
            assert set(seqs(receiver.messages())) == set(shop.log(webhook))
    finally:
        second.send_signal(signal.SIGTERM)
        assert second.wait(timeout=20) == 0


# --- where it may not go --------------------------------------------------------------------------

def public_only(town):
    """Without leave to: no private address is connected to, however it is written or named."""
    shop = Shop(town, "外様")
    webhook = shop.webhook("https://shop.example/")
    with Receiver() as receiver, socket.socket(socket.AF_INET6) as six:
        try:
            six.bind(("::1", receiver.port))
            six.listen()
        except OSError:
            pass  # a machine without IPv6
        tail = f":{receiver.port}/"
        for url, fault in (
                ("https://127.0.0.1" + tail, "address"), ("https://localhost" + tail, "address"),
                ("https://2130706433" + tail, "address"), ("https://0x7f.1" + tail, "address"),
                ("https://[::1]" + tail, "address"),
                ("https://[::ffff:127.0.0.1]" + tail, "address"),
                ("https://[::ffff:7f00:1]" + tail, "address"),
                ("https://0.0.0.0" + tail, "address"), ("https://10.0.0.1/", "address"),
                ("https://169.254.169.254/latest/meta-data/", "address"),
                ("https://[fe80::1]/", "address"), ("https://[fc00::1]/", "address"),
                (f"https://{socket.gethostname()}" + tail, "address"),
                ("http://127.0.0.1" + tail, "protocol"),
                ("file:///etc/passwd", "protocol")):
            town.sql(f"UPDATE fz.webhook SET url = '{url}', pause_until_us = 0, failures = 0")
            shop.event()
            newest = int(town.sql("SELECT last_event FROM fz.head"))
            town.sql(f"DELETE FROM fz.webhook_delivery WHERE event < {newest}")

            def tried(newest=newest):
                return "last_attempt_at" in shop.log(webhook).get(newest, {})
            until(f"{url}: tried", tried)
            row = shop.log(webhook)[newest]
            assert (row.get("fault"), row.get("status")) == (fault, None), (url, row)
        assert receiver.connections == 0, "it was connected to"
        six.setblocking(False)
        try:
            six.accept()
            raise AssertionError("::1 was connected to")
        except (BlockingIOError, OSError):
            pass


def main():
    town = Town(lines=["webhook_private = yes", f"webhook_timeout_s = {TIMEOUT_S}"])
    town.lines.append(f"webhook_ca = {town.ca_file}")
    parts = (signed_and_in_order, twice_the_same, rotation, gone, refuses_one, made_under_load,
             ill_beside_well, back_again, killed, given_up, two_switches)
    wanted = sys.argv[1:] or [part.__name__ for part in (*parts, public_only)]

    def run(part):
        if part.__name__ in wanted:
            began = time.monotonic()
            part(town)
            if part is not public_only:
                check_all(town)
            print(f"{part.__name__}: {time.monotonic() - began:.1f} s", flush=True)

    with town:
        for part in parts:
            run(part)
        assert town.stop() == 0
        town.lines = []
        town.write_files()
        town.start()
        town.sql("DELETE FROM fz.webhook_delivery; DELETE FROM fz.webhook")
        run(public_only)


if __name__ == "__main__":
    sys.exit(main())
