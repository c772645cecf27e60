/*
 * The promises of pregrub.h, tried by a program: NULL where it may and may not be, options that are wrong, threads, small stacks.
 * Run under valgrind by bindings/run:
 *
 *     abi CORPUS
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pregrub.h>

#define EXPECT(condition)                                                          \
    do {                                                                           \
        if (!(condition)) {                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                               \
        }                                                                          \
    } while (0)

static char boots[4096], fails[4096], text[4096], directory[4096];

static void nulls(void)
{
    pregrub_options *options = pregrub_options_new();
    char *json = (char *)-1, *error = (char *)-1;
    pregrub_verdict verdict = PREGRUB_VERDICT_BOOTS;

    pregrub_options_free(NULL);
    pregrub_string_free(NULL);
    EXPECT(options);
    EXPECT(pregrub_options_set(NULL, "hash", "true", &error) == PREGRUB_STATUS_ARGUMENT);
    EXPECT(error && strstr(error, "NULL"));
    pregrub_string_free(error);
    EXPECT(pregrub_options_set(options, NULL, "true", NULL) == PREGRUB_STATUS_ARGUMENT);
    EXPECT(pregrub_options_set(options, "hash", NULL, NULL) == PREGRUB_STATUS_ARGUMENT);
    EXPECT(pregrub_check(options, NULL, &verdict, &json, &error) == PREGRUB_STATUS_ARGUMENT);
    EXPECT(!json && error && verdict == PREGRUB_VERDICT_UNKNOWN);
    pregrub_string_free(error);
    EXPECT(pregrub_lint(NULL, NULL, NULL, NULL) == PREGRUB_STATUS_ARGUMENT);
    EXPECT(pregrub_check(NULL, boots, NULL, NULL, NULL) == PREGRUB_STATUS_OK);
    EXPECT(pregrub_check(NULL, boots, &verdict, NULL, &error) == PREGRUB_STATUS_OK);
    EXPECT(verdict == PREGRUB_VERDICT_BOOTS && !error);
    pregrub_options_free(options);
}

static void options_that_are_wrong(void)
{
    pregrub_options *options = pregrub_options_new();
    char *json = NULL, *error = NULL;
    pregrub_verdict verdict;

    EXPECT(pregrub_options_set(options, "colour", "red", &error) == PREGRUB_STATUS_OPTION);
    EXPECT(strstr(error, "option colour: "));
    pregrub_string_free(error);
    EXPECT(pregrub_options_set(options, "caf\xe9", "x", &error) == PREGRUB_STATUS_OPTION);
    pregrub_string_free(error);
    EXPECT(pregrub_options_set(options, "release", "caf\xe9", &error) == PREGRUB_STATUS_OPTION);
    EXPECT(strstr(error, "not UTF-8"));
    pregrub_string_free(error);
    EXPECT(pregrub_options_set(options, "release", "5.0", &error) == PREGRUB_STATUS_OK);
    EXPECT(!error);
    EXPECT(pregrub_check(options, boots, &verdict, &json, &error) == PREGRUB_STATUS_OPTION);
    EXPECT(!json && strstr(error, "`5.0`"));
    pregrub_string_free(error);
    EXPECT(pregrub_options_set(options, "release", "4.17", NULL) == PREGRUB_STATUS_OK);
    EXPECT(pregrub_check(options, boots, &verdict, &json, NULL) == PREGRUB_STATUS_OK);
    EXPECT(verdict == PREGRUB_VERDICT_BOOTS && strstr(json, "\"release\":\"4.17\""));
    pregrub_string_free(json);
    pregrub_options_free(options);
}

static void targets_that_are_wrong(void)
{
    char *json = NULL, *error = NULL;
    pregrub_verdict verdict;

    EXPECT(pregrub_check(NULL, "/nowhere", &verdict, &json, &error) == PREGRUB_STATUS_TARGET);
    EXPECT(verdict == PREGRUB_VERDICT_UNKNOWN && strstr(json, "\"stage\":\"target\"") && strstr(error, "there is no such file"));
    pregrub_string_free(json);
    pregrub_string_free(error);
    EXPECT(pregrub_check(NULL, "", &verdict, NULL, NULL) == PREGRUB_STATUS_TARGET);
    EXPECT(pregrub_lint(NULL, directory, &json, &error) == PREGRUB_STATUS_TARGET);
    EXPECT(!json && error);
    pregrub_string_free(error);
    EXPECT(pregrub_lint(NULL, text, &json, &error) == PREGRUB_STATUS_OK);
    EXPECT(!error && strstr(json, "\"schema\":\"pregrub.lint/1\""));
    pregrub_string_free(json);
}

static void *many(void *options)
{
    int i;

    for (i = 0; i < 3; i++) {
        pregrub_verdict verdict;
        char *json, *error;

        EXPECT(pregrub_check(options, i % 2 ? boots : fails, &verdict, &json, &error) == PREGRUB_STATUS_OK);
        EXPECT(verdict == (i % 2 ? PREGRUB_VERDICT_BOOTS : PREGRUB_VERDICT_FAILS));
        EXPECT(json && !error);
        pregrub_string_free(json);
    }
    return NULL;
}

/* Several threads with one options object, each with the stack that the header asks for. */
static void threads(void)
{
    pregrub_options *options = pregrub_options_new();
    pthread_t thread[4];
    pthread_attr_t attributes;
    int i;

    EXPECT(pregrub_options_set(options, "hash", "true", NULL) == PREGRUB_STATUS_OK);
    EXPECT(!pthread_attr_init(&attributes));
    EXPECT(!pthread_attr_setstacksize(&attributes, 1 << 20));
    for (i = 0; i < 4; i++)
        EXPECT(!pthread_create(&thread[i], &attributes, many, options));
    for (i = 0; i < 4; i++)
        EXPECT(!pthread_join(thread[i], NULL));
    pthread_attr_destroy(&attributes);
    pregrub_options_free(options);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: abi CORPUS\n");
        return 2;
    }
    snprintf(boots, sizeof(boots), "%s/images/recipe.img", argv[1]);
    snprintf(fails, sizeof(fails), "%s/images/nixos-default.img", argv[1]);
    snprintf(directory, sizeof(directory), "%s/images", argv[1]);
    snprintf(text, sizeof(text), "%s/images/nixos-default.grub.cfg", argv[1]);
    EXPECT(strlen(pregrub_version()) >= strlen("0.0.0"));
    nulls();
    options_that_are_wrong();
    targets_that_are_wrong();
    threads();
    return 0;
}
