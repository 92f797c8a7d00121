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
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"

#define STAT_MAX ((size_t)4096)
#define ENV_MAX  ((size_t)4 * 1024 * 1024)
#define KILL_MS  2000 /* within which a killed process is gone */

/* A process, as far as it matters here. */
struct entry {
	long pid, parent, session;
	unsigned long long start;
	bool is_over; /* only its parent has not heard of it */
};

/* The processes of this host, or one of them. */
struct list {
	DIR *proc;
	struct gv_buf text; /* what ps(1) says */
	const char *at;
	int64_t age; /* of the first process */
	unsigned long long boot;
};

#ifdef GV_LINUX

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

static void
open_list(struct list *l)
{
	*l = (struct list){ .proc = opendir("/proc"), .text = GV_BUF_INIT };
}

static bool
next_entry(struct entry *out, struct list *l)
{
	struct dirent *e;

	while (l->proc && (e = readdir(l->proc)) != NULL)
		if (*e->d_name >= '1' && *e->d_name <= '9' &&
		    read_entry(out, dirfd(l->proc), e->d_name))
			return true;
	return false;
}

static bool
find_entry(struct entry *out, long pid)
{
	const int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[24];
	bool is;

	(void)snprintf(name, sizeof(name), "%ld", pid);
	is = proc >= 0 && read_entry(out, proc, name);
	gv_file_close(proc);
	return is;
}

static bool
began_at(unsigned long long a, unsigned long long b)
{
	return a == b;
}

static bool
began_before(unsigned long long a, unsigned long long b)
{
	return a < b;
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

#else

/*
 * Elsewhere ps(1) tells of processes; POSIX has all that is asked but `stat`,
 * which procps, macOS and the BSDs have. A session is known by the process
 * group that its leader leads, too. The lower half of a start counts seconds
 * from the first process of the system to this one: one call says both ages,
 * however long it takes. The upper half is when that first one began.
 */
#define SINCE  UINT32_MAX
#define JITTER 2   /* seconds by which two such times of one process differ */
#define REBOOT 600 /* the same of the upper half, as clocks are set */

static int
read_host(char out[GV_SESSION_HOST])
{
	gv_env_host(out, GV_SESSION_HOST);
	return 0;
}

/* Seconds of [[days-]hours:]minutes:seconds. */
static int64_t
read_age(const char *text)
{
	const char *days = strchr(text, '-');
	int64_t sum = 0, part;
	char *end;

	for (part = strtol(days ? days + 1 : text, &end, 10);;
	     part = strtol(end + 1, &end, 10)) {
		sum = sum * 60 + part;
		if (*end != ':')
			break;
	}
	return sum + (days ? strtol(text, NULL, 10) * 86400 : 0);
}

/* Take a line; its age, or -1 where it has another form. */
static int64_t
take_line(struct entry *out, const char **at)
{
	const char *line = *at;
	char state[16], age[32];

	*at += strcspn(line, "\n");
	*at += **at == '\n';
	if (sscanf(line, "%ld %ld %ld %15s %31s", &out->pid, &out->parent,
		&out->session, state, age) != 5)
		return -1;
	out->is_over = *state == 'Z';
	return read_age(age);
}

/* Ask for all processes, or for one and the first. */
static void
ask(struct list *l, long pid)
{
	char numbers[24];
	const char *const all[] = { "ps", "-A", "-o", "pid=", "-o",
		"ppid=", "-o", "pgid=", "-o", "stat=", "-o", "etime=", NULL };
	const char *const one[] = { "ps", "-p", numbers, "-o", "pid=", "-o",
		"ppid=", "-o", "pgid=", "-o", "stat=", "-o", "etime=", NULL };
	const char *const env[] = { "LC_ALL=C", NULL };
	const struct gv_proc_opts opts = { .argv = pid ? one : all,
		.env = env };
	struct gv_proc p = GV_PROC_INIT;
	char *before = gv_err_save();
	struct timespec now = { 0 };
	const char *at;
	struct entry e;
	int64_t age;

	(void)snprintf(numbers, sizeof(numbers), "1,%ld", pid);
	*l = (struct list){ .text = GV_BUF_INIT, .at = "", .age = -1 };
	if (gv_proc_run(&p, &opts) == 0 && p.out.len) {
		gv_buf_add(&l->text, p.out.p, p.out.len);
		if (gv_buf_check(&l->text) == 0)
			l->at = l->text.p;
	}
	for (at = l->at; *at && l->age < 0;)
		if ((age = take_line(&e, &at)) >= 0 && e.pid == 1)
			l->age = age;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	l->boot = (unsigned long long)(now.tv_sec - l->age) << 32;
	gv_proc_release(&p);
	gv_err_restore(before);
}

static void
open_list(struct list *l)
{
	ask(l, 0);
}

static bool
next_entry(struct entry *out, struct list *l)
{
	int64_t age;

	while (l->age >= 0 && *l->at) {
		if ((age = take_line(out, &l->at)) < 0)
			continue;
		out->start = l->boot |
		    (l->age > age ? (unsigned long long)(l->age - age) : 0);
		return true;
	}
	return false;
}

static bool
find_entry(struct entry *out, long pid)
{
	struct list l;
	bool is;

	ask(&l, pid);
	do
		is = next_entry(out, &l);
	while (is && out->pid != pid);
	gv_buf_release(&l.text);
	return is;
}

static bool
is_near(unsigned long long a, unsigned long long b, unsigned long long by)
{
	return (a > b ? a - b : b - a) <= by;
}

static bool
began_at(unsigned long long a, unsigned long long b)
{
	return is_near(a & SINCE, b & SINCE, JITTER) &&
	    is_near(a >> 32, b >> 32, REBOOT);
}

static bool
began_before(unsigned long long a, unsigned long long b)
{
	return (a & SINCE) + JITTER < (b & SINCE);
}

int64_t
gv_session_age(const struct gv_session *s)
{
	struct list l;

	ask(&l, 1);
	gv_buf_release(&l.text);
	return l.age < 0 ? 0 : (l.age - (int64_t)(s->start & SINCE)) * 1000;
}

#endif

static void
close_list(struct list *l)
{
	if (l->proc)
		closedir(l->proc);
	gv_buf_release(&l->text);
}

static int
identify(struct gv_session *out, long pid, bool leads)
{
	struct entry e;

	if (!find_entry(&e, pid) || (leads && e.session != pid) ||
	    read_host(out->host) < 0)
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

bool
gv_session_is(const struct gv_session *a, const struct gv_session *b)
{
	return a->id == b->id && began_at(a->start, b->start) &&
	    strcmp(a->host, b->host) == 0;
}

int
gv_session_signal(const struct gv_session *s)
{
	struct gv_session now;

	if (gv_session_of_process(&now, s->id) < 0 || !gv_session_is(&now, s))
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
	struct list l;
	struct entry e;
	bool found = false;

	open_list(&l);
	while (next_entry(&e, &l)) {
		if (e.is_over || !has_pid(*pids, *n, e.parent) ||
		    has_pid(*pids, *n, e.pid))
			continue;
		if (GV_GROW(*pids, *n, *cap) < 0)
			break;
		(*pids)[(*n)++] = e.pid;
		kill((pid_t)e.pid, SIGTERM);
		found = true;
	}
	close_list(&l);
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
	struct list l;
	struct entry e;
	long found = 0;

	if (read_host(host) < 0 || strcmp(host, s->host) != 0)
		return 0;
	open_list(&l);
	while (next_entry(&e, &l)) {
		if (e.session != s->id || e.is_over ||
		    began_before(e.start, s->start))
			continue;
		if (e.pid == s->id && !began_at(e.start, s->start)) {
			found = 0;
			break;
		}
		found = e.pid;
		if (sig)
			kill((pid_t)e.pid, sig);
	}
	close_list(&l);
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

#ifdef GV_LINUX

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
	struct list l;
	struct entry e;
	char path[64];
	int r = 0;

	open_list(&l);
	while (r == 0 && next_entry(&e, &l)) {
		if (e.pid != e.session || e.is_over)
			continue;
		(void)snprintf(path, sizeof(path), "%ld/environ", e.pid);
		gv_buf_reset(&env);
		if (gv_file_read(&env, dirfd(l.proc), path, ENV_MAX) < 0 ||
		    !has_variable(&env, variable) ||
		    gv_session_of(&s, e.pid) < 0 || s.start != e.start)
			continue;
		r = each(ctx, &s, env.p, env.len);
	}
	close_list(&l);
	gv_buf_release(&env);
	return r;
}

#else

/* No call tells a process of another's variables. */
int
gv_session_each(const char *variable,
    int (*each)(
	void *ctx, const struct gv_session *s, const char *env, size_t len),
    void *ctx)
{
	(void)variable, (void)each, (void)ctx;
	return 0;
}

#endif
