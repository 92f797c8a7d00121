#include "git-vault/front/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/time.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/failure.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "record/record_resolve.h"
#include "record/trash.h"
#include "record/undo.h"
#include "repo/repo.h"
#include "sys/exec.h"
#include "sys/proc.h"
#include "sys/self.h"

struct undo_opts {
	bool dry_run, yes;
};

static const struct gv_opt opts[] = { { .type = GV_OPT_BOOL,
					  .letter = 'n',
					  .name = "dry-run",
					  .at = offsetof(
					      struct undo_opts, dry_run),
					  .help = "show what would be done, "
						  "change nothing" },
	GV_ASK_OPT(struct undo_opts, yes), GV_OPT_LAST };

/* The last change, and what reverses it. */
struct undoing {
	struct gv_ctx *ctx;
	struct gv_undo last;
	bool is_known;
	struct gv_undo_plan plan;
	struct gv_buf self;    /* this program */
	struct gv_buf dir;     /* where the last change was run from */
	struct gv_buf command; /* to be pasted */
};

/* ---- what is here -------------------------------------------------------- */

static bool
is_there(struct gv_repo *repo, const char *id)
{
	struct gv_record_query query = { .text = id };
	struct gv_record rec = { 0 };
	bool yes = gv_record_resolve(&rec, repo, &query) == 0;

	gv_record_release(&rec);
	return yes;
}

static int
find_places(enum gv_undo_place *out, const struct undoing *u)
{
	const struct gv_trash_item *item;
	struct gv_trash trash = { .n = 0 };
	size_t i;
	int r = gv_trash_load(&trash, u->ctx->repo, NULL);

	for (i = 0; r == 0 && i < u->last.n; i++) {
		const char *id = u->last.words[i];

		out[i] = GV_UNDO_LOST;
		if (is_there(u->ctx->repo, id))
			out[i] = GV_UNDO_LIVE;
		else if (gv_trash_find(&item, &trash, id) == 0)
			out[i] = GV_UNDO_TRASH;
	}
	gv_trash_release(&trash);
	return r;
}

static int
make_plan(struct undoing *u)
{
	enum gv_undo_place *places = calloc(u->last.n + 1, sizeof(*places));
	struct gv_undo_facts facts = { .tree = gv_undo_tree(u->ctx->repo),
		.places = places };
	int r = places ? 0 : gv_err_nomem();

	if (r < 0)
		goto out;
	if (u->is_known && u->last.id)
		facts.has_safety = is_there(u->ctx->repo, u->last.id);
	else if (u->is_known)
		r = find_places(places, u);
	if (r < 0)
		goto out;
	r = gv_undo_plan(&u->plan, u->is_known ? &u->last : NULL, &facts);
out:
	free(places);
	return r;
}

/* ---- what cannot be undone ----------------------------------------------- */

static int
refuse(const struct undoing *u)
{
	const char *name = u->is_known ? gv_undo_name(u->last.what) : NULL;
	struct gv_buf where = GV_BUF_INIT;
	int r;

	switch (u->plan.verdict) {
	case GV_UNDO_POSSIBLE:
		return 0;
	case GV_UNDO_NONE:
		return gv_err(GV_ENOTFOUND,
		    "there is nothing to undo: this clone has done no restore "
		    "in place, rollback, prune or delete; to go back to a "
		    "snapshot: git vault restore SNAP --in-place");
	case GV_UNDO_ELSEWHERE:
		gv_shell_word(&where, u->last.dir);
		if ((r = gv_buf_check(&where)) == 0)
			r = gv_err(GV_EREFUSED,
			    "the last change was a %s in another working tree; "
			    "to undo it: git vault -C%s undo",
			    name, where.p);
		gv_buf_release(&where);
		return r;
	case GV_UNDO_ALREADY:
		return gv_err(GV_EREFUSED,
		    "the last %s is undone already: its snapshots are %s", name,
		    u->last.what == GV_UNDO_UNDELETE ? "deleted again"
						     : "here");
	case GV_UNDO_GONE:
		break;
	}
	if (u->last.id)
		return gv_err(GV_ENOTFOUND,
		    "the last %s cannot be undone: its safety snapshot %s is "
		    "no longer here",
		    name, u->last.id);
	return gv_err(GV_ENOTFOUND,
	    "the last %s cannot be undone: none of its %zu snapshots is in the "
	    "trash any more",
	    name, u->last.n);
}

/* ---- doing it ------------------------------------------------------------ */

/* Whether it was run from the directory where this command runs. */
static bool
is_here(const struct undoing *u)
{
	return u->last.prefix == NULL ||
	    strcmp(u->last.prefix, u->ctx->repo->prefix) == 0;
}

/* The command that does it, or shows it: NULL-terminated, freed by the caller.
 */
static const char **
compose(const struct undoing *u, bool shows)
{
	enum { FRONT = 6, BACK = 2 };
	const char **argv = calloc(u->plan.n + FRONT + BACK, sizeof(*argv));
	size_t n = 0, i;

	if (argv == NULL) {
		(void)gv_err_nomem();
		return NULL;
	}
	argv[n++] = u->self.p;
	/* and where we were sent elsewhere by -C or -A, so that what it offers
	 * says where, too */
	if (!is_here(u) || (u->ctx->dirs->n && u->dir.len)) {
		argv[n++] = "-C";
		argv[n++] = u->dir.p;
	}
	if (u->ctx->json)
		argv[n++] = "--json";
	argv[n++] = u->plan.argv[0];
	if (shows)
		argv[n++] = "--dry-run";
	else if (u->last.what == GV_UNDO_ROLLBACK)
		argv[n++] = "--yes";
	for (i = 1; i < u->plan.n; i++)
		argv[n++] = u->plan.argv[i];
	return argv;
}

static int
add_command(struct undoing *u)
{
	size_t i;

	if (u->last.prefix)
		gv_buf_addf(
		    &u->dir, "%s/%s", u->ctx->repo->worktree, u->last.prefix);
	if (is_here(u)) {
		gv_cmd_paste(&u->command, u->ctx);
	} else {
		gv_buf_addstr(&u->command, "git vault -C");
		gv_shell_word(&u->command, u->dir.p);
	}
	for (i = 0; i < u->plan.n; i++)
		gv_shell_word(&u->command, u->plan.argv[i]);
	return gv_buf_check(&u->dir) < 0 ? GV_ENOMEM
					 : gv_buf_check(&u->command);
}

/* Its text goes where ours goes; its exit status is ours. */
static int
run_text(const struct undoing *u, bool shows)
{
	const char **argv = compose(u, shows);
	int status = 0, r = argv ? gv_out_flush(u->ctx->out) : GV_ENOMEM;

	if (r == 0)
		r = gv_exec_wait(&status, argv);
	free(argv);
	return r < 0 ? r : status;
}

static void
json_head(struct undoing *u)
{
	struct gv_json *j = u->ctx->json;

	gv_json_object(j, NULL);
	gv_json_string(j, "undoes", gv_undo_name(u->last.what));
	gv_json_time(j, "time", u->last.time);
	gv_json_string(j, "command", u->command.p);
	gv_json_uint(j, "lost", u->plan.n_lost);
}

/* The document of the inner command becomes a part of undo's document. */
static int
run_json(struct undoing *u, bool shows)
{
	struct gv_json result = GV_JSON_INIT;
	struct gv_proc p = GV_PROC_INIT;
	const char **argv = compose(u, shows);
	int r = argv ? gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv })
		     : GV_ENOMEM;

	free(argv);
	if (r < 0)
		goto out;
	if (p.status > 5 && p.out.len == 0) {
		r = gv_err(
		    GV_ERROR, "'%s' failed: %s", u->command.p, gv_proc_why(&p));
		goto out;
	}
	if (gv_failure_is(&p.out)) {
		/* why it failed is our answer, too */
		gv_out_write(u->ctx->out, p.out.p, p.out.len);
		r = p.status;
	} else {
		while (p.out.len && p.out.p[p.out.len - 1] == '\n')
			gv_buf_truncate(&p.out, p.out.len - 1);
		result.buf = p.out;
		json_head(u);
		gv_json_bool(u->ctx->json, "dry_run", shows);
		gv_json_bool(u->ctx->json, "done", !shows);
		if (p.out.len)
			gv_json_insert(u->ctx->json, "result", &result);
		else
			gv_json_null(u->ctx->json, "result");
		gv_json_end(u->ctx->json);
		r = p.status;
	}
out:
	gv_proc_release(&p);
	return r;
}

static int
undo_json(struct undoing *u)
{
	const struct undo_opts *o = u->ctx->opts;
	int r = run_json(u, !o->yes || o->dry_run);

	/* not done without --yes: the answer is no */
	return r == 0 && !o->yes && !o->dry_run ? 1 : r;
}

static void
say_lost(const struct undoing *u)
{
	if (u->plan.n_lost)
		gv_out_warn(u->ctx->out,
		    "%zu of %zu snapshots cannot come back: they are not in "
		    "the trash any more",
		    u->plan.n_lost, u->last.n);
}

static int
undo_text(struct undoing *u)
{
	const struct undo_opts *o = u->ctx->opts;
	const char *name = gv_undo_name(u->last.what);
	char age[GV_TIME_MAX];
	bool yes = false;
	int r;

	gv_time_relative(age, u->last.time, u->ctx->now);
	gv_out_printf(u->ctx->out, "last change: %s, %s\n", name, age);
	gv_out_printf(u->ctx->out, "to undo it: %s\n", u->command.p);
	say_lost(u);
	if (o->dry_run || !o->yes) {
		r = run_text(u, true);
		if (o->dry_run || r < 0 || r > 5)
			return r;
	}
	r = gv_ask(&yes, u->ctx, o->yes,
	    "nothing was undone; to undo it: git vault undo --yes",
	    "undo this %s?", name);
	if (r < 0 || !yes)
		return r < 0 ? r : 1;
	return run_text(u, false);
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct undoing u = {
		.ctx = ctx, .self = GV_BUF_INIT, .command = GV_BUF_INIT
	};
	int r = gv_undo_load(&u.last, ctx->repo);

	(void)argc, (void)argv;
	u.is_known = r == 0;
	if (r == 0 || r == GV_ENOTFOUND)
		r = make_plan(&u);
	if (r == 0 && (r = refuse(&u)) == 0 &&
	    (r = gv_self_path(&u.self)) == 0 && (r = add_command(&u)) == 0)
		r = ctx->json ? undo_json(&u) : undo_text(&u);
	free(u.plan.argv);
	if (u.is_known)
		gv_undo_release(&u.last);
	gv_buf_release(&u.self);
	gv_buf_release(&u.dir);
	gv_buf_release(&u.command);
	return r;
}

const struct gv_cmd cmd_undo = {
	.name = "undo",
	.summary = "undo the last restore, rollback, prune or delete",
	.usage = "[-n] [-y]",
	.group = GV_CMD_BACK,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct undo_opts),
	.run = run,
};
