/*
 * A PostgreSQL cluster of a test's own (cluster.h).
 */
#include "tests/store/cluster.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where ctest runs us: the checkout's top folder. */
#define SCRIPT "tests/support/pgtmp.sh"

/* Runs `pgtmp.sh verb [option] DIR`; the first line it prints goes to `line`, if that is wanted. */
static void
run(struct cluster *cluster, const char *verb, const char *option, char *line, size_t line_size)
{
    int fds[2];
    cr_assert(pipe(fds) == 0);
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        (void)dup2(fds[1], STDOUT_FILENO);
        (void)close(fds[0]);
        (void)close(fds[1]);
        if (option != NULL) {
            (void)execl(SCRIPT, SCRIPT, verb, option, cluster->dir, (char *)NULL);
        } else {
            (void)execl(SCRIPT, SCRIPT, verb, cluster->dir, (char *)NULL);
        }
        _exit(127);
    }
    (void)close(fds[1]);
    FILE *output = fdopen(fds[0], "r");
    cr_assert(output != NULL);
    char first[160] = "";
    if (fgets(first, sizeof first, output) != NULL && line != NULL) {
        first[strcspn(first, "\n")] = '\0';
        (void)snprintf(line, line_size, "%s", first);
    }
    (void)fclose(output);
    int status = 0;
    cr_assert(waitpid(pid, &status, 0) == pid);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "pgtmp.sh %s failed", verb);
}

void cluster_start(struct cluster *cluster)
{
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(cluster->dir, sizeof cluster->dir, "%.40s/fz.XXXXXX",
                   tmp == NULL ? "/tmp" : tmp);
    cr_assert(mkdtemp(cluster->dir) != NULL);
    cluster_restart(cluster);
}

void cluster_restart(struct cluster *cluster)
{
    run(cluster, "start", NULL, cluster->conninfo, sizeof cluster->conninfo);
}

void cluster_crash(struct cluster *cluster)
{
    run(cluster, "crash", NULL, NULL, 0);
}

void cluster_stop(struct cluster *cluster)
{
    run(cluster, "stop", "--keep", NULL, 0);
}

void cluster_remove(struct cluster *cluster)
{
    run(cluster, "stop", NULL, NULL, 0);
}
