/*
 * A PostgreSQL cluster of a test's own, which it may crash: tests/support/pgtmp.sh as functions.
 */
#ifndef TESTS_STORE_CLUSTER_H
#define TESTS_STORE_CLUSTER_H

struct cluster {
    char dir[64];
    char conninfo[160]; /* of the superuser, database postgres */
};

/* Makes and starts one, without durability. Any failure here ends the test. */
void cluster_start(struct cluster *cluster);
void cluster_restart(struct cluster *cluster); /* after a crash or a stop */
void cluster_crash(struct cluster *cluster);   /* kill -9 of every process */
void cluster_stop(struct cluster *cluster);    /* an orderly stop; the data stay */
void cluster_remove(struct cluster *cluster);

#endif
