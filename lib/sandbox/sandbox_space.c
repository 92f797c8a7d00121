#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef GV_LINUX
#include <sched.h>
#include <sys/prctl.h>
#endif

#include "base/err.h"
#include "sandbox/sandbox_internal.h"
#include "sys/clock.h"
#include "sys/file.h"

/* Users that nobody has: between those that containers, directories of users
 * and services get, and those of other systems' files. The later ones are for a
 * container that knows few users. */
static const struct {
	uid_t first;
	unsigned n;
} strangers[] = { { 0x78000000, 0x4000000 }, { 65000, 520 } };

/* The work area becomes theirs while there is a right to give it. */
static int
become(const struct gv_sandbox_place *p, uid_t id)
{
	if (*p->dir && chown(p->dir, id, id) < 0)
		return -1;
	/* of root these set all three ids */
	return setgid(id) < 0 || setuid(id) < 0 ? -1 : 0;
}

/* Root becomes a user that no other process is, not even one of another
 * sandbox: whoever is the same user can read what is inside. Root of a
 * container that knows no other user is an ordinary user of the host; it stays,
 * and gives up its capabilities later. */
int
gv_sandbox_space_leave_root(struct gv_sandbox_place *p)
{
	uint32_t random = 0;
	size_t i;
	int r = -1;

	if (geteuid() == 0 && setgroups(0, NULL) < 0 && errno != EPERM)
		return gv_err_sys("a sandbox cannot give up its groups");
	if (geteuid() == 0 && gv_clock_random(&random, sizeof(random)) < 0)
		return gv_err_sys("a sandbox cannot choose a user");
	for (i = 0; geteuid() == 0 && r < 0 &&
	     i < sizeof(strangers) / sizeof(*strangers);
	     i++) {
		r = become(p, strangers[i].first + random % strangers[i].n);
		if (r < 0 && errno != EINVAL)
			return gv_err_sys("a sandbox cannot give up root");
	}
	p->uid = geteuid();
#ifdef GV_LINUX
	/* who changed its user may not write its own maps of users otherwise;
	 * nothing secret was in this process since it began */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	/* a change of users forgets this */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
#endif
	return 0;
}

#ifdef GV_LINUX

void
gv_sandbox_space_adopt(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static int
write_map(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -1;
	r = gv_file_write_all(fd, text, strlen(text));
	gv_file_close(fd);
	return r;
}

/* One user and one group, who are nobody inside. */
static int
map_users(uid_t uid, gid_t gid)
{
	char text[64];

	if (write_map("/proc/self/setgroups", "deny") < 0)
		return -1;
	(void)snprintf(text, sizeof(text), "%u %u 1",
	    (unsigned)GV_SANDBOX_NOBODY, (unsigned)uid);
	if (write_map("/proc/self/uid_map", text) < 0)
		return -1;
	(void)snprintf(text, sizeof(text), "%u %u 1",
	    (unsigned)GV_SANDBOX_NOBODY, (unsigned)gid);
	return write_map("/proc/self/gid_map", text);
}

static int
wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* In a process of its own, since whoever has entered a namespace of processes
 * that has ended can start no other. */
static int
enter(int *status, struct gv_sandbox_place *p, uid_t uid, gid_t gid)
{
	const int spaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID |
	    CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
	    (p->network ? 0 : CLONE_NEWNET);
	pid_t pid;

	if (unshare(spaces) < 0 || map_users(uid, gid) < 0) {
		*status = GV_SANDBOX_NO_ROOT;
		return 1;
	}
	pid = fork();
	if (pid < 0) {
		*status = GV_SANDBOX_NO_ROOT;
		return 1;
	}
	if (pid > 0) {
		*status = wait_for(pid);
		return 1;
	}
	/* the first process of a namespace: its end is the end of all others */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	return 0;
}

int
gv_sandbox_space_enter(int *status, struct gv_sandbox_place *p)
{
	const uid_t uid = geteuid();
	const gid_t gid = getegid();
	const pid_t pid = fork();

	if (pid < 0)
		return gv_err_sys("a sandbox cannot start a process");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		return enter(status, p, uid, gid);
	}
	*status = wait_for(pid);
	if (*status != GV_SANDBOX_NO_ROOT)
		return 1;
	(void)snprintf(p->why, sizeof(p->why),
	    "this system gives no namespaces, or lets nobody make a root file "
	    "system in them");
	return gv_err(GV_EREFUSED, "%s", p->why);
}

#else /* a system without namespaces */

void
gv_sandbox_space_adopt(void)
{
}

int
gv_sandbox_space_enter(int *status, struct gv_sandbox_place *p)
{
	*status = 0;
	(void)snprintf(p->why, sizeof(p->why),
	    "this system gives no namespaces and no Landlock");
	return gv_err(GV_EREFUSED, "%s", p->why);
}

#endif
