#include "view/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/manifest.h"
#include "record/record.h"
#include "repo/repo.h"

static int
add(struct gv_summary *sum, struct gv_summary_list *list, const char *key,
    size_t key_len, const char *value)
{
	struct gv_summary_pair pair = { .key_len = key_len };
	int r = gv_vec_grow(
	    (void **)&list->items, &list->cap, list->n + 1, sizeof(pair));

	if (r < 0)
		return r;
	pair.key = gv_arena_copy(&sum->arena, key, key_len);
	pair.value = gv_arena_copy(&sum->arena, value, strlen(value));
	if (pair.key == NULL || pair.value == NULL)
		return GV_ENOMEM;
	list->items[list->n++] = pair;
	return 0;
}

/* --- the manifest --- */

static int
count(struct gv_summary *sum, const struct gv_manifest_entry *e)
{
	const char *reason = e->reason ? e->reason : "";

	switch (e->type) {
	case GV_MANIFEST_FILE:
		sum->files++;
		if (strcmp(reason, "unstable") != 0)
			return 0;
		return add(sum, &sum->unstable, e->path, e->path_len, reason);
	case GV_MANIFEST_DIR:
		sum->directories += e->path_len > 0; /* not the top itself */
		return 0;
	case GV_MANIFEST_LINK:
		sum->links++;
		return 0;
	case GV_MANIFEST_REPO:
		sum->repositories++;
		return 0;
	case GV_MANIFEST_SPARSE:
		sum->sparse++;
		return 0;
	case GV_MANIFEST_SKIPPED:
		return add(sum, &sum->skipped, e->path, e->path_len, reason);
	case GV_MANIFEST_GONE:
		break;
	}
	return 0;
}

/* A part by its name: 1, 0 where it is not there, or the reading's failure. */
static int
find(struct gv_oid *out, struct gv_odb *odb, const struct gv_oid *tree,
    const char *name)
{
	unsigned mode;
	int r = gv_tree_find(odb, tree, name, &mode, out);

	return r == GV_ENOTFOUND ? 0 : r < 0 ? r : 1;
}

static int
read_manifest(
    struct gv_summary *sum, struct gv_odb *odb, const struct gv_oid *meta)
{
	struct gv_manifest *m = NULL;
	struct gv_oid tree;
	size_t i;
	int r = find(&tree, odb, meta, "manifest");

	if (r == 0)
		return gv_err(GV_ECORRUPT, "its meta/manifest is not there");
	if (r > 0)
		r = gv_manifest_load(&m, odb, &tree);
	for (i = 0; r == 0 && i < gv_manifest_count(m); i++)
		r = count(sum, gv_manifest_at(m, i));
	gv_manifest_free(m);
	return r;
}

/* --- origin/ --- */

int
gv_summary_add_lines(struct gv_summary *sum, struct gv_summary_list *list,
    const char *text, size_t len, bool keys)
{
	const char *end = text + len, *nl;
	size_t n, k;
	char *line;
	int r = 0;

	for (; r == 0 && text < end; text = nl + 1) {
		nl = memchr(text, '\n', (size_t)(end - text));
		nl = nl ? nl : end;
		n = (size_t)(nl - text);
		line = gv_arena_copy(&sum->arena, text, n);
		if (line == NULL)
			return GV_ENOMEM;
		k = keys ? strcspn(line, " \t=:") : 0;
		if (n)
			r = add(sum, list, line, k,
			    line + k + (keys ? strspn(line + k, " \t=:") : 0));
		if (nl == end)
			break;
	}
	return r;
}

/* Read the blob origin/NAME into a list; one that is missing is fine. */
static int
read_lines(struct gv_summary *sum, struct gv_summary_list *list,
    struct gv_odb *odb, const struct gv_oid *origin, const char *name)
{
	struct gv_object obj = { 0 };
	struct gv_oid oid;
	int r = find(&oid, odb, origin, name);

	if (r <= 0)
		return r;
	if ((r = gv_odb_read_type(odb, &obj, &oid, GV_OTYPE_BLOB)) == 0)
		r = gv_summary_add_lines(sum, list, (const char *)obj.data,
		    obj.len, list == &sum->repository);
	gv_object_release(&obj);
	return r;
}

static int
add_hook(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct gv_summary *sum = ctx;

	if (e->mode == GV_MODE_DIR)
		return 0;
	return add(sum, &sum->hooks, path, len, "");
}

static int
read_origin(
    struct gv_summary *sum, struct gv_odb *odb, const struct gv_oid *origin)
{
	struct gv_summary_list refs = { 0 };
	struct gv_oid oid;
	int r;

	r = read_lines(sum, &sum->repository, odb, origin, "repository");
	if (r == 0 &&
	    (r = read_lines(
		 sum, &sum->submodules, odb, origin, "submodules")) == 0)
		r = read_lines(sum, &refs, odb, origin, "refs");
	sum->refs = refs.n;
	free(refs.items);
	if (r == 0)
		r = find(&oid, odb, origin, "config");
	sum->has_config = r > 0;
	if (r >= 0)
		r = find(&oid, odb, origin, "hooks");
	return r > 0 ? gv_tree_walk(odb, &oid, add_hook, sum) : r;
}

int
gv_summary_load(
    struct gv_summary *out, struct gv_repo *repo, const struct gv_record *rec)
{
	struct gv_summary sum = { .arena = GV_ARENA_INIT };
	struct gv_odb *odb;
	struct gv_oid oid;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0 && (r = read_manifest(&sum, odb, &rec->meta)) == 0)
		r = find(&oid, odb, &rec->meta, "index");
	sum.has_index = r > 0;
	if (r >= 0)
		r = find(&oid, odb, &rec->meta, "origin");
	if (r > 0)
		r = read_origin(&sum, odb, &oid);
	if (r < 0) {
		gv_summary_release(&sum);
		return gv_err_in(r, "snapshot %s", rec->id);
	}
	*out = sum;
	return 0;
}

void
gv_summary_release(struct gv_summary *sum)
{
	if (sum == NULL)
		return;
	free(sum->skipped.items);
	free(sum->unstable.items);
	free(sum->repository.items);
	free(sum->submodules.items);
	free(sum->hooks.items);
	gv_arena_release(&sum->arena);
	memset(sum, 0, sizeof(*sum));
}
