#include "git-vault/about/candidates.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "git-vault/about/complete.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/place.h"
#include "repo/repo.h"
#include "sys/entry.h"
#include "view/listing.h"

/*
 * One directory of the snapshot at a time, as shells list one on disk. What is
 * in it and no longer on disk is said to be missing: that is what people seek.
 */

/* The snapshot that the line names and the directory that is being typed. */
static int
open_place(struct gv_place *place, struct gv_ctx *ctx,
    const struct gv_complete *asked, const char *dir)
{
	const char *snap = asked->snap ? asked->snap : "latest";
	const char *inside = gv_place_path(snap);
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (asked->from_top)
		gv_buf_addf(&text, "%s%s", asked->lead.p, dir);
	else
		gv_buf_add(&text, snap,
		    inside ? (size_t)(inside - snap) - 1 : strlen(snap));
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_place_open(place, ctx, text.p,
		    asked->from_top ? NULL
			: *dir      ? dir
				    : ".");
	gv_buf_release(&text);
	return r;
}

static bool
is_on_disk(const struct gv_ctx *ctx, const struct gv_place *place,
    const struct gv_listing_entry *e)
{
	struct gv_buf path = GV_BUF_INIT;
	struct stat st;
	bool is_there = true;

	if (ctx->repo->worktree == NULL)
		return true;
	gv_buf_addf(&path, "%s/", ctx->repo->worktree);
	if (place->path.len)
		gv_buf_addf(&path, "%s/", place->path.p);
	gv_buf_add(&path, e->path, e->path_len);
	if (gv_buf_check(&path) == 0)
		is_there = gv_entry_stat(AT_FDCWD, path.p, &st) == 0;
	gv_buf_release(&path);
	return is_there;
}

static int
add_entry(struct gv_candidates *out, const struct gv_ctx *ctx,
    const struct gv_complete *asked, const struct gv_place *place,
    const struct gv_listing_entry *e, const char *dir)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&text, dir);
	gv_buf_add(&text, e->path, e->path_len);
	if (e->kind == GV_LISTING_DIR)
		gv_buf_addch(&text, '/');
	if ((r = gv_buf_check(&text)) == 0 &&
	    strncmp(text.p, asked->typed, strlen(asked->typed)) == 0)
		r = gv_candidates_add(out, asked, text.p, text.len,
		    is_on_disk(ctx, place, e) ? NULL : "missing here");
	gv_buf_release(&text);
	return r;
}

int
gv_candidates_paths(struct gv_candidates *out, struct gv_ctx *ctx,
    const struct gv_complete *asked)
{
	const char *slash = strrchr(asked->typed, '/');
	struct gv_place place = GV_PLACE_INIT;
	struct gv_listing list = { .n = 0 };
	struct gv_buf dir = GV_BUF_INIT;
	size_t i;
	int r;

	if (slash)
		gv_buf_add(
		    &dir, asked->typed, (size_t)(slash - asked->typed) + 1);
	else
		gv_buf_addstr(&dir, "");
	if ((r = gv_buf_check(&dir)) < 0 ||
	    (r = open_place(&place, ctx, asked, dir.len ? dir.p : "")) < 0 ||
	    (r = gv_listing_load(&list, ctx->repo, &place.rec,
		 place.path.len ? place.path.p : "", 0)) < 0)
		goto out;
	out->how = GV_CANDIDATES_PATHS;
	for (i = 0; r == 0 && i < list.n; i++)
		r = add_entry(out, ctx, asked, &place, &list.entries[i],
		    dir.len ? dir.p : "");
out:
	gv_listing_release(&list);
	gv_place_release(&place);
	gv_buf_release(&dir);
	return r;
}
