/*
 * Test room. Reads the two tables of refusals in docs/ledger.md, see the header. A row of the first
 * is a command and its codes in order; a row of the second a command and `code`: `code`, `code`
 * that cannot stand where it is the answer, or "all after it".
 */
#include "tests/core/precedence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDER_HEADER "| command | refusals, the first that applies wins |"
#define EXCLUDES_HEADER "| command | answer: what cannot stand beside it | why |"

int rc_of_slug(const char *slug)
{
    for (unsigned i = 0; fz_rc_at(i) != NULL; i++) {
        if (strcmp(fz_rc_at(i)->slug, slug) == 0) {
            return (int)fz_rc_at(i)->rc;
        }
    }
    return -1;
}

int command_of_slug(const char *slug)
{
    for (int code = 1; code < PRECEDENCE_COMMANDS; code++) {
        if (fz_command_info(code) != NULL && strcmp(fz_command_info(code)->slug, slug) == 0) {
            return code;
        }
    }
    return -1;
}

int precedence_place(const struct precedence *p, int command, fz_rc rc)
{
    for (unsigned i = 0; i < p->len[command]; i++) {
        if (p->order[command][i] == rc) {
            return (int)i;
        }
    }
    return -1;
}

static void wrong(unsigned line, const char *what)
{
    fprintf(stderr, "docs/ledger.md:%u: %s\n", line, what);
    abort();
}

/* The next word in backquotes, and where reading goes on; NULL at the end of the cell. */
static char *quoted(char **at)
{
    char *begin = strchr(*at, '`');
    char *end = begin == NULL ? NULL : strchr(begin + 1, '`');
    if (end == NULL) {
        return NULL;
    }
    *end = '\0';
    *at = end + 1;
    return begin + 1;
}

static void read_order(struct precedence *p, char *row, unsigned line)
{
    char *at = row;
    char *word = quoted(&at);
    int command = word == NULL ? -1 : command_of_slug(word);
    if (command < 0 || p->len[command] > 0) {
        wrong(line, "no such command, or it has two rows");
    }
    while ((word = quoted(&at)) != NULL) {
        int rc = rc_of_slug(word);
        if (rc < 0 || p->len[command] == PRECEDENCE_CODES ||
            precedence_place(p, command, (fz_rc)rc) >= 0) {
            wrong(line, word);
        }
        p->order[command][p->len[command]++] = (fz_rc)rc;
    }
}

static int place_of(const struct precedence *p, int command, const char *slug, unsigned line)
{
    int rc = slug == NULL ? -1 : rc_of_slug(slug);
    int place = rc < 0 ? -1 : precedence_place(p, command, (fz_rc)rc);
    if (place < 0) {
        wrong(line, slug == NULL ? "a code is missing" : slug);
    }
    return place;
}

static void exclude(struct precedence *p, int command, char *cell, unsigned line)
{
    char *at = cell;
    bool all = strstr(cell, "all after it") != NULL;
    int first = place_of(p, command, quoted(&at), line);
    char *word;
    while ((word = quoted(&at)) != NULL) {
        int second = place_of(p, command, word, line);
        p->excludes[command][first][second] = p->excludes[command][second][first] = true;
    }
    for (int i = first + 1; all && i < (int)p->len[command]; i++) {
        p->excludes[command][first][i] = p->excludes[command][i][first] = true;
    }
}

/* One row may name several commands. */
static void read_excludes(struct precedence *p, const char *row, unsigned line)
{
    char commands[1024];
    snprintf(commands, sizeof(commands), "%s", row);
    char *cell = strchr(commands + 1, '|');
    char *end = cell == NULL ? NULL : strchr(cell + 1, '|');
    if (end == NULL) {
        wrong(line, "a row has three cells");
        return;
    }
    *cell = '\0';
    *end = '\0';
    char *at = commands;
    char *word;
    while ((word = quoted(&at)) != NULL) {
        char copy[1024];
        int command = command_of_slug(word);
        if (command < 0) {
            wrong(line, word);
        }
        snprintf(copy, sizeof(copy), "%s", cell + 1);
        exclude(p, command, copy, line);
    }
}

void precedence_read(struct precedence *p)
{
    const char *root = getenv("FZ_SOURCE_DIR");
    char text[1024];
    unsigned line = 0;
    int table = 0; /* 1: orders, 2: what excludes what */
    *p = (struct precedence){0};
    snprintf(text, sizeof(text), "%s/docs/ledger.md", root == NULL ? "." : root);
    FILE *file = fopen(text, "r");
    if (file == NULL) {
        wrong(0, "cannot be read; set FZ_SOURCE_DIR");
        return;
    }
    while (fgets(text, sizeof(text), file) != NULL) {
        line++;
        if (text[0] != '|') {
            table = 0;
        } else if (strncmp(text, ORDER_HEADER, strlen(ORDER_HEADER)) == 0) {
            table = 1;
        } else if (strncmp(text, EXCLUDES_HEADER, strlen(EXCLUDES_HEADER)) == 0) {
            table = 2;
        } else if (table == 1 && text[1] != '-') {
            read_order(p, text, line);
        } else if (table == 2 && text[1] != '-') {
            read_excludes(p, text, line);
        }
    }
    fclose(file);
    for (int code = 1; code < PRECEDENCE_COMMANDS; code++) {
        if (p->len[code] == 0) {
            wrong(line, fz_command_info(code)->slug);
        }
    }
}
