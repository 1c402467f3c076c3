"""Reads a FeeZero QR code as section 9 of docs/api.md explains it."""
import uuid

TEMPLATES = {"26", "27", "62", "64"}
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def crc16(data):
    register = 0xFFFF
    for byte in data:
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1 ^ 0x1021 if register & 0x8000 else register << 1) & 0xFFFF
    return register


def objects(text):
    found, at = {}, 0
    while at < len(text):
        name, length = text[at:at + 2], int(text[at + 2:at + 4])
        value = text[at + 4:at + 4 + length]
        assert len(value) == length and name not in found, f"object {name} at {at}"
        found[name] = value
        at += 4 + length
    return found


def parse_qr(text):
    """The objects by id; those of templates as a dictionary of their own."""
    assert text.startswith("000201"), "no payment code"
    crc = f"{crc16(text[:-4].encode()):04X}"
    assert text[-8:] == "6304" + crc, f"the checksum is {text[-4:]}, not {crc}"
    return {name: objects(value) if name in TEMPLATES else value
            for name, value in objects(text).items()}


def uuid_of_base32(text):
    number = 0
    for character in text:
        number = number * 32 + CROCKFORD.index(character)
    return str(uuid.UUID(int=number))
