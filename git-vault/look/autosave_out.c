#include "git-vault/look/autosave_out.h"

#include <stdlib.h>
#include <string.h>

#include "autosave/autosave.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/look/record_out.h"
#include "record/latest.h"
#include "record/record.h"
#include "record/record_resolve.h"
#include "record/record_save.h"
#include "remote/remote.h"
#include "repo/repo.h"
#include "view/history.h"
#include "view/saved.h"

#define NAMED 3 /* files that changed, in a row */

static const struct gv_out_column columns[] = {
	{ .head = "ID", .whole = true },
	{ .head = "AGE", .whole = true },
	{ .head = "BRANCH", .extra = 3 },
	{ .head = "FILES", .right = true, .extra = 2 },
	{ .head = "SIZE", .right = true, .extra = 1 },
	{ .head = "CHANGED", .cut = true },
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct listing {
	struct gv_ctx *ctx;
	const struct gv_autosave_out_opts *opts;
	struct gv_records saves; /* newest first */
	bool *changed;           /* of each: a path did; NULL: all did */
	int64_t from, to;
	struct gv_buf damaged; /* sentences, a line each */
};

/* ---- one ----------------------------------------------------------------- */

/* What else can differ from the save before. */
static const char *
other_change(const struct gv_record *rec, const struct gv_record *before)
{
	if (!gv_oid_equal(&rec->index, &before->index))
		return "no file; the index";
	return gv_oid_equal(&rec->base, &before->base) ? "no file; metadata"
						       : "no file; the commit";
}

/* "3 files: src/vat.js, old.js (deleted), …" */
static void
add_changes(struct gv_buf *out, const struct gv_saved_changes *changes)
{
	char count[GV_OUT_SIZE_MAX];
	size_t i;

	gv_out_count(count, changes->n, "file");
	gv_buf_addstr(out, count);
	for (i = 0; i < changes->n && i < NAMED; i++)
		gv_buf_addf(out, "%s%s%s", i ? ", " : ": ",
		    changes->items[i].path,
		    changes->items[i].what == 'D' ? " (deleted)" : "");
	if (i < changes->n)
		gv_buf_addstr(out, ", …");
}

static void
print_row(struct gv_ctx *ctx, const struct gv_record *rec, const char *changed)
{
	char age[GV_TIME_MAX], size[GV_OUT_SIZE_MAX];
	char files[GV_ENC_DECIMAL_MAX];

	gv_time_relative(age, rec->time, ctx->now);
	gv_out_size(size, rec->bytes);
	gv_enc_decimal(files, rec->files);
	gv_out_cell_id(ctx->out, GV_OUT_ID, rec->id);
	gv_out_cell_text(ctx->out, GV_OUT_DIM, age);
	gv_out_cell_text(
	    ctx->out, GV_OUT_PLAIN, rec->branch ? rec->branch : "-");
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, files);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, size);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, changed);
}

static void
put_row(struct gv_json *j, const struct gv_record *rec,
    const struct gv_saved_changes *changes)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_record_out_json(j, rec);
	if (changes == NULL) {
		gv_json_null(j, "changes");
		gv_json_end(j);
		return;
	}
	gv_json_array(j, "changes");
	for (i = 0; i < changes->n; i++) {
		const struct gv_saved_change *c = &changes->items[i];

		gv_json_object(j, NULL);
		gv_json_path(j, "path", c->path, strlen(c->path));
		gv_json_string(j, "change",
		    c->what == 'A'       ? "added"
			: c->what == 'D' ? "removed"
					 : "changed");
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

/* The oldest has none to be compared with. */
static int
print_one(struct listing *l, size_t i)
{
	const struct gv_record *rec = &l->saves.records[i];
	const struct gv_record *before = i + 1 < l->saves.n ? rec + 1 : NULL;
	struct gv_saved_changes changes = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT;
	int r = 0;

	if (l->opts->id_only && l->ctx->json == NULL) {
		gv_out_printf(l->ctx->out, "%s\n", rec->id);
		return 0;
	}
	if (before)
		r = gv_saved_compare(&changes, l->ctx->repo, rec, before);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_buf_addf(&l->damaged, "automatic save %s is damaged: %s\n",
		    rec->id, gv_err_message());
		before = NULL;
		r = 0;
	}
	if (before == NULL)
		gv_buf_addstr(&text, "-");
	else if (changes.n == 0)
		gv_buf_addstr(&text, other_change(rec, before));
	else
		add_changes(&text, &changes);
	if (r == 0 && (r = gv_buf_check(&text)) == 0) {
		if (l->ctx->json)
			put_row(l->ctx->json, rec, before ? &changes : NULL);
		else
			print_row(l->ctx, rec, text.p);
	}
	gv_saved_changes_release(&changes);
	gv_buf_release(&text);
	return r;
}

/* ---- the list ------------------------------------------------------------ */

static int
load(struct listing *l)
{
	const struct gv_autosave_out_opts *o = l->opts;
	int r;

	if (o->since && (r = gv_record_save_since(&l->from, o->since)) < 0)
		return r;
	if (o->until && (r = gv_record_save_time(&l->to, o->until)) < 0)
		return r;
	if ((r = gv_record_save_add(&l->saves, l->ctx->repo, &l->damaged)) <
		0 ||
	    o->paths == NULL)
		return r;
	l->changed = calloc(l->saves.n + 1, sizeof(*l->changed));
	if (l->changed == NULL)
		return gv_err_nomem();
	return gv_history_mark(
	    l->changed, l->ctx->repo, &l->saves, o->paths, &l->damaged);
}

static int
print_all(struct listing *l, int64_t *shown)
{
	const int64_t limit = l->opts->limit;
	const struct gv_record *rec;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < l->saves.n; i++) {
		rec = &l->saves.records[i];
		if ((limit >= 0 && *shown >= limit) ||
		    gv_out_stopped(l->ctx->out))
			break;
		if (rec->time < l->from || rec->time > l->to ||
		    (l->changed && !l->changed[i]))
			continue;
		++*shown;
		r = print_one(l, i);
	}
	return r;
}

static void
begin(const struct listing *l)
{
	if (l->ctx->json) {
		gv_json_object(l->ctx->json, NULL);
		gv_json_array(l->ctx->json, "saves");
	} else if (!l->opts->id_only) {
		gv_out_columns(l->ctx->out, columns, N_COLUMNS);
	}
}

static void
end(const struct listing *l)
{
	const char *p = l->damaged.p, *nl;

	if (l->ctx->json) {
		gv_json_end(l->ctx->json);
		gv_json_lines(l->ctx->json, "damaged", p);
		gv_json_end(l->ctx->json);
	} else if (!l->opts->id_only) {
		gv_out_columns_end(l->ctx->out);
	}
	for (; (nl = strchr(p, '\n')); p = nl + 1)
		gv_out_warn(l->ctx->out, "%.*s", (int)(nl - p), p);
}

static void
say_none(const struct listing *l)
{
	char count[GV_OUT_SIZE_MAX];

	gv_out_count(count, l->saves.n, "automatic save");
	if (l->saves.n)
		gv_out_say(l->ctx->out,
		    "none fits these options, out of %s; to list them all: git "
		    "vault list --auto",
		    count);
	else
		gv_out_say(l->ctx->out,
		    "there is no automatic save of this working tree yet; to "
		    "make one: git vault snapshot --auto");
}

int
gv_autosave_out_list(
    struct gv_ctx *ctx, const struct gv_autosave_out_opts *opts)
{
	struct listing l = { .ctx = ctx,
		.opts = opts,
		.from = INT64_MIN,
		.to = INT64_MAX,
		.damaged = GV_BUF_INIT };
	int64_t shown = 0;
	int r = load(&l);

	if (r < 0)
		goto out;
	begin(&l);
	if ((r = print_all(&l, &shown)) == 0 &&
	    (r = gv_buf_check(&l.damaged)) == 0)
		end(&l);
	if (r == 0 && shown == 0 && l.damaged.len == 0 && opts->limit != 0 &&
	    !ctx->json)
		say_none(&l);
	if (r == 0 && l.damaged.len)
		r = 3;
out:
	free(l.changed);
	gv_records_release(&l.saves);
	gv_buf_release(&l.damaged);
	return r;
}

/* ---- what others say of them --------------------------------------------- */

bool
gv_autosave_out_age(char age[GV_TIME_MAX], struct gv_ctx *ctx, int64_t time)
{
	struct gv_autosave last;
	char *before = gv_err_save();
	const bool is =
	    gv_autosave_last(&last, ctx->repo) > 0 && last.time > time;

	if (is)
		gv_time_relative(age, last.time, ctx->now);
	gv_err_restore(before);
	return is;
}

void
gv_autosave_out_kept(struct gv_ctx *ctx, const char *id)
{
	gv_out_say(ctx->out,
	    "the automatic save %s is a snapshot of its own now, and stays "
	    "until it is deleted",
	    id);
}

/* When the latest snapshot was taken; INT64_MIN without one, or where it cannot
 * be read. */
static int64_t
time_of_latest(struct gv_ctx *ctx)
{
	const struct gv_latest_query q = { .of = GV_LATEST_TREE };
	struct gv_record latest = { .format = 0 };
	char *before = gv_err_save();
	int64_t time = INT64_MIN;
	unsigned long n;

	if (gv_latest_find(&latest, &n, ctx->repo, &q, false) == 0)
		time = latest.time;
	gv_record_release(&latest);
	gv_err_restore(before);
	return time;
}

void
gv_autosave_out_stay(struct gv_ctx *ctx)
{
	char age[GV_TIME_MAX];

	if (gv_autosave_out_age(age, ctx, time_of_latest(ctx)))
		gv_out_say(ctx->out,
		    "automatic saves stay on this machine, and the newest (%s) "
		    "is newer than the latest snapshot; to push its work: git "
		    "vault snapshot && git vault sync",
		    age);
}

void
gv_autosave_out_none(struct gv_ctx *ctx)
{
	struct gv_buf saves = GV_BUF_INIT;

	if (gv_record_save_only(&saves, ctx->repo, ctx->now))
		gv_buf_addstr(&saves, "; to list them: git vault list --auto");
	else
		gv_buf_addf(
		    &saves, "; %s", gv_remote_no_snapshot(&ctx->repo->config));
	if (gv_buf_check(&saves) == 0)
		gv_out_say(ctx->out, "there is no snapshot yet%s", saves.p);
	gv_buf_release(&saves);
}

/* What cannot be read is no reason to restore nothing. */
void
gv_autosave_out_restore(
    struct gv_ctx *ctx, const char *text, const struct gv_record *rec)
{
	static const char latest[] = "latest", saves[] = "auto:";
	const size_t n = sizeof(latest) - 1;
	char age[GV_TIME_MAX], newer[GV_TIME_MAX];
	int64_t time;

	if (strncmp(text, latest, n) == 0 &&
	    (text[n] == '\0' || text[n] == ':') &&
	    gv_autosave_out_age(age, ctx, rec->time))
		gv_out_say(ctx->out,
		    "an automatic save is newer than the latest snapshot (%s); "
		    "to restore from it, name it 'auto:now%s'",
		    age, text + n);
	if (strncmp(text, saves, sizeof(saves) - 1) != 0)
		return;
	gv_time_relative(age, rec->time, ctx->now);
	if (!gv_record_save_is(ctx->repo, rec->id)) {
		gv_out_say(ctx->out,
		    "the snapshot %s was made %s; no automatic save is nearer",
		    rec->id, age);
		return;
	}
	if ((time = time_of_latest(ctx)) <= rec->time) {
		gv_out_say(ctx->out, "the automatic save %s was made %s",
		    rec->id, age);
		return;
	}
	gv_time_relative(newer, time, ctx->now);
	gv_out_say(ctx->out,
	    "the automatic save %s was made %s; the latest snapshot is newer "
	    "(%s)",
	    rec->id, age, newer);
}

int
gv_autosave_out_refuse(
    struct gv_ctx *ctx, const char *id, const char *what, const char *behind)
{
	struct gv_oid commit;
	char *snapshot = NULL;
	int r;

	if (!gv_record_save_is(ctx->repo, id))
		return 0;
	r = gv_record_resolve_ref(&snapshot, &commit, ctx->repo, id);
	free(snapshot);
	if (r != GV_ENOTFOUND)
		return r;
	return gv_err(GV_EREFUSED,
	    "%s is an automatic save, %s\nhint: to make it a snapshot of its "
	    "own%s: git vault pin %s%s%s%s%s",
	    id, what, behind ? ", and go on with that" : ", which stays", id,
	    behind ? " && " : "", behind ? behind : "", behind ? " " : "",
	    behind ? id : "");
}
