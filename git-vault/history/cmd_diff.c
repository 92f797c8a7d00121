#include "git-vault/front/cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/history/diff_out.h"
#include "git-vault/history/diff_places.h"
#include "git-vault/look/diff_work.h"
#include "git-vault/look/record_out.h"
#include "git-vault/look/reveal_out.h"
#include "record/record_resolve.h"
#include "repo/repo.h"
#include "snapshot/snapshot_last.h"
#include "view/content.h"
#include "view/diff.h"
#include "view/reveal.h"

enum form {
	FORM_PATCH,
	FORM_STAT,
	FORM_NUMSTAT,
	FORM_SHORTSTAT,
	FORM_NAME_STATUS,
	FORM_NAME_ONLY,
};

/* Those that git prints. */
static const char *const forms[] = {
	[FORM_PATCH] = "--patch",
	[FORM_STAT] = "--stat",
	[FORM_NUMSTAT] = "--numstat",
	[FORM_SHORTSTAT] = "--shortstat",
};

struct diff_opts {
	int form, word_diff;
	int64_t context;
	const char *renames;
	bool no_renames, reverse, ignore_all_space, ignore_space_change,
	    no_ext_diff, no_textconv;
	struct gv_reveal_opts reveal;
};

static const char *const word_diffs[] = { "none", "plain", "color", "porcelain",
	NULL };

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_SET,
	    .letter = 'p',
	    .name = "patch",
	    .value = FORM_PATCH,
	    .at = offsetof(struct diff_opts, form),
	    .help = "show the changed lines (default)" },
	{ .type = GV_OPT_SET,
	    .name = "stat",
	    .value = FORM_STAT,
	    .at = offsetof(struct diff_opts, form),
	    .help = "show how many lines changed in each file" },
	{ .type = GV_OPT_SET,
	    .name = "numstat",
	    .value = FORM_NUMSTAT,
	    .at = offsetof(struct diff_opts, form),
	    .help = "like --stat, in numbers for programs" },
	{ .type = GV_OPT_SET,
	    .name = "shortstat",
	    .value = FORM_SHORTSTAT,
	    .at = offsetof(struct diff_opts, form),
	    .help = "show only the last line of --stat" },
	{ .type = GV_OPT_SET,
	    .name = "name-status",
	    .value = FORM_NAME_STATUS,
	    .at = offsetof(struct diff_opts, form),
	    .help = "show paths and how each changed" },
	{ .type = GV_OPT_SET,
	    .name = "name-only",
	    .value = FORM_NAME_ONLY,
	    .at = offsetof(struct diff_opts, form),
	    .help = "show paths only" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'R',
	    .name = "reverse",
	    .at = offsetof(struct diff_opts, reverse),
	    .help = "swap the two sides" },
	{ .type = GV_OPT_STRING,
	    .letter = 'M',
	    .name = "find-renames",
	    .arg = "PCT",
	    .implied = "",
	    .at = offsetof(struct diff_opts, renames),
	    .help = "detect renames from this similarity on (50%)" },
	{ .type = GV_OPT_BOOL,
	    .name = "no-renames",
	    .at = offsetof(struct diff_opts, no_renames),
	    .help = "show a rename as a deletion and an addition" },
	{ .type = GV_OPT_CHOICE,
	    .name = "word-diff",
	    .arg = "MODE",
	    .implied = "plain",
	    .choices = word_diffs,
	    .at = offsetof(struct diff_opts, word_diff),
	    .help = "mark changed words: plain, color, porcelain or none" },
	{ .type = GV_OPT_INT,
	    .letter = 'U',
	    .name = "unified",
	    .arg = "N",
	    .at = offsetof(struct diff_opts, context),
	    .help = "print N lines around each change" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'w',
	    .name = "ignore-all-space",
	    .at = offsetof(struct diff_opts, ignore_all_space),
	    .help = "ignore all white space in lines" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'b',
	    .name = "ignore-space-change",
	    .at = offsetof(struct diff_opts, ignore_space_change),
	    .help = "ignore changes in the amount of white space" },
	{ .type = GV_OPT_BOOL,
	    .name = "no-ext-diff",
	    .at = offsetof(struct diff_opts, no_ext_diff),
	    .help = "do not run external diff programs" },
	{ .type = GV_OPT_BOOL,
	    .name = "no-textconv",
	    .at = offsetof(struct diff_opts, no_textconv),
	    .help = "compare the bytes, without textconv" },
	GV_REVEAL_OPTS(struct diff_opts, reveal),
	GV_IDENTITY_OPT(struct diff_opts, reveal.identities), GV_OPT_LAST
};

static const struct diff_opts defaults = { .context = -1 };

/* One side as it was named: a snapshot, a commit of the project, or (where
 * both are unset) the working tree. */
struct side {
	struct gv_record rec;
	struct gv_oid commit;
};

/* What is compared, and how it came out. */
struct comparison {
	struct gv_ctx *ctx;
	const struct diff_opts *asked;
	struct gv_diff_work work; /* the files of the working tree */
	bool is_work;             /* one side is that */
	struct gv_reveal_keys keys;
	struct gv_reveal_out *reveal;
	struct side from, to;
	struct gv_diff_opts opts;
	struct gv_diff diff;
};

/* --- text --- */

/* What reads JSON is not to depend on how git is set. */
static bool
seeks_no_renames(const struct gv_ctx *ctx)
{
	const struct diff_opts *o = ctx->opts;

	return o->no_renames ||
	    (o->renames == NULL && ctx->json == NULL &&
		!gv_diff_seeks_renames(ctx->repo));
}

static int
run_git(struct comparison *c)
{
	const struct diff_opts *o = c->asked;
	const bool is_plain = seeks_no_renames(c->ctx);
	const struct gv_oid *from = &c->opts.from.tree, *to = &c->opts.to.tree;
	char context[32];
	struct gv_buf renames = GV_BUF_INIT, words = GV_BUF_INIT;
	const char *more[9];
	size_t n = 0;
	int r;

	gv_buf_addstr(&renames, is_plain ? "--no-renames" : "-M");
	if (!is_plain && o->renames)
		gv_buf_addstr(&renames, o->renames);
	gv_buf_addf(&words, "--word-diff=%s", word_diffs[o->word_diff]);
	snprintf(context, sizeof(context), "-U%lld", (long long)o->context);
	more[n++] = renames.p;
	if (o->word_diff)
		more[n++] = words.p;
	/* -U alone would ask for a patch beside the other forms */
	if (o->context >= 0 && o->form == FORM_PATCH)
		more[n++] = context;
	if (o->ignore_all_space)
		more[n++] = "-w";
	if (o->ignore_space_change)
		more[n++] = "-b";
	if (o->no_ext_diff)
		more[n++] = "--no-ext-diff";
	if (o->no_textconv)
		more[n++] = "--no-textconv";
	if (o->reverse) /* again: git swaps a/ and b/ as well */
		more[n++] = "-R";
	more[n] = NULL;
	r = gv_buf_check(&renames) < 0 ? GV_ENOMEM : gv_buf_check(&words);
	if (r == 0)
		r = gv_diff_out(c->ctx,
		    &(struct gv_diff_out){ .form = forms[o->form],
			.more = more,
			.from = o->reverse ? to : from,
			.to = o->reverse ? from : to,
			.paths = c->opts.paths,
			.diff = &c->diff,
			.leaves_out =
			    o->reveal.secrets ? gv_reveal_out_takes : NULL,
			.ctx = c->reveal });
	gv_buf_release(&renames);
	gv_buf_release(&words);
	return r;
}

/* The command that shows the secrets of this comparison. */
static int
add_how(struct gv_buf *out, const struct comparison *c)
{
	const struct side *sides[2] = { &c->from, &c->to };
	int i;

	gv_cmd_paste(out, c->ctx);
	gv_buf_addstr(out, c->asked->reverse ? " diff -R" : " diff");
	gv_buf_addstr(out, " --secrets");
	for (i = 0; i < 2; i++) {
		const struct side *s = sides[c->asked->reverse ? 1 - i : i];
		char hex[GV_OID_HEX + 1];

		gv_oid_format(hex, &s->commit);
		if (*s->rec.id)
			gv_buf_addf(out, " %s",
			    gv_out_short_id(c->ctx->out, s->rec.id));
		else if (!gv_oid_is_zero(&s->commit))
			gv_buf_addf(out, " %s", hex);
	}
	return gv_buf_check(out);
}

static int
print_secrets(struct comparison *c)
{
	struct gv_buf how = GV_BUF_INIT;
	int r = add_how(&how, c);

	/* the chain of audit events is a ref */
	gv_scratch_pause(&c->work.scratch);
	if (r == 0)
		r = gv_reveal_out_tell(c->reveal, &c->diff);
	if (gv_scratch_resume(&c->work.scratch) < 0)
		r = GV_ENOMEM;
	if (r == 0)
		r = gv_reveal_out_patch(
		    c->reveal, &c->diff, (long)c->asked->context, how.p);
	gv_buf_release(&how);
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
	if (r == 0 && c->asked->form == FORM_PATCH)
		r = print_secrets(c);
	/* lines of numbers are for programs, which have --json for the rest */
	if (r < 0 || d->metadata == 0 || c->asked->form == FORM_NUMSTAT)
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
		if (c->asked->form == FORM_NAME_STATUS) {
			gv_record_out_status(out, &d->changes[i], false);
			continue;
		}
		gv_out_path(out, d->changes[i].path, d->changes[i].path_len);
		gv_out_printf(out, "\n");
	}
}

static void
json_side(struct gv_json *j, const struct side *side, const char *snapshot,
    const char *commit)
{
	gv_json_string(j, snapshot, *side->rec.id ? side->rec.id : NULL);
	gv_json_oid(j, commit, &side->commit);
}

static int
print_json(struct comparison *c)
{
	struct gv_json *j = c->ctx->json;
	size_t i;
	int r = 0;

	gv_json_object(j, NULL);
	json_side(j, &c->from, "from", "from_commit");
	json_side(j, &c->to, "to", "to_commit");
	gv_json_array(j, "changes");
	for (i = 0; r == 0 && i < c->diff.n; i++) {
		gv_json_object(j, NULL);
		gv_record_out_fields(j, &c->diff.changes[i], true);
		r = gv_reveal_out_json(c->reveal, &c->diff.changes[i]);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_record_out_totals(j, &c->diff);
	gv_json_end(j);
	return r;
}

/* --- the sides --- */

/* How many of the words before the first path name sides. As with Git, a word
 * that names none, but a file, is a path without "--", too. */
static int
count_sides(const struct gv_ctx *ctx, int argc, char *const *argv)
{
	int n;

	for (n = 0; n < argc && n < 2; n++) {
		struct gv_record rec = { 0 };
		struct gv_oid commit;
		int r = gv_record_resolve(&rec, ctx->repo,
		    &(struct gv_record_query){
			.text = argv[n], .deleted = true, .commit = &commit });

		gv_record_release(&rec);
		if (r == GV_ENOTFOUND && access(argv[n], F_OK) == 0)
			break;
	}
	return n;
}

static int
open_side(struct comparison *c, struct side *side, struct gv_diff_side *out,
    const char *expression)
{
	struct gv_repo *repo = c->ctx->repo;
	int r = gv_record_resolve(&side->rec, repo,
	    &(struct gv_record_query){
		.text = expression, .deleted = true, .commit = &side->commit });

	if (r > 0)
		return gv_diff_side_of_commit(out, repo, &side->commit);
	return r < 0 ? r : gv_diff_side_of(out, repo, &side->rec);
}

/* Find the two dots of "A..B", "A.." or "..B". NULL for a word of another form,
 * such as "../x". */
static const char *
find_dots(const char *text)
{
	const char *dots = strstr(text, "..");

	if (dots == NULL || (dots == text && (text[2] == '/' || !text[2])) ||
	    (dots > text && dots[-1] == '/'))
		return NULL;
	return dots;
}

/* Both sides of "A..B"; a side that is left out is the latest snapshot. */
static int
open_range(struct comparison *c, const char *text, const char *dots)
{
	struct gv_buf from = GV_BUF_INIT;
	const char *to = dots + 2;
	int r;

	if (*to == '.')
		return gv_err(GV_EUSAGE,
		    "'diff' compares two snapshots as they are: write "
		    "'%.*s..%s' with two dots",
		    (int)(dots - text), text, to + 1);
	gv_buf_add(&from, text, (size_t)(dots - text));
	if ((r = gv_buf_check(&from)) == 0)
		r = open_side(
		    c, &c->from, &c->opts.from, from.len ? from.p : "latest");
	if (r == 0)
		r = open_side(c, &c->to, &c->opts.to, *to ? to : "latest");
	gv_buf_release(&from);
	return r;
}

static int
open_last(struct comparison *c)
{
	int r = gv_snapshot_last(&c->from.rec, c->ctx->repo);

	return r < 0
	    ? r
	    : gv_diff_side_of(&c->opts.from, c->ctx->repo, &c->from.rec);
}

static int
open_work_tree(struct comparison *c)
{
	c->is_work = true;
	return gv_diff_work_open(&c->work, &c->opts.to, c->ctx);
}

/* Whoever reads names of keys, or secrets, of both sides. */
static int
open_reveal(struct comparison *c)
{
	const struct gv_buf *list = c->is_work ? &c->work.list : NULL;
	const struct gv_reveal_side from = { .rec = &c->from.rec },
				    to = { .rec = &c->to.rec, .list = list };
	const bool swaps = c->asked->reverse;
	int r;

	gv_scratch_pause(&c->work.scratch);
	r = gv_reveal_out_open(&c->reveal, c->ctx, c->work.repo,
	    swaps ? &to : &from, swaps ? &from : &to, &c->keys);
	return gv_scratch_resume(&c->work.scratch) < 0 ? GV_ENOMEM : r;
}

static void
reverse(struct comparison *c)
{
	struct gv_diff_side from = c->opts.from;
	struct side side = c->from;

	c->opts.from = c->opts.to;
	c->opts.to = from;
	c->from = c->to;
	c->to = side;
}

static int
compare(struct comparison *c)
{
	const struct diff_opts *o = c->asked;
	bool by_git = o->form < FORM_NAME_STATUS && !c->ctx->json;
	int r;

	r = open_reveal(c);
	if (r < 0)
		return r;
	if (o->reverse)
		reverse(c);
	c->opts.sizes = c->ctx->json != NULL;
	c->opts.no_renames = by_git || seeks_no_renames(c->ctx);
	c->opts.renames = o->renames;
	r = gv_diff_run(&c->diff, c->work.repo, &c->opts);
	if (r < 0)
		return r;
	if (c->ctx->json)
		r = print_json(c);
	else if (by_git)
		r = print_by_git(c);
	else
		print_names(c);
	return r < 0 ? r : c->diff.n > 0;
}

/* Secrets are printed line by line, in no other form. */
static int
check(const struct gv_ctx *ctx)
{
	const struct diff_opts *o = ctx->opts;

	if (!o->reveal.secrets)
		return 0;
	if (o->form != FORM_PATCH || ctx->json || o->word_diff ||
	    o->ignore_all_space || o->ignore_space_change)
		return gv_err(GV_EUSAGE,
		    "--secrets prints changed lines; leave out --json, -w, -b, "
		    "--word-diff and other forms");
	return 0;
}

/* What the words name, where none is SNAP:PATH. */
static int
open_words(struct comparison *c, int argc, char **argv)
{
	struct gv_ctx *ctx = c->ctx;
	const char *dots = argc && ctx->dashes != 0 ? find_dots(argv[0]) : NULL;
	int snaps, r;

	if (ctx->dashes >= 0)
		snaps = ctx->dashes;
	else
		snaps = dots ? 1 : count_sides(ctx, argc, argv);
	if (snaps > 2 - (dots != NULL))
		return gv_err(
		    GV_EUSAGE, "'diff' compares two snapshots, not %d", snaps);
	c->opts.paths = (const char *const *)(argv + snaps);
	if (dots)
		return open_range(c, argv[0], dots);
	r = snaps ? open_side(c, &c->from, &c->opts.from, argv[0])
		  : open_last(c);
	if (r < 0)
		return r;
	return snaps == 2 ? open_side(c, &c->to, &c->opts.to, argv[1])
			  : open_work_tree(c);
}

/* A path that is in neither would be no difference. */
static int
check_there(struct comparison *c, const struct side *side, const char *path)
{
	struct gv_content found;

	return *side->rec.id
	    ? gv_content_find(&found, c->ctx->repo, &side->rec, path)
	    : 0;
}

static int
open_places(struct comparison *c, const struct gv_diff_places *p)
{
	int r;

	c->opts.paths = p->paths;
	if ((r = open_side(c, &c->from, &c->opts.from, p->snaps[0].p)) < 0 ||
	    (r = check_there(c, &c->from, p->path.p)) < 0)
		return r;
	if (p->n == 1)
		return open_work_tree(c);
	r = open_side(c, &c->to, &c->opts.to, p->snaps[1].p);
	return r < 0 ? r : check_there(c, &c->to, p->path.p);
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct comparison c = { .ctx = ctx,
		.asked = ctx->opts,
		.keys = { .asked =
			      &((const struct diff_opts *)ctx->opts)->reveal },
		.work = GV_DIFF_WORK_INIT(ctx) };
	struct gv_diff_places places = GV_DIFF_PLACES_INIT;
	int r = check(ctx);

	places.with_secrets = c.keys.asked->secrets;
	if (r == 0 && ctx->dashes < 0)
		r = gv_diff_places_read(&places, ctx, argc, argv);
	if (r == 0)
		r = open_words(&c, argc, argv);
	else if (r > 0)
		r = open_places(&c, &places);
	if (r == 0)
		r = compare(&c);
	if (r >= 0) {
		gv_record_out_tell_without(ctx, &c.from.rec);
		gv_record_out_tell_without(ctx, &c.to.rec);
	}
	r = gv_reveal_out_close(c.reveal, r);
	gv_reveal_keys_close(&c.keys, ctx);
	gv_diff_work_close(&c.work);
	gv_diff_release(&c.diff);
	gv_record_release(&c.from.rec);
	gv_record_release(&c.to.rec);
	gv_diff_places_release(&places);
	return r;
}

const struct gv_cmd cmd_diff = {
	.name = "diff",
	.summary = "compare snapshots, or a snapshot and the working "
		   "tree",
	.usage = "[-p | --stat | --numstat | --shortstat | --name-status | "
		 "--name-only] [-R] [-M[PCT] | --no-renames] "
		 "[--word-diff[=MODE]] [-U N] [-w] [-b] [--no-ext-diff] "
		 "[--no-textconv] [--secrets] [SNAP [SNAP] | SNAP..SNAP | "
		 "SNAP:PATH [SNAP:PATH]] [--] "
		 "[PATHSPEC...]",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct diff_opts),
	.defaults = &defaults,
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT, GV_OPT_SNAPSHOT, GV_OPT_INSIDE },
	.run = run,
};
