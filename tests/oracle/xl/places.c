/*
 * Where xl keeps its files: /var/lib/xen and its like become folders below $XL_STAND_IN, so that a test needs no root, and
 * two of them do not meet. The bootloader is told of the same files by the names that they have there.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

extern char **environ;

static const char *const places[] = {"/var/lib/xen", "/var/log/xen", "/var/run/xen", "/var/lock/xl", "/etc/xen/xl.conf"};

static const char *moved(const char *path, char *room)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (strncmp(path, places[i], strlen(places[i])) == 0) {
            snprintf(room, PATH_MAX, "%s%s", getenv("XL_STAND_IN"), path);
            return room;
        }
    }
    return path;
}

int access(const char *path, int mode)
{
    char room[PATH_MAX];
    return REAL(access)(moved(path, room), mode);
}

FILE *fopen(const char *path, const char *mode)
{
    char room[PATH_MAX];
    return REAL(fopen)(moved(path, room), mode);
}

int mkdir(const char *path, mode_t mode)
{
    char room[PATH_MAX];
    /* libxl makes the folder for the copies without the right to enter it, which only root can do without. */
    return REAL(mkdir)(moved(path, room), mode | S_IXUSR);
}

int open(const char *path, int flags, ...)
{
    char room[PATH_MAX];
    va_list more;
    mode_t mode;
    va_start(more, flags);
    mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    return REAL(open)(moved(path, room), flags, mode);
}

DIR *opendir(const char *path)
{
    char room[PATH_MAX];
    return REAL(opendir)(moved(path, room));
}

int rename(const char *from, const char *to)
{
    char room[PATH_MAX], other[PATH_MAX];
    return REAL(rename)(moved(from, room), moved(to, other));
}

int rmdir(const char *path)
{
    char room[PATH_MAX];
    return REAL(rmdir)(moved(path, room));
}

int stat(const char *path, struct stat *answer)
{
    char room[PATH_MAX];
    return REAL(stat)(moved(path, room), answer);
}

int lstat(const char *path, struct stat *answer)
{
    char room[PATH_MAX];
    return REAL(lstat)(moved(path, room), answer);
}

int unlink(const char *path)
{
    char room[PATH_MAX];
    return REAL(unlink)(moved(path, room));
}

/* ---- the bootloader is started ---- */

static void tell(int file, const char *kind, const char *text)
{
    if (write(file, kind, strlen(kind)) < 0 || write(file, text, strlen(text) + 1) < 0)
        _exit(126);
}

/* What it was called with, before anything of it is changed: $XL_STAND_IN/called, items that end in NUL. */
static void record(char *const arguments[])
{
    char room[PATH_MAX], text[64];
    struct winsize window = {0};
    int file;
    snprintf(room, sizeof room, "%s/called", getenv("XL_STAND_IN"));
    file = REAL(open)(room, O_WRONLY | O_CREAT | O_APPEND, 0600);
    for (; *arguments; arguments++)
        tell(file, "argument ", *arguments);
    for (char **variable = environ; *variable; variable++)
        tell(file, "variable ", *variable);
    for (int number = 0; number < 3; number++) {
        /* Not whether it is raw: libxl makes it so while the bootloader starts. */
        const char *kind = ioctl(number, TIOCGWINSZ, &window) == 0 ? "terminal" : "other";
        snprintf(text, sizeof text, "%d %s %dx%d", number, kind, window.ws_row, window.ws_col);
        tell(file, "file ", text);
    }
    close(file);
}

int execvp(const char *program, char *const arguments[])
{
    char **told;
    size_t number = 0;
    unsetenv("LD_PRELOAD");
    record(arguments);
    while (arguments[number])
        number++;
    told = calloc(number + 1, sizeof *told);
    for (size_t i = 0; i < number; i++) {
        char room[PATH_MAX], *value = strchr(arguments[i], '=');
        const char *path = value ? moved(value + 1, room) : NULL;
        told[i] = arguments[i];
        /* Only libxl's own: --output= and --output-directory=. */
        if (path == room && asprintf(&told[i], "%.*s%s", (int)(value + 1 - arguments[i]), arguments[i], path) < 0)
            _exit(126);
    }
    unsetenv("XL_STAND_IN");
    return REAL(execvp)(program, told);
}
