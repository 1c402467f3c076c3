/*
 * fz: every duty of the operator and the treasury as a subcommand. Reads the arguments and the
 * configuration, runs the duty, says what went wrong; what a duty does is in duty_*.c.
 */
#include <string.h>

#include "feezero/crypto.h"
#include "switch/http/config.h"
#include "switch/treasury/run.h"

static int say_error(const struct fz_err *err, fz_rc rc)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "fz: %s: %s\n", fz_rc_info(rc)->slug, err->msg);
    return fz_exit_status(rc);
}

static fz_rc
load_config(const struct fz_arguments *arguments, struct fz_config *config, struct fz_err *err)
{
    if (arguments->config_file == NULL) {
        return fz_fail(err, FZ_BAD_FIELD, "-c FILE is missing (fz help)");
    }
    fz_rc rc = fz_config_load(arguments->config_file, config, err);
    if (rc == FZ_OK && config->database[0] == '\0') {
        rc = fz_fail(err, FZ_CONFIG, "%s: database: the key is missing", arguments->config_file);
    }
    return rc;
}

static fz_rc run_duty(const struct fz_arguments *arguments, struct fz_err *err)
{
    static struct fz_config config; /* about 8 kB: not for the stack */
    fz_rc rc = load_config(arguments, &config, err);
    if (rc == FZ_OK) {
        rc = fz_crypto_init(err);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_run run = {
        .arguments = arguments, .conninfo = config.database, .community = arguments->community};
    fz_output_init(&run.output, arguments->json, arguments->quiet);
    rc = arguments->duty->run(&run, arguments->values, err);
    fz_run_close(&run);
    struct fz_err output_err = {0};
    fz_rc output_rc = fz_output_finish(&run.output, &output_err);
    if (rc == FZ_OK && output_rc != FZ_OK) {
        *err = output_err;
        rc = output_rc;
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct fz_arguments arguments;
    struct fz_err err = {0};
    fz_rc rc = fz_arguments_parse(argc, argv, &arguments, &err);
    if (rc != FZ_OK) {
        return say_error(&err, rc);
    }
    if (arguments.version) {
        return puts("fz " FZ_VERSION) < 0 ? fz_exit_status(FZ_IO) : 0;
    }
    if (arguments.help) {
        fz_help_print(arguments.duty, stdout);
        return fflush(stdout) != 0 ? fz_exit_status(FZ_IO) : 0;
    }
    rc = run_duty(&arguments, &err);
    return rc == FZ_OK ? 0 : say_error(&err, rc);
}
