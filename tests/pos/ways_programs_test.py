#!/usr/bin/env python3
"""The other ways of paying, fz-pos and fz-wallet as processes against the double: the customer's
code with and without her consent, the shop's sticker, what looks like a repetition, refunds on
hold, voids while the line is down, X and Z reports.
"""
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import programs_test  # noqa: E402
from programs_test import kill  # noqa: E402


class Ways(programs_test.Case):
    """One shop, one till, one wallet."""

    def code(self, limit=10000):
        """A wallet's code: its JSON line."""
        shown = self.wallet.one("code", "--max", str(limit), "--no-wait")
        self.assertEqual(shown["state"], "shown")
        return shown

    def test_a_code_pays_at_once_and_once(self):
        digits = self.code()["customer_code"]
        paid = self.till.one("sale", "1480", "--code", digits)
        self.assertEqual((paid["state"], paid["text"]), ("paid", "PAID"))
        self.assertEqual(self.double.balances["R00000001"], 10000 - 1480)
        used = self.till.one("sale", "20", "--code", digits, expect=1)
        self.assertEqual(used["code"], "code-used")
        self.assertEqual(self.till.one("void", paid["id"])["state"], "voided")

    def test_every_fault_of_a_sale_by_code(self):
        for fault in ("drop", "lose", "reset", "cut", "page", "busy", "unknown", "stale"):
            with self.subTest(fault=fault):
                digits = self.code()["customer_code"]
                before = self.double.balances["R00000001"]
                self.double.faults.append(("PUT intents", fault))
                paid = self.till.one("sale", "10", "--code", digits)
                self.assertEqual(paid["state"], "paid")
                self.assertEqual(before - self.double.balances["R00000001"], 10)

    def test_power_fails_between_the_code_and_the_answer(self):
        digits = self.code()["customer_code"]
        self.double.faults.append(("PUT intents", "hang"))
        process = self.till.start("sale", "30", "--code", digits)
        self.double.wait_for("PUT intents")
        kill(process)
        self.double.release.set()
        settled = self.till.one("resume")
        self.assertEqual((settled["state"], settled["text"]), ("paid", "PAID (REPRINT)"))
        self.assertEqual(self.double.balances["R00000001"], 10000 - 30)

    def asked(self):
        """A sale above what the code allows: the till waits, the wallet is asked."""
        shown = self.code(limit=100)
        process = self.till.start("sale", "1480", "--code", shown["customer_code"])
        asked = json.loads(process.stdout.readline())
        self.assertEqual((asked["state"], asked["text"]),
                         ("asked", "The customer is asked to confirm on the phone"))
        return process, asked

    def end(self, process):
        """The till's last line."""
        out, _ = process.communicate(timeout=30)
        return json.loads(out.splitlines()[-1])

    def test_the_customer_declines(self):
        process, asked = self.asked()
        declined = self.wallet.one("decline", asked["id"])
        self.assertEqual((declined["state"], declined["text"]),
                         ("canceled", "Declined; not paid, not charged"))
        last = self.end(process)
        self.assertEqual((last["state"], last["text"]),
                         ("canceled", "The customer declined; it was not paid"))
        self.assertEqual(self.double.balances["R00000001"], 10000)

    def test_nobody_answers(self):
        process, asked = self.asked()
        with self.double.lock:
            self.double.intents[asked["id"]]["_expires"] = time.time()
        self.assertEqual(self.end(process)["text"],
                         "The customer did not confirm in time; it was not paid")

    def test_the_clerk_cancels_while_she_is_asked(self):
        process, asked = self.asked()
        self.assertEqual(self.till.one("cancel", asked["id"])["state"], "canceled")
        self.end(process)
        self.assertEqual(self.wallet.one("decline", asked["id"])["state"], "canceled")

    def test_a_repetition_is_paid_only_on_purpose(self):
        self.double.duplicate_window = 60
        self.till.one("sale", "480", "--code", self.code()["customer_code"])
        digits = self.code()["customer_code"]
        refused = self.till.one("sale", "480", "--code", digits, expect=1)
        self.assertEqual(refused["code"], "suspected-duplicate")
        again = self.till.one("sale", "480", "--code", digits, "--again")
        self.assertEqual(again["state"], "paid")
        self.assertEqual(self.double.balances["R00000001"], 10000 - 960)

    def test_a_refund_the_shop_has_no_money_for(self):
        sale = self.paid(500)
        self.double.holds_refunds = True
        held = self.till.one("refund", sale, "200")
        self.assertEqual((held["state"], held["text"]),
                         ("held", "Refund accepted; it is paid as soon as the shop has the money"))
        self.double.faults.append(("PUT refunds", "lose"))
        self.assertEqual(self.till.one("refund", sale, "100")["state"], "held")
        self.assertEqual(self.double.intents[sale]["refunded"], 300)
        self.assertEqual(self.till.run("resume"), [])

    def test_a_void_asked_for_offline_is_sent_once(self):
        sale = self.paid(500)
        self.double.vanish()
        for _ in range(2):
            kept = self.till.one("void", sale, patience="1", expect=75)
            self.assertEqual(kept["state"], "pending")
        self.assertIn("the void is kept", kept["text"])
        self.double.listen()
        settled = self.till.run("resume")
        self.assertEqual([line["state"] for line in settled], ["voided"])
        self.assertEqual(self.double.log.count("PUT voids"), 1)
        self.assertEqual(self.double.balances["R00000001"], 10000)
        self.assertTrue(self.till.one("totals")["ok"])

    def test_x_and_z(self):
        first = self.paid(100)
        self.till.one("sale", "50", "--code", self.code()["customer_code"])
        self.till.one("refund", first, "40")
        x = self.till.run("x")[-1]
        z = self.till.run("z")[-1]
        self.assertEqual(z["z_number"], 1)
        self.assertEqual((x["till"], x["switch"]), (z["till"], z["switch"]))
        self.assertEqual(z["till"]["net"], 110)
        with open(self.till.journal, "rb") as file:
            whole = file.read()
        with open(self.till.journal, "wb") as file:
            file.write(whole[:-100])  # the power failed while the report was written
        self.assertEqual(self.till.run("z")[-1]["z_number"], 1)
        self.assertEqual(self.till.run("z")[-1]["z_number"], 2)
        reprint = self.till.run("z", "--reprint", "1")[-1]
        self.assertEqual(reprint["till"], z["till"])


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
