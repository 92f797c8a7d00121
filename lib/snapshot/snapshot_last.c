#include "snapshot/snapshot_last.h"

#include <fcntl.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/record_resolve.h"
#include "repo/worktree.h"
#include "snapshot/survey_internal.h"
#include "sys/entry.h"
#include "worktree/statcache.h"

int
gv_snapshot_last(struct gv_record *out, struct gv_repo *repo)
{
	return gv_record_resolve(
	    out, repo, &(struct gv_record_query){ .text = "latest" });
}

int
gv_snapshot_cached(struct gv_record *out, struct gv_repo *repo)
{
	struct gv_statcache *cache = NULL;
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_survey_cache_path(&path, repo);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_statcache_open(&cache, path.p);
	gv_buf_release(&path);
	if (cache == NULL)
		return r == GV_ENOMEM ? r : GV_ENOTFOUND;
	r = gv_record_resolve(
	    out, repo, &(struct gv_record_query){ .text = cache->head->id });
	if (r == 0 && !gv_oid_equal(&out->commit, &cache->head->commit)) {
		gv_record_release(out);
		r = GV_ENOTFOUND;
	}
	gv_statcache_close(cache);
	return r;
}

void
gv_snapshot_forget(const struct gv_repo *repo)
{
	struct gv_worktrees trees;
	struct gv_buf path = GV_BUF_INIT;
	size_t i;

	(void)gv_worktrees_load(&trees, repo); /* what was found is forgotten */
	for (i = 0; i < trees.n; i++) {
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/vault/index", trees.git_dirs[i]);
		if (gv_buf_check(&path) == 0)
			(void)gv_entry_unlink(AT_FDCWD, path.p);
	}
	gv_worktrees_release(&trees);
	gv_buf_release(&path);
}
