#ifdef GV_LINUX

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "sandbox/sandbox_internal.h"

/*
 * A session's keys are found by every process of it, whatever its user and its
 * namespaces, and all keys of a user by their numbers. So the session is left,
 * and the three calls answer as those of a kernel without keys.
 */

/* A processor may also run programs of another kind, whose calls have other
 * numbers. Those of the x32 kind are those of 64 bits with one more bit. */
#if defined(__x86_64__)
#define OWN        AUDIT_ARCH_X86_64
#define OTHER      AUDIT_ARCH_I386
#define OTHER_KEYS 286 /* add_key; request_key and keyctl follow */
#define NUMBERS    0xbfffffffU
#elif defined(__aarch64__)
#define OWN        AUDIT_ARCH_AARCH64
#define OTHER      AUDIT_ARCH_ARM
#define OTHER_KEYS 309
#endif
#ifndef NUMBERS
#define NUMBERS 0xffffffffU
#endif

#define LOAD(field)                                                            \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(value, n)                                                  \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (n))
#define REFUSE   BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS)
#define ALLOW    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define NO(call) SKIP_UNLESS((call), 1), REFUSE

static struct sock_filter filter[] = {
#ifdef OWN
	LOAD(arch),
	SKIP_UNLESS(OTHER, 8),
	LOAD(nr),
	NO(OTHER_KEYS),
	NO(OTHER_KEYS + 1),
	NO(OTHER_KEYS + 2),
	ALLOW,
	/* of a third kind nothing is known */
	SKIP_UNLESS(OWN, 9),
#endif
	LOAD(nr),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, NUMBERS),
	NO(SYS_add_key),
	NO(SYS_request_key),
	NO(SYS_keyctl),
	ALLOW,
	REFUSE,
};

/* Whether this kernel holds keys at all. */
static bool
has_keys(void)
{
	return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 ||
	    errno != ENOSYS;
}

int
gv_sandbox_keys_close(void)
{
	const struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(*filter), .filter = filter
	};

	if (has_keys() &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		return gv_err_sys(
		    "a sandbox cannot keep off the keys of the kernel");
	return 0;
}

#else /* a system without keys of its own */

#include "sandbox/sandbox_internal.h"

int
gv_sandbox_keys_close(void)
{
	return 0;
}

#endif
