/*
 * Judges a disk before pygrub is run on it, as a toolstack would: JSON on standard output, errors on standard error.
 *
 *     check TARGET [NAME=VALUE...]
 *
 * Exit status: 0 it boots (or a configuration selects an entry, or pygrub is not asked), 1 it does not, 2 usage error, 3 unknown, or
 * the target cannot be read.
 *
 *     cc -std=c99 -Wall -Wextra -Werror check.c $(pkg-config --cflags --libs pregrub) -o check
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pregrub.h>

static int exit_status(pregrub_verdict verdict)
{
    switch (verdict) {
    case PREGRUB_VERDICT_BOOTS:
    case PREGRUB_VERDICT_SELECTS:
    case PREGRUB_VERDICT_NOT_APPLICABLE:
        return 0;
    case PREGRUB_VERDICT_FAILS:
        return 1;
    case PREGRUB_VERDICT_UNKNOWN:
        return 3;
    }
    /* A verdict of a later version. */
    return 3;
}

/* Sets the option of an argument NAME=VALUE. */
static pregrub_status set_option(pregrub_options *options, const char *argument, char **error)
{
    pregrub_status status;
    const char *equals = strchr(argument, '=');
    size_t length = equals ? (size_t)(equals - argument) : strlen(argument);
    char *name = malloc(length + 1);

    if (!name)
        return PREGRUB_STATUS_INTERNAL;
    memcpy(name, argument, length);
    name[length] = '\0';
    status = pregrub_options_set(options, name, equals ? equals + 1 : "true", error);
    free(name);
    return status;
}

int main(int argc, char **argv)
{
    pregrub_options *options = NULL;
    pregrub_verdict verdict;
    pregrub_status status;
    char *json = NULL, *error = NULL;
    int i, rc = 2;

    if (argc < 2) {
        fprintf(stderr, "usage: check TARGET [NAME=VALUE...]\n");
        return 2;
    }

    options = pregrub_options_new();
    if (!options) {
        fprintf(stderr, "check: out of memory\n");
        goto out;
    }
    for (i = 2; i < argc; i++) {
        if (set_option(options, argv[i], &error) != PREGRUB_STATUS_OK) {
            fprintf(stderr, "check: %s\n", error ? error : "out of memory");
            goto out;
        }
    }

    status = pregrub_check(options, argv[1], &verdict, &json, &error);
    if (json)
        puts(json);
    if (status != PREGRUB_STATUS_OK) {
        fprintf(stderr, "check: %s\n", error);
        rc = status == PREGRUB_STATUS_TARGET ? 3 : 2;
        goto out;
    }
    rc = exit_status(verdict);

out:
    pregrub_string_free(error);
    pregrub_string_free(json);
    pregrub_options_free(options);
    return rc;
}
