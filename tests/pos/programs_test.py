#!/usr/bin/env python3
"""fz-pos and fz-wallet as processes against the double: happy paths, lost answers, kill -9 between
the journal and the wire and between the request and the answer, Ctrl-C, two programs on one folder.
FZ_BIN_DIR holds the programs.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import double as switch_double  # noqa: E402
from wire import payment_code  # noqa: E402

BIN = os.environ["FZ_BIN_DIR"]
FRAME = 512
AMOUNT = 1480


class Program:
    """One folder of a till or a wallet."""

    def __init__(self, name, folder, double):
        self.name = name
        self.folder = folder
        self.double = double
        self.journal = os.path.join(folder, "journal")

    def command(self, *arguments, as_json=True, patience="20"):
        """The command line."""
        return [os.path.join(BIN, self.name), "--dir", self.folder, "--lang", "en",
                "--patience", patience, *(["--json"] if as_json else []), *arguments]

    def run(self, *arguments, stdin="", as_json=True, patience="20", expect=0):
        """Runs to the end; answers the JSON lines (or the text)."""
        done = subprocess.run(self.command(*arguments, as_json=as_json, patience=patience),
                              input=stdin, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != expect:
            raise AssertionError(f"{arguments}: exit {done.returncode}, not {expect}\n"
                                 f"{done.stdout}{done.stderr}")
        self.stderr = done.stderr
        if not as_json:
            return done.stdout
        return [json.loads(line) for line in done.stdout.splitlines()]

    def one(self, *arguments, **options):
        """Runs; answers the only line."""
        lines = self.run(*arguments, **options)
        if len(lines) != 1:
            raise AssertionError(f"{arguments}: {lines}")
        return lines[0]

    def start(self, *arguments, patience="20"):
        """Starts and does not wait."""
        return subprocess.Popen(self.command(*arguments, patience=patience),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def frames(self):
        """Records in the journal."""
        return os.path.getsize(self.journal) // FRAME


def kill(process):
    """Power off."""
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)


class Case(unittest.TestCase):
    """A double, a till T001 and two wallets, enrolled."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="fz-pos-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.double = switch_double.Double(self.folder)
        self.addCleanup(self.double.__exit__)
        self.till = self.enrol("fz-pos", "till", "7-TJTJ-TJTJ-TJTJ-TJT1")
        self.wallet = self.enrol("fz-wallet", "wallet", "7-RRRR-RRRR-RRRR-RRR1")
        self.double.log.clear()
        self.double.stages.clear()

    def enrol(self, program, name, code):
        """A new folder."""
        made = Program(program, os.path.join(self.folder, name), self.double)
        answer = made.one("enrol", "--url", self.double.url, "--ca", self.double.ca,
                          "--code", code)
        self.assertEqual(answer["state"], "enrolled")
        return made

    def sell(self, amount=AMOUNT, *options):
        """An open sale."""
        shown = self.till.one("sale", str(amount), "--no-wait", *options)
        self.assertEqual(shown["state"], "shown")
        return shown

    def pay(self, shown, **options):
        """Pays it with the first wallet."""
        return self.wallet.one("pay", "--payload", shown["qr"], "--yes", **options)

    def paid(self, amount=AMOUNT):
        """A paid sale's id."""
        shown = self.sell(amount)
        self.assertEqual(self.pay(shown)["state"], "paid")
        self.assertEqual(self.till.one("wait", shown["id"])["state"], "paid")
        return shown["id"]


class Enrolment(Case):
    """Keys and folders."""

    def test_the_folder_is_private_and_whole(self):
        for name in ("config.ini", "key.pem", "journal"):
            path = os.path.join(self.till.folder, name)
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600, name)
        self.assertEqual(os.stat(self.till.folder).st_mode & 0o777, 0o700)
        with open(os.path.join(self.till.folder, "config.ini"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn("party=M00000042\n", text)
        self.assertIn("terminal=T001\n", text)
        self.assertIn(f"ca={self.double.ca}\n", text)

    def test_a_lost_answer_is_no_harm(self):
        till = Program("fz-pos", os.path.join(self.folder, "second"), self.double)
        order = ["enrol", "--url", self.double.url, "--ca", self.double.ca, "--code",
                 "7-TJTJ-TJTJ-TJTJ-TJT2"]
        self.double.faults.append(("POST enrol", "lose"))
        till.run(*order, expect=75)
        self.assertEqual(till.one(*order)["terminal"], "T002")
        till.run(*order, expect=78)  # enrolled already
        self.assertEqual(till.one("sale", "100", "--no-wait")["state"], "shown")

    def test_a_used_or_wrong_code_is_refused(self):
        for code in ("7-TJTJ-TJTJ-TJTJ-TJT1", "7-XXXX-XXXX-XXXX-XXXX"):
            other = Program("fz-pos", os.path.join(self.folder, "other"), self.double)
            answer = other.one("enrol", "--url", self.double.url, "--ca", self.double.ca,
                               "--code", code, expect=1)
            self.assertEqual(answer["code"], "enrolment-code")

    def test_a_wallets_code_makes_no_till(self):
        other = Program("fz-pos", os.path.join(self.folder, "other"), self.double)
        order = ["enrol", "--url", self.double.url, "--ca", self.double.ca, "--code",
                 "7-RRRR-RRRR-RRRR-RRR2"]
        self.assertIn("resident", other.one(*order, expect=78)["detail"])
        self.assertIn("terminal", self.wallet.one("balance", expect=0) and
                      Program("fz-wallet", self.till.folder, self.double)
                      .one("balance", expect=78)["detail"])

    def test_a_server_nobody_vouches_for_gets_nothing(self):
        other = Program("fz-pos", os.path.join(self.folder, "other"), self.double)
        failed = other.one("enrol", "--url", self.double.url, "--code", "7-TJTJ-TJTJ-TJTJ-TJT2",
                           expect=75)
        self.assertIn("certificate", failed["detail"])
        self.assertNotIn("POST enrol", self.double.log)
        other.run("enrol", "--url", self.double.url.replace("https", "http"), "--code",
                  "7-TJTJ-TJTJ-TJTJ-TJT2", expect=78)

    def test_a_key_others_can_read_is_not_used(self):
        os.chmod(os.path.join(self.till.folder, "key.pem"), 0o644)
        self.till.run("sale", "1", expect=78)

    def test_a_config_with_an_unknown_key_is_refused(self):
        with open(os.path.join(self.till.folder, "config.ini"), "a", encoding="utf-8") as file:
            file.write("verify=no\n")
        self.assertIn("verify", self.till.one("sale", "1", expect=78)["detail"])


class Selling(Case):
    """The story, without trouble."""

    def test_sale_pay_receipt_refund_void_totals(self):
        png = os.path.join(self.folder, "code.png")
        shown = self.sell(AMOUNT, "--png", png, "--reference", "INV-7")
        paid = self.wallet.one("pay", "--qr-image", png, "--yes")
        self.assertEqual((paid["state"], paid["amount"]), ("paid", AMOUNT))
        again = self.wallet.one("pay", "--qr-image", png, "--yes", "--id", paid["id"])
        self.assertEqual(again, paid)
        self.assertEqual(self.wallet.one("balance")["balance"], 10000 - AMOUNT)
        self.assertEqual(self.wallet.frames(), 2)
        seen = self.till.one("wait", shown["id"])
        self.assertEqual(seen["payment_id"], paid["id"])
        self.assertEqual(seen["number"], paid["number"])
        self.assertEqual(self.till.one("refund", shown["id"], "480")["state"], "refunded")
        much = self.till.one("refund", shown["id"], "1001", expect=1)
        self.assertEqual((much["code"], much["refundable"]), ("refund-exceeds-payment", 1000))
        second = self.paid(700)
        self.assertEqual(self.till.one("void", second)["state"], "voided")
        self.assertEqual(self.till.one("void", second, expect=1)["code"], "already-voided")
        totals = self.till.one("totals")
        self.assertTrue(totals["ok"])
        self.assertEqual(totals["till"], totals["switch"])
        self.assertEqual(totals["till"]["net"], 1000)
        kinds = [(line["kind"], line["state"]) for line in self.till.run("list")]
        self.assertEqual(kinds.count(("sale", "paid")), 2)
        self.assertEqual(kinds.count(("refund", "refused")), 1)
        self.assertEqual(self.till.run("list", "--day", "2001-01-01"), [])

    def test_a_waiting_sale_hears_of_the_payment(self):
        process = self.till.start("sale", str(AMOUNT))
        shown = json.loads(process.stdout.readline())
        self.assertEqual(self.pay(shown)["state"], "paid")
        paid = json.loads(process.stdout.readline())
        self.assertEqual((paid["state"], paid["text"]), ("paid", "PAID"))
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0)

    def test_what_people_read(self):
        text = self.till.run("sale", "1480", "--no-wait", as_json=False)
        self.assertIn("1,480 yen", text)
        self.assertIn("Waiting for the customer to pay", text)
        self.assertRegex(text, "[▀▄█]")
        quiet = self.till.run("sale", "1480", "--no-wait", "--quiet", as_json=False)
        self.assertNotRegex(quiet, "[▀▄█]")
        shown = self.sell()
        asked = self.wallet.run("pay", "--payload", shown["qr"], stdin="n\n", as_json=False,
                                expect=1)
        self.assertEqual(asked, "")
        self.assertIn("フィーゼロ商店 (M00000042)  1,480 yen", self.wallet.stderr)
        self.assertIn("nothing was sent", self.wallet.stderr)
        self.wallet.run("pay", "--payload", shown["qr"], stdin="", as_json=False, expect=1)
        self.assertNotIn("PUT payments", self.double.log)
        slip = self.wallet.run("pay", "--payload", shown["qr"], stdin="y\n", as_json=False)
        self.assertIn("PAID", slip)
        self.assertIn("██", slip)
        ja = subprocess.run(self.till.command("wait", shown["id"], as_json=False) +
                            ["--lang", "ja"], capture_output=True, text=True, check=True)
        self.assertIn("お支払い済み", ja.stdout)
        self.assertIn("1,480円", ja.stdout)

    def test_refused_for_lack_of_money_and_the_sale_stays_open(self):
        shown = self.sell(20000)
        refused = self.pay(shown, expect=1)
        self.assertEqual((refused["code"], refused["shortfall"]), ("insufficient-funds", 10000))
        canceled = self.till.one("cancel", shown["id"])
        self.assertEqual(canceled["state"], "canceled")
        self.assertEqual(self.till.one("cancel", shown["id"])["state"], "canceled")
        self.assertEqual(self.pay(shown, expect=1)["code"], "intent-canceled")

    def test_transfer(self):
        self.double.keys["x"] = None
        sent = self.wallet.one("send", "R00000002", "300", "--message", "昼ごはん", "--yes")
        self.assertEqual((sent["state"], sent["party"]), ("transferred", "R00000002"))
        again = self.wallet.one("send", "R00000002", "300", "--message", "昼ごはん", "--yes",
                                "--id", sent["id"])
        self.assertEqual(again, sent)
        other = self.wallet.one("send", "R00000002", "301", "--yes", "--id", sent["id"], expect=1)
        self.assertEqual(other["code"], "id-reused")
        self.assertEqual(self.double.balances["R00000002"], 300)

    def test_codes_that_are_not_genuine_never_reach_the_switch(self):
        sale = str(uuid.uuid4())
        good = payment_code(sale, AMOUNT)
        broken = good[:-1] + ("0" if good[-1] != "0" else "1")
        for payload in (broken, good.replace("1480", "1481"), "hello",
                        payment_code(sale, AMOUNT, guid="jp.example.other"),
                        payment_code(sale, AMOUNT, currency="156")):
            refused = self.wallet.one("pay", "--payload", payload, "--yes", expect=1)
            self.assertEqual(refused["code"], "bad-code", payload)
        self.assertEqual(self.double.log, [])
        shown = self.sell()
        for payload in (payment_code(shown["id"], AMOUNT - 1),
                        payment_code(shown["id"], AMOUNT, shop="M00000043")):
            self.wallet.run("pay", "--payload", payload, "--yes", expect=1)
        self.assertNotIn("PUT payments", self.double.log)
        picture = os.path.join(self.folder, "no.png")
        with open(picture, "wb") as file:
            file.write(b"no picture")
        self.assertEqual(self.wallet.one("pay", "--qr-image", picture, "--yes", expect=1)["code"],
                         "bad-code")
        self.wallet.run("pay", "--qr-image", picture + ".missing", "--yes", expect=78)

    def test_usage(self):
        for arguments in ([], ["sale"], ["sale", "0"], ["sale", "-5"], ["sale", "1.5"],
                          ["sale", "10000000000"], ["sale", "1", "--expires", "9"],
                          ["sale", "1", "--reference", "x" * 26], ["sale", "1", "--yes"],
                          ["void", "nonsense"], ["void", str(uuid.uuid4()).upper()],
                          ["moo"], ["list", "--day", "2026-02-30"], ["refund", "a", "1"]):
            self.till.run(*arguments, expect=2)
        self.assertEqual(self.double.log, [])


class Trouble(Case):
    """Lost requests and lost answers."""

    def test_every_fault_of_a_payment_ends_in_the_truth(self):
        for fault in ("drop", "lose", "reset", "cut", "page", "busy", "unknown", "stale"):
            with self.subTest(fault=fault):
                shown = self.sell(10)
                before = self.double.balances["R00000001"]
                # On a kept connection libcurl itself sends once more, so two are dropped.
                self.double.faults += [("PUT payments", fault)] * (2 if fault == "drop" else 1)
                paid = fault != "drop"
                result = self.pay(shown, expect=0 if paid else 1)
                self.assertEqual(result["state"], "paid" if paid else "tombstoned")
                self.assertEqual(before - self.double.balances["R00000001"], 10 if paid else 0)
                if not paid:
                    self.assertEqual(result["text"], "Not paid, not charged")
                    self.assertEqual(self.double.log[-3:],
                                     ["PUT payments", "GET operations", "PUT tombstones"])

    def test_every_fault_of_a_sale_shows_the_same_code(self):
        for fault in ("drop", "lose", "reset", "cut", "page", "busy", "unknown", "stale"):
            with self.subTest(fault=fault):
                self.double.faults.append(("PUT intents", fault))
                shown = self.sell(10)
                self.assertEqual(shown["qr"], self.double.intents[shown["id"]]["qr"])
                self.assertEqual(self.pay(shown)["state"], "paid")

    def test_every_fault_of_void_and_refund_ends_in_the_truth(self):
        for fault in ("drop", "lose", "reset", "cut", "page", "busy", "unknown", "stale"):
            with self.subTest(fault=fault):
                first, second = self.paid(100), self.paid(100)
                self.double.faults.append(("PUT voids", fault))
                self.assertEqual(self.till.one("void", first)["state"], "voided")
                self.double.faults.append(("PUT refunds", fault))
                self.assertEqual(self.till.one("refund", second, "40")["state"], "refunded")
                self.assertEqual(self.double.intents[second]["refunded"], 40)
        self.assertTrue(self.till.one("totals")["ok"])

    def test_every_fault_of_a_cancel(self):
        for fault in ("drop", "lose", "reset", "cut", "page", "busy", "unknown", "stale"):
            with self.subTest(fault=fault):
                shown = self.sell(10)
                self.double.faults.append(("POST intents/cancel", fault))
                self.assertEqual(self.till.one("cancel", shown["id"])["state"], "canceled")

    def test_a_wait_outlives_its_connection(self):
        process = self.till.start("sale", str(AMOUNT))
        shown = json.loads(process.stdout.readline())
        self.double.faults += [("GET intents/events", "reset"), ("GET intents", "page"),
                               ("GET intents/events", "drop")]
        self.double.wait_for("GET intents/events")
        self.assertEqual(self.pay(shown)["state"], "paid")
        self.assertEqual(json.loads(process.stdout.readline())["state"], "paid")
        process.communicate(timeout=20)

    def test_nobody_listens_means_nothing_happened(self):
        self.double.vanish()
        refused = self.till.one("sale", "10", patience="2", expect=75)
        self.assertEqual((refused["state"], refused["code"]), ("refused", "unavailable"))
        self.assertEqual(self.till.run("resume"), [])

    def test_a_kept_connection_that_dies_under_a_payment_leaves_it_unknown(self):
        """libcurl sends again on a new connection; that it is refused proves nothing."""
        shown = self.sell()
        self.double.faults.append(("PUT payments", "vanish"))
        unknown = self.pay(shown, patience="2", expect=75)
        self.assertEqual(unknown["state"], "unknown")
        self.assertEqual(self.double.balances["R00000001"], 10000 - AMOUNT)
        self.double.listen()
        self.assertEqual(self.wallet.one("resume")["state"], "paid")

    def test_patience_ends_and_resume_goes_on(self):
        shown = self.sell()
        self.double.faults += [("PUT payments", "page"), ("GET operations", "page"),
                               ("GET operations", "page")]
        unknown = self.pay(shown, patience="2", expect=75)
        self.assertEqual((unknown["state"], unknown["text"]),
                         ("unknown", "Checking; do not pay again"))
        self.wallet.run("send", "R00000002", "1", stdin="n\n", expect=1)
        self.assertIn("unsettled", self.wallet.stderr)
        settled = self.wallet.one("resume")
        self.assertEqual((settled["state"], settled["id"]), ("paid", unknown["id"]))
        self.assertEqual(self.wallet.run("resume"), [])

    def test_looking_outlives_a_restart(self):
        self.double.vanish()
        process = self.wallet.start("balance")
        time.sleep(0.5)
        self.double.listen()
        out, _ = process.communicate(timeout=20)
        self.assertEqual(json.loads(out)["balance"], 10000)
        self.double.vanish()
        failed = self.wallet.one("balance", patience="1", expect=75)
        self.assertEqual((failed["state"], failed["code"]), ("refused", "unavailable"))

    def test_a_slow_clock_is_told_the_time(self):
        shown = self.sell()
        self.double.faults.append(("PUT payments", "stale"))
        self.assertEqual(self.pay(shown)["state"], "paid")
        self.assertEqual(self.double.log.count("PUT payments"), 2)

    def test_totals_name_what_differs(self):
        first, second = self.paid(100), self.paid(50)
        with self.double.lock:
            self.double.history = [e for e in self.double.history if e["intent_id"] != first]
        lines = self.till.run("totals", expect=1)
        self.assertEqual([(line["difference"], line["id"]) for line in lines[:-1]],
                         [("only-till", first)])
        os.truncate(self.till.journal, 0)
        lines = self.till.run("totals", expect=1)
        self.assertEqual([(line["difference"], line["id"]) for line in lines[:-1]],
                         [("only-switch", second)])

    def test_another_tills_sales_are_not_ours(self):
        other = self.enrol("fz-pos", "other", "7-TJTJ-TJTJ-TJTJ-TJT2")
        mine = self.paid(100)
        shown = other.one("sale", "70", "--no-wait")
        self.pay(shown)
        self.assertEqual(other.one("wait", shown["id"])["state"], "paid")
        self.assertEqual(other.one("refund", mine, "30")["state"], "refunded")
        lines = self.till.run("totals")
        self.assertEqual([line.get("difference") for line in lines], ["elsewhere", None])
        self.assertEqual(lines[-1]["switch"]["net"], 100)
        self.assertEqual(other.one("totals")["switch"]["net"], 40)


class PowerCut(Case):
    """kill -9 at the two places that matter, then resume."""

    def interrupted(self, program, *arguments):
        """Killed after the journal was written and before a byte of the request left."""
        frames = program.frames()
        self.double.stall_handshakes = True
        process = program.start(*arguments)
        deadline = time.time() + 20
        while program.frames() == frames:
            self.assertLess(time.time(), deadline)
            time.sleep(0.01)
        kill(process)
        self.double.stall_handshakes = False

    def unheard(self, summary, program, *arguments):
        """Killed after the request was carried out and before its answer."""
        self.double.stages.clear()
        self.double.faults.append((summary, "hang"))
        process = program.start(*arguments)
        self.double.wait_for(summary)
        kill(process)
        self.double.release.set()
        self.double.release = threading.Event()

    def test_sale_before_sending(self):
        self.interrupted(self.till, "sale", "10")
        settled = self.till.one("resume")
        self.assertEqual((settled["state"], settled["text"]), ("tombstoned", "Sale not taken"))
        self.assertEqual(self.double.log, ["GET intents", "PUT tombstones"])

    def test_sale_before_the_answer(self):
        self.unheard("PUT intents", self.till, "sale", "10")
        self.assertEqual(self.till.one("resume")["state"], "canceled")
        self.unheard("PUT intents", self.till, "sale", "10")
        self.assertEqual(self.till.one("resume", "--keep-open")["state"], "shown")

    def test_sale_paid_while_the_till_was_dead(self):
        process = self.till.start("sale", "10")
        shown = json.loads(process.stdout.readline())
        kill(process)
        self.pay(shown)
        settled = self.till.one("resume")
        self.assertEqual((settled["state"], settled["text"]), ("paid", "PAID (REPRINT)"))
        self.assertTrue(self.till.one("totals")["ok"])

    def test_payment_before_the_answer(self):
        shown = self.sell()
        self.unheard("PUT payments", self.wallet, "pay", "--payload", shown["qr"], "--yes")
        self.assertEqual(self.wallet.one("resume")["state"], "paid")
        self.assertEqual(self.double.balances["R00000001"], 10000 - AMOUNT)

    def test_transfer_before_sending_and_before_the_answer(self):
        self.interrupted(self.wallet, "send", "R00000002", "5", "--yes")
        self.assertEqual(self.wallet.one("resume")["text"], "Not sent, not charged")
        self.unheard("PUT transfers", self.wallet, "send", "R00000002", "5", "--yes")
        self.assertEqual(self.wallet.one("resume")["state"], "transferred")
        self.assertEqual(self.double.balances["R00000002"], 5)

    def test_void_and_refund_before_sending_and_before_the_answer(self):
        first, second = self.paid(100), self.paid(100)
        self.interrupted(self.till, "void", first)
        self.assertEqual(self.till.one("resume")["state"], "voided")
        self.interrupted(self.till, "refund", second, "40")
        self.assertEqual(self.till.one("resume")["state"], "refunded")
        third, fourth = self.paid(100), self.paid(100)
        self.unheard("PUT voids", self.till, "void", third)
        self.assertEqual(self.till.one("resume")["state"], "voided")
        self.unheard("PUT refunds", self.till, "refund", fourth, "40")
        self.assertEqual(self.till.one("resume")["state"], "refunded")
        self.assertEqual([self.double.intents[i]["state"] for i in (first, third)],
                         ["VOIDED", "VOIDED"])
        self.assertEqual([self.double.intents[i]["refunded"] for i in (second, fourth)], [40, 40])
        self.assertTrue(self.till.one("totals")["ok"])

    def test_cancel_before_the_answer(self):
        shown = self.sell()
        self.unheard("POST intents/cancel", self.till, "cancel", shown["id"])
        self.assertEqual(self.till.one("resume", "--keep-open")["state"], "canceled")

    def test_a_torn_record_is_dropped(self):
        shown = self.sell()
        self.pay(shown)
        with open(self.till.journal, "ab") as file:
            file.write(b"FZJ1" + b"x" * 200)
        self.assertEqual(self.till.one("wait", shown["id"])["state"], "paid")
        self.assertEqual(os.path.getsize(self.till.journal) % FRAME, 0)
        self.assertTrue(self.till.one("totals")["ok"])

    def test_a_full_disk_sends_nothing(self):
        limited = ["bash", "-c", 'ulimit -f 0; trap "" XFSZ; exec "$@"', "-"]
        done = subprocess.run(limited + self.till.command("sale", "10"), capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertEqual(self.double.log, [])


class Interrupts(Case):
    """Ctrl-C, and two programs at once."""

    def test_ctrl_c_cancels_the_sale(self):
        process = self.till.start("sale", "10")
        shown = json.loads(process.stdout.readline())
        self.double.wait_for("GET intents/events")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
        self.assertEqual(json.loads(out)["state"], "canceled")
        self.assertEqual(process.returncode, 1)
        self.assertEqual(self.double.intents[shown["id"]]["state"], "CANCELED")

    def test_ctrl_c_too_late(self):
        process = self.till.start("sale", "10")
        shown = json.loads(process.stdout.readline())
        self.double.wait_for("GET intents/events")
        self.double.faults.append(("GET intents/events", "hang"))  # the till does not hear of it
        with self.double.lock:
            self.double.changed.notify_all()
        self.pay(shown)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
        last = json.loads(out.splitlines()[-1])
        self.assertEqual(last["state"], "paid")
        if last.get("raced"):  # else the event was faster than the keyboard
            self.assertEqual(last["text"], "It was paid: keep or void?")
            self.assertEqual(process.returncode, 1)

    def test_ctrl_c_while_the_sale_is_being_opened(self):
        self.double.faults += [("PUT intents", "drop"), ("PUT intents", "drop")]
        process = self.till.start("sale", "10")
        deadline = time.time() + 20
        while self.double.log.count("PUT intents") < 1 and time.time() < deadline:
            time.sleep(0.01)
        time.sleep(0.3)  # now it waits before it tries again
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
        self.assertEqual(json.loads(out)["state"], "tombstoned")
        self.assertEqual(self.double.intents, {})

    def test_ctrl_c_of_wait_leaves_the_sale_open(self):
        shown = self.sell()
        process = self.till.start("wait", shown["id"])
        self.double.wait_for("GET intents")
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 75)
        self.assertEqual(self.double.intents[shown["id"]]["state"], "CREATED")

    def test_cancel_from_a_second_program(self):
        process = self.till.start("sale", "10")
        shown = json.loads(process.stdout.readline())
        self.assertEqual(self.till.one("cancel", shown["id"])["state"], "canceled")
        out, _ = process.communicate(timeout=20)
        self.assertEqual(json.loads(out)["state"], "canceled")
        finals = [line for line in self.till.run("list") if line["id"] == shown["id"]]
        self.assertEqual(len(finals), 1, "one final record")

    def test_many_sales_at_once_on_one_folder(self):
        processes = [self.till.start("sale", str(100 + i), "--no-wait") for i in range(8)]
        shown = [json.loads(p.communicate(timeout=30)[0]) for p in processes]
        self.assertEqual(len({line["id"] for line in shown}), 8)
        listed = {line["id"]: line["state"] for line in self.till.run("list")}
        self.assertEqual({listed[line["id"]] for line in shown}, {"shown"})

    def test_one_id_from_many_programs_is_one_payment(self):
        shown = self.sell()
        operation = str(uuid.uuid4())
        order = ["pay", "--payload", shown["qr"], "--yes", "--id", operation]
        processes = [self.wallet.start(*order) for _ in range(6)]
        results = [json.loads(p.communicate(timeout=60)[0]) for p in processes]
        self.assertEqual({r["state"] for r in results}, {"paid"})
        self.assertEqual(len({r["number"] for r in results}), 1)
        self.assertEqual(self.double.balances["R00000001"], 10000 - AMOUNT)


if __name__ == "__main__":
    socket.setdefaulttimeout(60)
    unittest.main(verbosity=2, warnings="ignore")
