"""Failure matrix, group `load`: more requests than there is time for (row 45)."""
import contextlib
import os
import signal
import time

from crowd import Crowd
from scene import DONE, LATER, Scene, equal, until

PAID = "PAID"
BUSY = "Too many requests; nothing was done, try again shortly"
CROWD = 400  # more than FZ_HTTP_WAITING_MAX


@contextlib.contextmanager
def open_scene():
    with Scene(workers=1) as scene:
        scene.till = scene.new_till()
        scene.hanako = scene.new_wallet(100000)
        yield scene


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
        scene.hanako.pay(sale["qr"]).says(PAID, DONE, "paid")
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
