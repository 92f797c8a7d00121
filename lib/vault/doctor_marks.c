#include <string.h>

#include "base/err.h"
#include "store/odb.h"
#include "store/ref.h"
#include "store/tree.h"
#include "vault/doctor_internal.h"
#include "vault/ledger.h"
#include "vault/mark.h"
#include "vault/remote.h"
#include "vault/tombstone.h"

/* Whether the trees can be read that say all that counts: 0, or why not. */
static int
read_all(struct gv_odb *odb, const struct gv_oid *tip)
{
	struct gv_ledger ledger;
	struct gv_object obj = { 0 }, folder = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_ledger_load(&ledger, odb, tip);

	if (r == 0 && !gv_oid_is_zero(tip))
		r = gv_odb_read_type(odb, &obj, &ledger.tree, GV_OTYPE_TREE);
	gv_tree_iter_init(&it, obj.data, obj.len);
	while (r == 0 && gv_tree_next(&it, &e) > 0) {
		if (e.mode == GV_MODE_DIR)
			r = gv_odb_read_type(
			    odb, &folder, &e.oid, GV_OTYPE_TREE);
		gv_object_release(&folder);
	}
	gv_object_release(&obj);
	return r;
}

/* A remote may have it; what none has, repair lets go of. */
static int
add(struct gv_doctor *d, const char *ref, const char *what)
{
	struct gv_buf cmd = GV_BUF_INIT;
	struct gv_remote remote;
	size_t at = 0;
	int r;

	gv_buf_addstr(&cmd, "git vault repair");
	if (gv_remote_next(&remote, &at, &d->repo->config))
		gv_buf_addf(
		    &cmd, " --remote %.*s", (int)remote.len, remote.name);
	r = gv_buf_check(&cmd);
	if (r == 0)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "marks_damaged", cmd.p,
		    "%s cannot be read, so that what %s is not known, nothing "
		    "of it can be changed or synced, and git may stumble over "
		    "it: %s",
		    ref, what, gv_err_message());
	gv_buf_release(&cmd);
	return r;
}

int
gv_doctor_marks(struct gv_doctor *d)
{
	static const struct {
		const char *ref, *what;
	} all[] = { { GV_MARK_REF, "is pinned or tagged" },
		{ GV_TOMBSTONE_REF, "was deleted" } };
	struct gv_odb *odb = NULL;
	struct gv_oid tip;
	size_t i;
	int r = gv_repo_odb(d->repo, &odb);

	for (i = 0; r == 0 && i < sizeof(all) / sizeof(all[0]); i++) {
		r = gv_ref_find(&tip, d->repo, all[i].ref);
		/* its file says nothing, which is told of elsewhere */
		if (r == GV_ECORRUPT) {
			r = 0;
			continue;
		}
		if (r == 0)
			r = read_all(odb, &tip);
		if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
			r = add(d, all[i].ref, all[i].what);
	}
	return r;
}
