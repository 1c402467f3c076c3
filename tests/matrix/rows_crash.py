"""Failure matrix, group `crash`: the switch or its database dies at the worst moment, a cut-off
falls into payments (rows 27 to 29, 46). On a PostgreSQL of its own (ledger.py)."""
import contextlib
import os
import signal

from ledger import Ledger
from scene import DONE, REFUSED, Scene, equal, until

PAID = "PAID"
CHECKING = "Checking; do not pay again"
WAITING = "Waiting for the customer to pay"


class CrashScene(Scene):
    """The switch reaches PostgreSQL through the proxy, we look past it."""

    def __init__(self, ledger):
        os.environ["FZ_TEST_DB"] = ledger.database
        super().__init__(workers=2)
        self.ledger = ledger

    def write_files(self):
        super().write_files()
        self.database = self.ledger.behind


@contextlib.contextmanager
def open_scene():
    with Ledger() as ledger, CrashScene(ledger) as scene:
        scene.till = scene.new_till()
        scene.hanako = scene.new_wallet(100000)
        yield scene


def row_27_switch_dies_before_the_commit(scene):
    before = scene.yen(scene.hanako)
    waiting = scene.till.start("sale", "1270")
    sale = waiting.line("shown")
    scene.ledger.order("hold")
    scene.wallet_line.next("PUT payments", "unheard")  # or the HTTP library pays a second time
    payer = scene.hanako.start("pay", "--payload", sale["qr"], "--yes")
    _, worker, _ = scene.ledger.report()  # its batch has the head, and it hears no more
    os.kill(int(worker), signal.SIGKILL)
    payer.end().says("Not paid, not charged", REFUSED, "tombstoned")
    scene.is_booked(sale["id"], "CREATED")
    equal("the wallet", before, scene.yen(scene.hanako))
    scene.hanako.pay(sale["qr"]).says(PAID, DONE, "paid")
    waiting.end().says(PAID, DONE, "paid")
    scene.is_booked(sale["id"], "COMPLETED", "payment 1270")


def row_28_switch_dies_after_the_commit(scene):
    before = scene.yen(scene.hanako)
    waiting = scene.till.start("sale", "1280")
    sale = waiting.line("shown")
    scene.ledger.order("commit 5000")
    payer = scene.hanako.start("pay", "--payload", sale["qr"], "--yes")
    scene.ledger.report()
    until("the payment is durable", lambda: scene.state(sale["id"]) == "COMPLETED")
    equal("the wallet has heard", [], payer.said().lines)
    for worker in scene.worker_pids():
        os.kill(worker, signal.SIGKILL)
    payer.end().says(PAID, DONE, "paid")
    waiting.end().says(PAID, DONE, "paid")
    scene.is_booked(sale["id"], "COMPLETED", "payment 1280")
    equal("the wallet", before - 1280, scene.yen(scene.hanako))

    sale = scene.till.sale(1281)  # the switch lives, and hears nothing of its commit
    tills = [scene.new_till(scene.till.party) for _ in range(4)]
    scene.till_line.counts["GET intents"] = 0
    waits = [till.start("wait", sale.id) for till in tills]  # on this worker or on the other
    until("all wait", lambda: scene.till_line.counts["GET intents"] >= 8)  # one to see, one to wait
    scene.ledger.order("commit 50")
    scene.hanako.pay(sale).says(PAID, DONE, "paid")
    scene.ledger.report()
    for wait in waits:  # before their polls of ten seconds end by themselves
        until("the till hears", lambda wait=wait: wait.process.poll() is not None, 8)
        wait.end().says(PAID, DONE, "paid")
    scene.till.run("wait", sale.id).says(PAID, DONE, "paid")
    scene.is_booked(sale.id, "COMPLETED", "payment 1281")


def row_29_nothing_is_paid_before_it_is_durable(scene):
    before = scene.yen(scene.hanako)
    waiting = scene.till.start("sale", "1290")
    sale = waiting.line("shown")
    scene.ledger.set("ALTER SYSTEM SET synchronous_standby_names = 'the_other_room'")
    try:  # the standby does not answer: what is committed here alone could still be lost
        payer = scene.hanako.start("pay", "--payload", sale["qr"], "--yes")
        until("the wallet's doubt", lambda: payer.said().text_of(CHECKING) in payer.said().err)
        equal("what the wallet has said", [], payer.said().lines)
        equal("on the till", waiting.said().text_of(WAITING), waiting.said().text)
    finally:
        scene.ledger.set("ALTER SYSTEM RESET synchronous_standby_names")
    payer.end().says(PAID, DONE, "paid")
    waiting.end().says(PAID, DONE, "paid")
    scene.ledger.pgtmp("crash")  # whoever was told PAID finds it again
    scene.ledger.pgtmp("start")
    scene.is_booked(sale["id"], "COMPLETED", "payment 1290")
    equal("the wallet", before - 1290, scene.yen(scene.hanako))
    until("the switch is back", lambda: scene.hanako.run("balance").code == DONE)
    equal("the till's day", True, scene.till.run("totals").ok)


def payout_of(settlement, shop):
    return sum(line["payout"] for line in settlement if line.get("shop") == shop)


def row_46_cut_off_within_payments(scene):
    shop = scene.new_shop()
    tills = [scene.new_till(shop) for _ in range(2)]
    sales = [tills[i % 2].sale(2000 + i) for i in range(12)]
    scene.prepare_settlement()
    out = os.path.join(scene.folder, "bank")
    os.mkdir(out)
    payers = [scene.hanako.start_pay(sale, "--yes") for sale in sales[:6]]
    payers[0].end().says(PAID, DONE, "paid")
    first = scene.fz("settle", "--window", "1", "--out", out, "--key", scene.treasurer_key)
    for payer in payers[1:]:
        payer.end().says(PAID, DONE, "paid")
    for sale in sales[6:]:
        scene.hanako.pay(sale).says(PAID, DONE, "paid")
    for sale, till in zip(sales, tills * 6):
        till.run("wait", sale.id).says(PAID, DONE, "paid")
    second = scene.fz("settle", "--window", "2", "--out", out, "--key", scene.treasurer_key)
    cut_off = first[0]["upto_transfer"]
    equal("where the second window begins", cut_off + 1, second[0]["from_transfer"])
    paid = [int(number) for number in scene.sql(
        "SELECT number FROM fz.intent WHERE shop = (SELECT shop FROM fz.intent "
        f"WHERE intent_id = '{sales[0].id}') ORDER BY amount").split()]
    due = [sum(2000 + i for i, number in enumerate(paid) if (number <= cut_off) == is_first)
           for is_first in (True, False)]
    equal("what both windows pay the shop", due, [payout_of(first, shop), payout_of(second, shop)])
    equal("what the shop still has", 0, scene.yen(tills[0]))
    for till in tills:
        equal("the till's Z report", (DONE, True), (till.run("z").code, till.run("totals").ok))
