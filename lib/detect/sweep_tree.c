#include <string.h>

#include "base/err.h"
#include "detect/sweep_internal.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/repo.h"

static int
add_blob(struct gv_sweep *sweep, const char *path, size_t len,
    const struct gv_oid *blob)
{
	struct gv_sweep_job job = { .root = -1, .blob = *blob };

	job.path = gv_arena_copy(&sweep->private->arena, path, len);
	return job.path ? gv_sweep_add_job(sweep, &job) : GV_ENOMEM;
}

static int
add(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	/* neither links nor submodules */
	if (e->mode != GV_MODE_FILE && e->mode != GV_MODE_EXEC)
		return 0;
	return add_blob(ctx, path, len, &e->oid);
}

int
gv_sweep_add_tree(struct gv_sweep *sweep, const struct gv_oid *tree)
{
	struct gv_sweep_private *p = sweep->private;
	int r = gv_repo_odb(p->opts.repo, &p->odb);

	return r < 0 ? r : gv_tree_walk(p->odb, tree, add, sweep);
}

int
gv_sweep_add_blob(
    struct gv_sweep *sweep, const char *path, const struct gv_oid *blob)
{
	struct gv_sweep_private *p = sweep->private;
	int r = gv_repo_odb(p->opts.repo, &p->odb);

	return r < 0 ? r : add_blob(sweep, path, strlen(path), blob);
}
