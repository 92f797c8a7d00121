#include "git-vault/front/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/near.h"
#include "base/time.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/project_line.h"
#include "git-vault/look/autosave_out.h"
#include "git-vault/look/record_out.h"
#include "git-vault/look/remote_out.h"
#include "git-vault/look/trash_out.h"
#include "git-vault/look/trigger.h"
#include "record/latest.h"
#include "record/mark.h"
#include "record/own.h"
#include "record/record_filter.h"
#include "record/record_load.h"
#include "record/record_walk.h"
#include "remote/remote.h"
#include "replica/copies.h"
#include "repo/repo.h"
#include "vault/author.h"
#include "verify/verified.h"
#include "view/history.h"
#include "view/whereabouts.h"

#define ABBREV   10 /* digits of the base commit */
#define SHORT_ID 8  /* digits that an id ends with */

struct list_opts {
	struct gv_opt_list tags, patterns, paths;
	const char *branch, *host, *environment, *trigger, *since, *until;
	const char *on, *not_on;
	int64_t limit;
	bool id_only, oneline, deleted, is_auto;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_LIST,
	    .name = "tag",
	    .arg = "TAG",
	    .at = offsetof(struct list_opts, tags),
	    .help = "only snapshots with this tag; if repeated, with all "
		    "of them" },
	{ .type = GV_OPT_STRING,
	    .name = "branch",
	    .arg = "BRANCH",
	    .kind = GV_OPT_REF,
	    .at = offsetof(struct list_opts, branch),
	    .help = "only snapshots taken on this branch" },
	{ .type = GV_OPT_STRING,
	    .name = "host",
	    .arg = "HOST",
	    .at = offsetof(struct list_opts, host),
	    .help = "only snapshots taken on this machine" },
	{ .type = GV_OPT_STRING,
	    .name = "env",
	    .arg = "ENV",
	    .at = offsetof(struct list_opts, environment),
	    .help = "only snapshots of this environment" },
	{ .type = GV_OPT_STRING,
	    .name = "trigger",
	    .arg = "TRIGGER",
	    .at = offsetof(struct list_opts, trigger),
	    .help = "only snapshots started by this: manual, hook, …" },
	{ .type = GV_OPT_STRING,
	    .name = "since",
	    .arg = "TIME",
	    .at = offsetof(struct list_opts, since),
	    .help = "only snapshots taken at this time or later" },
	{ .type = GV_OPT_STRING,
	    .name = "until",
	    .arg = "TIME",
	    .at = offsetof(struct list_opts, until),
	    .help = "only snapshots taken at this time or before" },
	{ .type = GV_OPT_LIST,
	    .name = "grep",
	    .arg = "PATTERN",
	    .at = offsetof(struct list_opts, patterns),
	    .help = "only snapshots whose message matches this pattern" },
	{ .type = GV_OPT_LIST,
	    .name = "path",
	    .arg = "PATHSPEC",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct list_opts, paths),
	    .help = "only snapshots in which this path changed" },
	{ .type = GV_OPT_STRING,
	    .name = "on",
	    .arg = "REMOTE",
	    .kind = GV_OPT_REMOTE,
	    .at = offsetof(struct list_opts, on),
	    .help = "only snapshots on this remote, as last seen" },
	{ .type = GV_OPT_STRING,
	    .name = "not-on",
	    .arg = "REMOTE",
	    .kind = GV_OPT_REMOTE,
	    .at = offsetof(struct list_opts, not_on),
	    .help = "only snapshots missing on this remote" },
	{ .type = GV_OPT_BOOL,
	    .name = "id-only",
	    .at = offsetof(struct list_opts, id_only),
	    .help = "print ids only, one per line" },
	{ .type = GV_OPT_BOOL,
	    .name = "oneline",
	    .at = offsetof(struct list_opts, oneline),
	    .help = "print the short id, the tags and the subject" },
	{ .type = GV_OPT_BOOL,
	    .name = "deleted",
	    .at = offsetof(struct list_opts, deleted),
	    .help = "list the trash: who deleted what, and when it "
		    "expires" },
	{ .type = GV_OPT_BOOL,
	    .name = "auto",
	    .at = offsetof(struct list_opts, is_auto),
	    .help = "list the automatic saves of this working tree" },
	{ .type = GV_OPT_INT,
	    .letter = 'n',
	    .name = "limit",
	    .arg = "N",
	    .at = offsetof(struct list_opts, limit),
	    .help = "show at most the N newest" },
	GV_OPT_LAST
};

static const struct list_opts defaults = { .limit = -1 };

static const struct gv_out_column columns[] = {
	{ .head = "ID", .whole = true },
	{ .head = "AGE", .whole = true },
	{ .head = "VERIFIED", .whole = true }, /* with -v */
	{ .head = "ON" },     /* with -v, where there are remotes */
	{ .head = "COPIES" }, /* with -v, where the policy wants some */
	{ .head = "BRANCH" },
	{ .head = "BY", .extra = 2, .varies = true },
	{ .head = "BASE", .extra = 4 },
	{ .head = "FILES", .right = true, .extra = 3 },
	{ .head = "SIZE", .right = true, .extra = 1 },
	{ .head = "TAGS" },
	{ .head = "SUBJECT", .cut = true },
};

#define VERIFIED  2
#define ON        3
#define COPIES    4
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* The nearest name to one that no snapshot has, copied. */
struct near {
	struct gv_near near;
	struct gv_buf name;
	bool is_known; /* a snapshot has the very name */
};

/* One run: what is printed so far, and the sentences of damaged ones. */
struct listing {
	struct gv_ctx *ctx;
	const struct list_opts *opts;
	struct gv_out_column columns[N_COLUMNS]; /* of the table */
	struct gv_record_filter filter;
	int64_t shown;
	uint64_t seen;                              /* shown or not */
	struct near tag, environment, branch, host; /* of what was asked for */
	struct gv_buf damaged;                      /* a line each */
	struct gv_verified verified;
	struct gv_whereabouts where;
	struct gv_copies copies;
	uint64_t lacking; /* of those shown: fewer copies than wanted */
	const struct gv_whereabouts_remote *on, *not_on; /* or NULL */
	struct gv_own own;                 /* loaded for JSON only, and */
	char latest[GV_RECORD_ID_LEN + 1]; /* the id; "": there is none */
};

/* Whether it is said on which remotes each is. */
static bool
tells_remotes(const struct listing *l)
{
	return l->ctx->verbosity > 0 && gv_whereabouts_is_vault(&l->where);
}

/* … and in how many targets. */
static bool
tells_copies(const struct listing *l)
{
	return l->ctx->verbosity > 0 && l->copies.n_envs;
}

static void
begin_table(struct listing *l)
{
	size_t i, n = 0;

	for (i = 0; i < N_COLUMNS; i++)
		if ((i != VERIFIED || l->ctx->verbosity > 0) &&
		    (i != ON || tells_remotes(l)) &&
		    (i != COPIES || tells_copies(l)))
			l->columns[n++] = columns[i];
	gv_out_columns(l->ctx->out, l->columns, n);
}

static void
print_copies(struct listing *l, const struct gv_record *rec)
{
	struct gv_copies_word word;

	gv_copies_ask(&word, &l->copies, rec);
	l->lacking += word.is_lacking;
	if (!word.is_wanted)
		gv_out_cell_text(l->ctx->out, GV_OUT_DIM, "-");
	else
		gv_out_cell(l->ctx->out,
		    word.is_lacking ? GV_OUT_REMOVED : GV_OUT_PLAIN, "%u%s",
		    word.places, word.is_lacking ? " (too few)" : "");
}

static void
print_row(struct listing *l, const struct gv_record *rec)
{
	struct gv_ctx *ctx = l->ctx;
	int64_t verified = gv_verified_get(&l->verified, rec->id, &rec->commit);
	struct gv_buf tags = GV_BUF_INIT, on = GV_BUF_INIT;
	char age[GV_TIME_MAX], size[GV_OUT_SIZE_MAX], base[ABBREV + 1];
	char files[2 * GV_ENC_DECIMAL_MAX];
	struct gv_record_omits omits;
	size_t i;

	gv_time_relative(age, rec->time, ctx->now);
	gv_out_size(size, rec->bytes);
	gv_enc_decimal(files, rec->files);
	if (gv_record_omitted(&omits, rec))
		snprintf(files + strlen(files), sizeof(files) - strlen(files),
		    "+%" PRIu64, omits.files);
	gv_enc_hex(base, rec->base.id, ABBREV / 2);
	if (rec->pinned)
		gv_buf_addstr(&tags, "(pinned)");
	for (i = 0; i < rec->n_tags; i++)
		gv_buf_addf(&tags, "%s%s", tags.len ? "," : "", rec->tags[i]);
	gv_out_cell_id(ctx->out, GV_OUT_ID, rec->id);
	gv_out_cell_text(ctx->out, GV_OUT_DIM, age);
	if (ctx->verbosity > 0) {
		gv_time_relative(age, verified, ctx->now);
		gv_out_cell_text(
		    ctx->out, GV_OUT_DIM, verified ? age : "never");
	}
	if (tells_remotes(l)) {
		gv_remote_out_names(&on, ctx, &l->where, rec);
		gv_out_cell_buf(ctx->out, GV_OUT_PLAIN, &on);
	}
	if (tells_copies(l))
		print_copies(l, rec);
	gv_out_cell_text(
	    ctx->out, GV_OUT_PLAIN, rec->branch ? rec->branch : "-");
	gv_out_cell(ctx->out, GV_OUT_PLAIN, "%.*s",
	    (int)gv_author_name_len(rec->author),
	    rec->author ? rec->author : "");
	gv_out_cell_text(
	    ctx->out, GV_OUT_PLAIN, gv_oid_is_zero(&rec->base) ? "-" : base);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, files);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, size);
	gv_out_cell_buf(ctx->out, GV_OUT_TAG, &tags);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, rec->subject);
	gv_buf_release(&tags);
	gv_buf_release(&on);
}

/* Like `git log --oneline`. The last digits of an id are enough to name a
 * snapshot. */
static void
print_line(struct gv_ctx *ctx, const struct gv_record *rec)
{
	struct gv_buf marks = GV_BUF_INIT;
	size_t i, used = SHORT_ID;

	gv_out_paint(
	    ctx->out, GV_OUT_ID, "%s", rec->id + GV_RECORD_ID_LEN - SHORT_ID);
	if (rec->pinned)
		gv_buf_addstr(&marks, "pinned");
	for (i = 0; i < rec->n_tags; i++)
		gv_buf_addf(
		    &marks, "%stag: %s", marks.len ? ", " : "", rec->tags[i]);
	if (rec->omits)
		gv_buf_addf(
		    &marks, "%swithout its base", marks.len ? ", " : "");
	if (marks.len) {
		gv_out_printf(ctx->out, " ");
		gv_out_paint(ctx->out, GV_OUT_TAG, "(%s)", marks.p);
	}
	gv_out_printf(ctx->out, " ");
	used += 1 + (marks.len ? marks.len + 3 : 0);
	gv_out_text_fitted(ctx->out, rec->subject, strlen(rec->subject), used);
	gv_out_printf(ctx->out, "\n");
	gv_buf_release(&marks);
}

static struct near
near_to(const char *asked)
{
	return (struct near){ .near = gv_near_to(asked ? asked : "",
				  asked ? strlen(asked) : 0),
		.name = GV_BUF_INIT };
}

static void
consider(struct near *near, const char *name)
{
	if (name == NULL)
		return;
	near->is_known = near->is_known || strcmp(name, near->near.typed) == 0;
	if (!gv_near_add(&near->near, name, strlen(name)))
		return;
	gv_buf_reset(&near->name);
	gv_buf_addstr(&near->name, name);
}

/* Remember names that are similar to what was asked for. */
static void
look_near(struct listing *l, const struct gv_record *rec)
{
	size_t i;

	for (i = 0; i < rec->n_tags; i++)
		consider(&l->tag, rec->tags[i]);
	for (i = 0; i < rec->n_environments; i++)
		consider(&l->environment, rec->environments[i]);
	consider(&l->branch, rec->branch);
	consider(&l->host, rec->host);
}

static bool
takes(const struct listing *l, const struct gv_record *rec)
{
	return gv_record_filter_takes(&l->filter, rec) &&
	    (l->on == NULL ||
		gv_whereabouts_has(l->on, rec->id, &rec->commit)) &&
	    (l->not_on == NULL ||
		!gv_whereabouts_has(l->not_on, rec->id, &rec->commit));
}

static void
put_copies(struct listing *l, const struct gv_record *rec)
{
	struct gv_json *j = l->ctx->json;
	struct gv_copies_word word;

	gv_copies_ask(&word, &l->copies, rec);
	gv_json_object(j, "copies");
	gv_json_uint(j, "targets", word.places);
	gv_json_uint(j, "regions", word.regions);
	if (word.is_wanted)
		gv_json_bool(j, "durable", !word.is_lacking);
	else
		gv_json_null(j, "durable");
	gv_json_end(j);
}

static void
show(struct listing *l, const struct gv_record *rec)
{
	l->seen++;
	if (!takes(l, rec)) {
		if (l->shown == 0)
			look_near(l, rec);
		return;
	}
	l->shown++;
	if (l->opts->id_only && !l->ctx->json) {
		gv_out_printf(l->ctx->out, "%s\n", rec->id);
	} else if (l->ctx->json) {
		gv_json_object(l->ctx->json, NULL);
		gv_record_out_json(l->ctx->json, rec);
		gv_json_bool(
		    l->ctx->json, "latest", strcmp(rec->id, l->latest) == 0);
		gv_json_bool(
		    l->ctx->json, "own", gv_own_has(&l->own, &rec->commit));
		gv_record_out_verified(l->ctx->json, rec, &l->verified);
		gv_remote_out_json(l->ctx, &l->where, rec);
		put_copies(l, rec);
		gv_json_end(l->ctx->json);
	} else if (l->opts->oneline) {
		print_line(l->ctx, rec);
	} else {
		print_row(l, rec);
	}
}

static bool
is_enough(const struct listing *l)
{
	return (l->opts->limit >= 0 && l->shown >= l->opts->limit) ||
	    gv_out_stopped(l->ctx->out);
}

/* Where only a few are wanted, no more is read than is shown. */
static int
list_all(struct listing *l)
{
	struct gv_record_walk *walk = NULL;
	struct gv_record rec = { 0 };
	int r = gv_record_walk_open(&walk, l->ctx->repo,
	    GV_RECORD_RECALL | (l->opts->limit < 0 ? GV_RECORD_ALL : 0));

	if (r == 0)
		gv_buf_addstr(&l->damaged, gv_record_walk_damaged(walk));
	while (r >= 0 && !is_enough(l)) {
		if ((r = gv_record_walk_next(walk, &rec)) == 0)
			break;
		if (r == GV_ECORRUPT) {
			gv_buf_addf(&l->damaged, "%s\n", gv_err_message());
			r = 0;
		} else if (r > 0) {
			gv_mark_tell(&l->damaged, &rec);
			show(l, &rec);
			gv_record_release(&rec);
		}
	}
	gv_record_walk_close(walk);
	return r < 0 ? r : 0;
}

/* Those of all in which the paths differ from the snapshot before. */
static int
mark_paths(struct listing *l, const struct gv_records *all, bool **changed)
{
	const struct gv_opt_list *list = &l->opts->paths;
	const char **paths = calloc(list->n + 1, sizeof(*paths));
	int r;

	*changed = calloc(all->n + 1, sizeof(**changed));
	if (paths == NULL || *changed == NULL) {
		free(paths);
		return gv_err_nomem();
	}
	memcpy(paths, list->items, list->n * sizeof(*paths));
	r = gv_history_mark(*changed, l->ctx->repo, all, paths, &l->damaged);
	free(paths);
	return r;
}

static int
list_changed(struct listing *l)
{
	struct gv_records all = { 0 };
	bool *changed = NULL;
	size_t i;
	int r = gv_records_recall(&all, l->ctx->repo, &l->damaged);

	if (r == 0)
		r = mark_paths(l, &all, &changed);
	for (i = 0; r == 0 && i < all.n && !is_enough(l); i++)
		if (changed[i])
			show(l, &all.records[i]);
	l->seen = all.n;
	free(changed);
	gv_records_release(&all);
	return r;
}

/* Name the damaged ones; the result is then "done in part". */
static int
tell_damaged(struct listing *l)
{
	char *line = l->damaged.p, *nl;
	int r = gv_buf_check(&l->damaged);

	if (r < 0)
		return r;
	if (l->ctx->json)
		gv_json_array(l->ctx->json, "damaged");
	for (; (nl = strchr(line, '\n')); line = nl + 1) {
		*nl = '\0';
		gv_out_warn(l->ctx->out, "%s", line);
		if (l->ctx->json)
			gv_json_string(l->ctx->json, NULL, line);
	}
	if (l->ctx->json)
		gv_json_end(l->ctx->json);
	return l->damaged.len ? 3 : 0;
}

/* A bad setting for receipts must not prevent the list: it is then printed
 * without receipts. */
static int
load_remotes(struct listing *l)
{
	struct gv_ctx *ctx = l->ctx;
	size_t i;
	int r = gv_whereabouts_load(
	    &l->where, ctx->repo, ctx->json ? GV_WHEREABOUTS_RECEIPTS : 0);

	if (r == GV_EREFUSED || r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_out_warn(ctx->out, "%s", gv_err_message());
		gv_whereabouts_release(&l->where);
		r = gv_whereabouts_load(&l->where, ctx->repo, 0);
	}
	for (i = 0; i < l->where.n; i++)
		gv_buf_addstr(
		    &l->damaged, l->where.remotes[i].chains.damaged.p);
	return r;
}

/* Which one `latest` means. Where that one is damaged, none that is listed is.
 */
static int
find_latest(struct listing *l)
{
	const struct gv_latest_query q = { .of = GV_LATEST_TREE };
	struct gv_record rec = { 0 };
	unsigned long n;
	int r = gv_latest_find(&rec, &n, l->ctx->repo, &q, false);

	if (r == 0)
		memcpy(l->latest, rec.id, sizeof(l->latest));
	gv_record_release(&rec);
	return r == GV_ENOMEM ? r : gv_own_load(&l->own, l->ctx->repo);
}

/* Nor must a bad target. */
static int
load_copies(struct listing *l)
{
	int r = gv_copies_open(&l->copies, l->ctx->repo, l->ctx->now, 0);

	if (r != GV_EREFUSED && r != GV_EUSAGE)
		return r;
	gv_out_warn(l->ctx->out, "%s", gv_err_message());
	gv_copies_release(&l->copies);
	return 0;
}

/* What is known of them beside their commits, and only if it is asked for. */
static int
look_around(struct listing *l)
{
	const struct list_opts *o = l->opts;
	bool all = l->ctx->json || l->ctx->verbosity > 0;
	int r =
	    all ? gv_verified_load(&l->verified, l->ctx->repo, l->ctx->now) : 0;

	if (r < 0)
		return r;
	if (l->ctx->json && (r = find_latest(l)) != 0)
		return r;
	if ((all || o->on || o->not_on) && (r = load_remotes(l)) < 0)
		return r;
	if (all && (r = load_copies(l)) < 0)
		return r;
	if (o->on && (r = gv_remote_out_find(&l->on, &l->where, o->on)) < 0)
		return r;
	if (o->not_on &&
	    (r = gv_remote_out_find(&l->not_on, &l->where, o->not_on)) < 0)
		return r;
	if (l->not_on && !l->not_on->is_known)
		gv_out_warn(l->ctx->out,
		    "this clone does not know what %s has, so the remote may "
		    "have the listed snapshots; to ask it: git vault sync %s",
		    l->not_on->name, l->not_on->name);
	return 0;
}

/* Offer a similar name for one that was asked for. */
static bool
offer_near(const struct listing *l)
{
	const struct {
		const char *noun;
		const struct near *near;
	} all[] = {
		{ "tag", &l->tag },
		{ "environment", &l->environment },
		{ "branch", &l->branch },
		{ "host", &l->host },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct near *n = all[i].near;

		if (n->name.len == 0 || n->is_known)
			continue;
		gv_out_say(l->ctx->out,
		    "no snapshot has the %s '%.*s'; did you mean '%s'?",
		    all[i].noun, (int)n->near.len, n->near.typed, n->name.p);
		return true;
	}
	return false;
}

static void
tell_none(const struct listing *l)
{
	char count[GV_OUT_SIZE_MAX];

	if (offer_near(l))
		return;

	gv_out_count(count, l->seen, "snapshot");
	if (l->on && l->on->snapshots.n == 0)
		gv_out_say(l->ctx->out,
		    "no snapshot was seen on %s yet; to fetch its snapshots: "
		    "git vault sync %s",
		    l->on->name, l->on->name);
	else if (l->seen)
		gv_out_say(l->ctx->out,
		    "none fits these options, out of %s; 'git vault list' "
		    "alone lists them all",
		    count);
	else
		gv_autosave_out_none(l->ctx);
}

static void
tell_lacking(const struct listing *l)
{
	gv_out_say(l->ctx->out,
	    "%" PRIu64 " of %" PRId64 " snapshots are not durable: they have "
	    "fewer copies elsewhere than the policy wants. Next: %s",
	    l->lacking, l->shown, gv_copies_next(&l->copies));
}

/* In the projects that this one was rewritten from. */
static int
go_on(struct gv_ctx *ctx, int r)
{
	struct gv_project_line line;
	int before = gv_project_line_open(&line, ctx);

	if (before == 0 && (line.n || ctx->json))
		before = gv_project_line_go_on(&line, ctx);
	gv_project_line_close(&line);
	return before < 0 ? before : before > r ? 3 : r;
}

static int
list(struct listing *l)
{
	struct gv_ctx *ctx = l->ctx;
	bool table = !ctx->json && !l->opts->id_only && !l->opts->oneline;
	int r = look_around(l);

	if (r < 0)
		return r;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "snapshots");
	} else if (table) {
		begin_table(l);
	}
	r = l->opts->paths.n ? list_changed(l) : list_all(l);
	if (ctx->json)
		gv_json_end(ctx->json);
	else if (table)
		gv_out_columns_end(ctx->out);
	if (r == 0)
		r = tell_damaged(l);
	if (r >= 0 && !ctx->json && l->shown == 0 && l->opts->limit != 0)
		tell_none(l);
	if (r >= 0 && l->lacking)
		tell_lacking(l);
	if (r >= 0)
		r = go_on(ctx, r);
	if (ctx->json)
		gv_json_end(ctx->json);
	return r;
}

static int
list_saves(struct gv_ctx *ctx)
{
	const struct list_opts *o = ctx->opts;
	const char **paths = calloc(o->paths.n + 1, sizeof(*paths));
	size_t i;
	int r;

	if (paths == NULL)
		return gv_err_nomem();
	for (i = 0; i < o->paths.n; i++)
		paths[i] = o->paths.items[i];
	r = gv_autosave_out_list(ctx,
	    &(struct gv_autosave_out_opts){ .since = o->since,
		.until = o->until,
		.paths = o->paths.n ? paths : NULL,
		.limit = o->limit,
		.id_only = o->id_only });
	free(paths);
	return r;
}

/* The lists of what is no snapshot. */
static int
list_others(struct gv_ctx *ctx)
{
	const struct list_opts *o = ctx->opts;

	if (o->deleted && o->is_auto)
		return gv_err(
		    GV_EUSAGE, "--deleted and --auto exclude each other");
	if (o->tags.n || o->patterns.n || o->branch || o->host ||
	    o->environment || o->trigger || o->on || o->not_on || o->oneline ||
	    (o->deleted && (o->paths.n || o->since || o->until)))
		return gv_err(GV_EUSAGE, "%s --limit and --id-only only",
		    o->is_auto ? "--auto goes with --path, --since, --until,"
			       : "--deleted goes with");
	return o->is_auto ? list_saves(ctx)
			  : gv_trash_out_list(ctx, o->limit, o->id_only);
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct list_opts *o = ctx->opts;
	struct listing l = {
		.ctx = ctx,
		.opts = o,
		.tag = near_to(o->tags.n ? o->tags.items[0] : NULL),
		.environment = near_to(o->environment),
		.branch = near_to(o->branch),
		.host = near_to(o->host),
		.damaged = GV_BUF_INIT,
		.filter = { .tags = o->tags.items,
		    .n_tags = o->tags.n,
		    .host = o->host,
		    .branch = o->branch,
		    .environment = o->environment,
		    .trigger = o->trigger,
		    .since = o->since,
		    .until = o->until,
		    .patterns = o->patterns.items,
		    .n_patterns = o->patterns.n },
	};
	int r = o->trigger ? gv_trigger_check(o->trigger) : 0;

	(void)argc;
	(void)argv;
	if (r < 0)
		goto out;
	if (o->oneline && o->id_only) {
		r = gv_err(
		    GV_EUSAGE, "--oneline and --id-only exclude each other");
		goto out;
	}
	if (o->deleted || o->is_auto)
		return list_others(ctx);
	if ((r = gv_record_filter_init(&l.filter)) < 0)
		goto out;
	r = list(&l);
out:
	gv_record_filter_release(&l.filter);
	gv_buf_release(&l.damaged);
	gv_buf_release(&l.tag.name);
	gv_buf_release(&l.environment.name);
	gv_buf_release(&l.branch.name);
	gv_buf_release(&l.host.name);
	gv_verified_release(&l.verified);
	gv_whereabouts_release(&l.where);
	gv_copies_release(&l.copies);
	gv_own_release(&l.own);
	return r;
}

const struct gv_cmd cmd_list = {
	.name = "list",
	.summary = "list snapshots, newest first",
	.usage =
	    "[--tag TAG]... [--branch BRANCH] [--host HOST] [--env ENV] "
	    "[--trigger TRIGGER] [--since TIME] [--until TIME] [--grep "
	    "PATTERN]... [--path PATHSPEC]... [--on REMOTE] [--not-on REMOTE] "
	    "[--id-only | --oneline] [-n N]\n"
	    "--auto [--since TIME] [--until TIME] [--path PATHSPEC]... "
	    "[--id-only] [-n N]\n"
	    "--deleted [--id-only] [-n N]",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct list_opts),
	.defaults = &defaults,
	.run = run,
};
