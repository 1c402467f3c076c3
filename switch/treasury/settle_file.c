/*
 * switch/treasury: the bank file of a settlement: made once from what is booked, kept in the
 * database, written to a folder whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feezero/assert.h"
#include "ledger/core/calendar.h"
#include "switch/treasury/day.h"
#include "switch/treasury/kana_field.h"
#include "switch/treasury/public_id.h"
#include "switch/treasury/settle.h"
#include "switch/treasury/zengin.h"

#define PATH_SIZE 2048 /* two of them stand in one frame */
#define BY_WIRE 7      /* the record's code for a transfer by wire */

/* --- bytes ------------------------------------------------------------------------------------ */

/* A kept name as bytes of the bank's code; `whose` is for the message. */
static fz_rc fold(const char *whose,
                  const char *text,
                  enum fz_kana_class class,
                  char *bytes_out,
                  size_t size,
                  struct fz_err *err)
{
    enum fz_kana_result result = fz_kana_fold(text, strlen(text), class, bytes_out, size - 1, NULL);
    if (result != FZ_KANA_OK) {
        return fz_fail(err, FZ_FORMAT, "%s: '%s': %s", whose, text, fz_kana_result_text(result));
    }
    return FZ_OK;
}

static void copy_digits(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

static fz_rc make_sender(const struct fz_bank_account_row *row,
                         int64_t value_day,
                         struct fz_zengin_sender *sender,
                         struct fz_err *err)
{
    struct fz_date date = fz_date_from_day(value_day);
    struct fz_zengin_account *account = &sender->account;
    *sender = (struct fz_zengin_sender){.year = date.year, .month = date.month, .day = date.day};
    copy_digits(sender->code, sizeof sender->code, row->requester_code);
    copy_digits(account->bank, sizeof account->bank, row->bank_code);
    copy_digits(account->branch, sizeof account->branch, row->branch_code);
    copy_digits(account->number, sizeof account->number, row->account_number);
    account->type = (enum fz_zengin_account_type)row->account_type;
    fz_rc rc = fold("the consortium's account", row->requester_name_kana, FZ_KANA_PARTY,
                    sender->name, sizeof sender->name, err);
    if (rc == FZ_OK) {
        rc = fold("the consortium's bank", row->bank_name_kana, FZ_KANA_BANK, account->bank_name,
                  sizeof account->bank_name, err);
    }
    if (rc == FZ_OK) {
        rc = fold("the consortium's branch", row->branch_name_kana, FZ_KANA_BANK,
                  account->branch_name, sizeof account->branch_name, err);
    }
    return rc;
}

static fz_rc make_item(const struct fz_settlement_line *line,
                       int64_t place,
                       struct fz_zengin_item *item,
                       struct fz_err *err)
{
    struct fz_public_id shop = fz_public_id('M', line->shop);
    const struct fz_shop_bank *bank = &line->bank;
    struct fz_zengin_account *account = &item->account;
    *item = (struct fz_zengin_item){
        .amount = line->paid, .customer1 = line->shop, .customer2 = place, .designation = BY_WIRE};
    copy_digits(account->bank, sizeof account->bank, bank->bank_code);
    copy_digits(account->branch, sizeof account->branch, bank->branch_code);
    copy_digits(account->number, sizeof account->number, bank->account_number);
    account->type = (enum fz_zengin_account_type)bank->account_type;
    fz_rc rc =
        fold(shop.text, bank->holder_kana, FZ_KANA_PARTY, item->name, sizeof item->name, err);
    if (rc == FZ_OK) {
        rc = fold(shop.text, bank->bank_name_kana, FZ_KANA_BANK, account->bank_name,
                  sizeof account->bank_name, err);
    }
    if (rc == FZ_OK) {
        rc = fold(shop.text, bank->branch_name_kana, FZ_KANA_BANK, account->branch_name,
                  sizeof account->branch_name, err);
    }
    return rc;
}

/* The items of the lines with a payout. *items_out is owned by the caller, also on failure. */
static fz_rc make_items(const struct fz_settlement_line *lines,
                        size_t len,
                        struct fz_zengin_item **items_out,
                        struct fz_bank_file *file,
                        struct fz_err *err)
{
    fz_rc rc = FZ_OK;
    *items_out = calloc(len + 1, sizeof **items_out);
    if (*items_out == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for %zu items", len);
    }
    for (size_t i = 0; i < len && rc == FZ_OK; i++) {
        if (lines[i].paid > 0) {
            struct fz_zengin_item *item = &(*items_out)[file->lines];
            file->lines++;
            file->total += lines[i].paid;
            rc = make_item(&lines[i], file->lines, item, err);
        }
    }
    return rc;
}

fz_rc fz_settle_build_file(const struct fz_bank_account_row *sender,
                           int64_t value_day,
                           const struct fz_settlement_line *lines,
                           size_t len,
                           struct fz_bank_file *file_out,
                           struct fz_err *err)
{
    struct fz_zengin_item *items = NULL;
    /* Two shops of one owner may well get the same amount: each line is a payout of its own. */
    struct fz_zengin_batch batch = {.duplicates_confirmed = true};
    *file_out = (struct fz_bank_file){0};
    fz_rc rc = make_items(lines, len, &items, file_out, err);
    if (rc == FZ_OK && file_out->lines > 0) {
        batch.items = items;
        batch.item_count = (size_t)file_out->lines;
        rc = make_sender(sender, value_day, &batch.sender, err);
        if (rc == FZ_OK) {
            rc = fz_zengin_write(&batch, FZ_ZENGIN_CRLF, &file_out->content, &file_out->len, NULL,
                                 err);
        }
        if (rc == FZ_OK) {
            fz_sha256(file_out->content, file_out->len, file_out->sha256);
        }
    }
    free(items);
    return rc;
}

fz_rc fz_settle_file(struct fz_settlement *settlement, struct fz_err *err)
{
    struct fz_run *run = settlement->run;
    struct fz_bank_account_row sender;
    (void)snprintf(settlement->file_name, sizeof settlement->file_name,
                   "furikomi-%.4s%.2s%.2s-%" PRId32 ".txt",
                   fz_day_format(settlement->row.business_day).text,
                   fz_day_format(settlement->row.business_day).text + 5,
                   fz_day_format(settlement->row.business_day).text + 8, settlement->row.window);
    fz_rc rc =
        fz_settle_get_file(run->session, run->community, &settlement->row, &settlement->file, err);
    if (rc != FZ_NOT_FOUND) {
        return rc;
    }
    rc = fz_admin_bank_get(run->session, run->community, &sender, err);
    if (rc == FZ_OK) {
        rc = fz_settle_build_file(&sender, settlement->row.value_day, settlement->lines,
                                  settlement->len, &settlement->file, err);
    }
    if (rc == FZ_OK && settlement->file.content != NULL) {
        rc = fz_settle_put_file(run->session, run->community, &settlement->row, &settlement->file,
                                err);
    }
    return rc;
}

/* --- the folder ------------------------------------------------------------------------------- */

static fz_rc fail_path(struct fz_err *err, const char *what, const char *path)
{
    return fz_fail(err, FZ_IO, "%s: %s: %s", path, what, strerror(errno));
}

static fz_rc write_all(int fd, const char *bytes, size_t len, const char *path, struct fz_err *err)
{
    while (len > 0) {
        ssize_t written = write(fd, bytes, len);
        if (written < 0 && errno != EINTR) {
            return fail_path(err, "write", path);
        }
        if (written > 0) {
            bytes += written;
            len -= (size_t)written;
        }
    }
    return fsync(fd) == 0 ? FZ_OK : fail_path(err, "fsync", path);
}

static fz_rc sync_folder(const char *folder, struct fz_err *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return fail_path(err, "open", folder);
    }
    fz_rc rc = fsync(fd) == 0 ? FZ_OK : fail_path(err, "fsync", folder);
    (void)close(fd); /* only synced */
    return rc;
}

/* What stands at `path`: nothing (FZ_NOT_FOUND), these bytes (FZ_OK), or something else (FZ_IO). */
static fz_rc compare(const char *path, const struct fz_bank_file *file, struct fz_err *err)
{
    fz_rc rc = FZ_OK;
    size_t len = 0;
    char *bytes = NULL;
    FILE *stream = fopen(path, "re");
    if (stream == NULL) {
        return errno == ENOENT ? FZ_NOT_FOUND : fail_path(err, "open", path);
    }
    bytes = malloc(file->len + 1);
    if (bytes == NULL) {
        rc = fz_fail(err, FZ_NO_MEMORY, "no memory for %zu bytes", file->len);
        goto out;
    }
    len = fread(bytes, 1, file->len + 1, stream);
    if (ferror(stream) != 0) {
        rc = fail_path(err, "read", path);
    } else if (len != file->len || memcmp(bytes, file->content, len) != 0) {
        rc = fz_fail(err, FZ_IO, "%s holds something else; move it away and run again", path);
    }
out:
    free(bytes);
    (void)fclose(stream); /* only read */
    return rc;
}

/* Writes to a temporary name and renames: nobody ever finds half a file. */
static fz_rc
write_new(const char *folder, const char *path, const struct fz_bank_file *file, struct fz_err *err)
{
    char temporary[PATH_SIZE + sizeof ".XXXXXX"];
    int len = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    fz_assert(len > 0);
    if ((size_t)len >= sizeof temporary) {
        return fz_fail(err, FZ_IO, "%s: the path is too long", path);
    }
    int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600: it has bank accounts in it */
    if (fd < 0) {
        return fail_path(err, "create", temporary);
    }
    fz_rc rc = write_all(fd, file->content, file->len, temporary, err);
    if (close(fd) != 0 && rc == FZ_OK) {
        rc = fail_path(err, "close", temporary);
    }
    if (rc == FZ_OK && rename(temporary, path) != 0) {
        rc = fail_path(err, "rename", path);
    }
    if (rc != FZ_OK) {
        (void)unlink(temporary); /* the failure before it counts */
        return rc;
    }
    return sync_folder(folder, err);
}

fz_rc fz_settle_write(struct fz_settlement *settlement, struct fz_err *err)
{
    char path[PATH_SIZE];
    if (settlement->file.content == NULL) {
        return FZ_OK;
    }
    int len = snprintf(path, sizeof path, "%s/%s", settlement->folder, settlement->file_name);
    fz_assert(len > 0);
    if ((size_t)len >= sizeof path) {
        return fz_fail(err, FZ_IO, "%s: the path is too long", settlement->folder);
    }
    fz_rc rc = compare(path, &settlement->file, err);
    return rc == FZ_NOT_FOUND ? write_new(settlement->folder, path, &settlement->file, err) : rc;
}
