#include "git-vault/front/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/glob.h"
#include "base/time.h"
#include "drift/accepted.h"
#include "drift/drift_blame.h"
#include "drift/drift_patch.h"
#include "drift/drift_source.h"
#include "drift/drift_when.h"
#include "git-vault/analysis/drift.h"
#include "git-vault/analysis/drift_out.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/kept_opt.h"
#include "git-vault/front/out.h"
#include "git-vault/front/place.h"
#include "record/record_resolve.h"
#include "repo/repo.h"
#include "safe/safe.h"

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .name = "all",
	    .at = offsetof(struct gv_drift_cmd_opts, all),
	    .help = "compare all environments with each other" },
	{ .type = GV_OPT_STRING,
	    .name = "class",
	    .arg = "LIST",
	    .at = offsetof(struct gv_drift_cmd_opts, classes),
	    .help = "only differences of these classes: missing, value, type, "
		    "order, size, name, version, secret, structure, renamed, "
		    "moved, recipients, placeholder, guard, cross" },
	{ .type = GV_OPT_BOOL,
	    .name = "comments",
	    .at = offsetof(struct gv_drift_cmd_opts, comments),
	    .help = "also list keys whose comments alone differ" },
	{ .type = GV_OPT_BOOL,
	    .name = "strict",
	    .at = offsetof(struct gv_drift_cmd_opts, strict),
	    .help = "exit 3 if something could not be compared" },
	{ .type = GV_OPT_STRING,
	    .name = "from",
	    .arg = "SNAP",
	    .at = offsetof(struct gv_drift_cmd_opts, from),
	    .help = "compare one environment with itself in this snapshot" },
	{ .type = GV_OPT_STRING,
	    .name = "since",
	    .arg = "WHEN",
	    .at = offsetof(struct gv_drift_cmd_opts, since),
	    .help = "only what became different since this snapshot, commit "
		    "or date" },
	{ .type = GV_OPT_BOOL,
	    .name = "state",
	    .at = offsetof(struct gv_drift_cmd_opts, state),
	    .help = "compare the saved states of two environments" },
	{ .type = GV_OPT_BOOL,
	    .name = "patch",
	    .at = offsetof(struct gv_drift_cmd_opts, patch),
	    .help = "print a patch that makes the second like the first" },
	{ .type = GV_OPT_STRING,
	    .name = "reason",
	    .arg = "TEXT",
	    .at = offsetof(struct gv_drift_cmd_opts, reason),
	    .is_kept = true,
	    .help = "with accept, why the difference is meant" },
	{ .type = GV_OPT_STRING,
	    .name = "until",
	    .arg = "DATE",
	    .at = offsetof(struct gv_drift_cmd_opts, until),
	    .help = "with accept, the last day on which it is: 2027-01-31" },
	{ .type = GV_OPT_STRING,
	    .name = "owner",
	    .arg = "OWNER",
	    .at = offsetof(struct gv_drift_cmd_opts, owner),
	    .is_kept = true,
	    .help = "with accept, who answers for it" },
	GV_OPT_LAST
};

/* ---- classes ------------------------------------------------------------- */

static int
find_class(unsigned *mask, const char *name, size_t len)
{
	int i;

	for (i = 1; i < GV_DRIFT_CLASSES; i++)
		if (strlen(gv_drift_classes[i]) == len &&
		    memcmp(gv_drift_classes[i], name, len) == 0) {
			*mask |= 1u << i;
			return 0;
		}
	return gv_err(GV_EUSAGE, "there is no class '%.*s'", (int)len, name);
}

static int
find_classes(unsigned *mask, const char *list)
{
	size_t len;
	int r;

	*mask = ~0u;
	if (list == NULL)
		return 0;
	*mask = 0;
	for (;;) {
		len = strcspn(list, ",");
		if ((r = find_class(mask, list, len)) < 0)
			return r;
		if (list[len] == '\0')
			return 0;
		list += len + 1;
	}
}

/* ---- the exit status ----------------------------------------------------- */

static bool
has_drift(const struct gv_drift_report *report, unsigned classes)
{
	size_t i;

	for (i = 0; i < report->n; i++) {
		const struct gv_drift_finding *f = &report->findings[i];

		if (f->verdict == GV_DRIFT_DRIFT &&
		    f->severity >= GV_DRIFT_NORMAL && classes >> f->class & 1)
			return true;
	}
	return false;
}

/* 1: there is drift; 3: with --strict, not everything was compared. */
static int
status_of(const struct gv_drift_cmd_opts *o, const struct gv_drift_out *pairs,
    size_t n, unsigned classes)
{
	bool drifts = false, is_partial = false;
	size_t i;

	for (i = 0; i < n; i++) {
		drifts |= has_drift(pairs[i].report, classes);
		is_partial |= pairs[i].report->keys == 0 ||
		    pairs[i].report->counts[GV_DRIFT_UNKNOWN] > 0;
	}
	return drifts ? 1 : o->strict && is_partial ? 3 : 0;
}

/* ---- running ------------------------------------------------------------- */

static int
print_patch(struct gv_ctx *ctx, const struct gv_drift_source *source,
    const struct gv_drift_report *report)
{
	struct gv_drift_patch patch;
	int r = gv_drift_patch(&patch, source->drift, report);

	if (r == 0)
		gv_drift_out_patch(ctx, &patch);
	gv_drift_patch_release(&patch);
	return r;
}

/* What is compared, and with what it was then. */
struct subject {
	struct gv_ctx *ctx;
	struct gv_drift_source *source, *then; /* NULL: no --since */
	struct gv_record rec;                  /* of `then`, and … */
	struct gv_safe *safe; /* … the keys for it, or NULL */
	unsigned classes;
};

/* With --since, mark what already differed then. */
static int
compare(struct gv_drift_report *out, const struct subject *s, unsigned left,
    unsigned right)
{
	char today[GV_TIME_MAX];
	int r;

	if (((const struct gv_drift_cmd_opts *)s->ctx->opts)->comments)
		gv_drift_source_tell_comments(s->source);
	gv_drift_cmd_today(today, s->ctx);
	r = gv_drift_source_compare(out, s->source, left, right, today);
	if (r == 0 && s->then)
		r = gv_drift_source_since(out, s->source, s->then);
	return r;
}

/* Whose lines they are: it takes a git for each file. */
static int
blame(const struct subject *s, struct gv_drift_report *reports, size_t n)
{
	return s->ctx->json || s->ctx->verbosity > 0
	    ? gv_drift_blame(reports, n, s->ctx->repo)
	    : 0;
}

static int
compare_two(const struct subject *s, unsigned left, unsigned right)
{
	const struct gv_drift_cmd_opts *o = s->ctx->opts;
	struct gv_drift_report report = { .n = 0 };
	struct gv_drift_out pair = { .report = &report,
		.left = s->source->envs[left].name,
		.right = s->source->envs[right].name };
	int r;

	if ((r = compare(&report, s, left, right)) < 0)
		goto out;
	if (o->patch)
		r = print_patch(s->ctx, s->source, &report);
	else if ((r = blame(s, &report, 1)) == 0)
		r = gv_drift_out_pair(s->ctx, &pair, s->classes);
	if (r == 0)
		r = status_of(o, &pair, 1, s->classes);
out:
	gv_drift_report_release(&report);
	return r;
}

static int
compare_named(const struct subject *s, char **argv)
{
	unsigned left, right;
	int r;

	if ((r = gv_drift_source_find(&left, s->source, argv[0])) < 0 ||
	    (r = gv_drift_source_find(&right, s->source, argv[1])) < 0)
		return r;
	if (left == right)
		return gv_err(GV_EUSAGE, "'%s' and '%s' are one environment",
		    argv[0], argv[1]);
	return compare_two(s, left, right);
}

/* Environments that are keys of a file. */
static int
compare_keys(struct gv_ctx *ctx, char **argv, unsigned classes)
{
	struct subject s = { .ctx = ctx, .classes = classes };
	struct gv_buf left = GV_BUF_INIT, right = GV_BUF_INIT;
	int r;

	if ((r = gv_place_from_top(&left, ctx->repo, argv[0])) < 0 ||
	    (r = gv_place_from_top(&right, ctx->repo, argv[1])) < 0 ||
	    (r = gv_drift_source_open_keys(
		 &s.source, ctx->repo, left.p, right.p)) < 0)
		goto out;
	r = compare_two(&s, 0, 1);
	gv_drift_source_close(s.source);
out:
	gv_buf_release(&left);
	gv_buf_release(&right);
	return r;
}

/* The keys that are at hand; NULL where none is: *r tells of other failures. */
static struct gv_safe *
open_safe(int *r, struct gv_ctx *ctx)
{
	struct gv_safe *safe = NULL;

	*r = gv_identity_opt_open(&safe, ctx, NULL);
	if (*r == GV_ENOMEM || *r == GV_ECANCELED)
		return NULL;
	safe = *r < 0 ? NULL : safe;
	*r = 0;
	return safe;
}

/* Resources as the saved states have them. Without a key their names can still
 * be compared. */
static int
compare_states(struct gv_ctx *ctx, char **argv, unsigned classes)
{
	struct subject s = { .ctx = ctx, .classes = classes };
	struct gv_safe *safe;
	int r;

	safe = open_safe(&r, ctx);
	if (r < 0)
		return r;
	if ((r = gv_drift_source_open_states(
		 &s.source, ctx->repo, safe, argv[0], argv[1])) == 0)
		r = compare_two(&s, 0, 1);
	gv_drift_source_close(s.source);
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
	return r;
}

/* An environment as a snapshot has it, and now. */
static int
compare_from(struct gv_ctx *ctx, const char *word, unsigned classes)
{
	const struct gv_drift_cmd_opts *o = ctx->opts;
	struct gv_drift_source *source = NULL;
	struct gv_drift_report report = { .n = 0 };
	struct gv_drift_out pair = { .report = &report };
	struct gv_record rec = { .n_tags = 0 };
	struct gv_safe *safe;
	int r;

	if ((r = gv_record_resolve(&rec, ctx->repo,
		 &(struct gv_record_query){
		     .text = o->from, .deleted = true })) < 0)
		return r;
	safe = open_safe(&r, ctx);
	if (r < 0 ||
	    (r = gv_drift_source_open_from(
		 &source, ctx->repo, &rec, safe, word)) < 0 ||
	    (r = gv_drift_compare(&report, source->drift, 0, 1)) < 0)
		goto out;
	pair.left = source->envs[0].name;
	pair.right = source->envs[1].name;
	gv_drift_out_pair(ctx, &pair, classes);
	r = status_of(o, &pair, 1, classes);
out:
	gv_drift_report_release(&report);
	gv_drift_source_close(source);
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
	gv_record_release(&rec);
	return r;
}

static int
compare_all(const struct subject *s)
{
	const struct gv_drift_source *source = s->source;
	const size_t n = source->n_envs;
	struct gv_drift_report *reports = calloc(n * n + 1, sizeof(*reports));
	struct gv_drift_out *pairs = calloc(n * n + 1, sizeof(*pairs));
	const char *names[GV_DRIFT_CMD_ENVS];
	size_t a, b, i = 0;
	int r = reports && pairs ? 0 : gv_err_nomem();

	for (a = 0; r == 0 && a < n; a++) {
		names[a] = source->envs[a].name;
		for (b = a + 1; r == 0 && b < n; b++, i++) {
			pairs[i] = (struct gv_drift_out){ names[a],
				source->envs[b].name, &reports[i] };
			r = compare(&reports[i], s, (unsigned)a, (unsigned)b);
		}
	}
	if (r == 0 && s->ctx->json)
		r = blame(s, reports, i);
	if (r == 0 &&
	    (r = gv_drift_out_all(s->ctx, pairs, names, n, s->classes)) == 0)
		r = status_of(s->ctx->opts, pairs, i, s->classes);
	while (reports && i > 0)
		gv_drift_report_release(&reports[--i]);
	free(reports);
	free(pairs);
	return r;
}

/* --since without environments is for all of them. */
static bool
compares_all(const struct gv_drift_cmd_opts *o, int argc)
{
	return o->all || (o->since && !o->from && argc == 0);
}

static int
check_opts(const struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_drift_cmd_opts *o = ctx->opts;

	if (o->reason || o->until || o->owner)
		return gv_err(
		    GV_EUSAGE, "--reason, --until and --owner go with accept");
	if (o->from && o->all)
		return gv_err(GV_EUSAGE, "--from and --all exclude each other");
	if (compares_all(o, argc) ? argc != 0 : argc != (o->from ? 1 : 2))
		return gv_err(GV_EUSAGE,
		    o->all        ? "--all takes no environments"
			: o->from ? "--from takes one environment"
				  : "two environments are needed, or --all");
	if (o->patch &&
	    (o->all || o->from || o->since || o->classes || ctx->json))
		return gv_err(GV_EUSAGE,
		    "--patch does not go with --all, --from, --since, --class "
		    "and --json");
	if (o->comments && (o->from || o->state || o->patch))
		return gv_err(GV_EUSAGE,
		    "--comments does not go with --from, --state and --patch");
	if (o->state && (o->all || o->from || o->since || o->patch))
		return gv_err(GV_EUSAGE,
		    "--state does not go with --all, --from, --since and "
		    "--patch");
	if (o->since && o->from)
		return gv_err(
		    GV_EUSAGE, "--since and --from exclude each other");
	if (argc && !o->from && strchr(argv[0], '#') && (o->since || o->patch))
		return gv_err(
		    GV_EUSAGE, "FILE#KEY does not go with --since and --patch");
	return 0;
}

/* A snapshot has secrets encrypted, a commit has what it has. */
static int
open_secrets(struct subject *s, const struct gv_drift_when *when)
{
	int r;

	if (when->is_commit)
		return 0;
	s->safe = open_safe(&r, s->ctx);
	if (s->safe == NULL)
		return r;
	if ((r = gv_record_resolve(&s->rec, s->ctx->repo,
		 &(struct gv_record_query){
		     .text = when->name, .deleted = true })) < 0)
		return r;
	return gv_drift_source_open_secrets(s->then, &s->rec, s->safe);
}

static int
open_then(struct subject *s, const char *text)
{
	struct gv_drift_when when;
	int r = gv_drift_when(&when, s->ctx->repo, text);

	if (r < 0)
		return r;
	gv_out_detail(s->ctx->out, "compared with %s %s",
	    when.is_commit ? "commit" : "snapshot", when.name);
	r = gv_drift_source_open_tree(
	    &s->then, s->ctx->repo, &when.tree, s->source);
	return r < 0 ? r : open_secrets(s, &when);
}

/* Two environments, or without argv all of them. */
static int
compare_envs(struct gv_ctx *ctx, char **argv, unsigned classes)
{
	const struct gv_drift_cmd_opts *o = ctx->opts;
	struct subject s = { .ctx = ctx, .classes = classes };
	size_t n;
	int r;

	if ((r = gv_drift_source_open(&s.source, ctx->repo)) < 0 ||
	    (o->since && (r = open_then(&s, o->since)) < 0))
		goto out;
	n = s.source->n_envs;
	if (argv)
		r = compare_named(&s, argv);
	else if (n < 2 || n > GV_DRIFT_CMD_ENVS)
		r = gv_err(GV_EREFUSED,
		    "--all compares 2 to %d environments, and there %s %zu; "
		    "to list them: git vault env",
		    GV_DRIFT_CMD_ENVS, n == 1 ? "is" : "are", n);
	else
		r = compare_all(&s);
out:
	gv_drift_source_close(s.then);
	gv_drift_source_close(s.source);
	gv_identity_opt_tell(ctx, s.safe);
	gv_safe_close(s.safe);
	gv_record_release(&s.rec);
	return r;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_drift_cmd_opts *o = ctx->opts;
	const bool is_accept = argc > 0 && strcmp(argv[0], "accept") == 0;
	unsigned classes;
	int r;

	if (ctx->repo->worktree == NULL && (is_accept || o->from))
		return gv_err(GV_EREFUSED,
		    "%s needs a working tree, and %s is a bare repository; "
		    "run it in a clone",
		    is_accept ? "'drift accept'" : "--from",
		    ctx->repo->git_dir);
	if (is_accept)
		return gv_drift_cmd_accept(ctx, argc, argv);
	if ((r = find_classes(&classes, o->classes)) < 0 ||
	    (r = check_opts(ctx, argc, argv)) < 0)
		return r;
	if (o->from)
		return compare_from(ctx, argv[0], classes);
	if (o->state)
		return compare_states(ctx, argv, classes);
	if (compares_all(ctx->opts, argc))
		return compare_envs(ctx, NULL, classes);
	if (strchr(argv[0], '#'))
		return compare_keys(ctx, argv, classes);
	return compare_envs(ctx, argv, classes);
}
const struct gv_cmd cmd_drift = {
	.name = "drift",
	.summary = "show where two environments differ and should not",
	.usage =
	    "[--class LIST] [--strict] [--comments] [--since WHEN] ENV ENV\n"
	    "[--class LIST] [--strict] [--comments] FILE#KEY FILE#KEY\n"
	    "[--class LIST] [--strict] --state ENV ENV\n"
	    "[--strict] --patch ENV ENV\n"
	    "[--class LIST] [--strict] [--since WHEN] --all\n"
	    "[--class LIST] [--strict] --since WHEN\n"
	    "[--class LIST] [--strict] --from SNAP ENV\n"
	    "accept [--state] --reason TEXT [--until DATE] [--owner OWNER] KEY...",
	.group = GV_CMD_DEPLOY,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct gv_drift_cmd_opts),
	.min_args = 0,
	.max_args = -1,
	.args = { GV_OPT_ENV, GV_OPT_ENV },
	.run = run,
};
