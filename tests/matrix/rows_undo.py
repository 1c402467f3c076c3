"""Failure matrix, group `undo`: power cuts, money back, clocks (rows 21 to 24, 34 to 36, 38)."""
import contextlib
import os

from scene import DONE, REFUSED, Scene, equal, new_id, until

PAID = "PAID"
REPRINT = "PAID (REPRINT)"
DAY_S = 86400


@contextlib.contextmanager
def open_scene():
    with Scene() as scene:
        scene.shop = scene.new_shop()
        scene.till = scene.new_till(scene.shop)
        scene.hanako = scene.new_wallet(100000)
        yield scene


def journal_of(till):
    return os.path.join(till.folder, "journal")


def sold(scene, yen):
    """A sale that is paid, and the till knows."""
    sale = scene.till.sale(yen)
    scene.hanako.pay(sale).says(PAID, DONE, "paid")
    scene.till.run("wait", sale.id).says(PAID, DONE, "paid")
    return sale


def row_21_power_lost_before_sending(scene):
    sales = []
    for fate in ("lost", "late"):
        size = os.path.getsize(journal_of(scene.till))
        scene.till_line.next("PUT intents", fate)
        scene.till_line.next("GET intents", "lost", 9)
        sales.append(new_id())
        till = scene.till.start("sale", "1210", "--id", sales[-1])
        until("the journal", lambda: os.path.getsize(journal_of(scene.till)) > size)
        until("the request", lambda: scene.till_line.has_struck("PUT intents", fate))
        till.stop()
        scene.till_line.forget()
        scene.till.run("resume").says("Sale not taken", DONE, "tombstoned")
    scene.till_line.release()  # what was on its way arrives after all
    for sale in sales:
        equal("the ledger", None, scene.state(sale))
    scene.till.run("resume", json_output=False).shows("Nothing is unsettled")


def row_22_power_lost_with_the_code_on_the_screen(scene):
    till = scene.till.start("sale", "1220")
    sale = till.line("shown")
    till.stop()
    scene.hanako.pay(sale["qr"]).says(PAID, DONE, "paid")
    found = scene.till.run("resume").says(REPRINT, DONE, "paid")
    equal("reprint", True, found.reprint)
    scene.is_booked(sale["id"], "COMPLETED", "payment 1220")
    with scene.till.screen() as screen:
        screen.type("1222\r")
        until("the code", lambda: screen.has("Scan this with your wallet"))
    sale, code = scene.newest(1222)
    scene.hanako.pay(code).says(PAID, DONE, "paid")
    with scene.till.screen() as screen:
        screen.type("/")
        until("the list of sales", lambda: screen.holds("1,222"))
    scene.is_booked(sale, "COMPLETED", "payment 1222")
    scene.till.run("resume", json_output=False).shows("Nothing is unsettled")

    till = scene.till.start("sale", "1221")  # and the one that nobody paid
    sale = till.line("shown")
    till.stop()
    scene.till.run("resume").says("Canceled; it was not paid", DONE, "canceled")
    scene.is_booked(sale["id"], "CANCELED")


def row_23_power_lost_while_giving_money_back(scene):
    before = scene.yen(scene.hanako)
    for arrives, yen in (("before", 1230), ("after", 1231)):
        sale = sold(scene, yen)
        scene.till_line.next("PUT voids", "parked")
        till = scene.till.start("void", sale.id)
        until("the void", lambda: scene.till_line.has_struck("PUT voids", "parked"))
        till.stop()
        if arrives == "before":
            scene.till_line.release()
            until("the void arrived", lambda: scene.state(sale.id) == "VOIDED")
        scene.till.run("resume").says("Voided", DONE, "voided")
        scene.till_line.release()
        scene.till_line.struck.clear()
        scene.is_booked(sale.id, "VOIDED", f"payment {yen}", f"void {yen}")
    for arrives, yen in (("before", 1232), ("after", 1233)):
        sale = sold(scene, yen)
        scene.till_line.next("PUT refunds", "parked")
        till = scene.till.start("refund", sale.id, "232")
        until("the refund", lambda: scene.till_line.has_struck("PUT refunds", "parked"))
        till.stop()
        if arrives == "before":
            scene.till_line.release()
            until("the refund arrived", lambda: len(scene.moved(sale.id)) == 2)
        scene.till.run("resume").says("Refunded", DONE, "refunded")
        scene.till_line.release()
        scene.till_line.struck.clear()
        scene.is_booked(sale.id, "COMPLETED", f"payment {yen}", "refund 232")
    equal("the wallet", before - 2001, scene.yen(scene.hanako))
    equal("the day", True, scene.till.run("totals").ok)


def row_24_torn_journal(scene):
    sale = scene.till.sale(1240)
    scene.hanako.pay(sale).says(PAID, DONE, "paid")
    scene.till.run("wait", sale.id).says(PAID, DONE, "paid")
    size = os.path.getsize(journal_of(scene.till))
    os.truncate(journal_of(scene.till), size - 200)  # the power failed within the last record
    found = scene.till.run("resume").says(REPRINT, DONE, "paid")
    equal("the sale", sale.id, found.id)
    with open(journal_of(scene.till), "ab") as journal:
        journal.write(b"\xff" * 300)
    next_sale = sold(scene, 1241)
    equal("a new id", True, next_sale.id != sale.id)
    scene.till.run("resume", json_output=False).shows("Nothing is unsettled")
    equal("the day", True, scene.till.run("totals").ok)
    scene.is_booked(sale.id, "COMPLETED", "payment 1240")


def row_35_refunds_too_much_and_twice(scene):
    sale = sold(scene, 1350)
    before = scene.yen(scene.hanako)
    too_much = scene.till.run("refund", sale.id, "1351").says(
        "The refund exceeds what is left of the payment", REFUSED, "refused")
    equal("what is left", 1350, too_much.refundable)
    scene.till_line.next("PUT refunds", "twice")  # one order that arrives twice
    scene.till.run("refund", sale.id, "350").says("Refunded", DONE, "refunded")
    equal("differing answers", 0, scene.till_line.counts["differing"])
    part = scene.till.run("refund", sale.id, "1000").says("Refunded", DONE, "refunded")
    scene.till.run("refund", sale.id, "1").says(
        "The refund exceeds what is left of the payment", REFUSED, "refused")
    scene.till.run("refund", part.id, "1").says("There is no such payment request", REFUSED,
                                                "refused")
    scene.till.run("void", sale.id).says(
        "Part of this payment was refunded; refund the rest instead", REFUSED, "refused")
    scene.is_booked(sale.id, "COMPLETED", "payment 1350", "refund 350", "refund 1000")
    equal("the wallet", before + 1350, scene.yen(scene.hanako))
    equal("the history", ["refund", "refund", "payment"], [
        line["kind"] for line in scene.hanako.run("history", "--limit", "3").lines])


def row_38_wrong_clocks(scene):
    for yen, till_s, wallet_s in ((1380, 7200, -7200), (1381, -72000, 72000)):
        scene.till.clock_s, scene.hanako.clock_s = till_s, wallet_s
        till = scene.till.start("sale", str(yen))
        sale = till.line("shown")
        scene.hanako.pay(sale["qr"]).says(PAID, DONE, "paid")
        paid = till.end().says(PAID, DONE, "paid")
        scene.till.clock_s, scene.hanako.clock_s = 0, 0
        at_us = int(scene.sql(f"SELECT paid_us FROM fz.intent WHERE intent_id = '{sale['id']}'"))
        equal("the time of the slip", scene.wire_time(at_us), paid.at)
        scene.is_booked(sale["id"], "COMPLETED", f"payment {yen}")


def row_36_refund_while_the_shop_is_short(scene):
    till = scene.new_till()
    scene.prepare_settlement()
    sale = till.sale(5360)
    scene.hanako.pay(sale).says(PAID, DONE, "paid")
    till.run("wait", sale.id).says(PAID, DONE, "paid")
    scene.fz("settle", "--out", scene.folder, "--key", scene.treasurer_key)
    equal("what the shop has", 0, scene.yen(till))
    before = scene.yen(scene.hanako)
    held = till.run("refund", sale.id, "2000").says(
        "Refund accepted; it is paid as soon as the shop has the money", DONE, "held")
    equal("when", True, held.eta is not None)
    equal("the wallet", before, scene.yen(scene.hanako))
    scene.is_booked(sale.id, "COMPLETED", "payment 5360")
    seen = scene.hanako.api().send("GET", f"/v1/intents/{sale.id}").json
    equal("what the payer can see", (2000, 2000), (seen["refunded"], seen["held"]))
    till.run("refund", sale.id, "3361").says(
        "The refund exceeds what is left of the payment", REFUSED, "refused")
    equal("the X report", (1, 2000), (till.run("x").held_count, till.run("x").held))

    scene.hanako.pay(till.sale(3000)).says(PAID, DONE, "paid")  # now there is money
    until("the money is back", lambda: scene.yen(scene.hanako) == before - 3000 + 2000, 30)
    scene.is_booked(sale.id, "COMPLETED", "payment 5360", "refund 2000")
    equal("what the shop has", 1000, scene.yen(till))


def row_34_void_after_the_day(scene):
    sale = sold(scene, 1340)
    before = scene.yen(scene.hanako)
    scene.restart(clock_s=2 * DAY_S)
    scene.till.run("void", sale.id).says(
        "A payment can be voided on its business day only; refund it instead", REFUSED, "refused")
    scene.is_booked(sale.id, "COMPLETED", "payment 1340")
    scene.till.run("refund", sale.id, "1340").says("Refunded", DONE, "refunded")
    scene.is_booked(sale.id, "COMPLETED", "payment 1340", "refund 1340")
    equal("the wallet", before + 1340, scene.yen(scene.hanako))
