#include "fold/fold_internal.h"

#include "base/err.h"
#include "object/link.h"
#include "object/odb.h"
#include "object/tree.h"
#include "sys/cancel.h"

/* git weighs the last sixteen characters of a path. */
#define TAIL 20

struct listing {
	struct gv_buf *out;
	const struct gv_odb_own *own;
	enum gv_odb_own_fate fate;
};

static void
add_line(
    struct gv_buf *out, const struct gv_oid *id, const char *path, size_t len)
{
	size_t skip = len > TAIL ? len - TAIL : 0;
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, id);
	gv_buf_add(out, hex, GV_OID_HEX);
	gv_buf_addch(out, ' ');
	for (; skip < len; skip++)
		gv_buf_addch(
		    out, (unsigned char)path[skip] < ' ' ? '_' : path[skip]);
	gv_buf_addch(out, '\n');
}

/* A tree that is not in our packs is not entered: what is below it is mostly
 * not either, and what is goes without a name. */
static int
on_entry(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct listing *l = ctx;
	struct gv_odb_own_object *o;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (e->mode == GV_MODE_GIT)
		return 0;
	o = gv_odb_own_find(l->own, &e->oid);
	if (o == NULL || o->is_named)
		return e->mode == GV_MODE_DIR;
	o->is_named = true;
	if (o->fate == l->fate)
		add_line(l->out, &o->oid, path, len);
	return 0;
}

static int
name_below(
    struct listing *l, struct gv_fold_run *run, const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	struct gv_odb_own_object *o;
	struct gv_oid root;
	int r = gv_odb_read_type(run->odb, &obj, commit, GV_OTYPE_COMMIT);

	if (r < 0)
		return r;
	if (!gv_link_tree(&root, &obj))
		r = gv_err(GV_ECORRUPT, "a commit has no tree");
	gv_object_release(&obj);
	o = r == 0 ? gv_odb_own_find(&run->own, &root) : NULL;
	if (o == NULL || o->is_named)
		return r;
	o->is_named = true;
	if (o->fate == l->fate)
		add_line(l->out, &root, "", 0);
	return gv_tree_walk(run->odb, &root, on_entry, l);
}

/* Commits come first in a pack that git writes in the order of the list: its
 * first object shows that it is a vault's. */
int
gv_fold_list(
    struct gv_buf *out, struct gv_fold_run *run, enum gv_odb_own_fate fate)
{
	struct listing l = { out, &run->own, fate };
	struct gv_odb_own_object *o = run->own.objects;
	size_t i, n = run->own.n_objects;
	int r = 0;

	for (i = 0; i < n; i++) {
		o[i].is_named = o[i].type == GV_OTYPE_COMMIT;
		if (o[i].is_named && o[i].fate == fate)
			add_line(out, &o[i].oid, "", 0);
	}
	for (i = 0; r == 0 && i < n; i++) {
		if (o[i].type != GV_OTYPE_COMMIT || o[i].fate != fate)
			continue;
		r = name_below(&l, run, &o[i].oid);
	}
	for (i = 0; r == 0 && i < n; i++)
		if (!o[i].is_named && o[i].fate == fate)
			add_line(out, &o[i].oid, "", 0);
	return r < 0 ? r : gv_buf_check(out);
}
