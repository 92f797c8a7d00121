#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "store/odb.h"
#include "store/tree.h"
#include "sys/xattr.h"
#include "vault/ledger.h"
#include "vault/manifest.h"
#include "vault/outgoing_internal.h"
#include "vault/record.h"

/*
 * What is in the files of a snapshot is sealed where it must be, but not what
 * they are called. Git's trees have the names of files and the targets of
 * links; those of directories without a file, of what is not stored, and the
 * values of extended attributes (in base64) are in the manifest alone. Many
 * snapshots share layers of their manifests, so what a layer says is found out
 * once.
 */

/* An attribute's value is bytes; a NUL would end the text. */
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

static int
add_entry(struct gv_buf *out, struct gv_odb *odb, const struct gv_oid *base,
    const struct gv_manifest_entry *e)
{
	struct gv_oid oid;
	unsigned mode;
	int r = GV_EEXISTS;

	if (e->type == GV_MANIFEST_DIR || e->type == GV_MANIFEST_SKIPPED)
		r = gv_tree_find(odb, base, e->path, &mode, &oid);
	if (r == GV_ENOTFOUND) {
		gv_buf_add(out, e->path, e->path_len);
		gv_buf_addch(out, '\n');
	}
	return e->xattrs ? add_attributes(out, e->xattrs) : 0;
}

static int
read_layer(struct gv_buf *out, struct gv_odb *odb, const struct gv_oid *base,
    const struct gv_oid *layer)
{
	struct gv_object obj = { 0 };
	struct gv_manifest_iter it = { .p = NULL };
	struct gv_manifest_entry e;
	int r = gv_odb_read_type(odb, &obj, layer, GV_OTYPE_BLOB);

	if (r == 0)
		r = gv_manifest_iter_init(&it, (const char *)obj.data, obj.len);
	if (r == 0) {
		while ((r = gv_manifest_next(&it, &e)) > 0)
			if ((r = add_entry(out, odb, base, &e)) < 0)
				break;
		gv_manifest_iter_release(&it);
	}
	gv_object_release(&obj);
	return r < 0 ? r : gv_buf_check(out);
}

/* What a layer says; "": nothing that must be looked at. */
static int
find_layer(const char **said, struct gv_outgoing *out, struct gv_odb *odb,
    const struct gv_oid *base, const struct gv_oid *layer)
{
	struct gv_buf text = GV_BUF_INIT;
	char *key, *kept;
	int r = 0;

	*said = gv_map_get(&out->layers, layer->id, GV_OID_RAW);
	if (*said)
		return 0;
	if ((r = read_layer(&text, odb, base, layer)) < 0)
		goto out;
	key = gv_arena_copy(&out->arena, (const char *)layer->id, GV_OID_RAW);
	kept = gv_arena_copy(&out->arena, text.len ? text.p : "", text.len);
	r = key && kept ? gv_map_put(&out->layers, key, GV_OID_RAW, kept)
			: GV_ENOMEM;
	*said = kept;
out:
	gv_buf_release(&text);
	return r;
}

static int
add_more(struct gv_outgoing *out, const struct gv_oid *of, const char *text)
{
	int r = gv_vec_grow((void **)&out->more, &out->cap_more,
	    out->n_more + 1, sizeof(*out->more));

	if (r == 0)
		out->more[out->n_more++] = (struct gv_trawl_more){ *of, text };
	return r;
}

static int
add_manifest(struct gv_outgoing *out, struct gv_odb *odb,
    const struct gv_record *rec, const struct gv_oid *base)
{
	struct gv_manifest_layer layers[GV_MANIFEST_MAX_LAYERS];
	struct gv_oid tree;
	const char *said = NULL;
	unsigned mode;
	size_t n = 0, i;
	int r = gv_tree_find(odb, &rec->meta, "manifest", &mode, &tree);

	if (r == GV_ENOTFOUND)
		return 0;
	if (r == 0)
		r = gv_manifest_layers(layers, &n, odb, &tree);
	for (i = 0; r == 0 && i < n; i++) {
		r = find_layer(&said, out, odb, base, &layers[i].oid);
		if (r == 0 && *said)
			r = add_more(out, &rec->commit, said);
	}
	return r;
}

int
gv_outgoing_add_named(
    struct gv_outgoing *out, struct gv_odb *odb, const struct gv_record *rec)
{
	struct gv_ledger base = { .tree = gv_oid_empty_tree };
	struct gv_trawl_pair pair = {
		.commit = rec->commit, .to = rec->tree, .names_only = true
	};
	int r;

	if (!gv_oid_is_zero(&rec->base) &&
	    gv_ledger_load(&base, odb, &rec->base) < 0)
		base.tree = gv_oid_empty_tree;
	pair.from = base.tree;
	if ((r = gv_outgoing_add_pair(out, &pair)) < 0)
		return r;
	pair.from = rec->tree;
	pair.to = rec->index;
	if (!gv_oid_is_zero(&rec->index) &&
	    (r = gv_outgoing_add_pair(out, &pair)) < 0)
		return r;
	return add_manifest(out, odb, rec, &base.tree);
}
