#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/vec.h"
#include "sandbox/sandbox_internal.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/proc.h"

#define PIECE        ((size_t)64 * 1024)
#define LOOK_MS      50
#define DEFAULT_MS   300000
#define DEFAULT_MOST ((size_t)1024 * 1024)

struct words {
	const char **items; /* NULL behind them */
	size_t n, cap;
};

struct job {
	struct words argv, env;
	const char *cwd;
	int64_t timeout_ms;
	size_t most;
	char home[PATH_MAX + 8], tmp[PATH_MAX + 8];
	pid_t pid;
	int fds[2]; /* its outputs */
	struct gv_sandbox_result result;
};

static int64_t
now_ms(void)
{
	return (int64_t)(gv_clock_tick() / 1000000);
}

static int
add_word(struct words *w, const char *word)
{
	int r = gv_vec_grow(
	    (void **)&w->items, &w->cap, w->n + 2, sizeof(*w->items));

	if (r < 0)
		return r;
	w->items[w->n++] = word;
	w->items[w->n] = NULL;
	return 0;
}

/* Nothing of the environment that we were started in is there. */
static int
read_job(
    struct job *j, const struct gv_sandbox_place *p, struct gv_sandbox_wire *w)
{
	uint64_t n;
	size_t len;
	int r = 0;

	j->timeout_ms = (int64_t)gv_sandbox_wire_take_number(w);
	j->most = (size_t)gv_sandbox_wire_take_number(w);
	j->cwd = gv_sandbox_wire_take(w, &len);
	if (j->timeout_ms <= 0)
		j->timeout_ms = DEFAULT_MS;
	if (j->most == 0)
		j->most = DEFAULT_MOST;
	for (n = gv_sandbox_wire_take_number(w); r == 0 && n > 0; n--)
		r = w->is_bad
		    ? gv_err(GV_ECORRUPT, "a job is not whole")
		    : add_word(&j->argv, gv_sandbox_wire_take(w, &len));
	(void)snprintf(j->home, sizeof(j->home), "HOME=%s", p->home);
	(void)snprintf(j->tmp, sizeof(j->tmp), "TMPDIR=%s",
	    p->level >= GV_SANDBOX_SPACES ? "/tmp" : p->home);
	if (r < 0 || (r = add_word(&j->env, j->home)) < 0 ||
	    (r = add_word(&j->env, j->tmp)) < 0 ||
	    (r = add_word(&j->env,
		 "PATH=/usr/local/sbin:/usr/local/bin:"
		 "/usr/sbin:/usr/bin:/sbin:/bin")) < 0 ||
	    (r = add_word(&j->env, "LC_ALL=C.UTF-8")) < 0)
		return r;
	while (r == 0 && !gv_sandbox_wire_is_over(w))
		r = add_word(&j->env, gv_sandbox_wire_take(w, &len));
	if (r == 0 && (w->is_bad || j->argv.n == 0))
		return gv_err(GV_ECORRUPT, "a job is not whole");
	return r;
}

static int
spawn(struct job *j, const struct gv_sandbox_place *p, const int out[2],
    const int err[2])
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int e;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr,
	    (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
		POSIX_SPAWN_SETSID));
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, out[1], 1);
	posix_spawn_file_actions_adddup2(&fa, err[1], 2);
	posix_spawn_file_actions_addfchdir_np(&fa, p->work);
	if (*j->cwd)
		posix_spawn_file_actions_addchdir_np(&fa, j->cwd);
	e = posix_spawnp(&j->pid, j->argv.items[0], &fa, &attr,
	    (char *const *)j->argv.items, (char *const *)j->env.items);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&attr);
	return e;
}

/* More than it may write is read and thrown away, so that it does not wait. */
static void
drain(struct job *j, int i)
{
	struct gv_buf *to = i == 0 ? &j->result.out : &j->result.err;
	char piece[PIECE];
	ssize_t n = gv_file_read_some(j->fds[i], piece, sizeof(piece));
	size_t take;

	if (n <= 0) {
		gv_file_close(j->fds[i]);
		j->fds[i] = -1;
		return;
	}
	take = j->most - to->len;
	if ((size_t)n > take)
		j->result.is_cut = true;
	gv_buf_add(to, piece, (size_t)n < take ? (size_t)n : take);
}

static bool
has_ended(struct job *j)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != j->pid)
			continue;
		j->result.status = WIFEXITED(status) ? WEXITSTATUS(status)
						     : 128 + WTERMSIG(status);
		j->pid = 0;
	}
	return j->pid == 0;
}

/* Until it has ended; what it started may hold its outputs and go on. */
static void
watch(struct job *j)
{
	const int64_t begin = now_ms();
	struct pollfd fds[2];

	while (!has_ended(j)) {
		fds[0] = (struct pollfd){ .fd = j->fds[0], .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = j->fds[1], .events = POLLIN };
		if (j->fds[0] < 0 && j->fds[1] < 0)
			gv_clock_sleep(1);
		else if (poll(fds, 2, LOOK_MS) > 0) {
			if (fds[0].revents)
				drain(j, 0);
			if (fds[1].revents)
				drain(j, 1);
		}
		if (!j->result.is_timed_out &&
		    now_ms() - begin >= j->timeout_ms) {
			j->result.is_timed_out = true;
			(void)kill(-j->pid, SIGKILL);
			(void)kill(j->pid, SIGKILL);
		}
	}
	j->result.ms = (uint64_t)(now_ms() - begin);
}

/* What is still in the pipes. */
static void
drain_rest(struct job *j)
{
	int i;

	for (i = 0; i < 2; i++)
		while (j->fds[i] >= 0) {
			struct pollfd fd = { .fd = j->fds[i],
				.events = POLLIN };

			if (poll(&fd, 1, 0) <= 0 ||
			    !(fd.revents & (POLLIN | POLLHUP)))
				break;
			drain(j, i);
		}
}

/* End our children: those whose parents ended came to us. Where the system does
 * not list them, the group of the program is all that is known. */
static void
end_children(pid_t group)
{
	struct gv_buf list = GV_BUF_INIT;
	char path[64], *at, *end;
	long pid;

	(void)kill(-group, SIGKILL);
	(void)snprintf(
	    path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
	if (gv_file_read(&list, AT_FDCWD, path, 1 << 20) == 0)
		for (at = list.p; at; at = end) {
			pid = strtol(at, &end, 10);
			if (end == at)
				break;
			(void)kill((pid_t)pid, SIGKILL);
		}
	gv_buf_release(&list);
}

/* In a namespace of processes all but us end, and without one what descends
 * from the program, as often as an ended parent leaves others to us. */
static void
end_others(const struct gv_sandbox_place *p, pid_t group)
{
	int status, tries;

	for (tries = 0; tries < 1000; tries++) {
		pid_t pid;

		if (p->level >= GV_SANDBOX_SPACES)
			(void)kill(-1, SIGKILL);
		else
			end_children(group);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			;
		if (pid < 0)
			break;
		gv_clock_sleep(1);
	}
}

static int
run(struct job *j, const struct gv_sandbox_place *p)
{
	int out[2] = { -1, -1 }, err[2] = { -1, -1 }, e;
	pid_t group;

	if (gv_proc_pipe(out) < 0)
		return gv_err_sys("cannot make a pipe");
	if (gv_proc_pipe(err) < 0) {
		close(out[0]);
		close(out[1]);
		return gv_err_sys("cannot make a pipe");
	}
	e = spawn(j, p, out, err);
	close(out[1]);
	close(err[1]);
	j->fds[0] = out[0];
	j->fds[1] = err[0];
	if (e) {
		j->result.is_missing = true;
		j->result.status = e == ENOENT ? 127 : 126;
		gv_buf_addstr(&j->result.err, strerror(e));
	} else {
		group = j->pid;
		watch(j);
		drain_rest(j);
		end_others(p, group);
	}
	gv_file_close(j->fds[0]);
	gv_file_close(j->fds[1]);
	return 0;
}

int
gv_sandbox_job_run(struct gv_buf *out, const struct gv_sandbox_place *p,
    struct gv_sandbox_wire *w)
{
	struct job j = { .result = GV_SANDBOX_RESULT_INIT, .fds = { -1, -1 } };
	struct gv_sandbox_wire back = GV_SANDBOX_WIRE_INIT;
	int r;

	if ((r = read_job(&j, p, w)) == 0 && (r = run(&j, p)) == 0 &&
	    (r = gv_buf_check(&j.result.out)) == 0 &&
	    (r = gv_buf_check(&j.result.err)) == 0) {
		gv_sandbox_wire_begin(&back, 'R');
		gv_sandbox_wire_add_number(&back, (uint64_t)j.result.status);
		gv_sandbox_wire_add_number(&back,
		    (j.result.is_missing ? GV_SANDBOX_MISSING : 0U) |
			(j.result.is_timed_out ? GV_SANDBOX_TIMED_OUT : 0U) |
			(j.result.is_cut ? GV_SANDBOX_CUT : 0U));
		gv_sandbox_wire_add_number(&back, j.result.ms);
		gv_sandbox_wire_add(&back, j.result.out.p, j.result.out.len);
		gv_sandbox_wire_add(&back, j.result.err.p, j.result.err.len);
		r = gv_sandbox_wire_end(out, &back);
	}
	free(j.argv.items);
	free(j.env.items);
	gv_sandbox_wire_release(&back);
	gv_sandbox_result_release(&j.result);
	return r;
}
