#include "git-vault/front/cmd.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "view/stats.h"

struct stats_opts {
	int64_t limit;
};

static const struct stats_opts defaults = { .limit = 10 };

static const struct gv_opt opts[] = { { .type = GV_OPT_INT,
					  .letter = 'n',
					  .name = "limit",
					  .arg = "N",
					  .at = offsetof(
					      struct stats_opts, limit),
					  .help = "list at most the N largest "
						  "paths (default 10)" },
	GV_OPT_LAST };

static const char *const kinds[GV_STATS_KINDS] = {
	[GV_STATS_FILES] = "files",
	[GV_STATS_META] = "metadata",
	[GV_STATS_SECRETS] = "secrets",
	[GV_STATS_STATES] = "states",
	[GV_STATS_TRASH] = "trash",
};

static const struct gv_out_column columns[] = {
	{ .head = "STORED", .right = true },
	{ .head = "SIZE", .right = true },
	{ .head = "VERSIONS", .right = true },
	{ .head = "PATH", .cut = true },
};

static size_t
shown(const struct gv_ctx *ctx, const struct gv_stats *s)
{
	const struct stats_opts *o = ctx->opts;

	return o->limit >= 0 && (uint64_t)o->limit < s->n_paths
	    ? (size_t)o->limit
	    : s->n_paths;
}

/* ---- text ---------------------------------------------------------------- */

#define HEAD 12 /* columns before each line */

static void
head(struct gv_ctx *ctx, const char *name)
{
	gv_out_paint(ctx->out, GV_OUT_HEAD, "%-*s", HEAD, name);
}

/* A line behind its head, and no longer what is in it. */
static void
print_line(struct gv_ctx *ctx, const char *name, struct gv_buf *text)
{
	head(ctx, name);
	gv_out_prose(ctx->out, text->p, text->len, HEAD);
	gv_buf_reset(text);
}

/* " (3 prod, 1 shared)" */
static void
add_counts(struct gv_buf *out, const struct gv_stats_counts *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		gv_buf_addf(out, "%s%" PRIu64 " %s", i ? ", " : " (",
		    list->items[i].n, list->items[i].name);
	gv_buf_addstr(out, list->n ? ")" : "");
}

static void
print_snapshots(struct gv_ctx *ctx, const struct gv_stats *s)
{
	char old[GV_TIME_MAX], new[GV_TIME_MAX];
	struct gv_buf text = GV_BUF_INIT;

	if (s->snapshots == 0)
		gv_buf_addstr(&text, "none");
	else
		gv_buf_addf(&text, "%" PRIu64, s->snapshots);
	add_counts(&text, &s->triggers);
	gv_time_relative(old, s->oldest, ctx->now);
	gv_time_relative(new, s->newest, ctx->now);
	if (s->snapshots)
		gv_buf_addf(&text, ", from %s to %s", old, new);
	if (s->pinned)
		gv_buf_addf(&text, ", %" PRIu64 " pinned", s->pinned);
	print_line(ctx, "snapshots:", &text);
	gv_buf_release(&text);
}

static void
print_kind(struct gv_ctx *ctx, const char *name, const struct gv_stats_sum *sum,
    const char *what)
{
	char stored[GV_OUT_SIZE_MAX], size[GV_OUT_SIZE_MAX];
	struct gv_buf text = GV_BUF_INIT;

	gv_out_size(stored, sum->stored);
	gv_out_size(size, sum->size);
	gv_buf_addf(&text, "%s stored, %s uncompressed%s", stored, size, what);
	print_line(ctx, name, &text);
	gv_buf_release(&text);
}

static void
print_secrets(struct gv_ctx *ctx, const struct gv_stats *s)
{
	char stored[GV_OUT_SIZE_MAX];
	struct gv_buf text = GV_BUF_INIT;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < s->scopes.n; i++)
		n += s->scopes.items[i].n;
	if (n == 0)
		return;
	gv_out_size(stored, s->kinds[GV_STATS_SECRETS].stored);
	gv_buf_addf(&text, "%s stored, %" PRIu64 " encrypted secret%s", stored,
	    n, n == 1 ? "" : "s");
	add_counts(&text, &s->scopes);
	print_line(ctx, "secrets:", &text);
	gv_buf_release(&text);
}

static void
print_rest(struct gv_ctx *ctx, const struct gv_stats *s)
{
	char a[GV_OUT_SIZE_MAX], n[GV_OUT_SIZE_MAX], m[GV_OUT_SIZE_MAX];
	uint64_t caches = 0;
	size_t i;

	if (s->states) {
		gv_out_size(a, s->kinds[GV_STATS_STATES].stored);
		gv_out_count(n, s->states, "state");
		gv_out_count(m, s->versions, "version");
		head(ctx, "states:");
		gv_out_printf(ctx->out, "%s stored, %s of %s\n", a, m, n);
	}
	if (s->trashed) {
		gv_out_size(a, s->kinds[GV_STATS_TRASH].stored);
		gv_out_count(n, s->trashed, "snapshot");
		head(ctx, "trash:");
		gv_out_printf(ctx->out,
		    "%s for %s; to free it: git vault prune --empty-trash\n", a,
		    n);
	}
	for (i = 0; i < s->caches.n; i++)
		caches += s->caches.items[i].n;
	gv_out_size(a, caches);
	head(ctx, "caches:");
	gv_out_printf(ctx->out, "%s in .git/vault\n", a);
	gv_out_size(a, s->pack_bytes + s->loose_bytes);
	gv_out_count(n, s->packs, "pack");
	gv_out_count(m, s->loose, "loose object");
	head(ctx, "repository:");
	gv_out_printf(ctx->out, "%s in %s", a, n);
	gv_out_printf(ctx->out, s->loose ? " and %s\n" : "\n", m);
}

static void
print_paths(struct gv_ctx *ctx, const struct gv_stats *s)
{
	char size[GV_OUT_SIZE_MAX];
	size_t i, n = shown(ctx, s);

	if (n == 0)
		return;
	gv_out_printf(ctx->out, "\n");
	gv_out_columns(ctx->out, columns, 4);
	for (i = 0; i < n; i++) {
		gv_out_size(size, s->paths[i].stored);
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, size);
		gv_out_size(size, s->paths[i].size);
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, size);
		gv_out_cell(
		    ctx->out, GV_OUT_PLAIN, "%" PRIu64, s->paths[i].versions);
		gv_out_cell_path(
		    ctx->out, GV_OUT_PLAIN, s->paths[i].path, s->paths[i].len);
	}
	gv_out_columns_end(ctx->out);
}

static void
print_text(struct gv_ctx *ctx, const struct gv_stats *s)
{
	char logical[GV_OUT_SIZE_MAX];
	struct gv_buf all = GV_BUF_INIT;

	print_snapshots(ctx, s);
	gv_out_size(logical, s->logical);
	gv_buf_addf(&all, ", %s in all snapshots", logical);
	print_kind(ctx, "files:", &s->kinds[GV_STATS_FILES], all.p);
	print_kind(ctx, "metadata:", &s->kinds[GV_STATS_META], "");
	print_secrets(ctx, s);
	print_rest(ctx, s);
	print_paths(ctx, s);
	gv_buf_release(&all);
}

/* ---- JSON ---------------------------------------------------------------- */

static void
json_counts(struct gv_json *j, const char *key, const char *name,
    const char *number, const struct gv_stats_counts *list)
{
	size_t i;

	gv_json_array(j, key);
	for (i = 0; i < list->n; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, name, list->items[i].name);
		gv_json_uint(j, number, list->items[i].n);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
json_totals(struct gv_json *j, const struct gv_stats *s)
{
	size_t i;

	gv_json_object(j, "space");
	for (i = 0; i < GV_STATS_KINDS; i++) {
		gv_json_object(j, kinds[i]);
		gv_json_uint(j, "objects", s->kinds[i].objects);
		gv_json_uint(j, "stored_bytes", s->kinds[i].stored);
		gv_json_uint(j, "bytes", s->kinds[i].size);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
print_json(struct gv_ctx *ctx, const struct gv_stats *s)
{
	struct gv_json *j = ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_uint(j, "snapshots", s->snapshots);
	gv_json_uint(j, "pinned", s->pinned);
	if (s->snapshots) {
		gv_json_time(j, "oldest_time", s->oldest);
		gv_json_time(j, "newest_time", s->newest);
	} else {
		gv_json_null(j, "oldest_time");
		gv_json_null(j, "newest_time");
	}
	gv_json_uint(j, "bytes", s->logical);
	json_counts(j, "triggers", "trigger", "snapshots", &s->triggers);
	json_totals(j, s);
	json_counts(j, "scopes", "scope", "secrets", &s->scopes);
	gv_json_uint(j, "states", s->states);
	gv_json_uint(j, "versions", s->versions);
	gv_json_uint(j, "trashed", s->trashed);
	json_counts(j, "caches", "name", "bytes", &s->caches);
	gv_json_uint(j, "packs", s->packs);
	gv_json_uint(j, "pack_bytes", s->pack_bytes);
	gv_json_uint(j, "loose", s->loose);
	gv_json_uint(j, "loose_bytes", s->loose_bytes);
	gv_json_array(j, "paths");
	for (i = 0; i < shown(ctx, s); i++) {
		gv_json_object(j, NULL);
		gv_json_path(j, "path", s->paths[i].path, s->paths[i].len);
		gv_json_uint(j, "versions", s->paths[i].versions);
		gv_json_uint(j, "stored_bytes", s->paths[i].stored);
		gv_json_uint(j, "bytes", s->paths[i].size);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_lines(j, "damaged", s->damaged.p);
	gv_json_end(j);
}

static void
warn(struct gv_ctx *ctx, const struct gv_stats *s)
{
	const char *p = s->damaged.p, *end;

	for (; p && *p; p = *end ? end + 1 : end) {
		end = p + strcspn(p, "\n");
		gv_out_warn(ctx->out, "not counted: %.*s", (int)(end - p), p);
	}
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_stats s;
	int r = gv_stats_load(&s, ctx->repo);

	(void)argc, (void)argv;
	if (r < 0)
		return r;
	if (ctx->json)
		print_json(ctx, &s);
	else
		print_text(ctx, &s);
	warn(ctx, &s);
	r = s.damaged.len ? 3 : 0;
	gv_stats_release(&s);
	return r;
}

const struct gv_cmd cmd_stats = {
	.name = "stats",
	.summary = "show what takes the space",
	.usage = "[-n N]",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct stats_opts),
	.defaults = &defaults,
	.run = run,
};
