"""Failure matrix, group `load`: those who have no time: receivers of webhooks, and a switch that is
asked too much (rows 37 and 45)."""
import contextlib
import os
import signal
import threading
import time

from crowd import Crowd
from scene import DONE, LATER, Scene, equal, new_id, until
from webhooks_receiver import Receiver

PAID = "PAID"
BUSY = "Too many requests; nothing was done, try again shortly"
CROWD = 230  # so many new sales that some are refused, and not so many that payments are


@contextlib.contextmanager
def open_scene():
    with Scene(workers=1, lines=["webhook_private = yes"]) as scene:
        scene.till = scene.new_till()
        scene.hanako = scene.new_wallet(100000)
        yield scene


def types_of(messages):
    return [message.type for message in sorted(messages, key=lambda message: message.seq)]


def repeated(receiver):
    """The messages of the first event that it got, if it got it more than once."""
    messages = receiver.messages()
    same = [message for message in messages if message.seq == messages[0].seq]
    return same if len(same) > 1 else None


def webhook(owner, url):
    """The id of a new webhook, and its secret."""
    given = new_id()
    made = owner.send("PUT", f"/v1/webhooks/{given}", {"url": url})
    equal("a new webhook", 201, made.status)
    return given, made.json["secret"]


def row_37_receiver_down_slow_and_twice(scene):
    till = scene.new_till()
    owner = scene.enrolled(scene.fz("owner", "add", "--shop", till.party)["code"])
    sold = ["intent.created", "intent.completed"]
    with Receiver() as good, Receiver() as slow, Receiver() as broken:
        hurry = threading.Event()
        slow.answer = lambda message: 204 if hurry.wait(60) else 500
        broken.answer = lambda message: 500
        hooks = [webhook(owner, receiver.url) for receiver in (good, slow, broken)]
        waiting = till.start("sale", "1370")
        sale = waiting.line("shown")
        scene.hanako.pay(sale["qr"]).says(PAID, DONE, "paid")
        waiting.end().says(PAID, DONE, "paid")
        equal("the good one", sold, types_of(good.wait_for(2)))
        equal("nobody waits for the slow one", 1, len(slow.messages()))
        hurry.set()
        equal("its signature", True, all(message.signed_by(hooks[0][1])
                                         for message in good.messages()))
        equal("the slow one", sold, types_of(slow.wait_for(2)))
        until("the broken one was asked", lambda: len(broken.messages()) >= 2)
        scene.hanako.pay(till.sale(1371)).says(PAID, DONE, "paid")
        equal("news go on", sold * 2, types_of(good.wait_for(4)))
        broken.answer = lambda message: 204
        until("what waited is sent", lambda: {message.seq for message in broken.messages()} ==
              {message.seq for message in good.messages()}, 30)
        first = until("the same again", lambda: repeated(broken), 30)
        equal("the same words", (1, 1), (len({message.id for message in first}),
                                         len({message.body for message in first})))
        again = owner.send("POST", f"/v1/webhooks/{hooks[0][0]}/replay", {"after": 0})
        equal("sent again", 4, again.json["replayed"])
        good.wait_for(8)
        equal("with the same ids", 4, len({message.id for message in good.messages()}))
        log = f"/v1/webhooks/{hooks[2][0]}/deliveries"
        until("the log says so", lambda: {row["state"] for row in owner.send(
            "GET", log).json["deliveries"]} == {"DELIVERED"}, 30)
    scene.is_booked(sale["id"], "COMPLETED", "payment 1370")


def pause(scene, seconds):
    """The worker gets no time for a while, and then everybody stands before it at once."""
    for worker in scene.worker_pids():
        os.kill(worker, signal.SIGSTOP)
    time.sleep(seconds)
    for worker in scene.worker_pids():
        os.kill(worker, signal.SIGCONT)
    time.sleep(0.2)


def row_45_overload(scene):
    with Crowd(scene.port, scene.ca_file, CROWD) as crowd:
        until("a refusal for want of time", lambda: pause(scene, 0.3) or crowd.refusal is not None)
        waiting = scene.till.start("sale", "1450")  # they come through all the same
        sale = waiting.line("shown")
        paid = scene.hanako.pay(sale["qr"]).says(PAID, DONE, "paid")
        equal("the payment was refused first", False, paid.text_of(BUSY) in paid.err)
        waiting.end().says(PAID, DONE, "paid")
    scene.is_booked(sale["id"], "COMPLETED", "payment 1450")
    equal("when to come again", True, b"\r\nRetry-After: 1\r\n" in crowd.refusal)
    equal("answers that nobody planned", set(), set(crowd.answers) - {401, 503})

    for line in scene.all_lines():  # who meets that refusal each time reads
        line.refusal = crowd.refusal
    scene.till_line.next("PUT intents", "refused", 9)
    refused = scene.till.run("sale", "1451", "--patience", "1").says(BUSY, LATER, "refused")
    scene.till_line.forget()
    equal("the ledger", None, scene.state(refused.id))

    sale = scene.till.sale(1452)
    scene.wallet_line.next("PUT payments", "refused", 9)
    busy = scene.hanako.pay(sale, "--patience", "1").says(BUSY, LATER, "refused")
    scene.wallet_line.forget()
    scene.is_booked(sale.id, "CREATED")
    equal("the ledger", "", scene.sql(
        f"SELECT op_id FROM fz.operation WHERE op_id = '{busy.id}'"))
    scene.hanako.pay(sale).says(PAID, DONE, "paid")
    scene.is_booked(sale.id, "COMPLETED", "payment 1452")
