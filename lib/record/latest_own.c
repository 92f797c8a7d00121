#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/repo_odb.h"
#include "record/latest.h"
#include "record/mark.h"
#include "record/own.h"
#include "record/record.h"
#include "record/record_load.h"
#include "record/tombstone.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "vault/ledger.h"

/*
 * Nearly always `latest` is what this working tree has just taken. Its list
 * says which that was, so one ref and one commit are enough, however many
 * snapshots there are. In any doubt the long way decides.
 */

/* Whether the snapshot is on the list of those that were deleted. */
static int
is_deleted(struct gv_odb *odb, const struct gv_refs *refs, const char *id)
{
	const struct gv_ref *tip = gv_refs_find(refs, GV_REF_DELETED);
	struct gv_ledger ledger;
	int r;

	if (tip == NULL)
		return 0;
	r = gv_ledger_load(&ledger, odb, &tip->oid);
	return r < 0 ? r : gv_tombstone_find(NULL, odb, &ledger, id);
}

static int
apply_marks(
    struct gv_record *rec, struct gv_odb *odb, const struct gv_refs *refs)
{
	const struct gv_ref *tip = gv_refs_find(refs, GV_REF_MARKS);
	struct gv_marks marks = GV_MARKS_INIT;
	int r;

	if (tip == NULL)
		return 0;
	if ((r = gv_marks_load(&marks, odb, &tip->oid)) == 0)
		r = gv_mark_apply(&marks, rec);
	gv_marks_release(&marks);
	return r;
}

/* The refs that tell whether it stands, and as what; a ref that git skips
 * because its file is empty leaves the rest to the long way. */
static int
list(struct gv_refs *out, const struct gv_repo *repo, const char *id)
{
	struct gv_buf ref = GV_BUF_INIT, below = GV_BUF_INIT;
	int r;

	gv_buf_addf(&ref, GV_REFS_SNAPSHOTS "%s", id);
	gv_buf_addf(&below, "%s/", ref.p ? ref.p : "");
	if ((r = gv_buf_check(&ref)) == 0 && (r = gv_buf_check(&below)) == 0)
		r = gv_ref_list_with(out, repo,
		    (const char *const[]){
			GV_REF_DELETED, GV_REF_MARKS, ref.p, NULL },
		    below.p);
	gv_buf_release(&ref);
	gv_buf_release(&below);
	return r;
}

static bool
is_plain(const struct gv_refs *refs, const struct gv_repo *repo)
{
	static const char *const names[] = { GV_REF_DELETED, GV_REF_MARKS };
	size_t i;

	for (i = 0; i < 2; i++)
		if (gv_refs_find(refs, names[i]) == NULL &&
		    gv_ref_has_file(repo, names[i]))
			return false;
	return true;
}

static bool
is_of(const struct gv_refs *refs, const struct gv_own_entry *last)
{
	size_t i;

	for (i = 0; i < refs->n; i++)
		if (strncmp(refs->refs[i].name, GV_REFS_SNAPSHOTS,
			strlen(GV_REFS_SNAPSHOTS)) == 0)
			return gv_oid_equal(&refs->refs[i].oid, &last->commit);
	return false;
}

/* 1 if it is the latest, and *out is it. */
static int
look(struct gv_record *out, struct gv_repo *repo, const struct gv_own *own,
    const char *branch)
{
	const struct gv_latest_query q = { .of = GV_LATEST_TREE };
	const struct gv_latest_view view = {
		.own = own, .branch = branch, .merged = GV_MAP_INIT
	};
	const struct gv_own_entry *last = &own->entries[0];
	struct gv_refs refs = { 0 };
	struct gv_record rec = { 0 };
	struct gv_odb *odb;
	bool is = false;
	int r = list(&refs, repo, last->id);

	if (r < 0 || (r = gv_repo_odb(repo, &odb)) < 0)
		goto out;
	if (!is_of(&refs, last) || !is_plain(&refs, repo) ||
	    (r = is_deleted(odb, &refs, last->id)) != 0)
		goto out;
	if ((r = gv_record_load(&rec, repo, &last->commit)) == 0)
		r = apply_marks(&rec, odb, &refs);
	is = r == 0 && strcmp(rec.id, last->id) == 0 &&
	    gv_latest_rank(&q, &view, &rec) == GV_LATEST_OWN_HERE;
out:
	gv_refs_release(&refs);
	if (is)
		*out = rec;
	else
		gv_record_release(&rec);
	return is ? 1 : r;
}

int
gv_latest_own(struct gv_record *out, struct gv_repo *repo)
{
	const char *branch = gv_repo_branch(repo);
	struct gv_own own = { 0 };
	char *before;
	int r;

	/* on a detached HEAD its history decides */
	if (branch == NULL || (r = gv_own_load_last(&own, repo)) == 0)
		return 0;
	before = gv_err_save();
	if (r > 0)
		r = look(out, repo, &own, branch);
	gv_own_release(&own);
	if (r == GV_ENOMEM || r == GV_ECANCELED) {
		free(before);
		return r;
	}
	gv_err_restore(before);
	return r == 1;
}
