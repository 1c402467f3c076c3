/*
 * Test room. Results of the simulated libpq: what the server answered, and the functions that read
 * it. They are counted, so that one that is never freed is found.
 */
#include <stdio.h>
#include <stdlib.h>

#include "feezero/assert.h"
#include "tests/engine/sim.h"

struct pg_result {
    struct sim_answer answer;
};

static unsigned alive;

unsigned sim_results_alive(void)
{
    return alive;
}

PGresult *sim_result_create(const struct sim_answer *answer)
{
    PGresult *result = calloc(1, sizeof(*result));
    fz_assert(result != NULL);
    result->answer = *answer;
    alive++;
    return result;
}

void PQclear(PGresult *result)
{
    if (result != NULL) {
        alive--;
        free(result);
    }
}

ExecStatusType PQresultStatus(const PGresult *result)
{
    return result == NULL ? PGRES_FATAL_ERROR : result->answer.status;
}

char *PQresultErrorField(const PGresult *result, int field)
{
    static char buffers[4][64];
    static unsigned next;
    const char *text = NULL;
    if (result == NULL) {
        return NULL;
    }
    if (field == PG_DIAG_SQLSTATE) {
        text = result->answer.sqlstate;
    } else if (field == PG_DIAG_SEVERITY || field == PG_DIAG_SEVERITY_NONLOCALIZED) {
        text = result->answer.severity;
    } else if (field == PG_DIAG_MESSAGE_PRIMARY && result->answer.sqlstate != NULL) {
        text = "simulated";
    }
    if (text == NULL) {
        return NULL;
    }
    char *out = buffers[next++ % 4];
    (void)snprintf(out, sizeof(buffers[0]), "%s", text);
    return out;
}

char *PQcmdStatus(PGresult *result)
{
    static char buffer[64];
    const char *text = result->answer.command;
    (void)snprintf(buffer, sizeof(buffer), "%s", text == NULL ? "" : text);
    return buffer;
}

int PQntuples(const PGresult *result)
{
    return result->answer.rows;
}

int PQnfields(const PGresult *result)
{
    return result->answer.columns;
}

static const struct sim_param *cell(const PGresult *result, int row, int column)
{
    fz_assert(row >= 0 && row < result->answer.rows);
    fz_assert(column >= 0 && column < result->answer.columns);
    return &result->answer.cells[row * result->answer.columns + column];
}

int PQgetisnull(const PGresult *result, int row, int column)
{
    return cell(result, row, column)->len < 0;
}

int PQgetlength(const PGresult *result, int row, int column)
{
    int len = cell(result, row, column)->len;
    return len < 0 ? 0 : len;
}

char *PQgetvalue(const PGresult *result, int row, int column)
{
    static char empty[] = "";
    const struct sim_param *value = cell(result, row, column);
    return value->len < 0 ? empty : (char *)(uintptr_t)value->bytes;
}
