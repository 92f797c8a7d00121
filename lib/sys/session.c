#include "sys/session.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "sys/clock.h"
#include "sys/file.h"

#define STAT_MAX ((size_t)4096)
#define ENV_MAX  ((size_t)4 * 1024 * 1024)
#define KILL_MS  2000 /* within which a killed process is gone */

/* A line of /proc/PID/stat, as far as it matters here. */
struct entry {
	long pid, parent, session;
	unsigned long long start;
	bool is_over; /* only its parent has not heard of it */
};

/* The boot, and the namespace that the numbers of processes belong to. */
static int
read_host(char out[GV_SESSION_HOST])
{
	struct gv_buf boot = GV_BUF_INIT;
	char space[40] = "";
	ssize_t n = readlink("/proc/self/ns/pid", space, sizeof(space) - 1);
	int r = gv_file_read(
	    &boot, AT_FDCWD, "/proc/sys/kernel/random/boot_id", STAT_MAX);

	space[n < 0 ? 0 : n] = '\0';
	if (r == 0)
		(void)snprintf(out, GV_SESSION_HOST, "%.*s/%.39s",
		    (int)strcspn(boot.p, "\n"), boot.p, space);
	gv_buf_release(&boot);
	return r;
}

/* The name in the second field may hold anything, also blanks and brackets. */
static bool
read_entry(struct entry *out, int proc, const char *pid)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *p;
	char path[64], state = 0;
	bool is = false;

	(void)snprintf(path, sizeof(path), "%.20s/stat", pid);
	if (gv_file_read(&text, proc, path, STAT_MAX) < 0)
		goto out;
	p = strrchr(text.p, ')');
	out->pid = strtol(pid, NULL, 10);
	is = p &&
	    sscanf(p + 1,
		" %c %ld %*d %ld %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
		"%*d %*d %*d %*d %llu",
		&state, &out->parent, &out->session, &out->start) == 4;
	out->is_over = state == 'Z' || state == 'X';
out:
	gv_buf_release(&text);
	return is;
}

static bool
next_entry(struct entry *out, DIR *proc)
{
	struct dirent *e;

	while ((e = readdir(proc)) != NULL)
		if (*e->d_name >= '1' && *e->d_name <= '9' &&
		    read_entry(out, dirfd(proc), e->d_name))
			return true;
	return false;
}

static int
identify(struct gv_session *out, long pid, bool leads)
{
	const int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct entry e;
	char name[24];
	bool is;

	(void)snprintf(name, sizeof(name), "%ld", pid);
	is = proc >= 0 && read_entry(&e, proc, name) &&
	    (!leads || e.session == pid) && read_host(out->host) == 0;
	gv_file_close(proc);
	if (!is)
		return gv_err(
		    GV_ENOTFOUND, "no session of process %ld is known", pid);
	out->id = pid;
	out->start = e.start;
	return 0;
}

int
gv_session_of(struct gv_session *out, long pid)
{
	return identify(out, pid, true);
}

int
gv_session_of_process(struct gv_session *out, long pid)
{
	return identify(out, pid, false);
}

int
gv_session_signal(const struct gv_session *s)
{
	struct gv_session now;

	if (gv_session_of_process(&now, s->id) < 0 || now.start != s->start ||
	    strcmp(now.host, s->host) != 0)
		return 0;
	return kill((pid_t)s->id, SIGTERM) < 0 ? -1 : 1;
}

static bool
has_pid(const long *pids, size_t n, long pid)
{
	while (n > 0)
		if (pids[--n] == pid)
			return true;
	return false;
}

/* Those below the processes that are in `pids`, which are then in it, too:
 * whether there was one. */
static bool
signal_below(long **pids, size_t *n, size_t *cap)
{
	DIR *proc = opendir("/proc");
	struct entry e;
	bool found = false;

	while (proc && next_entry(&e, proc)) {
		if (e.is_over || !has_pid(*pids, *n, e.parent) ||
		    has_pid(*pids, *n, e.pid))
			continue;
		if (GV_GROW(*pids, *n, *cap) < 0)
			break;
		(*pids)[(*n)++] = e.pid;
		kill((pid_t)e.pid, SIGTERM);
		found = true;
	}
	if (proc)
		closedir(proc);
	return found;
}

int
gv_session_signal_below(const struct gv_session *s)
{
	const int r = gv_session_signal(s);
	size_t n = 0, cap = 0;
	long *pids = NULL;

	if (r == 1 && GV_GROW(pids, n, cap) == 0) {
		pids[n++] = s->id;
		while (signal_below(&pids, &n, &cap))
			;
	}
	free(pids);
	return r;
}

/* Signal each process of it that is not over; 0 signals none. The last one, or
 * 0: a leader that began at another time leads another session. */
static long
walk(const struct gv_session *s, int sig)
{
	char host[GV_SESSION_HOST];
	DIR *proc = NULL;
	struct entry e;
	long found = 0;

	if (read_host(host) < 0 || strcmp(host, s->host) != 0 ||
	    (proc = opendir("/proc")) == NULL)
		return 0;
	while (next_entry(&e, proc)) {
		if (e.session != s->id || e.start < s->start || e.is_over)
			continue;
		if (e.pid == s->id && e.start != s->start) {
			found = 0;
			break;
		}
		found = e.pid;
		if (sig)
			kill((pid_t)e.pid, sig);
	}
	closedir(proc);
	return found;
}

long
gv_session_find(const struct gv_session *s)
{
	return walk(s, 0);
}

bool
gv_session_end(const struct gv_session *s, int grace_ms)
{
	int ms;

	if (walk(s, SIGTERM) == 0)
		return true;
	for (ms = 0; ms < grace_ms; ms += 20) {
		gv_clock_sleep(20);
		if (walk(s, 0) == 0)
			return true;
	}
	/* what one of them starts while we look is met the next time */
	for (ms = 0; ms < KILL_MS; ms += 20) {
		if (walk(s, SIGKILL) == 0)
			return true;
		gv_clock_sleep(20);
	}
	return false;
}

int64_t
gv_session_age(const struct gv_session *s)
{
	const int64_t ticks = sysconf(_SC_CLK_TCK);
	struct timespec now;

	if (ticks <= 0 || clock_gettime(CLOCK_BOOTTIME, &now) < 0)
		return 0;
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 -
	    (int64_t)s->start * 1000 / ticks;
}

static bool
has_variable(const struct gv_buf *env, const char *variable)
{
	const size_t len = strlen(variable) + 1;
	const char *p = env->p, *end = env->p + env->len;

	while (p < end) {
		if ((size_t)(end - p) >= len && memcmp(p, variable, len) == 0)
			return true;
		p += strnlen(p, (size_t)(end - p)) + 1;
	}
	return false;
}

int
gv_session_each(const char *variable,
    int (*each)(
	void *ctx, const struct gv_session *s, const char *env, size_t len),
    void *ctx)
{
	struct gv_session s;
	struct gv_buf env = GV_BUF_INIT;
	DIR *proc = opendir("/proc");
	struct entry e;
	char path[64];
	int r = 0;

	while (proc && r == 0 && next_entry(&e, proc)) {
		if (e.pid != e.session || e.is_over)
			continue;
		(void)snprintf(path, sizeof(path), "%ld/environ", e.pid);
		gv_buf_reset(&env);
		if (gv_file_read(&env, dirfd(proc), path, ENV_MAX) < 0 ||
		    !has_variable(&env, variable) ||
		    gv_session_of(&s, e.pid) < 0 || s.start != e.start)
			continue;
		r = each(ctx, &s, env.p, env.len);
	}
	if (proc)
		closedir(proc);
	gv_buf_release(&env);
	return r;
}
