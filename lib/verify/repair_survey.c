#include "verify/repair_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "repo/repo.h"
#include "snapshot/preview.h"

/*
 * The directories that a snapshot of the working tree would hold now. The cache
 * tells them too, but it may be gone, and must cost time alone: here every file
 * is read that nothing vouches for.
 */

struct gv_repair_seen {
	struct gv_oid oid;
	const char *data;
	size_t len;
};

static int
note(void *ctx, const struct gv_buf *path, const struct gv_buf *tree)
{
	struct gv_repair_run *run = ctx;
	const struct gv_object obj = { .type = GV_OTYPE_TREE,
		.data = (const unsigned char *)tree->p,
		.len = tree->len };
	struct gv_repair_seen *seen =
	    gv_arena_alloc(&run->arena, sizeof(*seen));
	const char *name = gv_arena_copy(&run->arena, path->p, path->len);
	int r;

	if (seen == NULL || name == NULL)
		return GV_ENOMEM;
	seen->data = gv_arena_copy(&run->arena, tree->p, tree->len);
	seen->len = tree->len;
	if (seen->data == NULL)
		return GV_ENOMEM;
	if ((r = gv_oid_of(&seen->oid, GV_OTYPE_TREE, tree->p, tree->len)) == 0)
		r = gv_map_put(
		    &run->seen_by_id, seen->oid.id, GV_OID_RAW, seen);
	if (r == 0 && (r = gv_map_put(&run->seen, name, path->len, seen)) == 0)
		r = gv_repair_offer(run, &seen->oid, &obj,
		    "computed from the working tree", "");
	return r < 0 ? r : 0;
}

static bool
is_in_tree(const char *path)
{
	return strncmp(path, "tree", 4) == 0 &&
	    (path[4] == '\0' || path[4] == '/');
}

int
gv_repair_survey(struct gv_repair_run *run)
{
	size_t i;
	int r;

	if ((run->tried & GV_REPAIR_SURVEY) || run->repo->worktree == NULL)
		return 0;
	for (i = 0; i < run->n_places; i++)
		if (run->places[i].item->type == GV_OTYPE_TREE &&
		    is_in_tree(run->places[i].path))
			break;
	if (i == run->n_places)
		return 0;
	run->tried |= GV_REPAIR_SURVEY;
	r = gv_preview_each_tree(run->repo, note, run);
	/* what stops a snapshot makes this of no use, and is no failure */
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

static int
copy(struct gv_object *out, const struct gv_repair_seen *seen)
{
	*out = (struct gv_object){ .type = GV_OTYPE_TREE, .len = seen->len };
	out->owner = malloc(seen->len + 1);
	if (out->owner == NULL)
		return gv_err_nomem();
	memcpy(out->owner, seen->data, seen->len);
	out->data = out->owner;
	return 1;
}

int
gv_repair_from_survey(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item)
{
	const struct gv_repair_seen *seen =
	    gv_map_get(&run->seen_by_id, item->oid.id, GV_OID_RAW);

	item->source = "computed from the working tree";
	return seen ? copy(obj, seen) : 0;
}

int
gv_repair_survey_at(
    struct gv_object *out, struct gv_repair_run *run, const char *path)
{
	const struct gv_repair_seen *seen;

	if (!is_in_tree(path))
		return 0;
	path += 4 + (path[4] == '/');
	seen = gv_map_get(&run->seen, path, strlen(path));
	return seen ? copy(out, seen) : 0;
}
