"""Failure matrix, group `payer`: what is left to the payer: whose sticker it is that she types an
amount for, and whether she means it (rows 12 and 33)."""
import contextlib
import time

from scene import DONE, REFUSED, Scene, equal, until

PAID = "PAID"
WAITING = "Waiting for the customer to pay"
AGAIN = "The same amount was paid to this shop moments ago; confirm to pay it again"


@contextlib.contextmanager
def open_scene():
    with Scene() as scene:
        scene.till = scene.new_till()
        scene.hanako, scene.taro = scene.new_wallet(100000), scene.new_wallet(100000)
        yield scene


def sticker_of(till):
    """The text of the code that a till prints for its shop's wall."""
    return till.run("sticker").last["qr"]


def row_12_sticker_of_another_shop(scene):
    other = scene.new_till()  # somebody pastes the code of this shop over the real one
    fake = sticker_of(other)
    name = scene.sql(f"SELECT name FROM fz.party WHERE party = {int(other.party[1:])}")
    payer = scene.hanako.start("pay", fake, "1120")
    until("the question", lambda: "1,120" in payer.said().err)
    equal("whose shop it is", True, f"{name} ({other.party})" in payer.said().err)
    payer.answer("n")
    payer.end().notes("Stopped; nothing was sent")
    equal("who has it", (0, 0), (scene.yen(scene.till), scene.yen(other)))
    told = "Paid by the sticker"
    with scene.till.screen() as robbed, other.screen() as robber:
        scene.hanako.run("pay", fake, "1120", "--yes").says(PAID, DONE, "paid")
        until("the other shop is told", lambda: robber.has(told))
        equal("the robbed one is told", False, robbed.has(told))
    equal("who has it", (0, 1120), (scene.yen(scene.till), scene.yen(other)))

    seen = [till.api().send("GET", "/v1/events").json["events"] for till in (scene.till, other)]
    equal("who is told", ([], ["payment.completed"]),
          (seen[0], [event["type"] for event in seen[1]]))
    equal("the robbed shop's day", (True, 0), (scene.till.run("x").ok,
                                               scene.till.run("x").sticker_count))
    equal("the other shop's day", ("sticker", 1120), (
        other.run("x").lines[0]["difference"], other.run("x").stickers))
    scene.set_account(other, "state = 2")  # and when the office has heard of it
    scene.hanako.run("pay", fake, "1121", "--yes").says(
        "The shop does not take payments at present", REFUSED, "refused")
    equal("who has it", (0, 1120), (scene.yen(scene.till), scene.yen(other)))


def row_33_same_amount_again(scene):
    scene.hanako.pay(scene.till.sale(1330)).says(PAID, DONE, "paid")
    time.sleep(1.1)
    before = scene.yen(scene.hanako)
    waiting = scene.till.start("sale", "1330")
    sale = waiting.line("shown")
    asked = scene.hanako.pay(sale["qr"]).says(AGAIN, REFUSED, "refused")
    equal("how long ago", True, 1 <= asked.seconds_ago < 60)
    payer = scene.hanako.start("pay", sale["qr"], "--yes", json_output=False)
    until("the question", lambda: payer.said().text_of("Pay it again? [y/N] ") in payer.said().err)
    payer.answer("n")
    payer.end().shows("Seconds since the last payment")
    equal("the till's screen", waiting.said().text_of(WAITING), waiting.said().text)
    scene.is_booked(sale["id"], "CREATED")
    equal("the wallet", before, scene.yen(scene.hanako))
    scene.taro.pay(scene.till.sale(1330)).says(PAID, DONE, "paid")  # somebody else need not
    scene.hanako.pay(sale["qr"], "--again").says(PAID, DONE, "paid")
    waiting.end().says(PAID, DONE, "paid")
    scene.is_booked(sale["id"], "COMPLETED", "payment 1330")
    equal("the wallet", before - 1330, scene.yen(scene.hanako))
