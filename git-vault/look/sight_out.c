#include "git-vault/look/sight_out.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "project/sight.h"

/* ---- JSON ---------------------------------------------------------------- */

static void
put_texts(
    struct gv_json *j, const char *key, const struct gv_sight_texts *texts)
{
	size_t i;

	gv_json_array(j, key);
	for (i = 0; i < texts->n; i++)
		gv_json_string(j, NULL, texts->items[i]);
	gv_json_end(j);
}

static void
put_changes(struct gv_json *j, const struct gv_sight *s)
{
	if (!s->has_changes) {
		gv_json_null(j, "changes");
		return;
	}
	gv_json_object(j, "changes");
	gv_json_uint(j, "added", s->added);
	gv_json_uint(j, "changed", s->changed);
	gv_json_uint(j, "removed", s->removed);
	gv_json_uint(j, "unreadable", s->unreadable);
	gv_json_end(j);
}

void
gv_sight_out_json(struct gv_json *j, const char *key, const struct gv_sight *s)
{
	gv_json_object(j, key);
	gv_json_string(j, "name", s->name);
	gv_json_path(j, "path", s->path, strlen(s->path));
	gv_json_string(j, "client", s->client);
	gv_json_string(j, "phase", s->phase);
	gv_json_string(j, "language", s->language);
	put_texts(j, "stack", &s->stack);
	put_texts(j, "tags", &s->tags);
	put_texts(j, "parts", &s->parts);
	put_texts(j, "related", &s->related);
	put_texts(j, "rewritten_from", &s->from);
	put_texts(j, "rewritten_as", &s->as);
	gv_json_string(j, "branch", s->branch);
	gv_json_string(j, "last", s->last);
	if (s->last_time)
		gv_json_time(j, "last_time", s->last_time);
	else
		gv_json_null(j, "last_time");
	if (s->auto_time)
		gv_json_time(j, "auto_time", s->auto_time);
	else
		gv_json_null(j, "auto_time");
	put_changes(j, s);
	if (s->commits < 0)
		gv_json_null(j, "unpushed");
	else
		gv_json_int(j, "unpushed", s->commits);
	gv_json_uint(j, "unsent", s->unsent);
	gv_json_uint(j, "remotes", s->remotes);
	gv_json_uint(j, "behind", s->behind);
	gv_json_uint(j, "size", s->size);
	put_texts(j, "dangers", &s->dangers);
	gv_json_string(j, "next", s->next);
	gv_json_end(j);
}

/* ---- parts of both texts ------------------------------------------------- */

static void
add_saved(struct gv_buf *text, const struct gv_sight *s, int64_t now)
{
	if (s->auto_time > s->last_time) {
		gv_time_add_relative(text, s->auto_time, now);
		gv_buf_addstr(text, " (auto)");
	} else if (s->last) {
		gv_time_add_relative(text, s->last_time, now);
	} else {
		gv_buf_addstr(text, "never");
	}
}

static enum gv_out_slot
slot_of_saved(const struct gv_sight *s)
{
	return s->last || s->auto_time ? GV_OUT_PLAIN : GV_OUT_REMOVED;
}

static void
add_count(struct gv_buf *text, uint64_t n, const char *one, const char *mark)
{
	char count[GV_OUT_SIZE_MAX];

	if (n == 0)
		return;
	gv_out_count(count, n, one);
	gv_buf_addf(text, "%s%s%s", text->len ? ", " : "", count, mark);
}

static void
add_unpushed(struct gv_buf *text, const struct gv_sight *s)
{
	const uint64_t commits = s->commits > 0 ? (uint64_t)s->commits : 0;

	add_count(text, commits, "commit",
	    commits >= GV_SIGHT_COMMITS ? " or more" : "");
	add_count(text, s->unsent, "snapshot", "");
}

static void
add_texts(struct gv_buf *text, const struct gv_sight_texts *texts)
{
	size_t i;

	for (i = 0; i < texts->n; i++)
		gv_buf_addf(text, "%s%s", i ? ", " : "", texts->items[i]);
}

static void
add_changes(struct gv_buf *text, const struct gv_sight *s)
{
	const struct {
		uint64_t n;
		const char *word;
	} kinds[] = { { s->added, "new" }, { s->changed, "changed" },
		{ s->removed, "gone" }, { s->unreadable, "unreadable" } };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].n)
			gv_buf_addf(text, "%s%" PRIu64 " %s",
			    text->len ? ", " : "", kinds[i].n, kinds[i].word);
}

/* ---- one ----------------------------------------------------------------- */

static void
print_line(struct gv_ctx *ctx, const char *name, enum gv_out_slot slot,
    struct gv_buf *text)
{
	if (text->len == 0)
		return;
	gv_out_cell_text(ctx->out, GV_OUT_TAG, name);
	gv_out_cell_buf(ctx->out, slot, text);
}

static void
print_text(struct gv_ctx *ctx, const char *name, const char *value)
{
	struct gv_buf text = GV_BUF_INIT;

	if (value)
		gv_buf_addstr(&text, value);
	print_line(ctx, name, GV_OUT_PLAIN, &text);
	gv_buf_release(&text);
}

static void
print_texts(struct gv_ctx *ctx, const char *name, enum gv_out_slot slot,
    const struct gv_sight_texts *texts)
{
	struct gv_buf text = GV_BUF_INIT;

	add_texts(&text, texts);
	print_line(ctx, name, slot, &text);
	gv_buf_release(&text);
}

static void
print_standing(struct gv_ctx *ctx, const struct gv_sight *s)
{
	char size[GV_OUT_SIZE_MAX];
	struct gv_buf text = GV_BUF_INIT;

	add_saved(&text, s, ctx->now);
	print_line(ctx, "saved", slot_of_saved(s), &text);
	add_changes(&text, s);
	print_line(ctx, "unsaved", GV_OUT_CHANGED, &text);
	add_unpushed(&text, s);
	print_line(ctx, "on no remote", GV_OUT_CHANGED, &text);
	if (s->behind)
		gv_buf_addf(
		    &text, "%" PRIu64 " of %" PRIu64, s->behind, s->remotes);
	print_line(ctx, "remotes behind", GV_OUT_CHANGED, &text);
	gv_out_size(size, s->size);
	gv_buf_addstr(&text, size);
	print_line(ctx, "size", GV_OUT_PLAIN, &text);
	gv_buf_release(&text);
}

void
gv_sight_out_text(struct gv_ctx *ctx, const struct gv_sight *s)
{
	static const struct gv_out_column columns[] = { { .head = NULL },
		{ .head = NULL } };

	gv_out_columns(ctx->out, columns, 2);
	print_text(ctx, "project", s->name);
	print_text(ctx, "client", s->client);
	print_text(ctx, "phase", s->phase);
	print_text(ctx, "language", s->language);
	print_texts(ctx, "stack", GV_OUT_PLAIN, &s->stack);
	print_texts(ctx, "tags", GV_OUT_PLAIN, &s->tags);
	print_texts(ctx, "parts", GV_OUT_PLAIN, &s->parts);
	print_texts(ctx, "related", GV_OUT_PLAIN, &s->related);
	print_texts(ctx, "rewritten from", GV_OUT_PLAIN, &s->from);
	print_texts(ctx, "rewritten as", GV_OUT_PLAIN, &s->as);
	print_text(ctx, "path", s->path);
	print_text(ctx, "branch", s->branch);
	print_standing(ctx, s);
	print_texts(ctx, "danger", GV_OUT_REMOVED, &s->dangers);
	print_text(ctx, "next", s->next);
	gv_out_columns_end(ctx->out);
}

/* ---- many ---------------------------------------------------------------- */

static void
print_row(struct gv_ctx *ctx, const struct gv_sight *s)
{
	char size[GV_OUT_SIZE_MAX];
	struct gv_buf text = GV_BUF_INIT;
	const uint64_t unsaved = gv_sight_unsaved(s);

	gv_out_cell_text(ctx->out, GV_OUT_TAG, s->name);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, s->client ? s->client : "");
	gv_out_cell_text(ctx->out, GV_OUT_DIM, s->phase ? s->phase : "");
	add_texts(&text, &s->stack);
	gv_out_cell_buf(ctx->out, GV_OUT_DIM, &text);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, s->branch ? s->branch : "");
	add_saved(&text, s, ctx->now);
	gv_out_cell_buf(ctx->out, slot_of_saved(s), &text);
	if (unsaved)
		gv_buf_addf(&text, "%" PRIu64, unsaved);
	gv_out_cell_buf(ctx->out, GV_OUT_CHANGED, &text);
	add_unpushed(&text, s);
	gv_out_cell_buf(ctx->out, GV_OUT_CHANGED, &text);
	if (s->behind)
		gv_buf_addf(
		    &text, "%" PRIu64 " of %" PRIu64, s->behind, s->remotes);
	gv_out_cell_buf(ctx->out, GV_OUT_CHANGED, &text);
	gv_out_size(size, s->size);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, size);
	add_texts(&text, &s->dangers);
	gv_out_cell_buf(ctx->out, GV_OUT_REMOVED, &text);
	gv_buf_release(&text);
}

void
gv_sight_out_table(
    struct gv_ctx *ctx, const struct gv_sight *const *sights, size_t n)
{
	static const struct gv_out_column columns[] = {
		{ .head = "PROJECT" },
		{ .head = "CLIENT", .varies = true, .extra = 3 },
		{ .head = "PHASE", .varies = true, .extra = 4 },
		{ .head = "STACK", .cut = true, .extra = 5 },
		{ .head = "BRANCH", .cut = true, .extra = 2 },
		{ .head = "SAVED", .whole = true },
		{ .head = "UNSAVED", .right = true },
		{ .head = "ON NO REMOTE" },
		{ .head = "BEHIND", .varies = true },
		{ .head = "SIZE", .right = true, .extra = 1 },
		{ .head = "DANGER", .cut = true },
	};
	size_t i;

	gv_out_columns(ctx->out, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < n; i++)
		print_row(ctx, sights[i]);
	gv_out_columns_end(ctx->out);
}
