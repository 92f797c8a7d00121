#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "sandbox/sandbox_internal.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/env.h"
#include "sys/exec.h"
#include "sys/file.h"
#include "sys/proc.h"

#define SPACE   ((uint64_t)1 << 30)
#define LOOK_MS 200

struct gv_sandbox {
	pid_t pid;
	int in, out; /* of the process that serves */
	enum gv_sandbox_level level;
	unsigned uid;
	char *why;
	struct gv_sandbox_wire wire;
};

static const char *const names[] = { [GV_SANDBOX_DIR] = "directory",
	[GV_SANDBOX_LANDLOCK] = "Landlock",
	[GV_SANDBOX_SPACES] = "namespaces",
	[GV_SANDBOX_FULL] = "namespaces and Landlock" };

const char *
gv_sandbox_level_name(enum gv_sandbox_level level)
{
	return level >= GV_SANDBOX_DIR && level <= GV_SANDBOX_FULL
	    ? names[level]
	    : "none";
}

enum gv_sandbox_level
gv_sandbox_level(const struct gv_sandbox *box)
{
	return box->level;
}

const char *
gv_sandbox_why(const struct gv_sandbox *box)
{
	return box->level == GV_SANDBOX_FULL ? "" : box->why;
}

unsigned
gv_sandbox_uid(const struct gv_sandbox *box)
{
	return box->uid;
}

void
gv_sandbox_result_release(struct gv_sandbox_result *result)
{
	gv_buf_release(&result->out);
	gv_buf_release(&result->err);
}

/* It gets no variable of this process: what runs inside could read them there.
 */
static int
spawn(
    struct gv_sandbox *box, const char *self, const int in[2], const int out[2])
{
	const char *const argv[] = { self, GV_SANDBOX_ARG, NULL };
	const char *const env[] = { "PATH=/usr/local/sbin:/usr/local/bin:"
				    "/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C.UTF-8", NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t set;
	int e;

	sigemptyset(&set);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &set);
	sigaddset(&set, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &set);
	posix_spawnattr_setflags(&attr,
	    (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
		POSIX_SPAWN_SETSID));
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, in[0], 0);
	posix_spawn_file_actions_adddup2(&fa, out[1], 1);
	posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addchdir_np(&fa, "/");
	e = gv_exec_spawn(&box->pid, argv, &fa, &attr, (char *const *)env);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&attr);
	errno = e;
	return e ? gv_err_sys("cannot start a sandbox by %s", self) : 0;
}

static int
open_pipes(struct gv_sandbox *box, const char *self)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, r = 0;

	if (gv_proc_pipe(in) < 0 || gv_proc_pipe(out) < 0)
		r = gv_err_sys("cannot make a pipe for a sandbox");
	else
		r = spawn(box, self, in, out);
	gv_file_close(in[0]);
	gv_file_close(out[1]);
	box->in = in[1];
	box->out = out[0];
	return r;
}

/* A frame of that kind, or what went wrong inside. */
static int
wait_for(struct gv_sandbox *box, char kind)
{
	struct pollfd fd = { .fd = box->out, .events = POLLIN };
	size_t len;
	int r;

	while (poll(&fd, 1, LOOK_MS) <= 0)
		if (gv_cancel_requested())
			return gv_cancel_error();
	r = gv_sandbox_wire_read(&box->wire, box->out);
	if (r < 0)
		return r;
	if (r == 0)
		return gv_err(GV_ERROR, "the sandbox ended by itself");
	if (box->wire.kind == 'X')
		return gv_err(
		    GV_EREFUSED, "%s", gv_sandbox_wire_take(&box->wire, &len));
	return box->wire.kind == kind
	    ? 0
	    : gv_err(GV_ECORRUPT, "a sandbox answers something else");
}

static int
send_frame(struct gv_sandbox *box)
{
	struct gv_buf out = GV_BUF_INIT;
	int r = gv_sandbox_wire_end(&out, &box->wire);

	if (r == 0 && gv_file_write_all(box->in, out.p, out.len) < 0)
		r = gv_err_sys("cannot write to a sandbox");
	gv_buf_release(&out);
	return r;
}

/* What it said before it ended says more than the broken pipe. */
static int
explain(struct gv_sandbox *box, int r)
{
	char *saved = gv_err_save();
	size_t len;

	if (r != GV_ECANCELED && r != GV_ENOMEM && r != GV_EREFUSED &&
	    gv_sandbox_wire_read(&box->wire, box->out) > 0 &&
	    box->wire.kind == 'X') {
		free(saved);
		return gv_err(
		    GV_EREFUSED, "%s", gv_sandbox_wire_take(&box->wire, &len));
	}
	gv_err_restore(saved);
	return r;
}

static int
greet(struct gv_sandbox *box, const struct gv_sandbox_opts *o)
{
	struct gv_sandbox_wire *w = &box->wire;
	size_t i, len;
	int r;

	gv_sandbox_wire_begin(w, 'H');
	gv_sandbox_wire_add_number(w, o->least ? o->least : GV_SANDBOX_DIR);
	gv_sandbox_wire_add_number(w, o->most ? o->most : GV_SANDBOX_FULL);
	gv_sandbox_wire_add_number(w, o->network);
	gv_sandbox_wire_add_number(w, o->space ? o->space : SPACE);
	gv_sandbox_wire_add_text(w, o->dir ? o->dir : "");
	for (i = 0; o->binds && o->binds[i]; i++)
		gv_sandbox_wire_add_text(w, o->binds[i]);
	if ((r = send_frame(box)) < 0 || (r = wait_for(box, 'S')) < 0)
		return r;
	box->level = (enum gv_sandbox_level)gv_sandbox_wire_take_number(w);
	box->uid = (unsigned)gv_sandbox_wire_take_number(w);
	box->why = strdup(gv_sandbox_wire_take(w, &len));
	return box->why ? 0 : gv_err_nomem();
}

static int
send_tree(struct gv_sandbox *box, const struct gv_sandbox_opts *o)
{
	const uint64_t space = o->space ? o->space : SPACE;
	int r = gv_sandbox_tree_send(o->tree, NULL, box->in, space);

	if (r == 0 && o->folder)
		r = gv_sandbox_tree_send(
		    o->folder, GV_SANDBOX_FOLDER "/", box->in, space);
	if (r < 0)
		return explain(box, r);
	gv_sandbox_wire_begin(&box->wire, 'K');
	if ((r = send_frame(box)) < 0)
		return explain(box, r);
	return wait_for(box, 'K');
}

int
gv_sandbox_make_dir(struct gv_buf *dir)
{
	unsigned char random[8];
	const char *tmp = gv_env_get("TMPDIR");
	size_t i;
	int r = gv_clock_random(random, sizeof(random));

	if (r < 0)
		return r;
	gv_buf_addf(
	    dir, "%s/git-vault-box-", tmp && *tmp == '/' ? tmp : "/tmp");
	for (i = 0; i < sizeof(random); i++)
		gv_buf_addf(dir, "%02x", random[i]);
	if ((r = gv_buf_check(dir)) < 0)
		return r;
	return gv_file_mkdirs(AT_FDCWD, dir->p, 0700);
}

int
gv_sandbox_start(
    struct gv_sandbox **out, const char *self, const struct gv_sandbox_opts *o)
{
	struct gv_sandbox *box = calloc(1, sizeof(*box));
	int r;

	*out = NULL;
	if (box == NULL)
		return gv_err_nomem();
	box->in = box->out = -1;
	if ((r = open_pipes(box, self)) == 0 && (r = greet(box, o)) == 0 &&
	    o->tree)
		r = send_tree(box, o);
	if (r < 0)
		gv_sandbox_stop(box);
	else
		*out = box;
	return r;
}

static void
add_job(struct gv_sandbox_wire *w, const struct gv_sandbox_job *job)
{
	size_t i, n = 0;

	while (job->argv[n])
		n++;
	gv_sandbox_wire_begin(w, 'J');
	gv_sandbox_wire_add_number(w, job->timeout_ms);
	gv_sandbox_wire_add_number(w, job->most);
	gv_sandbox_wire_add_text(w, job->cwd ? job->cwd : "");
	gv_sandbox_wire_add_number(w, n);
	for (i = 0; i < n; i++)
		gv_sandbox_wire_add_text(w, job->argv[i]);
	for (i = 0; job->env && job->env[i]; i++)
		gv_sandbox_wire_add_text(w, job->env[i]);
}

int
gv_sandbox_run(struct gv_sandbox_result *out, struct gv_sandbox *box,
    const struct gv_sandbox_job *job)
{
	struct gv_sandbox_wire *w = &box->wire;
	const char *text;
	uint64_t flags;
	size_t len;
	int r;

	*out = (struct gv_sandbox_result)GV_SANDBOX_RESULT_INIT;
	add_job(w, job);
	if ((r = send_frame(box)) < 0)
		return explain(box, r);
	if ((r = wait_for(box, 'R')) < 0)
		return r;
	out->status = (int)gv_sandbox_wire_take_number(w);
	flags = gv_sandbox_wire_take_number(w);
	out->is_missing = flags & GV_SANDBOX_MISSING;
	out->is_timed_out = flags & GV_SANDBOX_TIMED_OUT;
	out->is_cut = flags & GV_SANDBOX_CUT;
	out->ms = gv_sandbox_wire_take_number(w);
	text = gv_sandbox_wire_take(w, &len);
	gv_buf_add(&out->out, text, len);
	text = gv_sandbox_wire_take(w, &len);
	gv_buf_add(&out->err, text, len);
	if ((r = gv_buf_check(&out->out)) == 0)
		r = gv_buf_check(&out->err);
	if (r < 0)
		gv_sandbox_result_release(out);
	return r;
}

void
gv_sandbox_stop(struct gv_sandbox *box)
{
	int status;

	if (box == NULL)
		return;
	gv_file_close(box->in);
	gv_file_close(box->out);
	if (box->pid > 0) {
		(void)kill(box->pid, SIGKILL);
		while (waitpid(box->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	gv_sandbox_wire_release(&box->wire);
	free(box->why);
	free(box);
}
