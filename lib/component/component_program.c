#include "component/component_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "component/component_reader.h"
#include "component/component_recipe.h"
#include "policy/disclosure.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/proc.h"
#include "sys/program.h"

#define WORDS_MOST ((size_t)64 * 1024) /* of standard error that are kept */
#define LINE_MOST  400
#define TIMEOUT    ((int64_t)12 * 3600)
#define LONGEST    ((int64_t)20 * 86400) /* whose milliseconds fit an int */

/* ---- the program --------------------------------------------------------- */

/* What is in the working tree may come with the next fetch, whatever was
 * accepted: only programs outside of it are run. */
static int
find(struct gv_buf *path, struct gv_repo *repo, const char *name)
{
	const char *const both[] = { repo->worktree, repo->common_dir };
	const char *const *const shut = repo->worktree ? both : both + 1;
	const size_t n = repo->worktree ? 2 : 1;
	int r;

	if (*name == '/' && !gv_program_is_shut(name, shut, n)) {
		gv_buf_addstr(path, name);
		return gv_buf_check(path);
	}
	if (strchr(name, '/'))
		return gv_err(GV_EREFUSED,
		    "%s is not run: a program of a component is a name that "
		    "is in PATH, or an absolute path, and no file of the "
		    "working tree",
		    name);
	r = gv_program_find(path, name, shut, n);
	return r < 0 ? gv_err_in(r, "cannot run %s", name) : 0;
}

/* ---- what goes in and comes out ------------------------------------------ */

/* Append the command that restores the dump into a file. */
static void
add_look(struct gv_buf *out, const struct gv_component_program *p)
{
	gv_buf_addf(out, "git vault component restore %s", p->of);
	if (p->env_of)
		gv_buf_addf(out, " --env %s", p->env_of);
	gv_buf_addf(out, " --to %s.dump", p->of);
}

/* 0, or a refusal where there is something that must not be given. */
static int
refuse(const struct gv_component_program *p, const char *why)
{
	struct gv_buf look = GV_BUF_INIT;
	int r;

	if (why == NULL)
		return 0;
	add_look(&look, p);
	r = gv_err(GV_EREFUSED,
	    "the dump has %s, so %s is not given it; to look at it: %s", why,
	    p->argv->items[0], look.p);
	gv_buf_release(&look);
	return r;
}

/* The first bytes tell whether the dump is restricted by itself: pg_dump began
 * to do so in the middle of its versions. Else psql is given such a line before
 * it, with a word that is not known to whoever wrote the dump. */
static int64_t
give_first(struct gv_component_program *p, const void **data, size_t len)
{
	unsigned char random[16];
	char word[2 * sizeof(random) + 1];
	bool is_open = false;
	int r;

	if (gv_clock_random(random, sizeof(random)) < 0)
		return gv_err_sys("cannot get random bytes");
	gv_enc_hex(word, random, sizeof(random));
	r = refuse(
	    p, gv_component_guard_first(&p->guard, &is_open, word, *data, len));
	if (r < 0 || !is_open)
		return r < 0 ? r : (int64_t)len;
	(void)snprintf(
	    p->restriction, sizeof(p->restriction), "\\restrict %s\n", word);
	p->held = *data;
	p->held_len = len;
	*data = p->restriction;
	return (int64_t)strlen(p->restriction);
}

static int64_t
give(void *ctx, const void **data)
{
	struct gv_component_program *p = ctx;
	const bool is_first = !p->is_begun;
	size_t len = 0;
	int r;

	if (p->reader == NULL)
		return 0;
	if (p->held) {
		*data = p->held;
		p->held = NULL;
		return (int64_t)p->held_len;
	}
	r = gv_component_reader_next(p->reader, data, &len);
	p->is_given = r == 0;
	p->is_begun = true;
	if (r > 0 && is_first)
		return give_first(p, data, len);
	if (r > 0)
		r = refuse(p, gv_component_guard_take(&p->guard, *data, len)) <
			0
		    ? GV_EREFUSED
		    : 1;
	return r <= 0 ? r : (int64_t)len;
}

/* A dump passes through this buffer in clear. */
static void
told(void *ctx, struct gv_proc *proc)
{
	struct gv_component_program *p = ctx;

	if (proc->err.len > WORDS_MOST)
		gv_buf_truncate(&proc->err, WORDS_MOST);
	if (proc->out.len == 0)
		return;
	if (p->result == 0 && p->take)
		p->result = p->take(p->ctx, proc->out.p, proc->out.len);
	if (p->result < 0 && p->message == NULL)
		p->message = gv_err_save();
	proc->is_refused = p->result < 0;
	explicit_bzero(proc->out.p, proc->out.len);
	gv_buf_reset(&proc->out);
}

/* The last line that it printed to standard error, without secrets. */
static int
explain(const struct gv_component_program *p, struct gv_proc *proc)
{
	struct gv_disclosure d = GV_DISCLOSURE_INIT(p->repo);
	struct gv_buf line = GV_BUF_INIT, hints = GV_BUF_INIT;
	size_t end = proc->err.len, begin;
	int r;

	while (end && strchr("\r\n", proc->err.p[end - 1]))
		end--;
	for (begin = end; begin && proc->err.p[begin - 1] != '\n'; begin--)
		;
	if (end - begin > LINE_MOST)
		end = begin + LINE_MOST;
	if (end > begin)
		(void)gv_disclosure_line(
		    &line, &d, proc->err.p + begin, end - begin);
	gv_disclosure_release(&d);
	if (p->guards == GV_COMPONENT_GUARD_PG && proc->err.len &&
	    strstr(proc->err.p, "invalid command \\restrict")) {
		gv_buf_addf(&hints,
		    "\nhint: a dump can make this version of psql run "
		    "commands; install 13.22, 14.19, 15.14, 16.10, 17.6 or a "
		    "newer one\nhint: ");
		add_look(&hints, p);
	}
	r = gv_err(GV_ERROR, "%s ended with status %d%s%s%s", p->argv->items[0],
	    proc->status, line.len ? ": " : "", line.len ? line.p : "",
	    hints.len ? hints.p : "");
	gv_buf_release(&hints);
	gv_buf_release(&line);
	return r;
}

static int64_t
time_of(const struct gv_component_program *p)
{
	const int64_t time = p->timeout ? p->timeout : TIMEOUT;

	return time < LONGEST ? time : LONGEST;
}

static int
finish(struct gv_component_program *p, struct gv_proc *proc, int r)
{
	if (p->result < 0) {
		gv_err_restore(p->message);
		p->message = NULL;
		return p->result;
	}
	if (proc->is_late)
		return gv_err(GV_ERROR,
		    "%s was ended after %lld s, the component's timeout",
		    p->argv->items[0], (long long)time_of(p));
	if (r < 0)
		return r;
	if (p->must_read && p->reader && proc->status == 0 && !p->is_given)
		return gv_err(GV_ERROR,
		    "%s ended before it had read all of the dump",
		    p->argv->items[0]);
	return proc->status == 0 || (p->lets && proc->status == p->lets)
	    ? 0
	    : explain(p, proc);
}

int
gv_component_program_run(struct gv_component_program *program)
{
	struct gv_component_program *const p = program;
	const char *argv[GV_COMPONENT_ARGS + 2];
	struct gv_proc proc = GV_PROC_INIT;
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r = find(&path, p->repo, p->argv->items[0]);

	p->result = 0;
	p->is_begun = p->is_given = false;
	p->held = NULL;
	gv_component_guard_init(&p->guard, p->guards);
	p->message = NULL;
	for (i = 0; i <= p->argv->n; i++)
		argv[i] = p->argv->items[i];
	argv[0] = path.p;
	if (r == 0)
		r = gv_proc_start(&proc,
		    &(struct gv_proc_opts){ .argv = argv,
			.cwd = p->repo->worktree ? p->repo->worktree
						 : p->repo->common_dir,
			.env = p->env && p->env[0] ? p->env : NULL,
			.in = p->input,
			.in_len = p->input ? strlen(p->input) : 0,
			.give = p->reader ? give : NULL,
			.told = told,
			.ctx = p,
			.is_needed = p->is_needed,
			.timeout_ms = (int)(time_of(p) * 1000),
			.is_stream = p->take != NULL,
			.is_apart = true });
	if (r == 0)
		r = finish(p, &proc, gv_proc_finish(&proc));
	gv_proc_release(&proc);
	gv_buf_release(&path);
	free(p->message);
	p->message = NULL;
	return r;
}
