/*
 * The CPU features of a domain need a processor that answers. Without xenctrl.h: what this function is given changes with
 * the release, and nothing of it is looked at.
 */
int xc_cpuid_apply_policy();

int xc_cpuid_apply_policy()
{
    return 0;
}
