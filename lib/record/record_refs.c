#include "record/record_refs.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/repo_odb.h"
#include "record/tombstone.h"
#include "repo/refs.h"
#include "repo/repo.h"

/* A part that is damaged is said and left empty. */
static int
tolerate(struct gv_record_refs *refs, int r)
{
	if (r != GV_ECORRUPT)
		return r;
	gv_buf_addf(&refs->damaged, "%s\n", gv_err_message());
	return gv_buf_check(&refs->damaged);
}

static const struct gv_oid *
tip_of(const struct gv_refs *refs, const char *name)
{
	const struct gv_ref *ref = gv_refs_find(refs, name);

	return ref ? &ref->oid : NULL;
}

/* A ref that git skips because its file is empty did exist once. */
static int
check_file(struct gv_record_refs *refs, struct gv_repo *repo, const char *name)
{
	struct gv_oid oid;

	if (tip_of(&refs->refs, name) || !gv_ref_has_file(repo, name))
		return 0;
	return tolerate(refs, gv_ref_find(&oid, repo, name));
}

/* Leave only the snapshots' refs, which come last. */
static void
keep_snapshots(struct gv_refs *refs)
{
	size_t i = 0;

	while (i < refs->n &&
	    strncmp(refs->refs[i].name, GV_REFS_SNAPSHOTS,
		strlen(GV_REFS_SNAPSHOTS)) != 0)
		i++;
	refs->n -= i;
	if (refs->n)
		memmove(
		    refs->refs, refs->refs + i, refs->n * sizeof(*refs->refs));
}

static int
load(struct gv_record_refs *out, struct gv_odb *odb)
{
	const struct gv_oid *tip = tip_of(&out->refs, GV_REF_DELETED);
	struct gv_oid deleted = { { 0 } };
	size_t live;
	int r;

	if (tip)
		deleted = *tip;
	r = tolerate(out,
	    gv_marks_load(&out->marks, odb, tip_of(&out->refs, GV_REF_MARKS)));
	keep_snapshots(&out->refs);
	if (r < 0 || gv_oid_is_zero(&deleted))
		return r;
	if ((r = gv_tombstone_split(&out->refs, &live, odb, &deleted)) == 0) {
		out->n_hidden = out->refs.n - live;
		out->refs.n = live;
		r = gv_ledger_load(&out->deleted, odb, &deleted);
	}
	return tolerate(out, r);
}

int
gv_record_refs_load(struct gv_record_refs *out, struct gv_repo *repo)
{
	static const char *const names[] = { GV_REF_DELETED, GV_REF_MARKS,
		NULL };
	struct gv_odb *odb;
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	out->marks = (struct gv_marks)GV_MARKS_INIT;
	out->damaged = (struct gv_buf)GV_BUF_INIT;
	if ((r = gv_repo_odb(repo, &odb)) == 0)
		r = gv_ref_list_with(
		    &out->refs, repo, names, GV_REFS_SNAPSHOTS);
	for (i = 0; r == 0 && names[i]; i++)
		r = check_file(out, repo, names[i]);
	if (r == 0)
		r = load(out, odb);
	if (r < 0)
		gv_record_refs_release(out);
	return r;
}

int
gv_record_refs_now(
    struct gv_oid *out, const struct gv_repo *repo, const char *id)
{
	struct gv_buf name = GV_BUF_INIT;
	struct gv_refs refs = { 0 };
	const struct gv_ref *ref = NULL;
	int r;

	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", id);
	if ((r = gv_buf_check(&name)) == 0 &&
	    (r = gv_ref_list(&refs, repo, GV_REFS_SNAPSHOTS)) == 0)
		ref = gv_refs_find(&refs, name.p);
	if (ref)
		*out = ref->oid;
	gv_refs_release(&refs);
	gv_buf_release(&name);
	return r < 0 ? r : ref != NULL;
}

bool
gv_record_refs_lost(const struct gv_repo *repo, const char *id)
{
	char *why = strdup(gv_err_message());
	struct gv_oid now;
	bool is_lost = gv_record_refs_now(&now, repo, id) == 0;

	gv_err_set_message(why ? why : "");
	free(why);
	return is_lost;
}

void
gv_record_refs_release(struct gv_record_refs *refs)
{
	if (refs == NULL)
		return;
	gv_refs_release(&refs->refs);
	gv_marks_release(&refs->marks);
	gv_buf_release(&refs->damaged);
	memset(refs, 0, sizeof(*refs));
}
