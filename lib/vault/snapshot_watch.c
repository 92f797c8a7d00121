#include "vault/snapshot_internal.h"

/* Who watches, if anybody does, sees all that is read. */

void
gv_snapshot_watch_ready(struct gv_snapshot_run *run)
{
	const struct gv_snapshot_watch *watch = run->opts->watch;

	run->watched = watch && run->n_jobs > 0 &&
	    watch->ready(run->opts->watch_ctx, run->repo);
}

bool
gv_snapshot_watch_is_staged(const struct gv_snapshot_run *run)
{
	return run->opts->watch && !gv_oid_is_zero(&run->staged) &&
	    !(run->cache &&
		gv_oid_equal(&run->staged, &run->cache->head->staged));
}

void
gv_snapshot_watch_staged(
    struct gv_snapshot_run *run, const struct gv_oid *old_tree)
{
	const struct gv_snapshot_watch *watch = run->opts->watch;
	struct gv_snapshot_staged what = {
		.odb = run->odb, .head = &run->head_tree, .staged = &run->staged
	};

	if (!gv_snapshot_watch_is_staged(run))
		return;
	if (run->cache) {
		what.old_tree = old_tree;
		if (!gv_oid_is_zero(&run->cache->head->staged))
			what.old_staged = &run->cache->head->staged;
	}
	if (!run->watched)
		run->watched = watch->ready(run->opts->watch_ctx, run->repo);
	if (run->watched && gv_odb_refresh(run->odb) == 0)
		watch->staged(run->opts->watch_ctx, &what);
}

void
gv_snapshot_watch_done(const struct gv_snapshot_run *run)
{
	if (run->watched)
		run->opts->watch->done(run->opts->watch_ctx);
}

void
gv_snapshot_watch_open(
    struct gv_snapshot_view *view, const struct gv_snapshot_run *run)
{
	*view = (struct gv_snapshot_view){ .watch = run->opts->watch };
	if (run->watched)
		view->thread = view->watch->open(run->opts->watch_ctx);
}

void
gv_snapshot_watch_close(struct gv_snapshot_view *view)
{
	if (view->thread)
		view->watch->close(view->thread);
	view->thread = NULL;
}

void
gv_snapshot_watch_begin(const struct gv_snapshot_view *view, const char *path)
{
	if (view->thread)
		view->watch->begin(view->thread, path);
}

void
gv_snapshot_watch_add(
    const struct gv_snapshot_view *view, const void *p, size_t len)
{
	if (view->thread)
		view->watch->add(view->thread, p, len);
}

void
gv_snapshot_watch_skip(const struct gv_snapshot_view *view)
{
	if (view->thread)
		view->watch->skip(view->thread);
}

void
gv_snapshot_watch_end(
    const struct gv_snapshot_view *view, const struct gv_oid *blob, bool is_new)
{
	if (view->thread)
		view->watch->end(view->thread, blob, is_new);
}

void
gv_snapshot_watch_whole(
    const struct gv_snapshot_view *view, const struct gv_snapshot_whole *file)
{
	if (view->thread)
		view->watch->whole(view->thread, file);
}
