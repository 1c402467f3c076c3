/*
 * merchant-pos/wire: EMVCo consumer-presented payloads (see cpm.h). The objects lie at most two
 * levels deep for a till, so two plain loops walk them: the payload, then each 61 and 62. What is
 * deeper (63, 64) is the issuer's and stays closed.
 */
#include "merchant-pos/wire/cpm.h"

#include <string.h>

#define TAG_FORMAT 0x85U
#define TAG_APPLICATION 0x61U
#define TAG_COMMON 0x62U
#define TAG_AID 0x4FU
#define TAG_LABEL 0x50U
#define TAG_TRACK2 0x57U
#define TAG_PAN 0x5AU

#define TAG_BYTES_MAX 3U
#define FORMAT_LEN 5U
#define AID_MIN 5U
#define AID_MAX 16U
#define PAN_LEN (FZ_CODE_DIGITS / 2U)
#define OBJECTS_MAX (FZ_CPM_BYTES_MAX / 2) /* an object takes two bytes at least */

static const uint8_t our_aid[] = {0xF0, 'F', 'e', 'e', 'Z', 'e', 'r', 'o'};

struct object {
    uint32_t tag;
    struct fz_cpm_value value;
};

struct reader {
    struct fz_cpm_code *code;
    size_t position; /* of the fault that is reported */
};

static enum fz_cpm_result fail(struct reader *reader, enum fz_cpm_result result, size_t position)
{
    reader->position = position;
    return result;
}

/* --- BER-TLV ---------------------------------------------------------------------------------- */

/* Reads the tag at *at, at most up to `end`. 0: there is none that EMV would use. */
static uint32_t read_tag(const uint8_t *bytes, size_t end, size_t *at)
{
    uint32_t tag = bytes[(*at)++];

    if ((tag & 0x1FU) != 0x1FU) {
        return tag;
    }
    for (unsigned i = 1; i < TAG_BYTES_MAX && *at < end; i++) {
        uint8_t next = bytes[(*at)++];
        if (i == 1 && next == 0x80U) {
            return 0; /* a leading zero: the same tag has a shorter form */
        }
        tag = tag << 8 | next;
        if ((next & 0x80U) == 0) {
            return tag;
        }
    }
    return 0;
}

/* Reads the length at *at: one byte below 0x80, or 0x81 and 0x82 with the bytes they announce. */
static bool read_len(const uint8_t *bytes, size_t end, size_t *at, size_t *len_out)
{
    if (*at >= end) {
        return false;
    }
    uint8_t first = bytes[(*at)++];
    if (first < 0x80U) {
        *len_out = first;
        return true;
    }
    if ((first != 0x81U && first != 0x82U) || end - *at < (size_t)(first & 0x0FU)) {
        return false;
    }
    *len_out = bytes[(*at)++];
    if (first == 0x82U) {
        *len_out = *len_out << 8 | bytes[(*at)++];
    }
    return true;
}

/* Reads the object at *at and moves behind it; it must end within `end`. */
static enum fz_cpm_result
read_object(struct reader *reader, size_t end, size_t *at, struct object *object_out)
{
    const uint8_t *bytes = reader->code->bytes;
    size_t start = *at;
    size_t len = 0;

    object_out->tag = read_tag(bytes, end, at);
    if (object_out->tag == 0) {
        return fail(reader, FZ_CPM_TAG, start);
    }
    if (!read_len(bytes, end, at, &len)) {
        return fail(reader, FZ_CPM_LEN, start);
    }
    if (len > end - *at) {
        return fail(reader, FZ_CPM_END, start);
    }
    object_out->value = (struct fz_cpm_value){(uint16_t)*at, (uint16_t)len};
    *at += len;
    return FZ_CPM_OK;
}

/* --- the two levels --------------------------------------------------------------------------- */

static bool was_seen(const uint32_t *tags, size_t count, uint32_t tag)
{
    for (size_t i = 0; i < count; i++) {
        if (tags[i] == tag) {
            return true;
        }
    }
    return false;
}

static void keep(struct fz_cpm_application *application, const struct object *object)
{
    switch (object->tag) {
    case TAG_AID:
        application->aid = object->value;
        break;
    case TAG_LABEL:
        application->label = object->value;
        break;
    case TAG_TRACK2:
        application->track2 = object->value;
        break;
    case TAG_PAN:
        application->pan = object->value;
        break;
    default:
        break; /* kept in the bytes, not looked at */
    }
}

static enum fz_cpm_result read_template(struct reader *reader,
                                        struct fz_cpm_value span,
                                        struct fz_cpm_application *application_out)
{
    uint32_t tags[OBJECTS_MAX];
    size_t count = 0;
    size_t at = span.at;
    size_t end = at + span.len;

    memset(application_out, 0, sizeof(*application_out));
    while (at < end) {
        size_t start = at;
        struct object object;
        enum fz_cpm_result result = read_object(reader, end, &at, &object);
        if (result != FZ_CPM_OK) {
            return result;
        }
        if (was_seen(tags, count, object.tag)) {
            return fail(reader, FZ_CPM_DUPLICATE, start);
        }
        tags[count++] = object.tag;
        keep(application_out, &object);
    }
    return FZ_CPM_OK;
}

/* The templates in the order they stand, unread. */
struct layout {
    struct fz_cpm_value applications[FZ_CPM_APPLICATIONS_MAX];
    unsigned application_count;
    struct fz_cpm_value common;
    bool has_common;
    bool has_others; /* behind which no 61 or 62 may stand */
};

static bool place(struct layout *layout, const struct object *object)
{
    if (object->tag == TAG_APPLICATION) {
        if (layout->has_others || layout->has_common ||
            layout->application_count == FZ_CPM_APPLICATIONS_MAX) {
            return false;
        }
        layout->applications[layout->application_count++] = object->value;
        return true;
    }
    if (object->tag == TAG_COMMON) {
        if (layout->has_others || layout->has_common ||
            layout->application_count != FZ_CPM_APPLICATIONS_MAX) {
            return false;
        }
        layout->common = object->value;
        layout->has_common = true;
        return true;
    }
    layout->has_others = true;
    return true;
}

static enum fz_cpm_result read_root(struct reader *reader, struct layout *layout)
{
    struct fz_cpm_code *code = reader->code;
    const uint8_t *format = code->bytes + 2;
    size_t at = 2 + FORMAT_LEN;

    memset(layout, 0, sizeof(*layout));
    if (code->len < at || code->bytes[0] != TAG_FORMAT || code->bytes[1] != FORMAT_LEN) {
        return fail(reader, FZ_CPM_START, 0);
    }
    code->is_jpqr = memcmp(format, "JPQR1", FORMAT_LEN) == 0;
    if (!code->is_jpqr && memcmp(format, "CPV01", FORMAT_LEN) != 0) {
        return fail(reader, FZ_CPM_START, 0);
    }
    while (at < code->len) {
        size_t start = at;
        struct object object;
        enum fz_cpm_result result = read_object(reader, code->len, &at, &object);
        if (result != FZ_CPM_OK) {
            return result;
        }
        if (object.tag == TAG_FORMAT) {
            return fail(reader, FZ_CPM_DUPLICATE, start);
        }
        if (!place(layout, &object)) {
            return fail(reader, FZ_CPM_STRUCTURE, start);
        }
    }
    if (layout->application_count == 0) {
        return fail(reader, FZ_CPM_STRUCTURE, code->len);
    }
    return FZ_CPM_OK;
}

static enum fz_cpm_result read_applications(struct reader *reader, const struct layout *layout)
{
    struct fz_cpm_code *code = reader->code;
    enum fz_cpm_result result = FZ_CPM_OK;

    if (layout->has_common) {
        result = read_template(reader, layout->common, &code->common);
        code->common.aid.len = 0;
    }
    for (unsigned i = 0; i < layout->application_count && result == FZ_CPM_OK; i++) {
        struct fz_cpm_application *application = &code->applications[code->application_count];
        result = read_template(reader, layout->applications[i], application);
        if (result != FZ_CPM_OK) {
            break;
        }
        if (application->aid.at == 0) {
            return fail(reader, FZ_CPM_MISSING, layout->applications[i].at);
        }
        if (application->aid.len < AID_MIN || application->aid.len > AID_MAX) {
            memset(application, 0, sizeof(*application));
            continue;
        }
        if (application->track2.len == 0 && application->pan.len == 0 &&
            code->common.track2.len == 0 && code->common.pan.len == 0) {
            return fail(reader, FZ_CPM_MISSING, layout->applications[i].at);
        }
        code->application_count++;
    }
    return result;
}

enum fz_cpm_result
fz_cpm_parse(const char *text, size_t len, struct fz_cpm_code *code_out, size_t *position_out)
{
    struct reader reader = {code_out, 0};
    struct layout layout;
    enum fz_cpm_result result = FZ_CPM_BASE64;
    size_t bytes_len = 0;

    memset(code_out, 0, sizeof(*code_out));
    if (len <= FZ_CPM_CHARS_MAX &&
        fz_base64_decode(text, len, code_out->bytes, sizeof(code_out->bytes), &bytes_len)) {
        code_out->len = (uint16_t)bytes_len;
        result = read_root(&reader, &layout);
    }
    if (result == FZ_CPM_OK) {
        result = read_applications(&reader, &layout);
    }
    if (result != FZ_CPM_OK) {
        memset(code_out, 0, sizeof(*code_out));
        if (position_out != NULL) {
            *position_out = reader.position;
        }
    }
    return result;
}

/* --- ours ------------------------------------------------------------------------------------- */

enum fz_cpm_result fz_cpm_build(const char *digits, char text_out[FZ_CPM_OURS_SIZE])
{
    static const uint8_t head[] = {TAG_FORMAT, FORMAT_LEN, 'C',     'P', 'V',  '0',     '1',
                                   0x61,       22,         TAG_AID, 8,   0xF0, 'F',     'e',
                                   'e',        'Z',        'e',     'r', 'o',  TAG_PAN, PAN_LEN};
    uint8_t bytes[FZ_CPM_OURS_LEN];
    size_t len = strnlen(digits, FZ_CODE_DIGITS + 1);

    _Static_assert(sizeof(head) + PAN_LEN == FZ_CPM_OURS_LEN, "our payload's length");
    text_out[0] = '\0';
    if (len != FZ_CODE_DIGITS || strspn(digits, "0123456789") != len) {
        return FZ_CPM_DIGITS;
    }
    if (!fz_code_is_right(digits, len)) {
        return FZ_CPM_CHECK_DIGIT;
    }
    memcpy(bytes, head, sizeof(head));
    for (size_t i = 0; i < PAN_LEN; i++) {
        unsigned high = (unsigned)(digits[2 * i] - '0');
        unsigned low = (unsigned)(digits[2 * i + 1] - '0');
        bytes[sizeof(head) + i] = (uint8_t)(high << 4 | low);
    }
    (void)fz_base64_encode(bytes, sizeof(bytes), text_out);
    return FZ_CPM_OK;
}

/* EMV's rule: equal, or ours stands at the start of theirs. */
static bool is_ours(const struct fz_cpm_code *code, const struct fz_cpm_application *application)
{
    return application->aid.len >= sizeof(our_aid) &&
           memcmp(code->bytes + application->aid.at, our_aid, sizeof(our_aid)) == 0;
}

enum fz_cpm_result fz_cpm_digits(const struct fz_cpm_code *code,
                                 char digits_out[FZ_CODE_DIGITS + 1])
{
    const struct fz_cpm_application *ours = NULL;

    digits_out[0] = '\0';
    for (unsigned i = 0; i < code->application_count; i++) {
        if (!is_ours(code, &code->applications[i])) {
            continue;
        }
        if (ours != NULL) {
            return FZ_CPM_AMBIGUOUS;
        }
        ours = &code->applications[i];
    }
    if (ours == NULL) {
        return FZ_CPM_NOT_OURS;
    }
    if (ours->pan.len != PAN_LEN) {
        return FZ_CPM_DIGITS;
    }
    char digits[FZ_CODE_DIGITS + 1] = "";
    for (size_t i = 0; i < PAN_LEN; i++) {
        unsigned byte = code->bytes[ours->pan.at + i];
        if ((byte >> 4) > 9 || (byte & 0x0FU) > 9) {
            return FZ_CPM_DIGITS;
        }
        digits[2 * i] = (char)('0' + (byte >> 4));
        digits[2 * i + 1] = (char)('0' + (byte & 0x0FU));
    }
    if (!fz_code_is_right(digits, FZ_CODE_DIGITS)) {
        return FZ_CPM_CHECK_DIGIT;
    }
    memcpy(digits_out, digits, sizeof(digits));
    return FZ_CPM_OK;
}
