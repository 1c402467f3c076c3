"""Makes mutants of the C files of ledger/core: small changes of the text, each of which breaks a
rule unless it is in equivalent.txt. Mechanical on purpose: nobody chose what is easy to notice."""

import re

FILES = [
    "decide", "intent", "rules_intent", "rules_code", "rules_held", "rules_treasury", "book",
    "heads", "recent", "state", "canonical", "calendar",
]

COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
OTHERS = {"&&": "||", "||": "&&", "+": "-", "-": "+", "*": "+", "+=": "-=", "-=": "+="}
WORDS = {
    "true": "false", "false": "true",
    "debit": "credit", "credit": "debit",
    "debits_posted": "credits_posted", "credits_posted": "debits_posted",
    "debit_delta": "credit_delta", "credit_delta": "debit_delta",
    "debit_previous": "credit_previous", "credit_previous": "debit_previous",
    "debit_same": "credit_same", "credit_same": "debit_same",
    "debits_pending": "credits_pending", "credits_pending": "debits_pending",
    "FZ_SIDE_DEBIT": "FZ_SIDE_CREDIT", "FZ_SIDE_CREDIT": "FZ_SIDE_DEBIT",
    "FZ_PAYMENT_MAX": "FZ_AMOUNT_MAX", "FZ_AMOUNT_MAX": "FZ_PAYMENT_MAX",
    "FZ_OPEN": "FZ_FROZEN", "FZ_FROZEN": "FZ_CLOSED", "FZ_CLOSED": "FZ_FROZEN",
    "FZ_STATE_CREATED": "FZ_STATE_CANCELED", "FZ_STATE_COMPLETED": "FZ_STATE_VOIDED",
    "FZ_STATE_CANCELED": "FZ_STATE_EXPIRED", "FZ_STATE_EXPIRED": "FZ_STATE_CREATED",
    "FZ_STATE_VOIDED": "FZ_STATE_COMPLETED",
    "FZ_EVENT_CREATED": "FZ_EVENT_COMPLETED", "FZ_EVENT_COMPLETED": "FZ_EVENT_CREATED",
    "FZ_EVENT_CANCELED": "FZ_EVENT_EXPIRED", "FZ_EVENT_EXPIRED": "FZ_EVENT_CANCELED",
    "FZ_EVENT_VOIDED": "FZ_EVENT_REFUNDED", "FZ_EVENT_REFUNDED": "FZ_EVENT_VOIDED",
    "FZ_PAYOUT_BOOKED": "FZ_PAYOUT_SENT", "FZ_PAYOUT_SENT": "FZ_PAYOUT_BOOKED",
    "FZ_PAYOUT_CONFIRMED": "FZ_PAYOUT_RETURNED", "FZ_PAYOUT_RETURNED": "FZ_PAYOUT_CONFIRMED",
    "FZ_KIND_TOPUP": "FZ_KIND_P2P", "FZ_KIND_P2P": "FZ_KIND_TOPUP",
    "FZ_ACCOUNT_WALLET": "FZ_ACCOUNT_MERCHANT", "FZ_ACCOUNT_MERCHANT": "FZ_ACCOUNT_WALLET",
    "pending": "transit", "transit": "reserve", "reserve": "merchant",
}

CHECK = re.compile(r"^( +)if \((?P<condition>[^{}]*?)\) \{\n +return [^;]+;\n +\}\n", re.M)
ASSIGNMENT = re.compile(r"^ +\*?\w+(?:(?:->|\.)\w+|\[[^\]\n]*\])* (?:=|\+=|-=|>>=) [^;]*;\n", re.M)
STEP = re.compile(r"^ +\*?[\w>.\-]+(?:\+\+|--);\n", re.M)
CALL = re.compile(r"^ +(?!fz_assert|FZ_|return|if|for|while|switch)\w+\([^;{}]*\);\n", re.M)
NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
ROOM = re.compile(r"^ +(?:static |const )*(?:struct )?\w+ \w+\[\d+\]", re.M)  # of an array
SWAPPED_LEG = re.compile(r"(\{FZ_KIND_\w+, )([^,{}]+), ((?:[^,{}()]|\([^()]*\))+)(, )")


class Mutant:
    """One change: text[begin:end] of a file becomes `new`."""

    def __init__(self, path, text, begin, end, new):
        self.path, self.begin, self.end, self.new = path, begin, end, new
        self.line = text.count("\n", 0, begin) + 1
        first = text.rfind("\n", 0, begin) + 1
        last = text.find("\n", max(end - 1, begin))
        self.old_text = " ".join(text[first:last].split())
        self.new_text = " ".join((text[first:begin] + new + text[end:max(last, end)]).split())
        names = re.findall(r"^(?:[\w*]+ )*\**(\w+)\(", text[:begin], re.M)
        self.function = names[-1] if names else "?"

    def key(self):
        return (self.path, self.function, self.old_text, self.new_text)

    def apply(self, text):
        return text[: self.begin] + self.new + text[self.end:]

    def __str__(self):
        return f"{self.path}:{self.line} ({self.function}): {self.old_text} => {self.new_text}"


def blank(text, pattern):
    """The text with every match made of spaces, newlines kept, so that places stay the same."""
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)


def code_of(text):
    """Only what can be broken: bodies of functions, without comments, strings and assertions."""
    text = blank(text, r"/\*.*?\*/")
    text = blank(text, r'"(?:\\.|[^"\\\n])*"')
    text = blank(text, r"\bfz_assert\([^;]*\);")
    text = blank(text, r"(?m)^#[^\n]*$")
    bodies = [(m.start(), m.end()) for m in re.finditer(r"(?ms)^\{\n.*?^\}", text)]
    kept = list(re.sub(r"[^\n]", " ", text))
    for begin, end in bodies:
        kept[begin:end] = text[begin:end]
    return "".join(kept)


def tokens(code):
    """(begin, end, new) for every operator, word and number that has another."""
    for found in re.finditer(r"(?<= )(<=|>=|==|!=|<|>|&&|\|\||\+=|-=|\+|-|\*)(?= )", code):
        old = found.group(0)
        yield found.start(), found.end(), COMPARISONS.get(old) or OTHERS[old]
    for found in re.finditer(r"[A-Za-z_]\w*", code):
        if found.group(0) in WORDS:
            yield found.start(), found.end(), WORDS[found.group(0)]
    for found in NUMBER.finditer(ROOM.sub(lambda m: " " * len(m.group(0)), code)):
        value = int(found.group(0))
        yield found.start(), found.end(), str(value - 1 if value == 8 else value + 1)


def statements(code):
    """Checks that are gone, neighbours that changed places, steps that are not done."""
    checks = list(CHECK.finditer(code))
    for check in checks:
        yield check.start("condition"), check.end("condition"), "false"
    for one, two in zip(checks, checks[1:]):
        if one.end() == two.start():
            yield one.start(), two.end(), two.group(0) + one.group(0)
    for pattern in (ASSIGNMENT, STEP, CALL):
        for found in pattern.finditer(code):
            lines = found.group(0).count("\n")
            yield found.start(), found.end(), "    ;" + "\n" * lines
    for found in SWAPPED_LEG.finditer(code):
        new = f"{found[1]}{found[3]}, {found[2]}{found[4]}"
        yield found.start(), found.end(), new


def mutants_of(path, text):
    code = code_of(text)
    made = []
    for begin, end, new in list(tokens(code)) + list(statements(code)):
        made.append(Mutant(path, text, begin, end, new))
    return sorted(made, key=lambda m: (m.begin, m.end, m.new))
