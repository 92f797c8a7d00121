#include "object/odb_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

#define OFTEN 32 /* how often is more than once in a while */

/* Whether the pack's time stamp is now, set at the first call. */
static bool
stamp_pack(struct gv_odb_pack *pack)
{
	struct gv_buf path = GV_BUF_INIT;
	int state = atomic_load_explicit(&pack->stamp, memory_order_relaxed);

	if (state)
		return state > 0;
	gv_buf_addf(&path, "%s.pack", pack->stem);
	state = gv_buf_check(&path) == 0 &&
		utimensat(AT_FDCWD, path.p, NULL, 0) == 0
	    ? 1
	    : -1;
	gv_buf_release(&path);
	/* two threads at once do no harm */
	atomic_store_explicit(&pack->stamp, state, memory_order_relaxed);
	return state > 0;
}

static bool
freshen_loose(
    struct gv_odb *odb, struct gv_odb_dir *dir, const struct gv_oid *id)
{
	struct gv_odb_loose *list = gv_odb_loose_list(odb, dir, id);
	ptrdiff_t i = gv_odb_loose_find(list, id);
	struct gv_buf path = GV_BUF_INIT;
	bool ok;

	if (i < 0)
		return false;
	gv_odb_loose_path(&path, dir, id);
	ok = gv_buf_check(&path) == 0 &&
	    utimensat(AT_FDCWD, path.p, NULL, 0) == 0;
	gv_buf_release(&path);
	if (ok)
		list->relied[i] = 1;
	return ok;
}

/* Most of what a writer looks for is new, and so in none of the packs, of which
 * there is one a snapshot until they are folded. */
static void
ease(struct gv_odb *odb, struct gv_odb_view *view)
{
	if (atomic_fetch_add_explicit(&view->asked, 1, memory_order_relaxed) ==
	    OFTEN)
		gv_odb_gather_small(odb, view);
}

int
gv_odb_freshen(struct gv_odb *odb, const struct gv_oid *id)
{
	struct gv_odb_view *view = gv_odb_view(odb);
	struct gv_odb_cursor c = { 0, 0 };
	struct gv_odb_pack *pack;
	uint32_t row;
	size_t i;

	if (view == NULL)
		return 0;
	ease(odb, view);
	while ((pack = gv_odb_pack_next(odb, view, id, &c, &row)))
		/* in a cruft pack each object has a date of its own, which
		 * the file's does not change */
		if (!pack->is_cruft && stamp_pack(pack) &&
		    gv_odb_pack_mark(odb, pack, &pack->relied, row))
			return 1;
	for (i = 0; i < view->n_dirs; i++)
		if (freshen_loose(odb, &view->dirs[i], id))
			return 1;
	return 0;
}

static int
gone(const struct gv_oid *id)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, id);
	return gv_err(GV_EEXISTS,
	    "object %s was removed by a concurrent git gc; run this again",
	    hex);
}

static bool
stands(const struct gv_odb_pack *pack)
{
	struct gv_buf path = GV_BUF_INIT;
	bool ok;

	gv_buf_addf(&path, "%s.pack", pack->stem);
	ok = gv_buf_check(&path) == 0 && access(path.p, F_OK) == 0;
	gv_buf_release(&path);
	return ok;
}

/* What was relied on in a pack that is no more must be somewhere else. */
static int
check_pack(struct gv_odb *odb, const struct gv_odb_pack *pack)
{
	struct gv_oid id;
	uint32_t row;

	if (pack->relied == NULL || stands(pack))
		return 0;
	for (row = 0; row < pack->n; row++) {
		if (!(pack->relied[row / 8] & (1u << (row % 8))))
			continue;
		gv_odb_pack_id(pack, row, &id);
		if (!gv_odb_has(odb, &id))
			return gone(&id);
	}
	return 0;
}

static int
check_loose(struct gv_odb *odb, const struct gv_odb_loose *list)
{
	size_t i;

	for (i = 0; list && i < list->n; i++)
		if (list->relied[i] && !gv_odb_has(odb, &list->ids[i]))
			return gone(&list->ids[i]);
	return 0;
}

int
gv_odb_check_relied(struct gv_odb *odb)
{
	const struct gv_odb_pack *pack;
	const struct gv_odb_view *view;
	size_t i;
	int r = gv_odb_refresh(odb);

	for (pack = odb->packs; r == 0 && pack; pack = pack->next)
		r = check_pack(odb, pack);
	/* the newest view has just been made: nothing in it was relied on */
	view = r == 0 ? atomic_load(&odb->view)->older : NULL;
	for (; r == 0 && view; view = view->older)
		for (i = 0; r == 0 && i < view->n_dirs * 256; i++)
			r = check_loose(
			    odb, view->dirs[i / 256].lists[i % 256]);
	return r;
}
