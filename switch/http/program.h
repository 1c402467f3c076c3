/*
 * The command line of a switch program: reads the configuration and does what the options say, or
 * runs the workers. Apart from the service this is all of `fz-switch`, so tests run it too.
 */
#ifndef FZ_SWITCH_HTTP_PROGRAM_H
#define FZ_SWITCH_HTTP_PROGRAM_H

#include "switch/http/workers.h"

/*
 * fz-switch -c FILE [-n] [-T]. Returns the exit code: 0, 2 usage, 78 configuration, 75 the system
 * would not let us. Called from main(); returns in the master and in each worker.
 */
int fz_program_run(int argc, char **argv, const char *program, const struct fz_service *service);

#endif
