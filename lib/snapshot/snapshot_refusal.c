#include <string.h>

#include "base/portable.h"
#include "object/tree.h"
#include "snapshot/snapshot_internal.h"

bool
gv_snapshot_is_in_head(const struct gv_snapshot_run *run, const char *path,
    const struct gv_oid *id)
{
	struct gv_oid tree, found;
	unsigned mode;

	return gv_snapshot_head_tree(run, &tree) == 0 &&
	    gv_tree_find(run->survey.odb, &tree, path, &mode, &found) == 0 &&
	    gv_oid_equal(&found, id);
}

const char *
gv_snapshot_refusal(
    const struct gv_snapshot_run *run, const struct gv_withhold_bytes *file)
{
	const char *slash = strrchr(file->path, '/');
	const char *name = slash ? slash + 1 : file->path;
	const char *why =
	    gv_portable_content(name, strlen(name), file->p, file->len);

	return why && !gv_snapshot_is_in_head(run, file->path, file->blob)
	    ? why
	    : NULL;
}
