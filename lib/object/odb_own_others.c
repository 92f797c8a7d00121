#include "object/odb_own.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb_internal.h"

struct ids {
	struct gv_oid *ids;
	size_t n, cap;
};

static int
add(struct ids *out, const struct gv_oid *id)
{
	int r = GV_GROW(out->ids, out->n, out->cap);

	if (r == 0)
		out->ids[out->n++] = *id;
	return r;
}

static int
add_loose(struct ids *out, struct gv_odb *odb, struct gv_odb_dir *dir)
{
	int r = 0, first;
	size_t i;

	for (first = 0; r == 0 && first < 256; first++) {
		struct gv_oid id = { { (unsigned char)first } };
		struct gv_odb_loose *list = gv_odb_loose_list(odb, dir, &id);

		if (list == NULL)
			r = GV_ENOMEM;
		for (i = 0; r == 0 && i < list->n; i++)
			r = add(out, &list->ids[i]);
	}
	return r;
}

static bool
is_listed(const struct gv_odb_own *own, const struct gv_odb_pack *pack)
{
	size_t i;

	for (i = 0; i < own->n; i++)
		if (own->packs[i].pack == pack)
			return true;
	return false;
}

static int
add_packed(struct ids *out, const struct gv_odb_pack *pack)
{
	struct gv_oid id;
	uint32_t row;
	int r = 0;

	for (row = 0; r == 0 && row < pack->n; row++) {
		gv_odb_pack_id(pack, row, &id);
		r = add(out, &id);
	}
	return r;
}

int
gv_odb_own_others(struct gv_oid **ids, size_t *n, const struct gv_odb_own *own,
    struct gv_odb *odb)
{
	struct gv_odb_view *view = gv_odb_view(odb);
	struct ids out = { 0 };
	size_t i;
	int r = view ? 0 : GV_ENOMEM;

	/* the first folder is the repository's own; alternates know nothing of
	 * what is in it */
	if (r == 0 && view->n_dirs)
		r = add_loose(&out, odb, &view->dirs[0]);
	for (i = 0; r == 0 && i < view->n_packs; i++)
		if (gv_odb_own_name(odb, view->packs[i]) &&
		    !is_listed(own, view->packs[i]))
			r = add_packed(&out, view->packs[i]);
	if (r < 0) {
		free(out.ids);
		return r;
	}
	*ids = out.ids;
	*n = out.n;
	return 0;
}

bool
gv_odb_own_has(struct gv_odb *odb, const struct gv_oid *oid)
{
	struct gv_odb_view *view = gv_odb_view(odb);
	const size_t n = strlen(odb->objects_dir);
	const struct gv_odb_loose *list;
	uint32_t row;
	size_t i;

	for (i = 0; view && i < view->n_packs; i++)
		if (strncmp(view->packs[i]->stem, odb->objects_dir, n) == 0 &&
		    view->packs[i]->stem[n] == '/' &&
		    gv_odb_pack_find(view->packs[i], oid, &row))
			return true;
	list = view && view->n_dirs
	    ? gv_odb_loose_list(odb, &view->dirs[0], oid)
	    : NULL;
	return list && gv_odb_loose_find(list, oid) >= 0;
}
