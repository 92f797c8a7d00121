#include "verify/verify_internal.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "key/keyring_store.h"
#include "object/link.h"
#include "record/good.h"
#include "record/mark.h"
#include "record/tombstone.h"
#include "record/trash.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "vault/note.h"

/*
 * What is said of snapshots and of who reads them: pins and tags, which are
 * deleted, the keyring, notes, records of what is good, and the audit. What of
 * it is lost counts as not said, so a prune would drop what is pinned, and
 * nothing can be sealed or opened; and git itself goes on with no ref that
 * leads to nothing.
 */
static const char *const ledgers[] = { GV_REF_MARKS, GV_REF_DELETED,
	GV_REF_KEYRING, GV_REF_NOTES };

#define N (sizeof(ledgers) / sizeof(ledgers[0]))

static bool
begins(const char *ref, const char *with)
{
	return strncmp(ref, with, strlen(with)) == 0;
}

/* The commits before it, that whoever goes on with it needs: of the audit, each
 * event of which says what no other does, and for repair. Of the others
 * verify_closure.c tells. */
static int
note_before(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    const struct gv_object *obj)
{
	return run->opts->rescue || begins(s->id, GV_REFS_AUDIT)
	    ? gv_verify_history(run, s, obj)
	    : 0;
}

/* What the ref leads to next, from elsewhere where it is lost here. */
static int
read_next(struct gv_verify_run *run, struct gv_object *obj,
    const struct gv_verify_snapshot *s, enum gv_otype type)
{
	int r = gv_odb_read_type(run->odb, obj, &s->commit, type);

	if ((r = gv_verify_rescue(run, obj, &s->commit, type, r)) == 0) {
		run->result->objects++;
		run->result->bytes += obj->len;
	}
	return r;
}

static int
note(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	struct gv_object obj = { 0 };
	int r = read_next(run, &obj, s, GV_OTYPE_COMMIT);

	if (r == 0) {
		s->known = gv_link_tree(&s->rec.root, &obj);
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

/* The commit that a record is of. Its files are those of a snapshot, or the
 * project's, of which it says no more than the name. */
static int
note_target(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	struct gv_object obj = { 0 };
	struct gv_oid root;
	int r = read_next(run, &obj, s, GV_OTYPE_COMMIT);

	if (r == 0 && run->opts->rescue) {
		if ((r = gv_verify_history(run, s, &obj)) == 0 &&
		    gv_link_tree(&root, &obj))
			r = gv_verify_note_root(run, &root);
	}
	gv_object_release(&obj);
	return r;
}

/* A record of what is good: a tag of the vault, whatever it says. */
static int
note_tag(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	static const char object[] = "object ";
	const size_t len = sizeof(object) - 1;
	struct gv_object obj = { 0 };
	int r = read_next(run, &obj, s, GV_OTYPE_TAG);

	if (r == 0) {
		if (obj.len < len + GV_OID_HEX ||
		    memcmp(obj.data, object, len) != 0 ||
		    gv_oid_parse(&s->commit, (const char *)obj.data + len) < 0)
			r = gv_err(GV_ECORRUPT, "it is no tag of a commit");
		else
			r = note_target(run, s);
	}
	gv_object_release(&obj);
	if (r != GV_ECORRUPT && r != GV_ENOTFOUND)
		return r;
	gv_verify_tell(run, s, "", 0, &s->commit, gv_err_message());
	return 0;
}

static int
note_one(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    const char *ref, const struct gv_oid *tip)
{
	/* what faults name: the ref */
	s->id = (char *)(uintptr_t)ref;
	s->damaged = true;
	s->commit = *tip;
	if (gv_oid_is_zero(tip))
		return 0;
	return begins(ref, GV_REFS_GOOD) ? note_tag(run, s) : note(run, s);
}

static int
note_named(struct gv_verify_run *run, struct gv_verify_snapshot *all)
{
	struct gv_oid tip;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < N; i++) {
		r = gv_ref_find(&tip, run->repo, ledgers[i]);
		/* its file says nothing, which was told of */
		if (r == GV_ECORRUPT)
			r = 0;
		else if (r == 0)
			r = note_one(run, &all[i], ledgers[i], &tip);
	}
	return r;
}

static int
note_refs(struct gv_verify_run *run, struct gv_verify_snapshot *all,
    const struct gv_refs *refs)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < refs->n; i++)
		r = note_one(
		    run, &all[i], refs->refs[i].name, &refs->refs[i].oid);
	return r;
}

int
gv_verify_ledgers(struct gv_verify_run *run)
{
	struct gv_refs audits = { 0 }, goods = { 0 }, dumps = { 0 },
		       trash = { 0 };
	struct gv_verify_snapshot *all = NULL;
	size_t i, n;
	int r = gv_ref_list(&audits, run->repo, GV_REFS_AUDIT);

	if (r == 0 && (r = gv_ref_list(&goods, run->repo, GV_REFS_GOOD)) == 0 &&
	    (r = gv_ref_list(&dumps, run->repo, GV_REFS_COMPONENTS)) == 0)
		r = gv_ref_list(&trash, run->repo, GV_REFS_TRASH);
	n = N + audits.n + goods.n + dumps.n + trash.n;
	if (r < 0)
		goto out;
	all = calloc(n, sizeof(*all));
	r = all ? note_named(run, all) : gv_err_nomem();
	if (r < 0 || (r = note_refs(run, all + N, &audits)) < 0 ||
	    (r = note_refs(run, all + N + audits.n, &goods)) < 0 ||
	    (r = note_refs(run, all + N + audits.n + goods.n, &dumps)) < 0 ||
	    (r = note_refs(run, all + n - trash.n, &trash)) < 0 ||
	    (r = gv_verify_collect(run)) < 0 ||
	    (r = gv_verify_read(run, SIZE_MAX)) < 0)
		goto out;
	for (i = 0; r == 0 && i < n; i++)
		if (all[i].known)
			r = gv_verify_paths(run, &all[i]);
out:
	free(all);
	gv_refs_release(&audits);
	gv_refs_release(&goods);
	gv_refs_release(&dumps);
	gv_refs_release(&trash);
	return r;
}
