/* Root may write into a folder that forbids it. A test of such a folder gives that right up while it looks, on its own thread and those
 * that it starts meanwhile, so that it proves the same whoever runs it. C and C++. */
#ifndef STRATA_TESTS_PERMISSIONS_H
#define STRATA_TESTS_PERMISSIONS_H

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __cplusplus
long syscall(long number, ...); /* strict C99 hides it */
#endif

enum { kOverridePermissions = (1u << CAP_DAC_OVERRIDE) | (1u << CAP_DAC_READ_SEARCH) };

/* Without the right (held 0) or with it again, where it may be had; 0 when that worked. */
static inline int hold_override(int held) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return -1;
  if (held)
    data[0].effective |= data[0].permitted & kOverridePermissions;
  else
    data[0].effective &= ~(unsigned)kOverridePermissions;
  return (int)syscall(SYS_capset, &header, data);
}

#endif
