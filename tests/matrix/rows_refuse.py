"""Failure matrix, group `refuse`: what must not be paid is not, and everybody is told why (rows 10,
11, 13, 16, 18 to 20)."""
import binascii
import contextlib
import time

from scene import DONE, REFUSED, Scene, equal, new_id

PAID = "PAID"
WAITING = "Waiting for the customer to pay"


@contextlib.contextmanager
def open_scene():
    with Scene() as scene:
        scene.till = scene.new_till()
        scene.hanako, scene.taro = scene.new_wallet(50000), scene.new_wallet(50000)
        scene.stolen = scene.new_till()
        scene.sold = scene.stolen.sale(1200)
        scene.taro.pay(scene.sold).says(PAID, DONE, "paid")
        scene.fz("key", "revoke", "--key-id", scene.stolen.setting("key_id"))
        scene.revoked_since = time.monotonic()
        yield scene


def still_waits(scene, waiting, sale):
    """The till knows nothing of it, and the sale can be paid in another way."""
    equal("the till's screen", waiting.said().text_of(WAITING), waiting.said().text)
    scene.is_booked(sale["id"], "CREATED")


def row_10_amount_differs_from_the_sale(scene):
    before = scene.yen(scene.hanako)
    waiting = scene.till.start("sale", "1100")
    sale = waiting.line("shown")
    payment = new_id()  # no wallet of ours would send it
    answer = scene.hanako.api().send("PUT", f"/v1/payments/{payment}", {
        "intent_id": sale["id"], "shop": scene.till.party, "amount": 1099})
    equal("the switch", (422, "amount-mismatch"), (answer.status, answer.code))
    scene.hanako.run("operation", payment, json_output=False).shows(
        "The amount differs from the payment request")
    still_waits(scene, waiting, sale)
    equal("the wallet", before, scene.yen(scene.hanako))
    scene.hanako.pay(sale["qr"]).says(PAID, DONE, "paid")
    waiting.end().says(PAID, DONE, "paid")
    scene.is_booked(sale["id"], "COMPLETED", "payment 1100")


def with_checksum(code):
    """The code with the checksum that its text asks for: whoever forges one can do that."""
    body = code[:-4]
    return f"{body}{binascii.crc_hqx(body.encode(), 0xFFFF):04X}"


def row_11_forged_code(scene):
    waiting = scene.till.start("sale", "1110")
    sale = waiting.line("shown")
    code, shop = sale["qr"], scene.till.party
    other = scene.new_shop()
    equal("the checksum as we make it", code, with_checksum(code))
    not_genuine = "Not a genuine FeeZero code"
    differs = "The code differs from the sale; nothing was paid"
    unknown = "There is no such payment request"
    forged = ((code.replace("54041110", "54049110"), not_genuine),  # the checksum tells
              (code[:-4] + "0000", not_genuine),
              (code[:60], not_genuine),
              ("https://pay.example/?shop=" + shop, not_genuine),
              (with_checksum(code.replace("jp.example.", "jp.evil000.")), not_genuine),
              (with_checksum(code.replace("54041110", "54041111")), differs),
              (with_checksum(code.replace("54041110", "54040001")), differs),
              (with_checksum(code.replace(shop, other)), differs),
              (with_checksum(code.replace("032601", "032602")), unknown))
    before = scene.sql("SELECT count(*) FROM fz.operation")
    for text, words in forged:
        scene.hanako.pay(text).says(words, REFUSED, "refused")
    equal("operations", before, scene.sql("SELECT count(*) FROM fz.operation"))
    still_waits(scene, waiting, sale)
    scene.hanako.pay(code).says(PAID, DONE, "paid")
    waiting.end().says(PAID, DONE, "paid")


def row_13_not_enough_money(scene):
    poor = scene.new_wallet(500)
    waiting = scene.till.start("sale", "1130")
    sale = waiting.line("shown")
    refused = poor.pay(sale["qr"]).says("The balance is not sufficient", REFUSED, "refused")
    equal("what is missing", 630, refused.shortfall)
    poor.run("pay", "--payload", sale["qr"], "--yes", json_output=False).shows("Missing")
    still_waits(scene, waiting, sale)
    equal("the wallet", 500, scene.yen(poor))  # nothing in part
    scene.hanako.pay(sale["qr"]).says(PAID, DONE, "paid")
    waiting.end().says(PAID, DONE, "paid")
    scene.is_booked(sale["id"], "COMPLETED", "payment 1130")


def row_16_wallet_frozen_or_held(scene):
    payer = scene.new_wallet(5000)
    waiting = scene.till.start("sale", "1160")
    sale = waiting.line("shown")
    scene.set_account(payer, "state = 2")
    payer.pay(sale["qr"]).says("The account is frozen; please contact the office", REFUSED,
                               "refused")
    still_waits(scene, waiting, sale)  # the shop learns nothing of it
    scene.set_account(payer, "state = 1, hold = 4000")
    held = payer.pay(sale["qr"]).says("The balance is not sufficient", REFUSED, "refused")
    equal("what is missing", 160, held.shortfall)
    still_waits(scene, waiting, sale)
    scene.set_account(payer, "hold = 0")
    payer.pay(sale["qr"]).says(PAID, DONE, "paid")
    seen = waiting.end().says(PAID, DONE, "paid")
    equal("a word of it on the till", False, "frozen" in seen.out or "停止" in seen.out)
    scene.is_booked(sale["id"], "COMPLETED", "payment 1160")


def row_18_shop_closed(scene):
    till = scene.new_till()
    sale = till.sale(1180)
    scene.set_account(till, "state = 2")
    scene.hanako.pay(sale).says("The shop does not take payments at present", REFUSED, "refused")
    till.run("sale", "1181").says("The shop does not take payments at present", REFUSED, "refused")
    scene.is_booked(sale.id, "CREATED")
    scene.set_account(till, "state = 1")
    scene.hanako.pay(sale).says(PAID, DONE, "paid")
    till.run("wait", sale.id).says(PAID, DONE, "paid")


def row_19_payee_at_the_limit(scene):
    full = scene.new_wallet(999500)
    before = scene.yen(scene.hanako)
    scene.hanako.run("send", full.party, "501", "--yes").says(
        "The payee's balance would exceed its limit", REFUSED, "refused")
    equal("the sender", before, scene.yen(scene.hanako))
    equal("the payee", 999500, scene.yen(full))
    scene.hanako.run("send", full.party, "500", "--yes").says("Sent", DONE)
    equal("the payee", 1000000, scene.yen(full))
    # Money that comes back is no income: a refund reaches a wallet that is full meanwhile.
    sale = scene.till.sale(1190)
    full.pay(sale).says(PAID, DONE, "paid")
    scene.hanako.run("send", full.party, "1190", "--yes").says("Sent", DONE)
    scene.till.run("void", sale.id).says("Voided", DONE, "voided")
    equal("the payee", 1001190, scene.yen(full))
    scene.is_booked(sale.id, "VOIDED", "payment 1190", "void 1190")


def row_20_key_of_the_till_revoked(scene):
    refused = ("This device is not enrolled, or its key was revoked; "
               "please contact the office")
    time.sleep(max(0.0, scene.revoked_since + 5.5 - time.monotonic()))  # FZ_KEY_CACHE_TTL_S
    sale = new_id()
    scene.stolen.run("sale", "1201", "--no-wait", "--id", sale).says(refused, REFUSED, "refused")
    scene.stolen.run("refund", scene.sold.id, "1200").says(refused, REFUSED, "refused")
    equal("the ledger", None, scene.state(sale))
    other = scene.new_till(scene.stolen.party)  # the shop goes on with another one
    other.run("refund", scene.sold.id, "100").says("Refunded", DONE, "refunded")
    scene.is_booked(scene.sold.id, "COMPLETED", "payment 1200", "refund 100")
