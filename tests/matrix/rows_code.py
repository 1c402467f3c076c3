"""Failure matrix, group `code`: the code that a payer shows to a shop, and her consent (rows 39 and
40)."""
import contextlib

from scene import DONE, REFUSED, Scene, equal, until

PAID = "PAID"


@contextlib.contextmanager
def open_scene():
    with Scene() as scene:
        scene.till = scene.new_till()
        scene.hanako, scene.taro = scene.new_wallet(100000), scene.new_wallet(100000)
        # Half a minute to consent, which passes while other rows are played.
        scene.late_till = scene.new_till()
        scene.absent = show_code(scene.taro, "1000")
        scene.asking = scene.late_till.start("sale", "1400", "--code", scene.absent[1])
        scene.asking.line("asked")
        yield scene


def show_code(wallet, most):
    """A wallet that shows a code for so many yen without asking; its process, and the digits."""
    wallet = wallet.start("code", "--max", most)
    return wallet, wallet.line("shown")["customer_code"]


def row_39_code_shown_to_two_shops(scene):
    other = scene.new_till()
    shown, digits = show_code(scene.hanako, "2000")
    before = scene.yen(scene.hanako)
    sellers = [till.start("sale", "1390", "--code", digits) for till in (scene.till, other)]
    ends = sorted((seller.end() for seller in sellers), key=lambda said: said.code)
    ends[0].says(PAID, DONE, "paid")
    ends[1].says("This code was already used; ask for a new one", REFUSED, "refused")
    shown.end().says(PAID, DONE, "paid")
    scene.is_booked(ends[0].id, "COMPLETED", "payment 1390")
    equal("the other shop's sale", None, scene.state(ends[1].id))
    equal("the wallet", before - 1390, scene.yen(scene.hanako))
    other.run("sale", "1391", "--code", digits).says(
        "This code was already used; ask for a new one", REFUSED, "refused")


def row_40_nobody_consents(scene):
    shown, digits = show_code(scene.hanako, "1000")  # she says yes
    asking = scene.till.start("sale", "1401", "--code", digits)
    equal("on the till", asking.said().text_of("The customer is asked to confirm on the phone"),
          asking.line("asked")["text"])
    until("the question", lambda: "1401" in shown.said().out)
    scene.is_booked(asking.line("asked")["id"], "CREATED")
    shown.answer("y")
    shown.end().says(PAID, DONE, "paid")
    paid = asking.end().says(PAID, DONE, "paid")
    scene.is_booked(paid.id, "COMPLETED", "payment 1401")

    shown, digits = show_code(scene.hanako, "1000")  # she says no
    asking = scene.till.start("sale", "1402", "--code", digits)
    until("the question", lambda: "1402" in shown.said().out)
    shown.answer("n")
    shown.end().says("Declined; not paid, not charged", REFUSED, "canceled")
    declined = asking.end().says("The customer declined; it was not paid", REFUSED, "canceled")
    scene.is_booked(declined.id, "CANCELED")

    nothing = scene.asking.end()  # and she says nothing
    nothing.says("The customer did not confirm in time; it was not paid", REFUSED, "expired")
    scene.is_booked(nothing.id, "EXPIRED")
    scene.absent[0].end().says("Expired; not paid, not charged", REFUSED, "expired")
    equal("the wallet", True, "1400" not in " ".join(scene.moved(nothing.id)))
    scene.late_till.run("sale", "1400", "--code", scene.absent[1]).says(
        "This code was already used; ask for a new one", REFUSED, "refused")
