/*
 * Any bytes as a tree: no read beyond their end, and what is taken for a tree
 * has its entries in order, none twice, and is the same when written again.
 */
#include "fuzz.h"

#include "base/path.h"
#include "object/tree.h"

static bool
is_dir(const struct gv_tree_entry *e)
{
	return (e->mode & 0170000) == GV_MODE_DIR;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_tree_entry e, last = { 0 };
	struct gv_tree_iter it;
	struct gv_buf copy = GV_BUF_INIT;
	const uint8_t *from = data;
	size_t before;
	int r;

	gv_tree_iter_init(&it, data, len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		must(e.name_len > 0 && e.name[e.name_len] == '\0');
		must(strlen(e.name) == e.name_len);
		must(strchr(e.name, '/') == NULL);
		if (last.name)
			must(gv_path_compare(last.name, last.name_len,
				 is_dir(&last), e.name, e.name_len,
				 is_dir(&e)) < 0);
		/* but for leading zeros of the mode */
		before = copy.len;
		gv_tree_add(&copy, e.mode, e.name, e.name_len, &e.oid);
		while (
		    *from == '0' && (size_t)(it.p - from) > copy.len - before)
			from++;
		must((size_t)(it.p - from) == copy.len - before);
		must(memcmp(copy.p + before, from, copy.len - before) == 0);
		from = it.p;
		last = e;
	}
	must(r < 0 || it.p == data + len);
	gv_buf_release(&copy);
	return 0;
}
