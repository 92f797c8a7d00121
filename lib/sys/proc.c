#include "sys/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/vec.h"
#include "sys/cancel.h"
#include "sys/exec.h"

extern char **environ;

const char *const gv_proc_listing[] = { "GIT_FLUSH=0", NULL };

/* How often a request to stop is looked for, and how long a child may take that
 * is asked to end; how often, at last, a child is looked at that goes on. */
#define STOP_MS 1000
#define LOOK_MS 64
#define PIECE   ((size_t)64 * 1024)  /* bytes that are read at once */
#define POUR    ((size_t)512 * 1024) /* the same of a stream; its pipe, too */

/* A secret that is for us alone: no program that we start gets it. */
#define OURS "GIT_VAULT_ID_KEY"

static bool
is_named(const char *var, const char *change)
{
	size_t n = strcspn(change, "=");

	return strncmp(var, change, n) == 0 && var[n] == '=';
}

/* The environment with the changes applied: an array of borrowed strings. */
static int
make_env(char ***out, const char *const *changes)
{
	char **env = NULL;
	size_t n = 0, cap = 0, i, j;
	int r = 0;

	for (i = 0; r == 0 && environ[i]; i++) {
		for (j = 0; changes[j]; j++)
			if (is_named(environ[i], changes[j]))
				break;
		if (changes[j] || is_named(environ[i], OURS))
			continue;
		if ((r = gv_vec_grow(
			 (void **)&env, &cap, n + 2, sizeof(*env))) == 0)
			env[n++] = environ[i];
	}
	for (j = 0; r == 0 && changes[j]; j++) {
		if (strchr(changes[j], '=') == NULL)
			continue;
		if ((r = gv_vec_grow(
			 (void **)&env, &cap, n + 2, sizeof(*env))) == 0)
			env[n++] = (char *)changes[j];
	}
	if (r == 0)
		r = GV_GROW(env, n, cap);
	if (r < 0) {
		free(env);
		return r;
	}
	env[n] = NULL;
	*out = env;
	return 0;
}

int
gv_proc_pipe(int fds[2])
{
#ifdef HAVE_PIPE2
	return pipe2(fds, O_CLOEXEC);
#else
	int r;

	gv_exec_hold();
	if ((r = pipe(fds)) == 0) {
		(void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
		(void)fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	}
	gv_exec_go();
	return r;
#endif
}

static void
close_pair(int fds[2])
{
	if (fds[0] >= 0)
		close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
}

/* No signal is blocked or ignored in a child: a thread that starts one
 * may have all of them blocked. */
static void
reset_signals(posix_spawnattr_t *attr, bool is_apart)
{
	sigset_t set;

	sigemptyset(&set);
	posix_spawnattr_setsigmask(attr, &set);
	sigaddset(&set, SIGPIPE);
	posix_spawnattr_setsigdefault(attr, &set);
	posix_spawnattr_setflags(attr,
	    (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
		(is_apart ? POSIX_SPAWN_SETSID : 0)));
}

static int
spawn(struct gv_proc *p, const struct gv_proc_opts *o, char **env, int in,
    int out, int err)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int e;

	if (o->cwd && access(o->cwd, X_OK) < 0)
		return gv_err_sys("cannot enter directory %s", o->cwd);
	posix_spawnattr_init(&attr);
	reset_signals(&attr, o->is_apart);
	posix_spawn_file_actions_init(&fa);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&fa, in, 0);
	else
		posix_spawn_file_actions_addopen(
		    &fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, out, 1);
	posix_spawn_file_actions_adddup2(&fa, err, 2);
	if (o->cwd)
		posix_spawn_file_actions_addchdir_np(&fa, o->cwd);
	e = gv_exec_spawn(&p->pid, o->argv, &fa, &attr, env);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&attr);
	p->is_apart = o->is_apart;
	if (e == 0)
		return 0;
	errno = e;
	p->pid = 0;
	return gv_err_sys("cannot run %s", o->argv[0]);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
set_end(struct gv_proc *p, int ms)
{
	p->until = ms ? now_ms() + ms : 0;
}

/* Whether the pipe holds a stream. */
static bool
set_pipe(int fd)
{
#if defined(F_SETPIPE_SZ) && !defined(GV_PORTABLE)
	return fcntl(fd, F_SETPIPE_SZ, (int)POUR) >= 0;
#else
	(void)fd;
	return false;
#endif
}

int
gv_proc_start(struct gv_proc *p, const struct gv_proc_opts *o)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
	static const char *const none[] = { NULL };
	char **env = NULL;
	int r = 0;

	if (((o->in || o->give) && gv_proc_pipe(in) < 0) ||
	    gv_proc_pipe(out) < 0 || gv_proc_pipe(err) < 0) {
		r = gv_err_sys("cannot make a pipe for %s", o->argv[0]);
		goto fail;
	}
	if (o->env || getenv(OURS))
		r = make_env(&env, o->env ? o->env : none);
	if (r < 0)
		goto fail;
	r = spawn(p, o, env, in[0], out[1], err[1]);
	free(env);
	if (r < 0)
		goto fail;
	if (in[0] >= 0) {
		close(in[0]);
		fcntl(in[1], F_SETFL, O_NONBLOCK);
	}
	close(out[1]);
	close(err[1]);
	p->in_fd = in[1];
	p->out_fd = out[0];
	p->err_fd = err[0];
	p->in = o->in;
	p->in_len = o->in_len;
	p->told = o->told;
	p->beside = o->beside;
	p->give = o->give;
	p->is_needed = o->is_needed;
	p->is_stream = o->is_stream && set_pipe(out[0]);
	p->ctx = o->ctx;
	p->most = o->most;
	p->look = now_ms() + STOP_MS;
	p->idle_ms = o->timeout_ms ? 0 : o->idle_ms;
	set_end(p, o->timeout_ms ? o->timeout_ms : o->idle_ms);
	return 0;
fail:
	close_pair(in);
	close_pair(out);
	close_pair(err);
	return r;
}

static void
close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Take back a signal that is blocked and came, if it did. */
static void
take_signal(const sigset_t *set, int sig)
{
#ifdef HAVE_SIGTIMEDWAIT
	const struct timespec at_once = { 0, 0 };

	(void)sig;
	sigtimedwait(set, NULL, &at_once);
#else
	sigset_t pending;

	if (sigpending(&pending) == 0 && sigismember(&pending, sig))
		sigwait(set, &sig);
#endif
}

/* write() to a pipe whose reader is gone, without its signal: blocked for this
 * thread only, and taken back if it came, so that no other thread notices. */
static ssize_t
write_quietly(int fd, const void *data, size_t len)
{
	sigset_t pipe_only, old, pending;
	ssize_t n;
	int saved;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &old);
	n = write(fd, data, len);
	saved = errno;
	if (n < 0 && saved == EPIPE && !sigismember(&pending, SIGPIPE))
		take_signal(&pipe_only, SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = saved;
	return n;
}

/* Have more to write, where somebody gives it. 0 or a failure. */
static int
fill(struct gv_proc *p)
{
	const void *data = NULL;
	int64_t n;

	if (p->in_len || p->give == NULL)
		return 0;
	n = p->give(p->ctx, &data);
	p->in = n > 0 ? data : NULL;
	p->in_len = n > 0 ? (size_t)n : 0;
	return n < 0 ? (int)n : 0;
}

static int
feed(struct gv_proc *p)
{
	ssize_t n = 0;
	int r = fill(p);

	if (r < 0)
		return r;
	if (p->in_len) {
		n = write_quietly(p->in_fd, p->in, p->in_len);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
	}
	if (n < 0 && errno != EPIPE)
		return gv_err_sys("cannot write to a program");
	if (n > 0)
		p->in += n;
	p->in_len -= n < 0 ? p->in_len : (size_t)n;
	if (n < 0 || (p->in_len == 0 && !p->is_asked && p->give == NULL) ||
	    (p->give && n == 0))
		close_end(&p->in_fd);
	return 0;
}

static int
drain(int *fd, struct gv_buf *out, size_t most)
{
	ssize_t n;

	if (gv_buf_grow(out, most) < 0)
		return GV_ENOMEM;
	n = read(*fd, out->p + out->len, most);
	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0)
		return gv_err_sys("cannot read from a program");
	out->len += (size_t)n;
	out->p[out->len] = '\0';
	if (n == 0)
		close_end(fd);
	return 0;
}

/* How long poll() may wait: -1 for ever; 0 where the time is over. */
static int
time_left(const struct gv_proc *p)
{
	int64_t left = p->until - now_ms();

	return p->until == 0 ? -1 : left > 0 ? (int)left : 0;
}

/* The same, but no longer than until it is looked at again. */
static int
may_wait(const struct gv_proc *p)
{
	int left = time_left(p);

	return left < 0 || left > LOOK_MS ? LOOK_MS : left;
}

/* 0, or why it may not go on. */
static int
check_time(struct gv_proc *p)
{
	if (p->is_apart && !p->is_needed && gv_cancel_requested())
		return gv_cancel_error();
	p->is_late = time_left(p) == 0;
	return p->is_late ? gv_err(GV_ERROR, "it took too long") : 0;
}

/* 1, or 0 where it goes on, which WNOHANG does not wait for. */
static int
has_ended(struct gv_proc *p, int flags)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(p->pid, &status, flags)) < 0)
		if (errno != EINTR)
			return gv_err_sys("cannot wait for a program");
	if (pid == 0)
		return 0;
	p->pid = 0;
	p->status =
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	p->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return 1;
}

/* What is in a pipe by now, and no more of it; *is_held tells of one that
 * somebody can still write to. */
static int
drain_last(bool *is_held, int *fd, struct gv_buf *out)
{
	struct pollfd hangs = { *fd, 0, 0 };
	int n = 0, r = 0;

	if (*fd < 0)
		return 0;
	*is_held |= poll(&hangs, 1, 0) == 0;
	if (ioctl(*fd, FIONREAD, &n) == 0 && n > 0)
		r = drain(fd, out, (size_t)n);
	close_end(fd);
	return r;
}

/* 0, or that it has written more than it may. */
static int
check_size(struct gv_proc *p)
{
	if (p->most == 0)
		return 0;
	if (p->err.len > p->most)
		gv_buf_truncate(&p->err, p->most);
	p->is_large = p->out.len > p->most;
	return p->is_large ? gv_err(GV_ERROR, "it wrote too much") : 0;
}

/* Where it has ended, and what it has started holds its outputs open, all that
 * it wrote stands in them: the rest is nothing to who waits for it. */
static int
look_for_end(struct gv_proc *p)
{
	int r = has_ended(p, WNOHANG);

	p->look = now_ms() + STOP_MS;
	if (r <= 0)
		return r;
	close_end(&p->in_fd);
	if ((r = drain_last(&p->is_left, &p->out_fd, &p->out)) < 0)
		return r;
	r = drain_last(&p->is_left, &p->err_fd, &p->err);
	return r < 0 ? r : check_size(p);
}

/* Wait until one of its ends can be written or read, and do that. */
static int
exchange(struct gv_proc *p)
{
	bool has_input = p->in_len || !p->is_asked;
	struct pollfd fds[4] = {
		{ has_input ? p->in_fd : -1, POLLOUT, 0 },
		{ p->out_fd, POLLIN, 0 },
		{ p->err_fd, POLLIN, 0 },
		{ p->beside ? p->beside->fd : -1, POLLIN, 0 },
	};
	int n, r = check_time(p);

	if (r < 0)
		return r;
	n = poll(fds, 4, may_wait(p));
	if (n < 0 && errno != EINTR)
		return gv_err_sys("cannot wait for a program");
	if (n < 0)
		return 0;
	if (p->idle_ms && (fds[0].revents | fds[1].revents | fds[2].revents))
		set_end(p, p->idle_ms);
	if (fds[3].revents)
		p->beside->ready(p->beside->ctx);
	if (fds[0].revents)
		r = feed(p);
	if (r < 0)
		return r;
	if (fds[1].revents &&
	    (r = drain(&p->out_fd, &p->out, p->is_stream ? POUR : PIECE)) < 0)
		return r;
	if (fds[2].revents && (r = drain(&p->err_fd, &p->err, PIECE)) < 0)
		return r;
	if ((r = check_size(p)) < 0)
		return r;
	if (p->told && (fds[1].revents || fds[2].revents))
		p->told(p->ctx, p);
	if (p->is_refused)
		return GV_ERROR;
	/* now and then also where something goes on to write */
	if (n == 0 || now_ms() >= p->look)
		r = look_for_end(p);
	return r < 0 ? r : 0;
}

static int
converse(struct gv_proc *p)
{
	int r = 0;

	while (r == 0 && (p->in_fd >= 0 || p->out_fd >= 0 || p->err_fd >= 0))
		r = exchange(p);
	return r;
}

static bool
ends_with(const struct gv_buf *text, const char *end)
{
	size_t len = strlen(end);

	return text->len >= len &&
	    memcmp(text->p + text->len - len, end, len) == 0;
}

int
gv_proc_ask(struct gv_proc *p, const void *in, size_t len, const char *end)
{
	int r = 0;

	gv_buf_reset(&p->out);
	gv_buf_reset(&p->err);
	p->in = in;
	p->in_len = len;
	p->is_asked = true;
	while (r == 0 && p->out_fd >= 0 && !ends_with(&p->out, end))
		r = exchange(p);
	p->is_asked = false;
	p->in_len = 0;
	return r < 0 ? r : ends_with(&p->out, end);
}

int
gv_proc_talk(struct gv_proc *p, const void *in, size_t len, size_t want, int ms)
{
	int r = 0;

	p->in = in;
	p->in_len = len;
	p->is_asked = true;
	set_end(p, ms);
	while (r == 0 && p->out_fd >= 0 && (p->in_len || p->out.len < want))
		r = exchange(p);
	p->is_asked = false;
	p->in_len = 0;
	p->until = 0;
	return r < 0 ? r : p->out.len >= want;
}

/* Give it time, and the longer the longer it goes on: most end at once. */
static void
pause_for(int *ms)
{
	poll(NULL, 0, *ms);
	*ms = *ms < LOOK_MS ? 2 * *ms : LOOK_MS;
}

/* Both of its outputs may be closed long before it ends. */
static int
reap(struct gv_proc *p)
{
	const int flags = p->until || p->is_apart ? WNOHANG : 0;
	int ms = 1, r = 1;

	while (p->pid > 0 && (r = has_ended(p, flags)) == 0) {
		r = check_time(p);
		if (r < 0)
			return r;
		pause_for(&ms);
	}
	if (r < 0)
		return r;
	/* who stops us at a terminal stops all that we have started, but those
	 * that are apart */
	return (p->status > 128 || (p->is_apart && !p->is_needed)) &&
		gv_cancel_requested()
	    ? gv_cancel_error()
	    : 0;
}

int
gv_proc_finish(struct gv_proc *p)
{
	int r = converse(p);

	if (p->told)
		p->told(p->ctx, p);
	if (r == 0 && p->is_refused)
		r = GV_ERROR;
	close_end(&p->in_fd);
	close_end(&p->out_fd);
	close_end(&p->err_fd);
	return r < 0 ? r : reap(p);
}

const char *
gv_proc_why(struct gv_proc *p)
{
	if (p->err.len == 0 || strchr("\r\n", *p->err.p))
		return "it was killed, or failed without a word";
	/* ssh-keygen ends its lines for a terminal */
	gv_buf_truncate(&p->err, strcspn(p->err.p, "\r\n"));
	return p->err.p;
}

int
gv_proc_run(struct gv_proc *p, const struct gv_proc_opts *o)
{
	int r = gv_proc_start(p, o);

	return r < 0 ? r : gv_proc_finish(p);
}

/* Whether it is, and all that it has started where it is apart. */
static bool
is_gone(struct gv_proc *p, pid_t who)
{
	if (p->pid > 0 && has_ended(p, WNOHANG) == 0)
		return false;
	return !p->is_apart || kill(who, 0) < 0;
}

/* Tell it to end, and end it where it does not. A second signal to us waits for
 * that: it would leave behind, and at work, what is apart. */
static void
end(struct gv_proc *p)
{
	const pid_t who = p->is_apart ? -p->pid : p->pid;
	const int64_t until = now_ms() + STOP_MS;
	sigset_t all, old;
	bool gone;
	int ms = 1;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	kill(who, SIGTERM);
	while (!(gone = is_gone(p, who)) && now_ms() < until)
		pause_for(&ms);
	if (!gone)
		kill(who, SIGKILL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (p->pid > 0)
		has_ended(p, 0);
}

void
gv_proc_release(struct gv_proc *p)
{
	if (p == NULL)
		return;
	close_end(&p->in_fd);
	close_end(&p->out_fd);
	close_end(&p->err_fd);
	if (p->pid > 0)
		end(p);
	gv_buf_release(&p->out);
	gv_buf_release(&p->err);
}

bool
gv_proc_is_gone(long pid)
{
	return pid > 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}
