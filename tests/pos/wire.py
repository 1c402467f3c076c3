"""What goes over the wire, written a second time for the double: ECDSA P-256 signatures (verified
only, slowly) and the text of payment codes.
"""
import hashlib
import uuid

# --- P-256, only to verify ------------------------------------------------------------------------
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def add(a, b):
    """The sum of two points of the curve; None is the point at infinity."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(k, point):
    """k times a point."""
    result = None
    while k:
        if k & 1:
            result = add(result, point)
        point = add(point, point)
        k >>= 1
    return result


def verifies(spki, message, signature):
    """Whether r||s is an ECDSA signature over SHA-256(message)."""
    if len(spki) != 91 or len(signature) != 64:
        return False
    key = int.from_bytes(spki[27:59], "big"), int.from_bytes(spki[59:91], "big")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < N and 0 < s < N):
        return False
    e = int.from_bytes(hashlib.sha256(message).digest(), "big")
    w = pow(s, -1, N)
    point = add(times(e * w % N, G), times(r * w % N, key))
    return point is not None and point[0] % N == r


# --- payment codes --------------------------------------------------------------------------------
def tlv(tag, value):
    """One EMV object; the length counts characters."""
    return f"{tag}{len(value):02d}{value}"


def base32(number, chars):
    """Crockford base32 of a number."""
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> (5 * i) & 31]
                   for i in reversed(range(chars)))


def crc16(data):
    """CRC-16/CCITT-FALSE."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def payment_code(intent, amount, shop="M00000042", terminal="T001", guid="jp.example.feezero",
                 currency="392"):
    """The text of a dynamic code."""
    own = (tlv("00", guid) + tlv("01", shop) + tlv("02", terminal) +
           tlv("03", base32(uuid.UUID(intent).int, 26)))
    text = (tlv("00", "01") + tlv("01", "12") + tlv("27", own) + tlv("52", "5411") +
            tlv("53", currency) + tlv("54", str(amount)) + tlv("58", "JP") +
            tlv("59", "FEEZERO MART") + tlv("60", "AIZUWAKAMATSU") + tlv("61", "9650042") +
            tlv("64", tlv("00", "JA") + tlv("01", "フィーゼロ商店")) + "6304")
    return text + f"{crc16(text.encode()):04X}"
