#include "git-vault/look/left_out.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/shell.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "snapshot/status.h"

static const struct {
	const char *word, *reason, *one, *many;
} kinds[GV_CENSUS_LEFTS] = {
	[GV_CENSUS_PRODUCT] = { "build_product", "build product or cache",
	    "build product", "build products" },
	[GV_CENSUS_LARGE] = { "too_large", "larger than 1 MiB",
	    "ignored file over 1 MiB", "ignored files over 1 MiB" },
	[GV_CENSUS_FULL] = { "over_total",
	    "beyond the first 2,000 ignored files or 64 MiB",
	    "ignored file beyond 64 MiB or 2,000 files",
	    "ignored files beyond 64 MiB or 2,000 files" },
	[GV_CENSUS_IN_CROWD] = { "crowded_folder",
	    "ignored folder of more than 10,000 entries",
	    "ignored folder of over 10,000 entries",
	    "ignored folders of over 10,000 entries" },
	[GV_CENSUS_UNWANTED] = { "excluded", "excluded", "excluded path",
	    "excluded paths" },
	[GV_CENSUS_ELSES] = { "foreign_folder",
	    "ignored folder of another version control system or of the "
	    "operating system",
	    "ignored folder of another version control system or of the "
	    "operating system",
	    "ignored folders of another version control system or of the "
	    "operating system" },
	[GV_CENSUS_SPECIAL] = { "special", "socket, FIFO or device",
	    "socket, FIFO or device", "sockets, FIFOs or devices" },
	[GV_CENSUS_REPO] = { "repository",
	    "repository of its own: its files and commits are not saved",
	    "nested repository (neither its files nor its commits are saved)",
	    "nested repositories (neither their files nor their commits are "
	    "saved)" },
	[GV_CENSUS_BASE] = { "base", "as the revision that is checked out",
	    "file that is as the revision checked out (vcs.base: omit)",
	    "files that are as the revision checked out (vcs.base: omit)" },
};

void
gv_left_out_add(struct gv_buf *out, const struct gv_survey_left *left)
{
	char size[GV_OUT_SIZE_MAX];
	size_t i, before = out->len;

	for (i = 0; i < GV_CENSUS_LEFTS; i++) {
		if (left[i].n == 0)
			continue;
		gv_buf_addf(out, "%s%" PRIu64 " %s",
		    out->len > before ? ", " : "", left[i].n,
		    left[i].n == 1 ? kinds[i].one : kinds[i].many);
		gv_out_size(size, left[i].bytes);
		if (left[i].bytes)
			gv_buf_addf(out, " (%s)", size);
		if (left[i].entries)
			gv_buf_addf(
			    out, " (%" PRIu64 " files)", left[i].entries);
	}
}

void
gv_left_out_say(struct gv_ctx *ctx, const struct gv_survey_left *left)
{
	struct gv_survey_left other[GV_CENSUS_LEFTS];
	struct gv_buf text = GV_BUF_INIT;

	memcpy(other, left, sizeof(other));
	other[GV_CENSUS_BASE].n = 0;
	if (left[GV_CENSUS_BASE].n)
		gv_out_say(ctx->out,
		    "not stored: %" PRIu64 " %s; 'git vault restore "
		    "--with-base' checks %s out",
		    left[GV_CENSUS_BASE].n,
		    left[GV_CENSUS_BASE].n == 1 ? kinds[GV_CENSUS_BASE].one
						: kinds[GV_CENSUS_BASE].many,
		    left[GV_CENSUS_BASE].n == 1 ? "it" : "them");
	gv_left_out_add(&text, other);
	if (text.len && gv_buf_check(&text) == 0)
		gv_out_say(ctx->out,
		    "left out: %s; to list or store them: git vault status "
		    "--ignored",
		    text.p);
	gv_buf_release(&text);
}

void
gv_left_out_json(struct gv_ctx *ctx, const struct gv_survey_left *left)
{
	size_t i;

	gv_json_array(ctx->json, "left_out");
	for (i = 0; i < GV_CENSUS_LEFTS; i++) {
		if (left[i].n == 0)
			continue;
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "kind", kinds[i].word);
		gv_json_uint(ctx->json, "count", left[i].n);
		gv_json_uint(ctx->json, "bytes", left[i].bytes);
		gv_json_uint(ctx->json, "entries", left[i].entries);
		gv_json_end(ctx->json);
	}
	gv_json_end(ctx->json);
}

/* ---- what git ignores ---- */

static void
print_item(struct gv_ctx *ctx, const struct gv_status_item *item)
{
	char size[GV_OUT_SIZE_MAX];

	gv_out_printf(ctx->out, "  ");
	gv_out_path(ctx->out, item->path, item->len);
	gv_out_printf(ctx->out, "%s", item->is_dir ? "/" : "");
	gv_out_paint(ctx->out, GV_OUT_DIM, "  (%s",
	    item->is_stored ? item->why ? item->why : "by its name"
			    : kinds[item->left].reason);
	gv_out_size(size, item->bytes);
	if (item->bytes && !item->is_stored)
		gv_out_paint(ctx->out, GV_OUT_DIM, ", %s", size);
	if (item->entries)
		gv_out_paint(ctx->out, GV_OUT_DIM, ": %" PRIu64 " left out",
		    item->entries);
	gv_out_paint(ctx->out, GV_OUT_DIM, ")");
	gv_out_printf(ctx->out, "\n");
}

/* How the first of them would be stored, which shows how any is. */
static void
hint_include(struct gv_ctx *ctx, const struct gv_status_item *item)
{
	struct gv_buf path = GV_BUF_INIT, command = GV_BUF_INIT;

	gv_buf_add(&path, item->path, item->len);
	if (item->is_dir)
		gv_buf_addch(&path, '/');
	gv_cmd_paste(&command, ctx);
	gv_buf_addstr(&command, " snapshot --include");
	if (gv_buf_check(&path) == 0)
		gv_shell_word(&command, path.p);
	if (gv_buf_check(&command) == 0) {
		gv_out_printf(ctx->out, "To store one: ");
		gv_out_text(ctx->out, command.p, command.len);
		gv_out_printf(ctx->out,
		    "; to store it always: snapshots: {include: [...]} in "
		    ".gitvault.yaml (git vault help policy)\n");
	}
	gv_buf_release(&path);
	gv_buf_release(&command);
}

/* A snapshot of a repository inside is stored in its own folder, so it is lost
 * with it, unless it is sent elsewhere. */
static void
hint_recurse(struct gv_ctx *ctx, const struct gv_status_item *item)
{
	struct gv_buf command = GV_BUF_INIT;

	gv_buf_addstr(&command, "git -C");
	gv_shell_word(&command, item->path);
	gv_buf_addstr(&command, " vault sync");
	if (gv_buf_check(&command) == 0) {
		gv_out_printf(ctx->out,
		    "To save a nested repository: git vault snapshot "
		    "--recurse-submodules. That snapshot is stored inside its "
		    "folder; to send it to a remote: ");
		gv_out_text(ctx->out, command.p, command.len);
		gv_out_printf(ctx->out, "\n");
	}
	gv_buf_release(&command);
}

static void
print_items(struct gv_ctx *ctx, const struct gv_status_items *all, bool stored)
{
	const struct gv_status_item *any = NULL, *first = NULL, *repo = NULL;
	size_t i;

	for (i = 0; i < all->n; i++) {
		if (all->items[i].is_stored != stored)
			continue;
		if (any == NULL)
			gv_out_printf(ctx->out, "%s:\n",
			    stored ? "Stored in snapshots although git ignores "
				     "it or a rule leaves it out"
				   : "Left out of snapshots");
		any = &all->items[i];
		if (!stored && any->left == GV_CENSUS_REPO)
			repo = repo ? repo : any;
		else
			first = first ? first : any;
		print_item(ctx, any);
	}
	if (first && !stored)
		hint_include(ctx, first);
	if (repo)
		hint_recurse(ctx, repo);
}

static void
print_items_json(struct gv_ctx *ctx, const struct gv_status_items *all)
{
	struct gv_json *j = ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_left_out_json(ctx, all->left);
	gv_json_array(j, "paths");
	for (i = 0; i < all->n; i++) {
		const struct gv_status_item *item = &all->items[i];

		gv_json_object(j, NULL);
		gv_json_path(j, "path", item->path, item->len);
		gv_json_bool(j, "directory", item->is_dir);
		gv_json_bool(j, "stored", item->is_stored);
		if (item->is_stored)
			gv_json_string(
			    j, "reason", item->why ? item->why : "precious");
		else
			gv_json_string(j, "kind", kinds[item->left].word);
		gv_json_uint(j, "bytes", item->bytes);
		gv_json_uint(j, "entries", item->entries);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

int
gv_left_out_list(struct gv_ctx *ctx)
{
	struct gv_status_items all;
	int r = gv_status_list_ignored(&all, ctx->repo);

	if (r < 0)
		return r;
	if (ctx->json) {
		print_items_json(ctx, &all);
	} else {
		print_items(ctx, &all, true);
		print_items(ctx, &all, false);
	}
	gv_status_release_ignored(&all);
	return 0;
}
