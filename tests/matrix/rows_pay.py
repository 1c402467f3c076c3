"""Failure matrix, group `pay`: a sale shown at a till, and who pays it (rows 1 to 9, 30 to 32)."""
import contextlib
import signal
import time

from scene import DONE, LATER, REFUSED, Scene, equal, new_id, until

PAID = "PAID"
WAITING = "Waiting for the customer to pay"
CHECKING = "Checking; do not charge again"
CHECKING_WALLET = "Checking; do not pay again"


@contextlib.contextmanager
def open_scene():
    with Scene() as scene:
        scene.till = scene.new_till()
        scene.hanako, scene.taro = scene.new_wallet(100000), scene.new_wallet(100000)
        # Ten seconds are the least a sale can be open: these run out while other rows are played.
        scene.patient = scene.new_till(scene.till.party)
        scene.short = [scene.patient.sale(yen, "--expires", "10") for yen in (810, 910, 3210)]
        scene.short_since = time.monotonic()
        scene.asked = scene.hanako.start_pay(scene.short[1])
        scene.wallet_line.next("PUT payments", "late")
        scene.late = scene.taro.pay(scene.short[2])
        scene.signed = sign_payment(scene)
        yield scene


def sign_payment(scene):
    """A payment of the same sale, signed in time: the id, and what to send."""
    payment, client = new_id(), scene.taro.api()
    path = f"/v1/payments/{payment}"
    body = {"intent_id": scene.short[2].id, "shop": scene.till.party, "amount": 3210}
    return client, payment, path, client.signed("PUT", path, body)


def wait_for_expiry(scene):
    time.sleep(max(0.0, scene.short_since + 10.2 - time.monotonic()))


def row_01_creating_the_sale_times_out(scene):
    for fate, yen in (("unheard", 1010), ("lost", 1011), ("half", 1012)):
        scene.till_line.next("PUT intents", fate)
        sale = scene.till.sale(yen)
        equal("fault", True, scene.till_line.has_struck("PUT intents", fate))
        again = scene.till.sale(yen, "--id", sale.id)
        equal("the code of the repeated sale", sale.qr, again.qr)
        equal("sales of that id", "1", scene.sql(
            f"SELECT count(*) FROM fz.intent WHERE intent_id = '{sale.id}'"))
        scene.hanako.pay(again).says(PAID, DONE, "paid")
        scene.till.run("wait", sale.id).says(PAID, DONE, "paid")
        scene.is_booked(sale.id, "COMPLETED", f"payment {yen}")


def row_02_lost_sale_then_another_amount(scene):
    sale = new_id()
    scene.till_line.next("PUT intents", "unheard", 9)
    scene.till_line.next("GET intents", "lost", 9)
    scene.till.run("sale", "1020", "--no-wait", "--id", sale, "--patience", "1").says(
        CHECKING, LATER, "unknown")
    scene.till_line.reset()
    scene.till.run("sale", "1920", "--no-wait", "--id", sale).says(
        "This id is in use; start a new sale", REFUSED, "refused")
    scene.is_booked(sale, "CREATED")
    equal("the amount", "1020",
          scene.sql(f"SELECT amount FROM fz.intent WHERE intent_id = '{sale}'"))
    scene.till.run("cancel", sale).says("Canceled; it was not paid", DONE, "canceled")
    scene.hanako.pay(scene.till.sale(1920)).says(PAID, DONE, "paid")


def row_03_answer_to_the_payment_lost(scene):
    before = scene.yen(scene.hanako)
    waiting = scene.till.start("sale", "1030")
    sale = waiting.line("shown")
    scene.wallet_line.next("PUT payments", "unheard")
    scene.wallet_line.next("GET operations", "lost", 9)
    unknown = scene.hanako.run("pay", "--payload", sale["qr"], "--yes", "--patience", "1")
    unknown.says(CHECKING_WALLET, LATER, "unknown").notes(
        "The outcome is not known yet; run resume later")
    waiting.end().says(PAID, DONE, "paid")
    scene.wallet_line.reset()
    scene.hanako.run("resume").says(PAID, DONE, "paid")
    scene.is_booked(sale["id"], "COMPLETED", "payment 1030")
    equal("the wallet", before - 1030, scene.yen(scene.hanako))


def row_04_payment_does_not_arrive(scene):
    before = scene.yen(scene.hanako)
    waiting = scene.till.start("sale", "1040")
    sale = waiting.line("shown")
    equal("on the till", True, sale["text"] == waiting.said().text_of(WAITING))
    scene.wallet_line.next("PUT payments", "late")
    paid = scene.hanako.pay(sale["qr"]).says("Not paid, not charged", REFUSED, "tombstoned")
    scene.wallet_line.release()  # the original arrives after all
    scene.is_booked(sale["id"], "CREATED")
    equal("the wallet", before, scene.yen(scene.hanako))
    closed = scene.hanako.run("operation", paid.id)
    equal("the closed id", "TOMBSTONED", closed.status)
    waiting.stop(signal.SIGINT).says("Canceled; it was not paid", REFUSED, "canceled")
    scene.is_booked(sale["id"], "CANCELED")


def row_05_tapped_twice(scene):
    before = scene.yen(scene.hanako)
    waiting = scene.till.start("sale", "1050")
    sale = waiting.line("shown")
    payment = new_id()
    scene.wallet_line.next("PUT payments", "twice")
    answers = [scene.hanako.run("pay", "--payload", sale["qr"], "--yes", "--id", payment).says(
        PAID, DONE, "paid") for _ in range(2)]
    equal("the receipts", answers[0].number, answers[1].number)
    equal("differing answers", 0, scene.wallet_line.counts["differing"])
    waiting.end().says(PAID, DONE, "paid")
    scene.is_booked(sale["id"], "COMPLETED", "payment 1050")
    equal("the wallet", before - 1050, scene.yen(scene.hanako))


def row_06_two_wallets_scan_the_same_code(scene):
    waiting = scene.till.start("sale", "1060")
    sale = waiting.line("shown")
    payers = [wallet.start("pay", "--payload", sale["qr"]) for wallet in (scene.hanako, scene.taro)]
    for payer in payers:  # both see the sale before anybody pays
        until("the question", lambda: "1,060" in payer.said().err)
    payers[0].answer("y")
    payers[0].end().says(PAID, DONE, "paid")
    payers[1].answer("y")
    payers[1].end().says("This payment request is already paid", REFUSED, "refused")
    seen = waiting.end().says(PAID, DONE, "paid")
    equal("the payer's name on the till", False, "花子" in seen.out)
    scene.is_booked(sale["id"], "COMPLETED", "payment 1060")


def row_07_same_wallet_scans_twice(scene):
    sale = scene.till.sale(1070)
    before = scene.yen(scene.hanako)
    paid = scene.hanako.pay(sale).says(PAID, DONE, "paid")
    again = scene.hanako.pay(sale).says(PAID, DONE, "paid").notes(
        "You have paid this already; nothing is charged again")
    equal("the receipt", (paid.id, paid.number), (again.id, again.number))
    scene.is_booked(sale.id, "COMPLETED", "payment 1070")
    equal("the wallet", before - 1070, scene.yen(scene.hanako))


def row_30_paid_while_the_clerk_cancels(scene):
    sale = scene.till.sale(1300)
    scene.till.run("cancel", sale.id).says("Canceled; it was not paid", DONE, "canceled")
    scene.hanako.pay(sale).says("The shop canceled this payment request", REFUSED, "refused")
    scene.is_booked(sale.id, "CANCELED")

    sale = scene.till.sale(1301)
    scene.wallet_line.next("PUT payments", "parked")  # asked for in time, and slow on its way
    payer = scene.hanako.start_pay(sale, "--yes")
    until("the slow payment", lambda: scene.wallet_line.has_struck("PUT payments", "parked"))
    scene.till.run("cancel", sale.id).says("Canceled; it was not paid", DONE, "canceled")
    scene.wallet_line.release()
    payer.end().says("The shop canceled this payment request", REFUSED, "refused")
    scene.is_booked(sale.id, "CANCELED")

    waiting = scene.till.start("sale", "1302")
    sale = waiting.line("shown")
    scene.till_line.down = True  # the till hears nothing, gives up and cancels
    scene.hanako.pay(sale["qr"]).says(PAID, DONE, "paid")
    waiting.process.send_signal(signal.SIGINT)
    scene.till_line.down = False
    raced = waiting.end().says("It was paid: keep or void?", REFUSED, "paid")
    raced.notes("To void it: fz-pos void ")
    scene.is_booked(sale["id"], "COMPLETED", "payment 1302")
    scene.till.run("void", sale["id"]).says("Voided", DONE, "voided")
    scene.is_booked(sale["id"], "VOIDED", "payment 1302", "void 1302")


def row_31_canceling_times_out(scene):
    for fate, yen in (("unheard", 1310), ("lost", 1311)):
        sale = scene.till.sale(yen)
        scene.till_line.next("POST intents", fate, 9)
        scene.till_line.next("GET intents", "lost", 9)
        pending = scene.till.run("cancel", sale.id, "--patience", "1")
        pending.says("Canceling; not confirmed yet", LATER, "canceling")
        scene.till_line.reset()
        scene.till.run("resume").says("Canceled; it was not paid", None, "canceled")
        scene.hanako.pay(sale).says("The shop canceled this payment request", REFUSED, "refused")
        scene.is_booked(sale.id, "CANCELED")


def row_08_code_photographed_and_paid_later(scene):
    wait_for_expiry(scene)
    sale = scene.short[0]
    scene.hanako.pay(sale).says("This payment request has expired; ask for a new code", REFUSED,
                                "refused")
    scene.is_booked(sale.id, "EXPIRED")
    sale = scene.till.sale(1080)
    scene.taro.pay(sale).says(PAID, DONE, "paid")
    scene.hanako.pay(sale).says("This payment request is already paid", REFUSED, "refused")
    scene.is_booked(sale.id, "COMPLETED", "payment 1080")


def row_32_money_after_the_sale_ended(scene):
    wait_for_expiry(scene)
    sale, before = scene.short[2], scene.yen(scene.taro)
    scene.late.says("Not paid, not charged", REFUSED, "tombstoned")
    scene.wallet_line.release()  # what its owner gave up arrives now
    client, payment, path, (headers, body) = scene.signed
    answer = client.raw("PUT", path, headers, body)  # and one that nobody gave up
    equal("too late", (410, "intent-expired"), (answer.status, answer.code))
    scene.taro.run("operation", payment, json_output=False).shows(
        "This payment request has expired; ask for a new code")
    scene.patient.run("wait", sale.id).says("Expired; it was not paid", REFUSED, "expired")
    scene.is_booked(sale.id, "EXPIRED")
    equal("the wallet", before, scene.yen(scene.taro))


def row_09_expired_while_the_payer_confirms(scene):
    wait_for_expiry(scene)
    sale = scene.short[1]
    scene.asked.answer("y")
    scene.asked.end().says("This payment request has expired; ask for a new code", REFUSED,
                           "refused")
    scene.patient.run("wait", sale.id).says("Expired; it was not paid", REFUSED, "expired")
    scene.is_booked(sale.id, "EXPIRED")
    new = scene.till.sale(910)
    equal("a new code for the same amount", True, new.qr != sale.qr)
    scene.hanako.pay(new).says(PAID, DONE, "paid")

    with scene.till.screen() as screen:
        screen.type("920\r")
        until("the code", lambda: screen.has("Scan this with your wallet"))
        first = scene.newest(920)
        scene.restart(clock_s=150)  # more than two minutes pass
        until("another code", lambda: screen.has("The code expired; this is a new one"), 30)
        old, new = first[1], scene.newest(920)[1]
        scene.hanako.pay(old).says("This payment request has expired; ask for a new code",
                                   REFUSED, "refused")
        scene.hanako.pay(new).says(PAID, DONE, "paid")
        until("the till says so", lambda: screen.has("Enter next sale   p receipt again"))
