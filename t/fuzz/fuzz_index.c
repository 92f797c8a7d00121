/* An index file of any bytes: read, looked up, verified. */
#include "fuzz.h"

#include "worktree/index.h"

/* Each entry must be found under its own name and lie in its directory. */
static void
check_entry(const struct gv_index *index, size_t i)
{
	const struct gv_index_entry *e = &index->entries[i];
	const char *slash = memrchr(e->path, '/', e->path_len);
	size_t first, count;

	if (strlen(e->path) != e->path_len || e->path_len == 0)
		abort();
	if (gv_index_find(index, e->path, e->path_len, e->stage) != e)
		abort();
	if (slash == NULL || slash == e->path)
		return;
	gv_index_range(
	    index, e->path, (size_t)(slash - e->path), &first, &count);
	if (i < first || i >= first + count)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct gv_index_tree *trees;
	struct gv_index *index;
	size_t i, n_trees;

	if (gv_index_parse(&index, data, size) < 0)
		return 0;
	for (i = 0; i < index->n; i++)
		check_entry(index, i);
	trees = gv_index_trees(index, &n_trees);
	for (i = 0; i < n_trees; i++) {
		const struct gv_index_tree *t = &trees[i];

		if (t->entries >= 0 &&
		    !gv_index_tree_of(index, t->path, t->path_len))
			abort();
	}
	(void)gv_index_verify(index);
	gv_index_close(index);
	return 0;
}
