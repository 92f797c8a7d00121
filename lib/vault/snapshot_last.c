#include "vault/snapshot.h"

#include "base/buf.h"
#include "base/err.h"
#include "store/statcache.h"
#include "vault/record.h"
#include "vault/snapshot_internal.h"

/* By the cache, which goes where its snapshot does. GV_ENOTFOUND where it
 * tells of none, without a message. */
static int
find_cached(struct gv_record *out, struct gv_repo *repo)
{
	struct gv_statcache *cache = NULL;
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_snapshot_cache_path(&path, repo);
	r = gv_buf_check(&path);
	if (r == 0)
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

/* The newest of all, if it can be one of all files. */
static int
find_newest(struct gv_record *out, struct gv_repo *repo)
{
	struct gv_record_walk *walk = NULL;
	int r = gv_record_walk_open(&walk, repo, 0);

	if (r < 0)
		return r;
	while ((r = gv_record_walk_next(walk, out)) > 0 && out->only)
		gv_record_release(out);
	gv_record_walk_close(walk);
	if (r == 0)
		return gv_record_resolve(out, repo, "latest");
	return r < 0 ? r : 0;
}

int
gv_snapshot_last(struct gv_record *out, struct gv_repo *repo)
{
	int r = find_cached(out, repo);

	return r == GV_ENOTFOUND ? find_newest(out, repo) : r;
}
