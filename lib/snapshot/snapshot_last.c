#include "snapshot/snapshot.h"

#include "base/buf.h"
#include "base/err.h"
#include "record/record_resolve.h"
#include "snapshot/snapshot_internal.h"
#include "worktree/statcache.h"

int
gv_snapshot_last(struct gv_record *out, struct gv_repo *repo)
{
	return gv_record_resolve(out, repo, "latest");
}

int
gv_snapshot_cached(struct gv_record *out, struct gv_repo *repo)
{
	struct gv_statcache *cache = NULL;
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_snapshot_cache_path(&path, repo);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_statcache_open(&cache, path.p);
	gv_buf_release(&path);
	if (cache == NULL)
		return r == GV_ENOMEM ? r : GV_ENOTFOUND;
	r = gv_record_resolve(out, repo, cache->head->id);
	if (r == 0 && !gv_oid_equal(&out->commit, &cache->head->commit)) {
		gv_record_release(out);
		r = GV_ENOTFOUND;
	}
	gv_statcache_close(cache);
	return r;
}
