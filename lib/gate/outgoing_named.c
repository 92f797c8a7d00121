#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "gate/outgoing_internal.h"
#include "object/link.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/manifest.h"
#include "record/record.h"
#include "repo/repo.h"
#include "sys/xattr.h"
#include "vault/ledger.h"

/*
 * Secrets in the files of a snapshot are encrypted, but the names of the files
 * are not. Git's trees have the names of files and the targets of links. The
 * manifest has more: empty directories, paths that are not stored, and the
 * values of extended attributes (in base64). Snapshots share layers of
 * manifests, so a layer may also name files of an earlier snapshot that are
 * gone. Each layer is searched once. Only if something is found in a layer are
 * its names compared with the trees of the snapshot.
 */

/* The value of an attribute is bytes. A NUL would end the text, so it becomes a
 * blank. */
static int
add_attributes(struct gv_buf *out, const char *text)
{
	struct gv_buf name = GV_BUF_INIT, value = GV_BUF_INIT;
	size_t i;
	int r;

	while ((r = gv_xattr_next(&text, &name, &value)) > 0) {
		for (i = 0; i < value.len; i++)
			if (value.p[i] == '\0')
				value.p[i] = ' ';
		gv_buf_addf(out, "%s=", name.p);
		gv_buf_add(out, value.p, value.len);
		gv_buf_addch(out, '\n');
	}
	gv_buf_release(&name);
	gv_buf_release(&value);
	return r;
}

/* Trees whose names are searched elsewhere: the snapshot's own, and that of the
 * commit that it is compared with. */
struct elsewhere {
	struct gv_odb *odb;
	struct gv_oid base, tree;
};

/* Whether one of them has the path: 1, 0, or a failure. */
static int
is_elsewhere(const struct elsewhere *at, const char *path)
{
	const struct gv_oid *const trees[] = { &at->base, &at->tree };
	struct gv_oid oid;
	unsigned mode;
	size_t i;
	int r = GV_ENOTFOUND;

	for (i = 0; r == GV_ENOTFOUND && i < 2; i++)
		r = gv_tree_find(at->odb, trees[i], path, &mode, &oid);
	return r == GV_ENOTFOUND ? 0 : r < 0 ? r : 1;
}

static int
add_entry(struct gv_buf *out, const struct elsewhere *at,
    const struct gv_manifest_entry *e)
{
	int r = at ? is_elsewhere(at, e->path) : 0;

	if (r == 0) {
		gv_buf_add(out, e->path, e->path_len);
		gv_buf_addch(out, '\n');
	}
	return r < 0 ? r : e->xattrs ? add_attributes(out, e->xattrs) : 0;
}

/* Append the names and attributes of a layer, without those that `at` has
 * (NULL: all). */
static int
read_layer(struct gv_buf *out, struct gv_odb *odb, const struct elsewhere *at,
    const struct gv_oid *layer)
{
	struct gv_object obj = { 0 };
	struct gv_manifest_iter it = { .p = NULL };
	struct gv_manifest_entry e;
	int r;

	if ((r = gv_odb_read_type(odb, &obj, layer, GV_OTYPE_BLOB)) < 0)
		goto out;
	r = gv_manifest_iter_init(&it, (const char *)obj.data, obj.len);
	if (r < 0)
		goto out;
	while ((r = gv_manifest_next(&it, &e)) > 0)
		if ((r = add_entry(out, at, &e)) < 0)
			break;
	gv_manifest_iter_release(&it);
out:
	gv_object_release(&obj);
	return r < 0 ? r : gv_buf_check(out);
}

/* Whether anything in a layer looks like a secret: 1, 0, or a failure. */
static int
search_layer(
    struct gv_outgoing *out, struct gv_odb *odb, const struct gv_oid *layer)
{
	static const char clean[] = "", suspect[] = "x";
	const char *found = gv_map_get(&out->layers, layer->id, GV_OID_RAW);
	struct gv_buf text = GV_BUF_INIT;
	struct gv_disclosed what;
	const char *key;
	int r;

	if (found)
		return *found != '\0';
	if ((r = read_layer(&text, odb, NULL, layer)) < 0 ||
	    (r = gv_disclosure_find(&what, &out->disclosure, text.p)) < 0)
		goto out;
	key = gv_arena_copy(&out->arena, (const char *)layer->id, GV_OID_RAW);
	found = r ? suspect : clean;
	if (key == NULL ||
	    gv_map_put(&out->layers, key, GV_OID_RAW, (void *)found) < 0)
		r = GV_ENOMEM;
out:
	gv_buf_release(&text);
	return r;
}

static int
add_more(struct gv_outgoing *out, const struct gv_oid *of,
    const struct elsewhere *at, const struct gv_oid *layer)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *kept;
	int r;

	if ((r = read_layer(&text, at->odb, at, layer)) < 0 || text.len == 0)
		goto out;
	kept = gv_arena_copy(&out->arena, text.p, text.len);
	r = kept ? GV_GROW(out->more, out->n_more, out->cap_more) : GV_ENOMEM;
	if (r == 0)
		out->more[out->n_more++] = (struct gv_sweep_more){ *of, kept };
out:
	gv_buf_release(&text);
	return r;
}

static int
add_manifest(struct gv_outgoing *out, const struct gv_record *rec,
    const struct elsewhere *at)
{
	struct gv_manifest_layer layers[GV_MANIFEST_MAX_LAYERS];
	struct gv_oid tree;
	unsigned mode;
	size_t n = 0, i;
	int r = gv_tree_find(at->odb, &rec->meta, "manifest", &mode, &tree);

	if (r == GV_ENOTFOUND)
		return 0;
	if (r < 0 || (r = gv_manifest_layers(layers, &n, at->odb, &tree)) < 0)
		return r;
	for (i = 0; r == 0 && i < n; i++) {
		r = search_layer(out, at->odb, &layers[i].oid);
		if (r > 0)
			r = add_more(out, &rec->commit, at, &layers[i].oid);
	}
	return r;
}

/* ---- the commit to compare with ------------------------------------------ */

struct choice {
	const struct gv_oid *wanted;
	struct gv_oid is; /* zero: none yet */
};

static int
choose_parent(void *ctx, const struct gv_oid *parent)
{
	struct choice *c = ctx;

	if (gv_oid_is_zero(&c->is) || gv_oid_equal(parent, c->wanted))
		c->is = *parent;
	return 0;
}

/* The tree of the commit that the snapshot was taken on; its names are searched
 * as a parent's. A commit that must not leave is not a parent and its names are
 * not searched: then the tree of another parent is used, or the empty one. */
static int
find_base(struct gv_oid *tree, struct gv_odb *odb, const struct gv_record *rec)
{
	struct choice c = { .wanted = &rec->base };
	struct gv_ledger base;
	int r = gv_link_parents(&c, odb, &rec->commit, choose_parent);

	if (r == 0 && !gv_oid_is_zero(&c.is) &&
	    gv_ledger_load(&base, odb, &c.is) == 0)
		*tree = base.tree;
	else
		*tree = gv_oid_empty_tree;
	return r;
}

int
gv_outgoing_add_named(
    struct gv_outgoing *out, struct gv_repo *repo, const struct gv_record *rec)
{
	struct elsewhere at = { .tree = rec->tree };
	struct gv_sweep_pair pair = {
		.commit = rec->commit, .to = rec->tree, .names_only = true
	};
	int r;

	out->disclosure.repo = repo;
	if ((r = gv_repo_odb(repo, &at.odb)) < 0 ||
	    (r = find_base(&at.base, at.odb, rec)) < 0)
		return r;
	pair.from = at.base;
	if ((r = gv_outgoing_add_pair(out, &pair)) < 0)
		return r;
	pair.from = rec->tree;
	pair.to = rec->index;
	if (!gv_oid_is_zero(&rec->index) &&
	    (r = gv_outgoing_add_pair(out, &pair)) < 0)
		return r;
	return add_manifest(out, rec, &at);
}
