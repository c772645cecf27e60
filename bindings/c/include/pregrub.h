/*
 * pregrub: shows what Xen's pygrub will boot from a guest's disk before the guest is started, or exactly why nothing boots.
 *
 * Every function may be called from several threads at once; an options object by one thread at a time, unless none sets options on
 * it meanwhile. No function writes to a disk, and none keeps a file open after it returns. All strings are NUL-terminated. What a
 * function returns as char * is the caller's, and is freed with pregrub_string_free(), not with free().
 *
 * Made by cbindgen: edit src/lib.rs instead.
 */

#ifndef PREGRUB_H
#define PREGRUB_H

/*
 How a call ended.
 */
typedef enum pregrub_status {
  /*
   There is a result. That pygrub fails is one, too: the verdict says so.
   */
  PREGRUB_STATUS_OK = 0,
  /*
   An option is unknown, has no such value, or does not go with the others or with the target.
   */
  PREGRUB_STATUS_OPTION = 1,
  /*
   The target cannot be opened or read, or it is nothing that pregrub recognises.
   */
  PREGRUB_STATUS_TARGET = 2,
  /*
   A pointer is NULL that must not be.
   */
  PREGRUB_STATUS_ARGUMENT = 3,
  /*
   A fault of pregrub itself.
   */
  PREGRUB_STATUS_INTERNAL = 4,
} pregrub_status;

/*
 What comes of a target.
 */
typedef enum pregrub_verdict {
  /*
   pygrub hands over kernel and initrd, and Xen loads the kernel.
   */
  PREGRUB_VERDICT_BOOTS = 0,
  /*
   A configuration without a disk selects an entry; whether its files exist is not known.
   */
  PREGRUB_VERDICT_SELECTS = 1,
  /*
   Nothing boots.
   */
  PREGRUB_VERDICT_FAILS = 2,
  /*
   pregrub cannot decide, and says why.
   */
  PREGRUB_VERDICT_UNKNOWN = 3,
  /*
   Nobody asks pygrub for this domain.
   */
  PREGRUB_VERDICT_NOT_APPLICABLE = 4,
} pregrub_verdict;

/*
 How a target is checked: options by name, with new names in new versions.
 */
typedef struct pregrub_options pregrub_options;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 The version of this library: `0.1.0`. The string is static.
 */
const char *pregrub_version(void);

/*
 Options as `pregrub check` has them without arguments. Free them with `pregrub_options_free()`. NULL only if memory is exhausted.
 */
struct pregrub_options *pregrub_options_new(void);

/*
 Frees options. NULL is fine.

 # Safety

 `options` comes from `pregrub_options_new()` and is not used any more.
 */
void pregrub_options_free(struct pregrub_options *options);

/*
 Sets an option: `release` to `debian-4.17`, `hash` to `true`. Names are those of `pregrub check`, with `_` for `-`; docs/c.md lists
 them. `allow`, `warn` and `deny` add up; of any other option the last value counts. Values are copied.

 Returns `PREGRUB_STATUS_OK`, or `PREGRUB_STATUS_OPTION` with a sentence in `*error`. `error` may be NULL.

 # Safety

 `options` comes from `pregrub_options_new()`, and no other thread uses it meanwhile. `name` and `value` are NUL-terminated. `error`
 is NULL or points to a pointer that may be overwritten.
 */
enum pregrub_status pregrub_options_set(struct pregrub_options *options,
                                        const char *name,
                                        const char *value,
                                        char **error);

/*
 Checks a target: a disk image, a block device, the root directory of a boot filesystem, a boot configuration, or the configuration of
 a domain. `-` is a file of that name.

 With `PREGRUB_STATUS_OK`, `*json` is the object of `pregrub.check/1` that `pregrub check --format json` prints, in one line without a
 line end, and `*verdict` the verdict in it. With `PREGRUB_STATUS_TARGET` they are set, too: the verdict is unknown, and the object
 says why. Else `*json` is NULL. In every other case than `PREGRUB_STATUS_OK`, `*error` is a sentence.

 `options` may be NULL for the default ones; `verdict`, `json` and `error` may be NULL where the caller does not need them. The call
 runs on the stack of its thread, of which it needs at most 1 MiB.

 # Safety

 `options` is NULL or comes from `pregrub_options_new()`, and no other thread sets options on it meanwhile. `target` is NUL-terminated.
 `verdict`, `json` and `error` are NULL or point to what may be overwritten.
 */
enum pregrub_status pregrub_check(const struct pregrub_options *options,
                                  const char *target,
                                  enum pregrub_verdict *verdict,
                                  char **json,
                                  char **error);

/*
 Lints a boot configuration: a grub.cfg, a menu.lst, an extlinux.conf.

 With `PREGRUB_STATUS_OK`, `*json` is the object of `pregrub.lint/1` that `pregrub lint --format json` prints, in one line without a
 line end. In every other case `*json` is NULL and `*error` a sentence. Arguments are as those of `pregrub_check()`.

 # Safety

 As that of `pregrub_check()`.
 */
enum pregrub_status pregrub_lint(const struct pregrub_options *options,
                                 const char *file,
                                 char **json,
                                 char **error);

/*
 Frees a string that this library returned. NULL is fine.

 # Safety

 `string` comes from this library as a `char *`, and is not used any more.
 */
void pregrub_string_free(char *string);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* PREGRUB_H */
