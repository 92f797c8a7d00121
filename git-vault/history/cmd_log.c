#include "git-vault/front/cmd.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/history/log_change.h"
#include "git-vault/history/log_former.h"
#include "git-vault/history/log_line.h"
#include "git-vault/history/log_pick.h"
#include "git-vault/history/log_snapshots.h"
#include "git-vault/look/reveal_out.h"
#include "record/record.h"
#include "record/record_filter.h"
#include "repo/repo.h"
#include "view/history.h"
#include "view/saved.h"

#define ABBREV 10 /* digits of a version's object */

/* A history goes back over that many names of a file. */
#define MOST_NAMES 32

enum form {
	FORM_TABLE,
	FORM_PATCH,
	FORM_STAT,
	FORM_NAME_STATUS,
};

/* The option of git for what is printed below each version. */
static const char *const forms[] = {
	[FORM_PATCH] = "--patch",
	[FORM_STAT] = "--stat",
	[FORM_NAME_STATUS] = "--name-status",
};

struct log_opts {
	int form;
	const char *since, *until;
	int64_t limit;
	bool metadata, is_auto;
	const char *string, *regex;
	struct gv_reveal_opts reveal;
};

static const struct gv_opt opts[] = { { .type = GV_OPT_SET,
					  .letter = 'p',
					  .name = "patch",
					  .value = FORM_PATCH,
					  .at = offsetof(struct log_opts, form),
					  .help = "show the changed lines" },
	{ .type = GV_OPT_SET,
	    .name = "stat",
	    .value = FORM_STAT,
	    .at = offsetof(struct log_opts, form),
	    .help = "show how many lines changed in each file" },
	{ .type = GV_OPT_SET,
	    .name = "name-status",
	    .value = FORM_NAME_STATUS,
	    .at = offsetof(struct log_opts, form),
	    .help = "show paths and how each changed" },
	{ .type = GV_OPT_STRING,
	    .name = "since",
	    .arg = "TIME",
	    .at = offsetof(struct log_opts, since),
	    .help = "only what came at this time or later" },
	{ .type = GV_OPT_STRING,
	    .name = "until",
	    .arg = "TIME",
	    .at = offsetof(struct log_opts, until),
	    .help = "only what came at this time or before" },
	{ .type = GV_OPT_BOOL,
	    .name = "auto",
	    .at = offsetof(struct log_opts, is_auto),
	    .help = "look at automatic saves of this working tree, too" },
	{ .type = GV_OPT_BOOL,
	    .name = "metadata",
	    .at = offsetof(struct log_opts, metadata),
	    .help = "count changed times, owners and attributes as "
		    "versions" },
	{ .type = GV_OPT_INT,
	    .letter = 'n',
	    .name = "limit",
	    .arg = "N",
	    .at = offsetof(struct log_opts, limit),
	    .help = "show at most the N newest" },
	{ .type = GV_OPT_STRING,
	    .letter = 'S',
	    .arg = "STRING",
	    .at = offsetof(struct log_opts, string),
	    .help = "find where this string was added or removed" },
	{ .type = GV_OPT_STRING,
	    .letter = 'G',
	    .arg = "REGEX",
	    .at = offsetof(struct log_opts, regex),
	    .help = "find changed lines that match this expression" },
	GV_REVEAL_OPTS(struct log_opts, reveal),
	GV_IDENTITY_OPT(struct log_opts, reveal.identities), GV_OPT_LAST };

static const struct log_opts defaults = { .limit = -1 };

static const struct gv_out_column columns[] = {
	{ .head = "CHANGE" },
	{ .head = "AGE", .whole = true },
	{ .head = "MODE", .extra = 2 },
	{ .head = "SIZE", .right = true },
	{ .head = "VERSION", .whole = true },
	{ .head = "SNAPSHOTS", .right = true, .extra = 1 },
	{ .head = "FIRST", .whole = true },
	{ .head = "LAST", .whole = true },
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *const changes[] = {
	[GV_HISTORY_ADDED] = "added",
	[GV_HISTORY_CHANGED] = "changed",
	[GV_HISTORY_MODE] = "mode",
	[GV_HISTORY_TYPE] = "type",
	[GV_HISTORY_METADATA] = "metadata",
	[GV_HISTORY_REMOVED] = "removed",
};

struct log {
	struct gv_ctx *ctx;
	const struct log_opts *opts;
	const char *const *paths;
	struct gv_record_filter filter;
	struct gv_history h;
	int64_t shown;
	struct gv_reveal_keys keys;
	struct gv_log_change change;
};

static const struct gv_record *
record_at(const struct log *l, size_t place)
{
	return &l->h.snapshots.records[place];
}

static const char *
id_at(const struct log *l, size_t place)
{
	return record_at(l, place)->id;
}

static const struct gv_history_run *
newest_run(const struct gv_history_version *v)
{
	return &v->runs[v->n_runs - 1];
}

/* --- text --- */

/* The cells that only some versions have: "-" for the others. */
static void
describe(const struct gv_history_version *v, char mode[16],
    char size[GV_OUT_SIZE_MAX], char oid[GV_OID_HEX + 1])
{
	memcpy(mode, "-", 2);
	memcpy(size, "-", 2);
	memcpy(oid, "-", 2);
	if (!v->there)
		return;
	if (v->is_set) {
		gv_out_count(size, v->size, "file");
		return;
	}
	snprintf(mode, 16, "%06o", v->mode);
	gv_oid_format(oid, &v->oid);
	oid[ABBREV] = '\0';
	if (v->has_size)
		gv_out_size(size, v->size);
}

static enum gv_out_slot
slot_of(enum gv_history_change change)
{
	switch (change) {
	case GV_HISTORY_ADDED:
		return GV_OUT_ADDED;
	case GV_HISTORY_REMOVED:
		return GV_OUT_REMOVED;
	case GV_HISTORY_METADATA:
		return GV_OUT_DIM;
	default:
		return GV_OUT_CHANGED;
	}
}

static void
print_row(struct log *l, const struct gv_history_version *v)
{
	struct gv_out *out = l->ctx->out;
	char mode[16], size[GV_OUT_SIZE_MAX], oid[GV_OID_HEX + 1];
	char age[GV_TIME_MAX];

	describe(v, mode, size, oid);
	gv_time_relative(
	    age, record_at(l, v->runs[0].first)->time, l->ctx->now);
	gv_out_cell(out, slot_of(v->runs[0].change), "%s%s",
	    changes[v->runs[0].change], v->n_runs > 1 ? ", came back" : "");
	gv_out_cell_text(out, GV_OUT_DIM, age);
	gv_out_cell_text(out, GV_OUT_PLAIN, mode);
	gv_out_cell_text(out, GV_OUT_PLAIN, size);
	gv_out_cell_id(out, GV_OUT_PLAIN, oid);
	gv_out_cell(out, GV_OUT_PLAIN, "%zu", v->n);
	gv_out_cell_id(out, GV_OUT_ID, id_at(l, v->runs[0].first));
	gv_out_cell_id(out, GV_OUT_ID, id_at(l, newest_run(v)->last));
}

static void
print_runs(struct log *l, const struct gv_history_version *v)
{
	struct gv_out *out = l->ctx->out;
	char age[GV_TIME_MAX], n[GV_OUT_SIZE_MAX];
	size_t i;

	for (i = 0; i < v->n_runs; i++) {
		const struct gv_history_run *run = &v->runs[i];

		gv_time_relative(
		    age, record_at(l, run->first)->time, l->ctx->now);
		gv_out_count(n, run->n, "snapshot");
		gv_out_printf(out, "%-8s%s", i ? "Again:" : "Held:", n);
		gv_out_printf(
		    out, ", %s", gv_out_short_id(out, id_at(l, run->first)));
		if (run->n > 1)
			gv_out_printf(out, " to %s",
			    gv_out_short_id(out, id_at(l, run->last)));
		gv_out_printf(out, " (%s)\n", age);
	}
}

/* Whether a snapshot that git could not read was deleted meanwhile; that is
 * said at the end, and nothing is wrong. */
static bool
excuse(struct log *l, size_t snapshot)
{
	if (snapshot == GV_HISTORY_NONE ||
	    !gv_history_is_lost(&l->h, l->ctx->repo, snapshot))
		return false;
	gv_buf_addf(&l->h.damaged,
	    "snapshot %s was deleted while its changes were printed\n",
	    id_at(l, snapshot));
	return true;
}

/* Of a version that git cannot print; the others may be smaller, or whole. That
 * is said at the end, too. */
static int
pass_over(struct log *l, size_t snapshot)
{
	gv_buf_addf(&l->h.damaged,
	    "not every change in snapshot %s is printed: %s\n",
	    id_at(l, snapshot), gv_err_message());
	return gv_buf_check(&l->h.damaged);
}

/* A version with what git prints of it: against what stood before when it
 * first came. */
static int
print_block(struct log *l, const struct gv_history_version *v)
{
	struct gv_out *out = l->ctx->out;
	char mode[16], size[GV_OUT_SIZE_MAX], oid[GV_OID_HEX + 1];
	size_t first = v->runs[0].first, before = v->runs[0].before;
	int r;

	describe(v, mode, size, oid);
	gv_out_paint(out, slot_of(v->runs[0].change), "%s%s",
	    l->shown > 1 ? "\n" : "", changes[v->runs[0].change]);
	if (v->there && v->is_set)
		gv_out_printf(out, " (%s)", size);
	else if (v->there)
		gv_out_printf(out, " %s (mode %s%s%s)", oid, mode,
		    *size == '-' ? "" : ", ", *size == '-' ? "" : size);
	gv_out_printf(out, "\n");
	print_runs(l, v);
	gv_out_printf(out, "\n");
	r = gv_log_change_print(l->ctx, &l->change,
	    before == GV_HISTORY_NONE ? NULL : record_at(l, before),
	    record_at(l, first));
	if (r < 0 && (excuse(l, first) || excuse(l, before)))
		return 0;
	return gv_log_change_is_of_one(l->ctx, r) ? pass_over(l, first) : r;
}

/* --- JSON --- */

static void
put_run(struct log *l, const struct gv_history_run *run)
{
	struct gv_json *j = l->ctx->json;

	gv_json_string(j, "change", changes[run->change]);
	gv_json_time(j, "time", record_at(l, run->first)->time);
	gv_json_string(j, "first", id_at(l, run->first));
	gv_json_string(j, "last", id_at(l, run->last));
	gv_json_uint(j, "snapshots", run->n);
}

static void
print_json(struct log *l, const struct gv_history_version *v)
{
	struct gv_json *j = l->ctx->json;
	char mode[16];
	bool is_one = v->there && !v->is_set;
	size_t i;

	snprintf(mode, sizeof(mode), "%06o", v->mode);
	gv_json_object(j, NULL);
	gv_json_string(j, "change", changes[v->runs[0].change]);
	gv_json_time(j, "time", record_at(l, v->runs[0].first)->time);
	gv_json_bool(j, "present", v->there);
	gv_json_string(j, "mode", is_one ? mode : NULL);
	if (is_one)
		gv_json_oid(j, "object", &v->oid);
	else
		gv_json_null(j, "object");
	if (v->has_size)
		gv_json_uint(j, "bytes", v->size);
	else
		gv_json_null(j, "bytes");
	if (v->is_set)
		gv_json_uint(j, "files", v->size);
	gv_json_string(j, "first", id_at(l, v->runs[0].first));
	gv_json_string(j, "last", id_at(l, newest_run(v)->last));
	gv_json_uint(j, "snapshots", v->n);
	gv_json_array(j, "runs");
	for (i = 0; i < v->n_runs; i++) {
		gv_json_object(j, NULL);
		put_run(l, &v->runs[i]);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

/* --- all of it --- */

/* Whether it came, or came back, in the time that is asked for. */
static bool
is_wanted(const struct log *l, const struct gv_history_version *v)
{
	size_t i;

	for (i = 0; i < v->n_runs; i++)
		if (gv_record_filter_takes(
			&l->filter, record_at(l, v->runs[i].first)))
			return true;
	return false;
}

static int
print_versions(struct log *l)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < l->h.n; i++) {
		const struct gv_history_version *v = &l->h.versions[i];

		if (l->opts->limit >= 0 && l->shown >= l->opts->limit)
			break;
		if (gv_out_stopped(l->ctx->out))
			break;
		if (!is_wanted(l, v))
			continue;
		l->shown++;
		if (l->ctx->json)
			print_json(l, v);
		else if (l->opts->form == FORM_TABLE)
			print_row(l, v);
		else
			r = print_block(l, v);
	}
	return r;
}

/* Name the damaged snapshots; the result is then "done in part". */
static int
tell_damaged(struct log *l)
{
	struct gv_json *j = l->ctx->json;
	char *line = l->h.damaged.p, *nl;

	if (j)
		gv_json_array(j, "damaged");
	for (; (nl = strchr(line, '\n')); line = nl + 1) {
		*nl = '\0';
		gv_out_warn(l->ctx->out, "%s", line);
		if (j)
			gv_json_string(j, NULL, line);
	}
	if (j)
		gv_json_end(j);
	return l->h.damaged.len ? 3 : 0;
}

/* The path of a file from the top, as git takes it where the user is. */
static int
add_path(struct gv_buf *out, const struct gv_ctx *ctx, const char *path)
{
	const char *p;

	for (p = ctx->repo->prefix ? ctx->repo->prefix : ""; *p; p++)
		if (*p == '/')
			gv_buf_addstr(out, "../");
	gv_buf_addstr(out, path);
	return gv_buf_check(out);
}

static int
print_one_earlier(struct log *l, const char *path)
{
	struct gv_json *j = l->ctx->json;
	const bool table = j == NULL && l->opts->form == FORM_TABLE;
	int r;

	if (j) {
		gv_json_object(j, NULL);
		gv_json_path(j, "path", path, strlen(path));
		gv_json_array(j, "versions");
	} else {
		gv_out_printf(l->ctx->out, "\nBefore it was renamed, as ");
		gv_out_path(l->ctx->out, path, strlen(path));
		gv_out_printf(l->ctx->out, ":\n");
	}
	if (table)
		gv_out_columns(l->ctx->out, columns, N_COLUMNS);
	r = print_versions(l);
	if (table)
		gv_out_columns_end(l->ctx->out);
	if (j) {
		gv_json_end(j);
		gv_json_end(j);
	}
	return r;
}

/* Go on under the path that the file had before; 0: there is none. */
static int
go_earlier(struct log *l, struct gv_buf *at)
{
	struct gv_buf former = GV_BUF_INIT, spec = GV_BUF_INIT;
	const char *paths[] = { NULL, NULL };
	int r = gv_log_former(&former, l->ctx->repo, &l->h, at->p);

	if (r <= 0 || (r = add_path(&spec, l->ctx, former.p)) < 0)
		goto out;
	paths[0] = spec.p;
	gv_history_release(&l->h);
	l->paths = l->change.paths = paths;
	r = gv_history_load(&l->h, l->ctx->repo,
	    &(struct gv_history_opts){ .paths = paths,
		.of = l->opts->is_auto ? GV_HISTORY_OF_BOTH
				       : GV_HISTORY_OF_SNAPSHOTS,
		.metadata = l->opts->metadata });
	if (r == 0)
		r = print_one_earlier(l, former.p);
	gv_buf_reset(at);
	gv_buf_addstr(at, former.p);
	r = r < 0 ? r : gv_buf_check(at) < 0 ? GV_ENOMEM : 1;
out:
	gv_buf_release(&former);
	gv_buf_release(&spec);
	return r;
}

/* Of one file, what it was before it was renamed, and so on. What is damaged
 * was named. */
static int
print_earlier(struct log *l, int so_far)
{
	const char *const *paths = l->paths;
	struct gv_buf at = GV_BUF_INIT;
	unsigned hops;
	int r = paths[1] ? 0 : gv_log_line_path(&at, l->ctx, paths[0]);

	if (l->ctx->json)
		gv_json_array(l->ctx->json, "earlier");
	for (hops = 0; r == 0 && at.len && hops < MOST_NAMES; hops++) {
		if (l->opts->limit >= 0 && l->shown >= l->opts->limit)
			break;
		if ((r = go_earlier(l, &at)) <= 0)
			break;
		r = 0;
	}
	if (l->ctx->json)
		gv_json_end(l->ctx->json);
	l->paths = l->change.paths = paths;
	gv_buf_release(&at);
	return r < 0 ? r : so_far;
}

static int
print_all(struct log *l)
{
	struct gv_json *j = l->ctx->json;
	bool table = j == NULL && l->opts->form == FORM_TABLE;
	int r;

	if (j) {
		gv_json_object(j, NULL);
		gv_json_array(j, "versions");
	} else if (table) {
		gv_out_columns(l->ctx->out, columns, N_COLUMNS);
	}
	r = print_versions(l);
	if (j)
		gv_json_end(j);
	else if (table)
		gv_out_columns_end(l->ctx->out);
	if (r == 0)
		r = tell_damaged(l);
	if (r >= 0)
		r = print_earlier(l, r);
	if (r >= 0)
		r = gv_log_line(l->ctx, l->paths[1] ? "" : l->paths[0], r);
	if (j)
		gv_json_end(j);
	return r;
}

/* Of what no snapshot ever held, a save may have it. */
static int
show_history(struct log *l)
{
	const bool is_auto = l->opts->is_auto;
	int r = gv_history_load(&l->h, l->ctx->repo,
	    &(struct gv_history_opts){ .paths = l->paths,
		.of = is_auto ? GV_HISTORY_OF_BOTH : GV_HISTORY_OF_SNAPSHOTS,
		.metadata = l->opts->metadata });

	if (r == GV_ENOTFOUND && !is_auto)
		r = gv_saved_offer(r, l->ctx->repo, l->paths, NULL);
	return r < 0 ? r : print_all(l);
}

static int
check(const struct gv_ctx *ctx, int argc)
{
	const struct log_opts *o = ctx->opts;
	const bool picks = o->string || o->regex;

	if (picks && (o->form != FORM_TABLE || o->metadata))
		return gv_err(GV_EUSAGE,
		    "-S and -G print a table; to see a change: git vault diff");
	if (o->string && o->regex)
		return gv_err(GV_EUSAGE, "give -S or -G, not both");
	if (argc == 0 && o->metadata)
		return gv_err(GV_EUSAGE,
		    "--metadata is for the versions of one path; give the "
		    "path");
	if (!picks && o->reveal.secrets && (ctx->json || o->form != FORM_PATCH))
		return gv_err(GV_EUSAGE,
		    "--secrets is for 'log -p'; leave out --json and other "
		    "forms");
	return 0;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct log_opts *o = ctx->opts;
	struct log l = { .ctx = ctx,
		.opts = o,
		.paths = (const char *const *)argv,
		.filter = { .since = o->since, .until = o->until },
		.h = { .damaged = GV_BUF_INIT },
		.keys = { .asked = &o->reveal } };
	int r;

	l.change = (struct gv_log_change){
		.form = forms[o->form], .paths = l.paths, .keys = &l.keys
	};
	if ((r = gv_record_filter_init(&l.filter)) < 0 ||
	    (r = check(ctx, argc)) < 0)
		goto out;
	if (o->string || o->regex)
		r = gv_log_pick(ctx,
		    &(struct gv_log_pick){ .string = o->string,
			.regex = o->regex,
			.paths = argv,
			.filter = &l.filter,
			.limit = o->limit,
			.with_saves = o->is_auto },
		    &l.keys);
	else if (argc == 0)
		r = gv_log_snapshots(ctx,
		    &(struct gv_log_snapshots){ .change = &l.change,
			.filter = &l.filter,
			.limit = o->limit,
			.with_saves = o->is_auto });
	else
		r = show_history(&l);
out:
	gv_reveal_keys_close(&l.keys, ctx);
	gv_history_release(&l.h);
	gv_record_filter_release(&l.filter);
	return r;
}

const struct gv_cmd cmd_log = {
	.name = "log",
	.summary = "show what each snapshot changed, or the history of a path",
	.usage =
	    "[-p | --stat | --name-status] [--secrets] [--since TIME] "
	    "[--until TIME] [--auto] [-n N]\n"
	    "[-p | --stat | --name-status] [--secrets] [--since TIME] "
	    "[--until TIME] [--auto] [--metadata] [-n N] [--] PATHSPEC...\n"
	    "-S STRING [--secrets] [--since TIME] [--until TIME] "
	    "[--auto] [-n N] [--] [PATH...]\n"
	    "-G REGEX [--secrets] [--since TIME] [--until TIME] "
	    "[--auto] [-n N] [--] [PATH...]",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct log_opts),
	.defaults = &defaults,
	.max_args = -1,
	.args = { GV_OPT_INSIDE },
	.run = run,
};
