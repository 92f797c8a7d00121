#include <dirent.h>
#include <string.h>

#include "base/vec.h"
#include "walk/census_internal.h"

static int
add_name(struct gv_dir_names *names, const char *name, size_t len,
    unsigned char type)
{
	int r;

	if ((r = GV_GROW(names->names, names->n, names->cap)) < 0)
		return r;
	names->names[names->n++] = (struct gv_dir_name){ name, len, type };
	return 0;
}

/* Go past the entries of one name (of a folder: all below it); whether one of
 * them is not to be on disk. */
static bool
pass_name(struct gv_census_cursor *cur, size_t len)
{
	const char *path = cur->index->entries[cur->at].path;
	bool skipped = false;

	do {
		skipped |=
		    cur->index->entries[cur->at].flags & GV_INDEX_SKIP_WORKTREE;
		cur->at++;
	} while (cur->at < cur->end && path[len] == '/' &&
	    strncmp(cur->index->entries[cur->at].path, path, len + 1) == 0);
	return skipped;
}

int
gv_census_add_sparse(
    struct gv_dir_names *names, const struct gv_census_cursor *from)
{
	struct gv_census_cursor cur = *from;
	size_t on_disk = names->n;
	int r = 0;

	while (r == 0 && cur.at < cur.end) {
		const struct gv_index_entry *e = &cur.index->entries[cur.at];
		const char *name = e->path + cur.prefix;
		const char *slash = strchr(name, '/');
		size_t len = slash ? (size_t)(slash - name) : strlen(name);

		if (pass_name(&cur, cur.prefix + len) &&
		    !gv_dir_names_have(names, on_disk, name, len))
			r = add_name(names, name, len,
			    slash ? GV_CENSUS_TYPE_SPARSE_DIR
				  : GV_CENSUS_TYPE_SPARSE_FILE);
	}
	return r;
}
