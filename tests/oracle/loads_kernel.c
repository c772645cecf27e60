/*
 * Whether libxenguest loads kernels: the judge of tests/kernel.
 *
 * usage: loads_kernel pv|pvh FILE...
 * For each file one line: `loads TYPE`, `refused FIRST-ERROR` (without the place in the source), or `died SIGNAL`.
 *
 * The library is asked without a hypervisor. Each file has a process of its own, so that a damaged one ends only itself.
 * cc -o loads_kernel loads_kernel.c -lxenguest -lxenctrl -lxentoollog
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenguest.h>
#include <xentoollog.h>

/* What a hypervisor on x86-64 with support for 32-bit guests says of itself. */
static const char capabilities[] =
    "xen-3.0-x86_64 xen-3.0-x86_32p hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ";

static char first_error[1024];

static void on_message(struct xentoollog_logger *logger, xentoollog_level level, int error, const char *context,
                       const char *format, va_list arguments)
{
    (void)logger, (void)error, (void)context;
    if (level < XTL_ERROR || first_error[0])
        return;
    vsnprintf(first_error, sizeof first_error, format, arguments);
    first_error[strcspn(first_error, "\r\n")] = '\0';
}

static void on_progress(struct xentoollog_logger *logger, const char *context, const char *what, int percent,
                        unsigned long done, unsigned long total)
{
    (void)logger, (void)context, (void)what, (void)percent, (void)done, (void)total;
}

static void on_destroy(struct xentoollog_logger *logger)
{
    (void)logger;
}

/* Prints the message without `panic: FILE:LINE: ` in front and without the name of the error's class after it. */
static void print_message(char *text)
{
    static const char *const classes[] = { ": Invalid kernel", ": Internal error", ": Out of memory", ": Invalid parameter" };
    size_t i, length = strlen(text);

    for (i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        size_t tail = strlen(classes[i]);
        if (length > tail && strcmp(text + length - tail, classes[i]) == 0)
            text[length - tail] = '\0';
    }
    if (strncmp(text, "panic: ", 7) == 0) {
        char *end = strstr(text + 7, ": ");
        text = end ? end + 2 : text + 7;
    }
    printf("refused %s\n", text);
}

static void ask(const char *path, int pvh)
{
    struct xentoollog_logger logger = { on_message, on_progress, on_destroy };
    xc_interface *interface = xc_interface_open(&logger, &logger, XC_OPENFLAG_DUMMY);
    struct xc_dom_image *image = interface ? xc_dom_allocate(interface, "", NULL) : NULL;

    if (!image) {
        fprintf(stderr, "loads_kernel: libxenguest cannot be set up: %s\n", first_error);
        exit(2);
    }
    image->container_type = pvh ? XC_DOM_HVM_CONTAINER : XC_DOM_PV_CONTAINER;
    snprintf(image->xen_caps, sizeof image->xen_caps, "%s", capabilities);
    if (xc_dom_kernel_file(image, path) == 0 && xc_dom_parse_image(image) == 0)
        printf("loads %s\n", image->guest_type);
    else
        print_message(first_error);
    fflush(stdout);
}

int main(int count, char **arguments)
{
    int i, pvh;

    if (count < 3 || (strcmp(arguments[1], "pv") != 0 && strcmp(arguments[1], "pvh") != 0)) {
        fprintf(stderr, "usage: loads_kernel pv|pvh FILE...\n");
        return 2;
    }
    pvh = arguments[1][2] != '\0';
    for (i = 2; i < count; i++) {
        int status;
        pid_t child;

        fflush(stdout);
        child = fork();
        if (child == 0) {
            alarm(60);
            ask(arguments[i], pvh);
            _exit(0);
        }
        if (child < 0 || waitpid(child, &status, 0) < 0) {
            perror("loads_kernel");
            return 2;
        }
        if (WIFSIGNALED(status))
            printf("died %d\n", WTERMSIG(status));
        else if (WEXITSTATUS(status) != 0)
            return WEXITSTATUS(status);
    }
    return 0;
}
