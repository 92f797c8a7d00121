#include "snapshot/preview.h"

#include <string.h>

#include "base/err.h"
#include "object/pack.h"
#include "snapshot/snapshot_internal.h"
#include "sys/cancel.h"

/* Look at all files, as for a snapshot; `fn` has what that found. */
static int
look(struct gv_repo *repo, int (*fn)(struct gv_snapshot_run *run, void *ctx),
    void *ctx)
{
	const struct gv_snapshot_opts opts = { .trigger = "manual",
		.no_scan =
		    !gv_config_bool(&repo->config, GV_SNAPSHOT_SCAN, true) };
	struct gv_snapshot out = { 0 };
	struct gv_snapshot_run run = { GV_SNAPSHOT_RUN(&opts, &out, repo) };
	int r;

	run.withhold.looks = true;
	if ((r = gv_snapshot_open(&run)) == 0 &&
	    (r = gv_snapshot_search(&run)) == 0 &&
	    (r = gv_snapshot_store(&run)) == 0)
		r = fn(&run, ctx);
	gv_snapshot_close(&run);
	gv_snapshot_release(&out);
	return r;
}

struct looked {
	struct gv_oid *tree, *partial;
	struct gv_buf *withheld; /* NULL: not wanted */
};

/* What is encrypted, of unchanged files too. */
static int
keep_withheld(struct gv_snapshot_run *run, struct gv_buf *out)
{
	int r = gv_snapshot_carry(run);

	return r < 0 || run->withheld.n == 0
	    ? r
	    : gv_withheld_write(out, &run->withheld);
}

static int
keep_tree(struct gv_snapshot_run *run, void *ctx)
{
	const struct looked *to = ctx;
	struct gv_pack_result pack;
	int r = gv_snapshot_partial(run, to->partial);

	if (r == 0 && to->withheld)
		r = keep_withheld(run, to->withheld);
	*to->tree = run->tree;
	if (r < 0)
		return r;
	r = gv_pack_lane_close(run->lane);
	run->lane = NULL;
	if (r < 0 || (r = gv_pack_finish(run->pack, &pack)) < 0)
		return r;
	gv_pack_unkeep(run->pack);
	return gv_odb_refresh(run->survey.odb);
}

int
gv_preview_tree(struct gv_oid *tree, struct gv_oid *partial,
    struct gv_buf *withheld, struct gv_repo *repo)
{
	struct looked to = { tree, partial, withheld };

	memset(tree, 0, sizeof(*tree));
	memset(partial, 0, sizeof(*partial));
	return look(repo, keep_tree, &to);
}

/* Without an end the pack is taken away again. */
static int
list_withheld(struct gv_snapshot_run *run, void *ctx)
{
	struct gv_buf *out = ctx;
	size_t i;
	int r = gv_snapshot_carry(run);

	for (i = 0; r == 0 && i < run->withheld.n; i++)
		gv_buf_add(out, run->withheld.entries[i].path,
		    run->withheld.entries[i].path_len + 1);
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_preview_withheld(struct gv_buf *out, struct gv_repo *repo)
{
	return look(repo, list_withheld, out);
}

/* ---- each tree ----------------------------------------------------------- */

struct showing {
	struct gv_snapshot_run *run;
	int (*fn)(
	    void *ctx, const struct gv_buf *path, const struct gv_buf *tree);
	void *ctx;
	struct gv_buf path, tree;
};

static int
show(struct showing *s, uint32_t dir)
{
	struct gv_census_dir *d = gv_census_dir(s->run->survey.census, dir);
	int r;

	if (d->state == GV_DIR_REPO)
		return 0;
	gv_buf_reset(&s->path);
	gv_buf_reset(&s->tree);
	memset(&d->tree, 0, sizeof(d->tree));
	gv_census_dir_path(s->run->survey.census, dir, &s->path);
	if ((r = gv_buf_check(&s->path)) == 0 &&
	    (r = gv_snapshot_add_rows(s->run, &s->tree, dir)) == 0)
		r = gv_buf_check(&s->tree);
	if (r < 0 || (s->tree.len == 0 && dir != 0))
		return r;
	r = gv_oid_of(&d->tree, GV_OTYPE_TREE, s->tree.p, s->tree.len);
	return r < 0 ? r : s->fn(s->ctx, &s->path, &s->tree);
}

/* Parents stand before their children. */
static int
show_all(struct showing *s)
{
	uint32_t i;
	int r = 0;

	s->run->index_modes =
	    !gv_config_bool(&s->run->repo->config, "core.filemode", true);
	for (i = s->run->survey.n_order; r == 0 && i-- > 0;)
		r = gv_cancel_requested() ? gv_cancel_error()
					  : show(s, s->run->survey.order[i]);
	return r;
}

int
gv_preview_each_tree(struct gv_repo *repo,
    int (*fn)(void *ctx, const struct gv_buf *path, const struct gv_buf *tree),
    void *ctx)
{
	const struct gv_snapshot_opts opts = { .dry_run = true,
		.no_scan =
		    !gv_config_bool(&repo->config, GV_SNAPSHOT_SCAN, true) };
	struct gv_snapshot out = { 0 };
	struct gv_snapshot_run run = { GV_SNAPSHOT_RUN(&opts, &out, repo) };
	struct showing s = { .run = &run,
		.fn = fn,
		.ctx = ctx,
		.path = GV_BUF_INIT,
		.tree = GV_BUF_INIT };
	int r;

	run.withhold.looks = true;
	if ((r = gv_snapshot_open(&run)) == 0 &&
	    (r = gv_snapshot_search_open(&run)) == 0)
		r = gv_snapshot_search(&run);
	/* without a pack: what must be read is only hashed */
	if (r == 0 && (r = gv_snapshot_capture(&run)) == 0)
		r = show_all(&s);
	gv_buf_release(&s.path);
	gv_buf_release(&s.tree);
	gv_snapshot_close(&run);
	gv_snapshot_release(&out);
	return r;
}
