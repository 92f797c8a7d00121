#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "verify/repair_internal.h"

/*
 * What lies below a commit or a directory that is lost, nobody knows: of a lost
 * object that is met nowhere it can only be told what it may be of.
 */

#define MAX_NAMED 3

/* The snapshot's, whose own commit it says; NULL where the fault is of none. */
static const struct gv_ref *
find_ref(const struct gv_refs *refs, const struct gv_verify_fault *f)
{
	struct gv_buf name = GV_BUF_INIT;
	const struct gv_ref *ref = NULL;

	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", f->snapshot);
	if (gv_buf_check(&name) == 0)
		ref = gv_refs_find(refs, name.p);
	gv_buf_release(&name);
	return ref;
}

/* Whether something of the vault may lie below what is lost there. */
static bool
hides(const struct gv_repair_run *run, const struct gv_refs *refs,
    const struct gv_verify_fault *f)
{
	const struct gv_repair_item *item =
	    gv_map_get(&run->items, f->oid.id, GV_OID_RAW);
	enum gv_otype type = item ? item->type : 0;
	const struct gv_ref *ref;
	size_t size;

	/* a ref that says nothing, or a commit that is no snapshot's */
	if (gv_oid_is_zero(&f->oid))
		return f->len == 0;
	/* it can be read, and yet says nothing */
	if (item == NULL &&
	    gv_odb_read_header(run->odb, &type, &size, &f->oid) < 0)
		return true;
	if (type != GV_OTYPE_COMMIT)
		return type != GV_OTYPE_BLOB;
	/* none of the project's commits here is seen to be missing */
	if (f->state)
		return gv_oid_equal(&f->version, &f->oid);
	ref = find_ref(refs, f);
	return ref == NULL || gv_oid_equal(&ref->oid, &f->oid);
}

/* States behind what has an id or a name. */
static int
compare(const struct gv_verify_fault *a, const struct gv_verify_fault *b)
{
	if (!a->state != !b->state)
		return a->state ? 1 : -1;
	return a->state ? strcmp(a->state, b->state)
			: strcmp(a->snapshot, b->snapshot);
}

static int
by_name(const void *a, const void *b)
{
	const struct gv_verify_fault *const *x = a, *const *y = b;

	return compare(*x, *y);
}

/* One fault of each snapshot, state or ref that hides something. */
static int
gather(struct gv_verify_fault ***out, size_t *n, struct gv_repair_run *run)
{
	struct gv_refs refs = { 0 };
	size_t i, j, cap = 0;
	int r = gv_ref_list(&refs, run->repo, GV_REFS_SNAPSHOTS);

	for (i = 0; r == 0 && i < run->n_faults; i++) {
		struct gv_verify_fault *f = &run->faults[i];

		if (!hides(run, &refs, f))
			continue;
		for (j = *n; j > 0 && compare((*out)[j - 1], f) != 0;)
			j--;
		if (j > 0)
			continue;
		if ((r = gv_vec_grow(
			 (void **)out, &cap, *n + 1, sizeof(**out))) == 0)
			(*out)[(*n)++] = f;
	}
	if (*n)
		qsort(*out, *n, sizeof(**out), by_name);
	gv_refs_release(&refs);
	return r;
}

static void
add_names(struct gv_buf *out, struct gv_verify_fault *const *all, size_t n)
{
	size_t i, named = n > MAX_NAMED ? MAX_NAMED : n;

	for (i = 0; i < named; i++) {
		if (i)
			gv_buf_addstr(out, i + 1 == n ? " and " : ", ");
		if (all[i]->state)
			gv_buf_addf(out, "the state %s", all[i]->state);
		else
			gv_buf_addstr(out, all[i]->snapshot);
	}
	if (n > named)
		gv_buf_addf(out, " and %zu more", n - named);
}

int
gv_repair_tell_below(struct gv_buf *out, struct gv_repair_run *run)
{
	const char *known = run->opts->n_snapshots
	    ? "the snapshots that were named"
	    : "snapshots and states";
	const char *others = run->opts->n_snapshots
	    ? "another snapshot or a state, or the project's history"
	    : "the project's history";
	struct gv_verify_fault **all = NULL;
	size_t n = 0;
	int r;

	if ((r = gather(&all, &n, run)) < 0)
		goto out;
	if (n) {
		gv_buf_addf(
		    out, "nothing that can be read of %s has it; ", known);
		add_names(out, all, n);
		gv_buf_addf(out,
		    " cannot be read completely, so it may be of %s; %s may "
		    "need it, too",
		    n == 1 ? "that" : "one of them", others);
	} else if (run->opts->n_snapshots) {
		gv_buf_addf(
		    out, "it is in none of %s; %s may need it", known, others);
	} else {
		gv_buf_addf(out,
		    "it is in no snapshot's own files and no state; %s may "
		    "need it",
		    others);
	}
out:
	free(all);
	return r < 0 ? r : gv_buf_check(out);
}
