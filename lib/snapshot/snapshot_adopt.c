#include "snapshot/snapshot_adopt.h"

#include <string.h>

#include "autosave/autosave.h"
#include "base/buf.h"
#include "base/err.h"
#include "record/own.h"
#include "record/trash.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/lock.h"

/* An entry says that the last snapshot of its working tree is this one, which
 * is older. So it gets the name of none, and this clone counts as the one that
 * took it. */
static const char no_tree[GV_OWN_TREE + 1] = "0000000000000000";

static int
note(struct gv_repo *repo, const struct gv_autosave *save)
{
	struct gv_own_entry entry = { .commit = save->commit };
	struct gv_buf line = GV_BUF_INIT;
	int r;

	_Static_assert(GV_OWN_ID == GV_AUTOSAVE_ID, "an id is as long here");
	memcpy(entry.id, save->id, sizeof(entry.id));
	memcpy(entry.tree, no_tree, sizeof(entry.tree));
	gv_own_format(&line, &entry);
	if ((r = gv_buf_check(&line)) == 0)
		r = gv_own_append(repo, &line);
	gv_buf_release(&line);
	return r;
}

static int
create(struct gv_repo *repo, const char *name, const struct gv_autosave *save)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	int r = note(repo, save);

	if (r == 0) {
		gv_ref_create(&tx, name, &save->commit);
		r = gv_ref_commit(&tx, repo);
	}
	gv_ref_tx_release(&tx);
	return r < 0 ? r : 1;
}

int
gv_snapshot_adopt(struct gv_repo *repo, const char *id)
{
	struct gv_buf name = GV_BUF_INIT;
	struct gv_autosave save;
	struct gv_oid now;
	int lock = -1, r = gv_autosave_find(&save, repo, 0, id);

	if (r <= 0)
		return r;
	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", id);
	if ((r = gv_buf_check(&name)) == 0 &&
	    (r = gv_ref_find(&now, repo, name.p)) == 0 &&
	    gv_oid_is_zero(&now) && (r = gv_trash_say_deleted(repo, id)) == 0 &&
	    (r = gv_repo_lock(&lock, repo, 0)) == 0)
		r = create(repo, name.p, &save);
	gv_lock_close(lock);
	gv_buf_release(&name);
	return r;
}
