#include "vault/verify_internal.h"

#include <string.h>

#include "base/err.h"
#include "store/ref.h"
#include "store/repo.h"
#include "vault/keyring_store.h"
#include "vault/mark.h"
#include "vault/tombstone.h"

/*
 * What is said of snapshots and of who reads them: pins and tags, which are
 * deleted, and the keyring. What of it is lost counts as not said, so a prune
 * would drop what is pinned, and nothing can be sealed or opened.
 */
static const char *const ledgers[] = { GV_MARK_REF, GV_TOMBSTONE_REF,
	GV_KEYRING_REF };

#define N (sizeof(ledgers) / sizeof(ledgers[0]))

/* The commits before it, of which the next sync would miss one: two where
 * clones were put together. For repair, all that the ref keeps. */
static int
note_before(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    const struct gv_object *obj)
{
	static const char line[] = "\nparent ";
	const size_t len = sizeof(line) - 1;
	/* behind the line of the tree, which was read */
	const char *at = (const char *)obj->data + 5 + GV_OID_HEX;
	struct gv_oid oid;

	if (run->opts->rescue)
		return gv_verify_history(run, s, obj);
	if (gv_shallow_has(&run->shallow, &s->commit))
		return 0;
	for (; strncmp(at, line, len) == 0 && gv_oid_parse(&oid, at + len) == 0;
	     at += len + GV_OID_HEX)
		if (!gv_odb_has(run->odb, &oid))
			gv_verify_tell(run, s, "", 0, &oid,
			    "the commit before it is missing");
	return 0;
}

static int
note(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(run->odb, &obj, &s->commit, GV_OTYPE_COMMIT);

	r = gv_verify_rescue(run, &obj, &s->commit, GV_OTYPE_COMMIT, r);
	if (r == 0) {
		run->result->objects++;
		run->result->bytes += obj.len;
		s->known = obj.len > 5 + GV_OID_HEX &&
		    strncmp((const char *)obj.data, "tree ", 5) == 0 &&
		    gv_oid_parse(&s->rec.root, (const char *)obj.data + 5) == 0;
		r = s->known ? note_before(run, s, &obj)
			     : gv_err(GV_ECORRUPT, "its commit has no tree");
	}
	gv_object_release(&obj);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_verify_tell(run, s, "", 0, &s->commit, gv_err_message());
		return 0;
	}
	return r < 0 ? r : gv_verify_note_root(run, &s->rec.root);
}

int
gv_verify_ledgers(struct gv_verify_run *run)
{
	struct gv_verify_snapshot all[N];
	size_t i;
	int r = 0;

	memset(all, 0, sizeof(all));
	for (i = 0; r == 0 && i < N; i++) {
		/* who faults are told of: the ref */
		all[i].id = (char *)(uintptr_t)ledgers[i];
		all[i].damaged = true;
		r = gv_ref_find(&all[i].commit, run->repo, ledgers[i]);
		/* its file says nothing, which was told of */
		if (r == GV_ECORRUPT) {
			r = 0;
			continue;
		}
		if (r == 0 && !gv_oid_is_zero(&all[i].commit))
			r = note(run, &all[i]);
	}
	if (r == 0)
		r = gv_verify_collect(run);
	if (r == 0)
		r = gv_verify_read(run, SIZE_MAX);
	for (i = 0; r == 0 && i < N; i++)
		if (all[i].known)
			r = gv_verify_paths(run, &all[i]);
	return r;
}
