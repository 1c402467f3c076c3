/*
 * Consumer-presented payloads known from outside: EMVCo's own examples, what other projects
 * publish, and one of ours. Nothing here was made by the code under test.
 */
#ifndef FEEZERO_TESTS_WIRE_CPM_VECTORS_H
#define FEEZERO_TESTS_WIRE_CPM_VECTORS_H

/* clang-format off */
/* EMVCo CPM v1.1, annex B.1. */
#define C1 "hQVDUFYwMWEaTwegAAAAVVVVVw8SNFZ4kBI0WNGRIgESNF8="

/* B.2: two applications, a common template, the issuer's own data in it. */
#define C2 \
    "hQVDUFYwMWETTwegAAAAVVVVUAhQcm9kdWN0MWETTwegAAAAZmZmUAhQcm9kdWN0MmJJWggSNFZ4kBI0WF8gDkNB" \
    "UkRIT0xERVIvRU1WXy0IcnVlc2RlZW5kIZ8QBwYBCgMAAACfJghYT9OF+iNLzJ82AgABnzcEbVjvEw=="

/* A Japanese wallet, 2019. */
#define C3 "hQVDUFYwMWEfTwigAAAAZQOSAlcTMViZAHkkKUPUkSEhAAAFEgAADw=="

/* A wallet of the Philippines: a length in two bytes, and 27 bytes where a card number would be. */
#define C4 \
    "hQVDUFYwMWGBl08FR0NBU0haGzExMDcwMDQwMDAwMDAwMDAwMDEwODkwMzA5MGNxwRZHQy0wNzI1MjAyNS0wMDAw" \
    "MDkzOTA4wgIAAcQEaINZd8gEaIM9a95HMEUCIGWdjueZsFZHMkVQSy/jlqQubfpvMk4BsQKeHJuIn5aJAiEAvNpi" \
    "xJCHfUCj6T/8Q8/V3ay0GmNFgAUdDzE+c/Ilny0="

/* Two projects' own test: its length byte 93 is no BER. */
#define C5 \
    "hQVDUFYwMWGTTwegAAAGAiAgUAdxcmlzY3BtWgqTYAUDMSNFZ4mfXyALUmlraSBEZXJpYW5fLQRpZGVuX1AXcmlr" \
    "aS5kZXJpYW5AcXJpc2NwbS5jb22fJQJ4mWM/n3Q8MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2" \
    "Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw"

/* JPQR1, the form the council once drafted. */
#define C6 "hQVKUFFSMWElTwgxMjM0NTY3OFcIODc2NTQzMjGZD3sia2V5IjoidmFsdWUifQ=="

/* Ours: F0 "FeeZero" and 29123456789012345678, put together by hand. */
#define OURS_DIGITS "29123456789012345678"
#define OURS_HEX \
    "8505435056303161164f08f04665655a65726f5a0a29123456789012345678"
#define OURS "hQVDUFYwMWEWTwjwRmVlWmVyb1oKKRI0VniQEjRWeA=="
/* clang-format on */

#endif
