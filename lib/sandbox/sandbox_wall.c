#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef GV_LINUX
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "base/err.h"
#include "sandbox/sandbox_internal.h"
#include "sys/file.h"

#ifdef GV_LINUX

/* landlock(7), by version of what the system knows; older headers lack the
 * later ones. */
#define FS_V1       ((1ULL << 13) - 1)
#define FS_READ     (1ULL << 0 | 1ULL << 2 | 1ULL << 3) /* execute, read */
#define FS_FILE     (1ULL << 0 | 1ULL << 1 | 1ULL << 2)
#define FS_REFER    (1ULL << 13) /* version 2 */
#define FS_TRUNCATE (1ULL << 14) /* version 3 */
#define FS_IOCTL    (1ULL << 15) /* version 5 */
#define NET_TCP     3ULL         /* version 4: bind, connect */
#define SCOPES      3ULL         /* version 6: abstract sockets, signals */

/* struct landlock_ruleset_attr as of version 6. */
struct ruleset {
	uint64_t fs, net, scoped;
};

struct beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

static uint64_t
fs_of(long version)
{
	uint64_t all = FS_V1;

	all |= version >= 2 ? FS_REFER : 0;
	all |= version >= 3 ? FS_TRUNCATE : 0;
	all |= version >= 5 ? FS_IOCTL : 0;
	return all;
}

static size_t
size_of(long version)
{
	return version >= 6 ? 24 : version >= 4 ? 16 : 8;
}

/* What is missing is not allowed either. */
static int
allow(int rules, const char *path, uint64_t what)
{
	struct beneath b = { .allowed = what };
	int fd = open(path, O_PATH | O_CLOEXEC), r = 0;

	if (fd < 0)
		return 0;
	b.fd = fd;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		&b, 0) < 0)
		r = gv_err_sys("Landlock does not take %s", path);
	gv_file_close(fd);
	return r;
}

static int
add_rules(int rules, const struct gv_sandbox_place *p, uint64_t all)
{
	static const char *const readable[] = { "/usr", "/bin", "/sbin", "/lib",
		"/lib32", "/lib64", "/libx32", "/etc/alternatives",
		"/etc/ld.so.cache", "/etc/ssl/certs", "/etc/ca-certificates",
		"/etc/localtime", "/etc/protocols", "/etc/services",
		"/etc/passwd", "/etc/group", "/etc/hosts", "/etc/nsswitch.conf",
		"/proc", NULL };
	static const char *const devices[] = { "/dev/null", "/dev/zero",
		"/dev/full", "/dev/random", "/dev/urandom", NULL };
	/* of a root of its own */
	static const char *const own[] = { "/tmp", "/var/tmp", "/var/lib",
		"/var/log", "/var/cache", "/run", "/dev/shm", NULL };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && readable[i]; i++) {
		r = allow(rules, readable[i],
		    gv_file_is_dir(AT_FDCWD, readable[i]) ? FS_READ
							  : FS_READ & FS_FILE);
	}
	for (i = 0; r == 0 && i < p->n_binds; i++)
		r = allow(rules, p->binds[i],
		    gv_file_is_dir(AT_FDCWD, p->binds[i]) ? FS_READ
							  : FS_READ & FS_FILE);
	for (i = 0; r == 0 && devices[i]; i++)
		r = allow(rules, devices[i],
		    (FS_FILE | FS_TRUNCATE | FS_IOCTL) & all & ~1ULL);
	if (r == 0 && (r = allow(rules, p->area, all)) == 0 &&
	    (r = allow(rules, p->home, all)) == 0 &&
	    p->level >= GV_SANDBOX_SPACES)
		for (i = 0; r == 0 && own[i]; i++)
			r = allow(rules, own[i], all);
	return r;
}

int
gv_sandbox_wall_landlock(const struct gv_sandbox_place *p)
{
	const long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset set = { 0 };
	int rules, r;

	if (version < 1)
		return gv_err(GV_EREFUSED, "this system has no Landlock");
	set.fs = fs_of(version);
	/* in namespaces nothing listens but what runs inside */
	if (version >= 4 && p->level < GV_SANDBOX_SPACES && !p->network)
		set.net = NET_TCP;
	set.scoped = version >= 6 ? SCOPES : 0;
	rules = (int)syscall(
	    SYS_landlock_create_ruleset, &set, size_of(version), 0);
	if (rules < 0)
		return gv_err(GV_EREFUSED, "this system gives no Landlock: %s",
		    strerror(errno));
	if ((r = add_rules(rules, p, set.fs)) == 0 &&
	    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		syscall(SYS_landlock_restrict_self, rules, 0) < 0))
		r = gv_err_sys("cannot restrict a sandbox by Landlock");
	gv_file_close(rules);
	return r;
}

#endif

/* A type of its own in glibc for C. */
#ifdef __GLIBC__
#define RESOURCE __rlimit_resource_t
#else
#define RESOURCE int
#endif

/* A process cannot look at more than the system has, and no set of them can
 * fill it. */
static int
set_limits(const struct gv_sandbox_place *p)
{
	const struct {
		int what;
		rlim_t most;
	} limits[] = {
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_FSIZE, (rlim_t)p->space },
		{ RLIMIT_NOFILE, 4096 },
#ifdef RLIMIT_NPROC
		{ RLIMIT_NPROC, 1024 },
#endif
#ifdef RLIMIT_MEMLOCK
		{ RLIMIT_MEMLOCK, 0 },
#endif
#ifdef GV_LINUX
		{ RLIMIT_MSGQUEUE, 0 },
#endif
	};
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct rlimit now;

		if (getrlimit((RESOURCE)limits[i].what, &now) < 0)
			return gv_err_sys("cannot limit a sandbox");
		if (now.rlim_max > limits[i].most)
			now.rlim_max = limits[i].most;
		now.rlim_cur = now.rlim_max;
		if (setrlimit((RESOURCE)limits[i].what, &now) < 0)
			return gv_err_sys("cannot limit a sandbox");
	}
	return 0;
}

#ifdef GV_LINUX

static int
drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct none[2] = { { 0 } };
	int i;

	for (i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &head, none) < 0)
		return gv_err_sys("a sandbox cannot give up capabilities");
	return 0;
}

int
gv_sandbox_wall_close(const struct gv_sandbox_place *p)
{
	int r;

	if ((r = set_limits(p)) < 0 || (r = drop_capabilities()) < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return gv_err_sys("a sandbox cannot refuse new privileges");
	if ((r = gv_sandbox_keys_close()) < 0)
		return r;
	/* nobody inside reads or traces the process that serves them */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return gv_err_sys("a sandbox cannot hide itself");
	return 0;
}

#else /* a system without Landlock and capabilities */

int
gv_sandbox_wall_landlock(const struct gv_sandbox_place *p)
{
	(void)p;
	return gv_err(GV_EREFUSED, "this system has no Landlock");
}

int
gv_sandbox_wall_close(const struct gv_sandbox_place *p)
{
	return set_limits(p);
}

#endif
