#include "view/diff.h"

#include "base/err.h"
#include "base/vec.h"
#include "object/repo_odb.h"
#include "object/tree.h"

struct listing {
	struct gv_diff *out;
	bool (*takes)(void *ctx, const char *path, size_t len);
	void *ctx;
};

static int
add_change(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *a, const struct gv_tree_entry *b)
{
	struct gv_diff_change c = { .status = a == NULL ? 'A'
		    : b == NULL                         ? 'D'
							: 'M',
		.path_len = len };
	struct listing *l = ctx;
	struct gv_diff *out = l->out;
	int r;

	if (l->takes && !l->takes(l->ctx, path, len))
		return 0;
	c.path = gv_arena_copy(&out->arena, path, len);
	if (c.path == NULL)
		return GV_ENOMEM;
	if (a) {
		c.old_mode = a->mode;
		c.old_oid = a->oid;
	}
	if (b) {
		c.new_mode = b->mode;
		c.new_oid = b->oid;
	}
	r = gv_vec_grow(
	    (void **)&out->changes, &out->cap, out->n + 1, sizeof(c));
	if (r < 0)
		return r;
	out->changes[out->n++] = c;
	out->added += a == NULL;
	out->removed += b == NULL;
	out->modified += a && b;
	return 0;
}

int
gv_diff_files(struct gv_diff *out, struct gv_repo *repo,
    const struct gv_oid *from, const struct gv_oid *to,
    bool (*takes)(void *ctx, const char *path, size_t len), void *ctx)
{
	struct gv_diff diff = GV_DIFF_INIT;
	struct listing l = { &diff, takes, ctx };
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0 && (r = gv_tree_diff(odb, from, to, add_change, &l)) == 0)
		*out = diff;
	else
		gv_diff_release(&diff);
	return r;
}
