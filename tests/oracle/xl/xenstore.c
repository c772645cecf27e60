/* Stands in for xenstored: a store in the memory of the one process that uses it. Watches never fire. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include <xenstore.h>

struct node {
    char *path;
    char *value;
    unsigned length;
};

static struct node *nodes;
static size_t count;

static struct node *find(const char *path)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(nodes[i].path, path) == 0)
            return &nodes[i];
    return NULL;
}

/* A relative path begins at the caller's domain, which is domain 0. */
static char *absolute(const char *path)
{
    char *whole;
    if (asprintf(&whole, "%s%s", *path == '/' ? "" : "/local/domain/0/", path) < 0)
        abort();
    return whole;
}

/* Makes a node and those above it. One that is there keeps its value unless `value` is given. */
static void put(const char *path, const void *value, unsigned length)
{
    char *whole = absolute(path), *slash;
    struct node *node = find(whole);
    if (node == NULL) {
        nodes = realloc(nodes, (count + 1) * sizeof *nodes);
        node = &nodes[count++];
        *node = (struct node){strdup(whole), calloc(1, 1), 0};
    }
    if (value != NULL) {
        free(node->value);
        node->value = calloc(1, length + 1);
        memcpy(node->value, value, length);
        node->length = length;
    }
    slash = strrchr(whole, '/');
    if (slash != whole) {
        *slash = 0;
        put(whole, NULL, 0);
    }
    free(whole);
}

static const char *below(const char *path, const char *top)
{
    size_t length = strlen(top);
    return strncmp(path, top, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

struct xs_handle *xs_open(unsigned long flags)
{
    static char handle;
    put("/local/pool/0/name", "Pool-0", 6);
    put("/local/domain/0/name", "Domain-0", 8);
    return (struct xs_handle *)&handle;
}

void xs_close(struct xs_handle *handle)
{
}

void xs_daemon_destroy_postfork(struct xs_handle *handle)
{
}

int xs_fileno(struct xs_handle *handle)
{
    static int quiet = -1;
    if (quiet < 0)
        quiet = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return quiet;
}

void *xs_read(struct xs_handle *handle, xs_transaction_t transaction, const char *path, unsigned *length)
{
    char *whole = absolute(path), *value;
    struct node *node = find(whole);
    free(whole);
    if (node == NULL) {
        errno = ENOENT;
        return NULL;
    }
    if (length != NULL)
        *length = node->length;
    value = malloc(node->length + 1);
    return memcpy(value, node->value, node->length + 1);
}

/* Where the bootloader's menu can be seen and answered, as `xl console` does it: $XL_STAND_IN/console. */
static void tell_console(const char *path, unsigned length)
{
    char *unfinished, *finished;
    FILE *file;
    if (asprintf(&unfinished, "%s/console.new", getenv("XL_STAND_IN")) < 0 ||
        asprintf(&finished, "%s/console", getenv("XL_STAND_IN")) < 0)
        abort();
    file = fopen(unfinished, "w");
    if (file == NULL || fwrite(path, 1, length, file) != length || fclose(file) != 0 || rename(unfinished, finished) != 0)
        abort();
    free(unfinished);
    free(finished);
}

bool xs_write(struct xs_handle *handle, xs_transaction_t transaction, const char *path, const void *value, unsigned length)
{
    put(path, value, length);
    if (strstr(path, "/console/tty") != NULL)
        tell_console(value, length);
    return true;
}

bool xs_mkdir(struct xs_handle *handle, xs_transaction_t transaction, const char *path)
{
    put(path, NULL, 0);
    return true;
}

bool xs_rm(struct xs_handle *handle, xs_transaction_t transaction, const char *path)
{
    char *whole = absolute(path);
    size_t kept = 0, before = count;
    for (size_t i = 0; i < before; i++) {
        if (strcmp(nodes[i].path, whole) == 0 || below(nodes[i].path, whole)) {
            free(nodes[i].path);
            free(nodes[i].value);
        } else {
            nodes[kept++] = nodes[i];
        }
    }
    count = kept;
    free(whole);
    errno = ENOENT;
    return kept < before;
}

char **xs_directory(struct xs_handle *handle, xs_transaction_t transaction, const char *path, unsigned *number)
{
    char *whole = absolute(path), **names, *text;
    size_t size = 0;
    unsigned found = 0;
    if (find(whole) == NULL) {
        free(whole);
        errno = ENOENT;
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        size += strlen(nodes[i].path) + 1;
    /* In one piece: the caller frees it as one. */
    names = malloc(count * sizeof *names + size);
    text = (char *)(names + count);
    for (size_t i = 0; i < count; i++) {
        const char *name = below(nodes[i].path, whole);
        if (name != NULL && strchr(name, '/') == NULL) {
            names[found++] = text;
            text = stpcpy(text, name) + 1;
        }
    }
    free(whole);
    *number = found;
    return names;
}

bool xs_set_permissions(struct xs_handle *handle, xs_transaction_t transaction, const char *path,
                        struct xs_permissions *permissions, unsigned number)
{
    return true;
}

xs_transaction_t xs_transaction_start(struct xs_handle *handle)
{
    return 1;
}

bool xs_transaction_end(struct xs_handle *handle, xs_transaction_t transaction, bool abort)
{
    return true;
}

bool xs_watch(struct xs_handle *handle, const char *path, const char *token)
{
    return true;
}

bool xs_unwatch(struct xs_handle *handle, const char *path, const char *token)
{
    return true;
}

char **xs_check_watch(struct xs_handle *handle)
{
    errno = EAGAIN;
    return NULL;
}

char *xs_get_domain_path(struct xs_handle *handle, unsigned domain)
{
    char *path;
    return asprintf(&path, "/local/domain/%u", domain) < 0 ? NULL : path;
}

bool xs_introduce_domain(struct xs_handle *handle, unsigned domain, unsigned long frame, unsigned channel)
{
    return true;
}

bool xs_release_domain(struct xs_handle *handle, unsigned domain)
{
    return true;
}
