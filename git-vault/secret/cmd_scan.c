#include "git-vault/front/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "detect/baseline.h"
#include "detect/sweep.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/place.h"
#include "git-vault/front/progress.h"
#include "git-vault/secret/finding_out.h"
#include "record/record_resolve.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "sys/outfile.h"
#include "sys/tty.h"

#define FINGERPRINT_MIN (GV_IDKEY_NAME + 1 + 4) /* of one, to name it */

struct scan_opts {
	const char *path, *explain, *baseline, *write_baseline, *range, *stored;
	struct gv_opt_list identities;
	int format, grade;
	bool staged, stdin, all_history, list_rules, show_secrets;
};

static const struct scan_opts defaults = { .grade = GV_FINDING_LIKELY };

/* By enum gv_finding_out_format and enum gv_finding_grade. */
static const char *const formats[] = { "text", "json", "csv", "sarif", "junit",
	"gitlab", NULL };
static const char *const grades[] = { "example", "possible", "likely",
	"verified", NULL };

static const struct gv_opt opts[] = { { .type = GV_OPT_BOOL,
					  .name = "staged",
					  .at = offsetof(
					      struct scan_opts, staged),
					  .help = "scan what is staged" },
	{ .type = GV_OPT_STRING,
	    .name = "range",
	    .arg = "A..B",
	    .kind = GV_OPT_REF,
	    .at = offsetof(struct scan_opts, range),
	    .help = "scan what these commits added" },
	{ .type = GV_OPT_BOOL,
	    .name = "all-history",
	    .at = offsetof(struct scan_opts, all_history),
	    .help = "scan every version of every file in all refs, "
		    "snapshots and the trash" },
	{ .type = GV_OPT_STRING,
	    .name = "stored",
	    .arg = "SNAP",
	    .kind = GV_OPT_SNAPSHOT,
	    .at = offsetof(struct scan_opts, stored),
	    .help = "scan a snapshot as it is stored, and search it for its "
		    "own secrets" },
	GV_IDENTITY_OPT(struct scan_opts, identities),
	{ .type = GV_OPT_BOOL,
	    .name = "stdin",
	    .at = offsetof(struct scan_opts, stdin),
	    .help = "scan standard input" },
	{ .type = GV_OPT_STRING,
	    .name = "path",
	    .arg = "NAME",
	    .at = offsetof(struct scan_opts, path),
	    .help = "the path to report for standard input" },
	{ .type = GV_OPT_CHOICE,
	    .name = "grade",
	    .arg = "GRADE",
	    .choices = grades,
	    .at = offsetof(struct scan_opts, grade),
	    .help = "lowest grade to report: example, possible, likely "
		    "or verified; default: likely" },
	{ .type = GV_OPT_CHOICE,
	    .name = "format",
	    .arg = "FORMAT",
	    .choices = formats,
	    .at = offsetof(struct scan_opts, format),
	    .help = "print text, json, csv, sarif, junit or gitlab" },
	{ .type = GV_OPT_STRING,
	    .name = "baseline",
	    .arg = "FILE",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct scan_opts, baseline),
	    .help = "ignore the findings listed in this file" },
	{ .type = GV_OPT_STRING,
	    .name = "write-baseline",
	    .arg = "FILE",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct scan_opts, write_baseline),
	    .help = "write the findings to a baseline file instead of "
		    "printing them" },
	{ .type = GV_OPT_BOOL,
	    .name = "show-secrets",
	    .at = offsetof(struct scan_opts, show_secrets),
	    .help = "print the secrets, on a terminal only" },
	{ .type = GV_OPT_STRING,
	    .name = "explain",
	    .arg = "WHAT",
	    .at = offsetof(struct scan_opts, explain),
	    .help = "explain the finding at PATH:LINE, or with this "
		    "fingerprint, or this rule" },
	{ .type = GV_OPT_BOOL,
	    .name = "list-rules",
	    .at = offsetof(struct scan_opts, list_rules),
	    .help = "list the rules" },
	GV_OPT_LAST };

static int
check_opts(struct gv_ctx *ctx, int argc)
{
	const struct scan_opts *o = ctx->opts;

	if (o->staged + o->stdin + o->all_history + !!o->range + !!o->stored +
		(argc > 0) >
	    1)
		return gv_err(GV_EUSAGE,
		    "use only one of --staged, --range, --all-history, "
		    "--stored, --stdin or paths");
	if ((o->all_history || o->range || o->stored) && ctx->repo == NULL)
		return gv_err(GV_EUSAGE, "there is no repository here");
	if (o->identities.n && o->stored == NULL)
		return gv_err(GV_EUSAGE, "--identity goes with --stored only");
	if (o->path && !o->stdin)
		return gv_err(GV_EUSAGE,
		    "--path names the content of --stdin; give both");
	if (ctx->json && o->write_baseline &&
	    gv_outfile_is_stdout(o->write_baseline))
		return gv_err(
		    GV_EUSAGE, "with --json, give --write-baseline a file");
	if (ctx->json && o->format != GV_FINDING_OUT_TEXT &&
	    o->format != GV_FINDING_OUT_JSON)
		return gv_err(GV_EUSAGE,
		    "--json and --format %s exclude each other",
		    formats[o->format]);
	if (o->show_secrets &&
	    (ctx->json || o->format != GV_FINDING_OUT_TEXT || !gv_tty_is(1)))
		return gv_err(GV_EUSAGE,
		    "--show-secrets prints values in clear, so it is for text "
		    "on a terminal only");
	if (!o->staged && !o->stdin && argc == 0 && !o->all_history &&
	    o->range == NULL && o->stored == NULL &&
	    (ctx->repo == NULL || ctx->repo->worktree == NULL))
		return gv_err(GV_EUSAGE,
		    "there is no working tree here; name the files or "
		    "directories to scan");
	if (o->staged && (ctx->repo == NULL || ctx->repo->worktree == NULL))
		return gv_err(
		    GV_EUSAGE, "nothing can be staged here: no working tree");
	return 0;
}

static void
say_simple(struct gv_ctx *ctx, const struct gv_sweep_sought *sought)
{
	char count[GV_OUT_SIZE_MAX];

	if (sought->simple && ctx->verbosity > 0) {
		gv_out_count(count, sought->simple, "secret");
		gv_out_say(ctx->out,
		    "%s not searched for, since an equal text would prove "
		    "nothing",
		    count);
	}
}

/* A snapshot as it is stored: by the rules, and by what it encrypts. */
static int
scan_stored(struct gv_ctx *ctx, struct gv_sweep *sweep)
{
	const struct scan_opts *o = ctx->opts;
	struct gv_sweep_sought sought;
	struct gv_record rec;
	struct gv_safe *safe = NULL;
	int r = gv_record_resolve(
	    &rec, ctx->repo, &(struct gv_record_query){ .text = o->stored });

	if (r < 0)
		return r;
	if ((r = gv_sweep_add_record(sweep, &rec)) == 0 &&
	    (r = gv_sweep_run(sweep)) == 0 &&
	    (r = gv_identity_opt_open(&safe, ctx, &o->identities)) == 0 &&
	    (r = gv_sweep_seek_secrets(&sought, sweep, safe, &rec)) == 0)
		say_simple(ctx, &sought);
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
	gv_record_release(&rec);
	return r;
}

static int
scan(struct gv_ctx *ctx, struct gv_sweep *sweep, int argc, char **argv)
{
	const struct scan_opts *o = ctx->opts;
	int r = 0, i;

	if (o->stored)
		return scan_stored(ctx, sweep);

	if (o->stdin)
		return gv_sweep_stream(sweep, 0, o->path);
	if (o->staged)
		r = gv_sweep_add_staged(sweep);
	else if (o->range)
		r = gv_sweep_add_range(sweep, o->range);
	else if (o->all_history)
		r = gv_sweep_add_history(sweep);
	else if (argc == 0)
		r = gv_sweep_add_worktree(sweep);
	for (i = 0; r == 0 && i < argc; i++)
		r = gv_sweep_add_path(sweep, argv[i]);
	return r < 0 ? r : gv_sweep_run(sweep);
}

static size_t
count(const struct gv_sweep *sweep, enum gv_finding_grade grade)
{
	size_t i, n = 0;

	for (i = 0; i < sweep->n; i++)
		n += sweep->findings[i].grade == grade &&
		    sweep->findings[i].allowed == GV_FINDING_OPEN;
	return n;
}

/* "2 likely; not shown: 1 example (see --grade); 3 allowed; not read: 1" */
static void
add_sums(struct gv_buf *out, const struct gv_sweep *sweep, int least)
{
	size_t n, allowed = sweep->n;
	bool hidden = false;
	int g;

	for (g = GV_FINDING_VERIFIED; g >= GV_FINDING_EXAMPLE; g--) {
		n = count(sweep, (enum gv_finding_grade)g);
		allowed -= n;
		if (n == 0)
			continue;
		if (out->len)
			gv_buf_addstr(out, g < least && !hidden ? "; " : ", ");
		if (g < least && !hidden)
			gv_buf_addstr(out, "not shown: ");
		hidden |= g < least;
		gv_buf_addf(out, "%zu %s", n, grades[g]);
	}
	if (hidden)
		gv_buf_addstr(out, " (see --grade)");
	if (out->len == 0)
		gv_buf_addstr(out, "no findings");
	if (allowed)
		gv_buf_addf(out, "; %zu allowed", allowed);
	if (sweep->n_notes)
		gv_buf_addf(out, "; not read: %zu", sweep->n_notes);
	if (sweep->n_shallow)
		gv_buf_addf(
		    out, "; not searched in full: %zu", sweep->n_shallow);
}

/* Whether something was left out that may hold a secret. */
static bool
is_partial(const struct gv_sweep *sweep)
{
	return sweep->n_notes || sweep->n_shallow;
}

/* What was scanned, and how many of each grade there are. */
static void
say_sums(struct gv_ctx *ctx, const struct gv_sweep *sweep)
{
	const struct scan_opts *o = ctx->opts;
	char files[GV_OUT_SIZE_MAX], size[GV_OUT_SIZE_MAX];
	struct gv_buf text = GV_BUF_INIT;

	add_sums(&text, sweep, o->grade);
	gv_out_count(files, sweep->files, "file");
	gv_out_size(size, sweep->bytes);
	gv_out_say(ctx->out, "scanned %s (%s): %s", files, size, text.p);
	gv_buf_release(&text);
}

static void
warn(struct gv_ctx *ctx, const struct gv_sweep *sweep)
{
	struct gv_buf path = GV_BUF_INIT;
	size_t i;

	gv_finding_out_unread(ctx, sweep);
	for (i = 0; i < sweep->n_doubts; i++) {
		const struct gv_sweep_doubt *doubt = &sweep->doubts[i];

		gv_buf_reset(&path);
		gv_path_quote(&path, doubt->path, strlen(doubt->path));
		gv_out_warn(ctx->out, "%s:%u: %s", path.p, doubt->line,
		    gv_sweep_sentences[doubt->matter]);
	}
	gv_buf_release(&path);
	gv_finding_out_keyless(ctx, sweep);
}

static int
show(struct gv_ctx *ctx, const struct gv_sweep *sweep)
{
	const struct scan_opts *o = ctx->opts;
	size_t i;
	int r = gv_finding_out_all(ctx, sweep,
	    (enum gv_finding_out_format)o->format,
	    (enum gv_finding_grade)o->grade);

	if (r < 0)
		return r;
	warn(ctx, sweep);
	say_sums(ctx, sweep);
	for (i = 0; i < sweep->n; i++)
		if (gv_finding_counts(
			&sweep->findings[i], (enum gv_finding_grade)o->grade))
			return 1;
	return is_partial(sweep) ? 3 : 0;
}

static void
print_baseline(struct gv_ctx *ctx, const struct gv_sweep *sweep)
{
	const struct scan_opts *o = ctx->opts;
	size_t i, n = 0;

	for (i = 0; i < sweep->n; i++)
		n += (int)sweep->findings[i].grade >= o->grade;
	gv_json_object(ctx->json, NULL);
	gv_json_path(
	    ctx->json, "file", o->write_baseline, strlen(o->write_baseline));
	gv_json_uint(ctx->json, "findings", n);
	gv_json_end(ctx->json);
}

static int
write_baseline(struct gv_ctx *ctx, const struct gv_sweep *sweep)
{
	const struct scan_opts *o = ctx->opts;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_outfile file = {
		.path = o->write_baseline, .mode = 0666, .replaces = true
	};
	int r = 0;

	warn(ctx, sweep);
	if (sweep->n && sweep->key == NULL)
		r = gv_err(GV_EREFUSED,
		    "a baseline lists fingerprints, and these findings do not "
		    "have any%s",
		    ctx->repo ? "" : " outside of a repository");
	if (r == 0 &&
	    (r = gv_baseline_format(
		 &text, sweep, (enum gv_finding_grade)o->grade)) == 0)
		r = gv_outfile_put(&file, text.p, text.len);
	gv_buf_release(&text);
	if (r == 0 && ctx->json)
		print_baseline(ctx, sweep);
	if (r == 0)
		say_sums(ctx, sweep);
	return r < 0 ? r : is_partial(sweep) ? 3 : 0;
}

/* PATH:LINE, and maybe :COLUMN, as findings are printed. */
static bool
is_place(const char *text)
{
	const char *digits = strrchr(text, ':');

	return digits && digits > text && digits[1] &&
	    strspn(digits + 1, "0123456789") == strlen(digits + 1);
}

/* Outside of a repository paths begin with ./ where a folder was scanned. */
static const char *
without_dot(const char *path)
{
	return strncmp(path, "./", 2) == 0 ? path + 2 : path;
}

static bool
is_at(const struct gv_finding *f, const char *place)
{
	const char *path = without_dot(f->path);
	const size_t n = strlen(path);
	char numbers[48];
	size_t len;

	place = without_dot(place);
	if (strncmp(path, place, n) != 0)
		return false;
	snprintf(numbers, sizeof(numbers), ":%u:%u", f->line, f->column);
	place += n;
	len = strlen(place);
	return strncmp(numbers, place, len) == 0 &&
	    (numbers[len] == '\0' || numbers[len] == ':');
}

static bool
has_fingerprint(const struct gv_sweep *sweep, const struct gv_finding *f,
    const char *prefix)
{
	char text[GV_IDKEY_TEXT + 1];

	if (sweep->key == NULL)
		return false;
	gv_idkey_format(text, sweep->key, &f->fingerprint);
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Several of one fingerprint are the same value in one file; of several on a
 * line the first is meant. */
static bool
explain_first(struct gv_ctx *ctx, const struct gv_sweep *sweep,
    const char *what, bool by_place)
{
	size_t i;

	for (i = 0; i < sweep->n; i++) {
		const struct gv_finding *f = &sweep->findings[i];

		if (by_place ? is_at(f, what)
			     : has_fingerprint(sweep, f, what)) {
			gv_finding_out_explain(ctx, sweep, f);
			return true;
		}
	}
	return false;
}

/* Findings have paths from the top; people write them from where they are. */
static bool
explain_from_here(
    struct gv_ctx *ctx, const struct gv_sweep *sweep, const char *place)
{
	struct gv_buf top = GV_BUF_INIT;
	bool found = false;

	if (ctx->repo == NULL || ctx->repo->worktree == NULL)
		return false;
	if (gv_place_from_top(&top, ctx->repo, place) == 0)
		found = explain_first(ctx, sweep, top.p, true);
	gv_buf_release(&top);
	return found;
}

static int
explain(struct gv_ctx *ctx, const struct gv_sweep *sweep, const char *what)
{
	const bool by_place = is_place(what);

	if (explain_first(ctx, sweep, what, by_place) ||
	    (by_place && explain_from_here(ctx, sweep, what)))
		return 0;
	warn(ctx, sweep);
	return by_place
	    ? gv_err(GV_ENOTFOUND,
		  "nothing was found that begins at %s; to list all findings: "
		  "git vault scan --grade example",
		  what)
	    : gv_err(GV_ENOTFOUND,
		  "nothing that was scanned has the fingerprint %s", what);
}

static bool
is_fingerprint(const char *text)
{
	size_t n = strlen(text);

	return n >= FINGERPRINT_MIN && n <= GV_IDKEY_TEXT &&
	    text[GV_IDKEY_NAME] == '-' &&
	    strspn(text, "0123456789abcdef") == GV_IDKEY_NAME &&
	    strspn(text + GV_IDKEY_NAME + 1, "0123456789abcdef") ==
	    n - GV_IDKEY_NAME - 1;
}

/* 1: it was a rule; 0: it may be a finding. */
static int
explain_rule(struct gv_ctx *ctx, const struct gv_sweep *sweep, const char *what)
{
	size_t n, i;
	const struct gv_finding_rule *rules = gv_sweep_rules(sweep, &n);

	for (i = 0; i < n; i++)
		if (strcmp(rules[i].id, what) == 0) {
			gv_finding_out_rule(ctx, &rules[i]);
			return 1;
		}
	return is_fingerprint(what) || is_place(what)
	    ? 0
	    : gv_err(GV_EUSAGE,
		  "'%s' is neither a rule (see --list-rules) nor a "
		  "fingerprint, nor PATH:LINE of a finding",
		  what);
}

static void
list_rules(struct gv_ctx *ctx, const struct gv_sweep *sweep)
{
	size_t n;
	const struct gv_finding_rule *rules = gv_sweep_rules(sweep, &n);

	gv_finding_out_rules(ctx, rules, n);
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct scan_opts *o = ctx->opts;
	const struct gv_sweep_opts how = { .repo = ctx->repo,
		.keep_values = o->show_secrets,
		.baseline = o->baseline,
		.now = ctx->now,
		.begin = gv_progress_on_begin,
		.add = gv_progress_on_add,
		.progress = ctx->progress };
	struct gv_sweep *sweep = NULL;
	int r = gv_sweep_new(&sweep, &how), done = 0;

	if (r == 0 && o->list_rules) {
		list_rules(ctx, sweep);
		goto out;
	}
	if (r == 0 && o->explain)
		r = done = explain_rule(ctx, sweep, o->explain);
	if (done > 0) {
		r = 0;
		goto out;
	}
	if (r == 0 && (r = check_opts(ctx, argc)) == 0 &&
	    (r = scan(ctx, sweep, argc, argv)) == 0)
		r = o->explain          ? explain(ctx, sweep, o->explain)
		    : o->write_baseline ? write_baseline(ctx, sweep)
					: show(ctx, sweep);
out:
	gv_sweep_free(sweep);
	return r;
}

const struct gv_cmd cmd_scan = {
	.name = "scan",
	.summary = "find secrets in files, commits and history",
	.usage = "[--grade GRADE] [--format FORMAT] [--show-secrets] "
		 "[--baseline FILE] [PATH...]\n"
		 "--staged [--grade GRADE] [--format FORMAT] "
		 "[--baseline FILE]\n"
		 "--range A..B [--grade GRADE] [--format FORMAT] "
		 "[--baseline FILE]\n"
		 "--all-history [--grade GRADE] [--format FORMAT] "
		 "[--baseline FILE]\n"
		 "--stored SNAP [--identity FILE] [--grade GRADE] "
		 "[--format FORMAT] [--baseline FILE]\n"
		 "--stdin [--path NAME] [--grade GRADE] [--format FORMAT]\n"
		 "--write-baseline FILE [--grade GRADE] [PATH...]\n"
		 "--explain WHAT [--staged | PATH...]\n"
		 "--list-rules",
	.group = GV_CMD_SECRET,
	.flags = GV_CMD_REPO_IF | GV_CMD_FORMAT,
	.opts = opts,
	.opts_size = sizeof(struct scan_opts),
	.defaults = &defaults,
	.max_args = -1,
	.args = { GV_OPT_PATH },
	.run = run,
};
