/*
 * Stands in for the hypervisor when xl runs where there is none: it knows domain 0 and the one that is being made, takes
 * every request and answers most of them with zeros. It has no memory to give, so that a domain's kernel is loaded by xl,
 * looked at, and never placed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>

/* ---- what libxenctrl asks of the kernel ---- */

xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *builder, unsigned flags)
{
    __typeof__(&xc_interface_open) real = dlsym(RTLD_NEXT, "xc_interface_open");
    return real(logger, builder, flags | XC_OPENFLAG_DUMMY);
}

static void *zeroed(size_t size)
{
    size_t whole = (size + 4095) & ~(size_t)4095;
    void *memory = aligned_alloc(4096, whole);
    return memory ? memset(memory, 0, whole) : NULL;
}

void *xencall_alloc_buffer(void *handle, size_t size)
{
    return zeroed(size);
}

void *xencall_alloc_buffer_pages(void *handle, size_t pages)
{
    return zeroed(pages * 4096);
}

void xencall_free_buffer(void *handle, void *memory)
{
    free(memory);
}

void xencall_free_buffer_pages(void *handle, void *memory, size_t pages)
{
    free(memory);
}

int xencall0(void *handle, unsigned number)
{
    return 0;
}

int xencall1(void *handle, unsigned number, uint64_t a)
{
    return 0;
}

int xencall2(void *handle, unsigned number, uint64_t a, uint64_t b)
{
    return 0;
}

long xencall2L(void *handle, unsigned number, uint64_t a, uint64_t b)
{
    return 0;
}

int xencall3(void *handle, unsigned number, uint64_t a, uint64_t b, uint64_t c)
{
    return 0;
}

int xencall4(void *handle, unsigned number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return 0;
}

int xencall5(void *handle, unsigned number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    return 0;
}

/* ---- the machine: two CPUs, 4 GiB ---- */

int xc_version(xc_interface *xch, int what, void *answer)
{
    switch (what) {
    case XENVER_version:
        return 4 << 16 | 17;
    case XENVER_pagesize:
        return 4096;
    case XENVER_capabilities:
        strcpy(answer, "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_64 ");
        return 0;
    case XENVER_commandline:
        /* Otherwise xl would take the guest's memory from domain 0, and wait for it. */
        strcpy(answer, "dom0_mem=1G");
        return 0;
    case XENVER_extraversion:
    case XENVER_changeset:
        *(char *)answer = 0;
        return 0;
    default:
        return 0;
    }
}

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
    memset(info, 0, sizeof *info);
    info->nr_cpus = 2;
    info->max_cpu_id = 1;
    info->nr_nodes = 1;
    info->total_pages = info->free_pages = 1 << 20;
    info->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap;
    return 0;
}

int xc_get_max_cpus(xc_interface *xch)
{
    return 2;
}

int xc_get_online_cpus(xc_interface *xch)
{
    return 2;
}

int xc_get_max_nodes(xc_interface *xch)
{
    return 1;
}

xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *xch, uint32_t pool)
{
    xc_cpupoolinfo_t *info;
    if (pool > 0) {
        errno = ENOENT;
        return NULL;
    }
    info = calloc(1, sizeof *info);
    info->cpumap = calloc(1, sizeof(uint64_t));
    info->cpumap[0] = 3;
    return info;
}

void xc_cpupool_infofree(xc_interface *xch, xc_cpupoolinfo_t *info)
{
    free(info->cpumap);
    free(info);
}

/* ---- the domain ---- */

int xc_domain_create(xc_interface *xch, uint32_t *domain, struct xen_domctl_createdomain *config)
{
    *domain = 1;
    return 0;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned count, xc_domaininfo_t *info)
{
    if (first > 1 || count == 0)
        return 0;
    memset(info, 0, sizeof *info);
    info->domain = first;
    info->flags = XEN_DOMINF_paused;
    return 1;
}
