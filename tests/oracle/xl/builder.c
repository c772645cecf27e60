/* What xl hands to the domain builder is kept, on its way there: $XL_STAND_IN/kernel, ramdisk and arguments. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>
#include <xenguest.h>

#define REAL(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

static void keep(const char *name, const void *bytes, size_t size)
{
    char path[PATH_MAX];
    FILE *file;
    snprintf(path, sizeof path, "%s/%s", getenv("XL_STAND_IN"), name);
    file = fopen(path, "w");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        abort();
}

struct xc_dom_image *xc_dom_allocate(xc_interface *xch, const char *arguments, const char *features)
{
    keep("arguments", arguments, strlen(arguments));
    return REAL(xc_dom_allocate)(xch, arguments, features);
}

int xc_dom_kernel_mem(struct xc_dom_image *image, const void *bytes, size_t size)
{
    keep("kernel", bytes, size);
    return REAL(xc_dom_kernel_mem)(image, bytes, size);
}

int xc_dom_module_mem(struct xc_dom_image *image, const void *bytes, size_t size, const char *arguments)
{
    keep("ramdisk", bytes, size);
    return REAL(xc_dom_module_mem)(image, bytes, size, arguments);
}

/* Where the bootloader told of a file that libxl did not map. */
int xc_dom_kernel_file(struct xc_dom_image *image, const char *path)
{
    keep("kernel-path", path, strlen(path));
    return REAL(xc_dom_kernel_file)(image, path);
}

int xc_dom_module_file(struct xc_dom_image *image, const char *path, const char *arguments)
{
    keep("ramdisk-path", path, strlen(path));
    return REAL(xc_dom_module_file)(image, path, arguments);
}
