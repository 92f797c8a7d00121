#include "cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "json.h"
#include "out.h"
#include "record_out.h"
#include "store/repo.h"
#include "sys/exec.h"
#include "vault/diff.h"
#include "vault/record.h"
#include "vault/snapshot.h"

enum form {
	FORM_PATCH,
	FORM_STAT,
	FORM_NAME_STATUS,
	FORM_NAME_ONLY,
};

struct diff_opts {
	int form;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_SET,
	    .letter = 'p',
	    .name = "patch",
	    .value = FORM_PATCH,
	    .at = offsetof(struct diff_opts, form),
	    .help = "print the changed lines (what is done by itself)" },
	{ .type = GV_OPT_SET,
	    .name = "stat",
	    .value = FORM_STAT,
	    .at = offsetof(struct diff_opts, form),
	    .help = "print how many lines changed in each file" },
	{ .type = GV_OPT_SET,
	    .name = "name-status",
	    .value = FORM_NAME_STATUS,
	    .at = offsetof(struct diff_opts, form),
	    .help = "print the paths, and what happened to each" },
	{ .type = GV_OPT_SET,
	    .name = "name-only",
	    .value = FORM_NAME_ONLY,
	    .at = offsetof(struct diff_opts, form),
	    .help = "print the paths alone" },
	GV_OPT_LAST
};

/* What is compared, and how it came out. */
struct comparison {
	struct gv_ctx *ctx;
	enum form form;
	struct gv_record from, to;
	struct gv_diff_opts opts;
	struct gv_diff diff;
};

/* --- text --- */

/* git prints patches and charts itself, by the user's own diff drivers. */
static int
run_git(struct comparison *c)
{
	enum { FIXED = 10 };
	char a[GV_OID_HEX + 1], b[GV_OID_HEX + 1];
	bool color = gv_out_hand_over(c->ctx->out);
	const char *fixed[FIXED] = { "git", "--no-pager", "diff",
		"--no-relative", "-M", color ? "--color" : "--no-color",
		c->form == FORM_STAT ? "--stat" : "--patch", a, b, "--" };
	const char **argv;
	size_t n = 0;
	int r, status = 0;

	gv_oid_format(a, &c->opts.from.tree);
	gv_oid_format(b, &c->opts.to.tree);
	while (c->opts.paths && c->opts.paths[n])
		n++;
	argv = calloc(FIXED + n + 1, sizeof(*argv));
	if (argv == NULL)
		return gv_err_nomem();
	memcpy(argv, fixed, sizeof(fixed));
	if (n)
		memcpy(argv + FIXED, c->opts.paths, n * sizeof(*argv));
	r = gv_exec_wait(&status, argv);
	free(argv);
	/* killed by the pipe of a pager that was left: nothing went wrong */
	if (r == 0 && status != 0 && status != 1 && status != 141)
		r = gv_err(GV_ERROR,
		    "git could not print the differences (exit status %d)",
		    status);
	return r;
}

static int
print_by_git(struct comparison *c)
{
	const struct gv_diff *d = &c->diff;
	struct gv_out *out = c->ctx->out;
	size_t i;
	int r = 0;

	if (d->n > d->metadata)
		r = run_git(c);
	if (r < 0 || d->metadata == 0)
		return r;
	gv_out_paint(out, GV_OUT_HEAD, "metadata only:\n");
	for (i = 0; i < d->n; i++)
		if (d->changes[i].status == 'm') {
			gv_out_printf(out, " ");
			gv_record_out_metadata(out, &d->changes[i]);
		}
	return 0;
}

static void
print_names(struct comparison *c)
{
	const struct gv_diff *d = &c->diff;
	struct gv_out *out = c->ctx->out;
	size_t i;

	for (i = 0; i < d->n && !gv_out_stopped(out); i++) {
		if (c->form == FORM_NAME_STATUS) {
			gv_record_out_status(out, &d->changes[i]);
			continue;
		}
		gv_out_path(out, d->changes[i].path, d->changes[i].path_len);
		gv_out_printf(out, "\n");
	}
}

static void
print_json(struct comparison *c)
{
	struct gv_json *j = c->ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "from", c->from.id);
	gv_json_string(j, "to", *c->to.id ? c->to.id : NULL);
	gv_json_array(j, "changes");
	for (i = 0; i < c->diff.n; i++)
		gv_record_out_change(j, &c->diff.changes[i], true);
	gv_json_end(j);
	gv_record_out_totals(j, &c->diff);
	gv_json_end(j);
}

/* --- the sides --- */

static int
open_side(struct comparison *c, struct gv_record *rec,
    struct gv_diff_side *side, const char *expression)
{
	int r = gv_record_resolve(rec, c->ctx->repo, expression);

	return r < 0 ? r : gv_diff_side_of(side, c->ctx->repo, rec);
}

static int
open_work_tree(struct comparison *c)
{
	if (c->ctx->repo->worktree == NULL)
		return gv_err(GV_EUSAGE,
		    "there is no working tree here; name two snapshots");
	return gv_snapshot_work_tree(
	    &c->opts.to.tree, &c->opts.to.chunked, c->ctx->repo);
}

static int
compare(struct comparison *c)
{
	int r;

	c->opts.sizes = c->ctx->json != NULL;
	c->opts.no_renames =
	    !c->ctx->json && (c->form == FORM_PATCH || c->form == FORM_STAT);
	r = gv_diff_run(&c->diff, c->ctx->repo, &c->opts);
	if (r < 0)
		return r;
	if (c->ctx->json)
		print_json(c);
	else if (c->form == FORM_PATCH || c->form == FORM_STAT)
		r = print_by_git(c);
	else
		print_names(c);
	return r < 0 ? r : c->diff.n > 0;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct diff_opts *o = ctx->opts;
	struct comparison c = { .ctx = ctx, .form = (enum form)o->form };
	int snaps = ctx->dashes >= 0 ? ctx->dashes : argc < 2 ? argc : 2;
	int r;

	if (snaps > 2)
		return gv_err(
		    GV_EUSAGE, "'diff' compares two snapshots, not %d", snaps);
	c.opts.paths = (const char *const *)(argv + snaps);
	r = open_side(&c, &c.from, &c.opts.from, snaps ? argv[0] : "latest");
	if (r == 0)
		r = snaps == 2 ? open_side(&c, &c.to, &c.opts.to, argv[1])
			       : open_work_tree(&c);
	if (r == 0)
		r = compare(&c);
	gv_diff_release(&c.diff);
	gv_record_release(&c.from);
	gv_record_release(&c.to);
	return r;
}

const struct gv_cmd cmd_diff = {
	.name = "diff",
	.summary = "print what differs between snapshots and the working tree",
	.usage = "[--stat | --name-status | --name-only | -p] [SNAP [SNAP]] "
		 "[--] [PATHSPEC...]",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct diff_opts),
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT, GV_OPT_SNAPSHOT, GV_OPT_PATH },
	.run = run,
};
