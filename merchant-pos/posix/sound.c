/*
 * merchant-pos/posix: the sound of money: the terminal's bell, or a command of the shop's choice.
 * The command is split at blanks and started directly; no shell ever sees it.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "merchant-pos/posix/screen.h"

#define WORDS_MAX 16
#define COMMAND_MAX 256

static void ring(int terminal_fd)
{
    ssize_t written = write(terminal_fd, "\a", 1);

    (void)written; /* a bell that is not heard is no reason for anything */
}

/* Cuts `text` into words, in place; the array ends with NULL. */
static bool split(char *text, char *words[WORDS_MAX + 1])
{
    size_t count = 0;

    while (*text != '\0' && count < WORDS_MAX) {
        text += strspn(text, " ");
        if (*text == '\0') {
            break;
        }
        words[count++] = text;
        text += strcspn(text, " ");
        if (*text != '\0') {
            *text++ = '\0';
        }
    }
    words[count] = NULL;
    return count > 0;
}

/* Started with nothing of ours: no terminal, no descriptors, no blocked or ignored signals. */
static bool start(char *const words[])
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    pid_t pid;
    bool is_started = false;

    if (posix_spawn_file_actions_init(&files) != 0) {
        return false;
    }
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&files);
        return false;
    }
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGTERM);
    if (posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
        posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
        posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
        posix_spawnattr_setsigdefault(&attributes, &defaults) == 0 &&
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF) == 0) {
        is_started = posix_spawnp(&pid, words[0], &files, &attributes, words, environ) == 0;
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return is_started;
}

void fz_sound_play(const char *command, int terminal_fd)
{
    char text[COMMAND_MAX];
    char *words[WORDS_MAX + 1];
    size_t len = strnlen(command, sizeof text - 1);

    while (waitpid(-1, NULL, WNOHANG) > 0) { /* those that have played */
    }
    memcpy(text, command, len);
    text[len] = '\0';
    if (!split(text, words) || !start(words)) {
        ring(terminal_fd);
    }
}
