#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "verify/repair_internal.h"

/* A snapshot that has lost something. */
struct state {
	const char *id;
	struct gv_oid commit;
	enum gv_repair_left left;
};

/* What one loss leaves of the snapshot. */
static enum gv_repair_left
judge(const struct state *s, const struct gv_verify_fault *f,
    const struct gv_oid *root)
{
	if (strncmp(f->path, "meta/manifest", 13) == 0)
		return GV_REPAIR_LEFT_FILES;
	if (f->len)
		return GV_REPAIR_LEFT_SOME;
	/* of a commit that is not known as ours nothing can be found */
	return gv_oid_equal(&f->oid, &s->commit) || gv_oid_is_zero(&f->oid) ||
		gv_oid_is_zero(root) || gv_oid_equal(&f->oid, root)
	    ? GV_REPAIR_LEFT_NOTHING
	    : GV_REPAIR_LEFT_ALL;
}

static int
by_id(const void *a, const void *b)
{
	const struct state *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static void
mark(struct gv_repair_run *run, struct state *states, size_t n)
{
	struct gv_oid root, parent;
	size_t i;

	for (i = 0; i < run->n_faults; i++) {
		const struct gv_verify_fault *f = &run->faults[i];
		const struct state key = { .id = f->snapshot };
		struct state *s =
		    n ? bsearch(&key, states, n, sizeof(key), by_id) : NULL;
		enum gv_repair_left left;

		if (s == NULL)
			continue;
		if (gv_repair_read_head(&root, &parent, run, &s->commit) < 0)
			memset(&root, 0, sizeof(root));
		left = judge(s, f, &root);
		if (left < s->left)
			s->left = left;
	}
}

int
gv_repair_tell_left(struct gv_repair_run *run)
{
	struct gv_refs refs = { 0 };
	struct state *states = NULL;
	size_t i;
	int r;

	if (run->n_faults == 0 || run->opts->left == NULL)
		return 0;
	if ((r = gv_ref_list(&refs, run->repo, GV_REFS_SNAPSHOTS)) == 0) {
		states = calloc(refs.n + 1, sizeof(*states));
		r = states ? 0 : gv_err_nomem();
	}
	for (i = 0; r == 0 && i < refs.n; i++)
		states[i] = (struct state){ refs.refs[i].name +
			    strlen(GV_REFS_SNAPSHOTS),
			refs.refs[i].oid, GV_REPAIR_LEFT_WHOLE };
	if (r == 0)
		mark(run, states, refs.n);
	for (i = 0; r == 0 && i < refs.n; i++)
		if (states[i].left != GV_REPAIR_LEFT_WHOLE)
			run->opts->left(
			    run->opts->ctx, states[i].id, states[i].left);
	free(states);
	gv_refs_release(&refs);
	return r;
}
