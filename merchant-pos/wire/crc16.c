/*
 * merchant-pos/wire: the CRC of EMV payloads, bit by bit: a payload has 200 bytes and a table would
 * only cost a till's flash memory.
 */
#include "merchant-pos/wire/emv.h"

#define POLYNOMIAL 0x1021U
#define START 0xFFFFU

uint16_t fz_emv_crc16(const void *bytes, size_t len)
{
    const unsigned char *byte = bytes;
    unsigned crc = START;

    for (size_t i = 0; i < len; i++) {
        crc ^= (unsigned)byte[i] << 8;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 0x8000U) != 0 ? crc << 1 ^ POLYNOMIAL : crc << 1;
        }
        crc &= 0xFFFFU;
    }
    return (uint16_t)crc;
}
