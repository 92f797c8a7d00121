#include "store/odb_own.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "store/odb_internal.h"

struct ids {
	struct gv_oid *ids;
	size_t n, cap;
};

static int
add(struct ids *out, const struct gv_oid *id)
{
	int r = gv_vec_grow(
	    (void **)&out->ids, &out->cap, out->n + 1, sizeof(*out->ids));

	if (r == 0)
		out->ids[out->n++] = *id;
	return r;
}

/* -1 where it is not there any more. */
static int64_t
mtime_of(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? -1 : (int64_t)st.st_mtim.tv_sec;
}

static int
add_loose(
    struct ids *out, struct gv_odb *odb, struct gv_odb_dir *dir, int64_t since)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = 0, first;
	size_t i;

	for (first = 0; r == 0 && first < 256; first++) {
		struct gv_oid id = { { (unsigned char)first } };
		struct gv_odb_loose *list = gv_odb_loose_list(odb, dir, &id);

		if (list == NULL)
			r = GV_ENOMEM;
		for (i = 0; r == 0 && i < list->n; i++) {
			gv_buf_reset(&path);
			gv_odb_loose_path(&path, dir, &list->ids[i]);
			r = gv_buf_check(&path);
			if (r == 0 && mtime_of(path.p) >= since)
				r = add(out, &list->ids[i]);
		}
	}
	gv_buf_release(&path);
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
add_packed(struct ids *out, const struct gv_odb_pack *pack, int64_t since)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_oid id;
	uint32_t row;
	int r;

	gv_buf_addf(&path, "%s.pack", pack->stem);
	r = gv_buf_check(&path);
	if (r == 0 && mtime_of(path.p) < since)
		goto out;
	for (row = 0; r == 0 && row < pack->n; row++) {
		gv_odb_pack_id(pack, row, &id);
		r = add(out, &id);
	}
out:
	gv_buf_release(&path);
	return r;
}

int
gv_odb_own_young(struct gv_oid **ids, size_t *n, const struct gv_odb_own *own,
    struct gv_odb *odb, int64_t since)
{
	struct gv_odb_view *view = gv_odb_view(odb);
	struct ids out = { 0 };
	size_t i;
	int r = view ? 0 : GV_ENOMEM;

	for (i = 0; r == 0 && i < view->n_dirs; i++)
		r = add_loose(&out, odb, &view->dirs[i], since);
	for (i = 0; r == 0 && i < view->n_packs; i++)
		if (!is_listed(own, view->packs[i]))
			r = add_packed(&out, view->packs[i], since);
	if (r < 0) {
		free(out.ids);
		return r;
	}
	*ids = out.ids;
	*n = out.n;
	return 0;
}
