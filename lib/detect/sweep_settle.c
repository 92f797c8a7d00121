#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "detect/sweep_internal.h"

/* Who has named a finding by one path has meant this version of the file. */
static int
weigh(const struct gv_finding *f)
{
	bool is_free = f->allowed == GV_FINDING_OPEN ||
	    f->allowed == GV_FINDING_BY_COMMENT;

	if (f->is_named)
		return 2 * GV_FINDING_GRADES;
	return (is_free ? GV_FINDING_GRADES : 0) + (int)f->grade;
}

/* Whether they are of the same bytes of one version of a file: 0; else which is
 * in front. */
static int
compare_bytes(const struct gv_finding *x, const struct gv_finding *y)
{
	int r = memcmp(x->places->blob.id, y->places->blob.id, GV_OID_RAW);

	if (r == 0)
		r = strcmp(x->inner ? x->inner : "", y->inner ? y->inner : "");
	if (r == 0)
		r = (x->at > y->at) - (x->at < y->at);
	return r ? r : strcmp(x->rule->id, y->rule->id);
}

/* The heaviest in front; of those that are alike that of the first place. */
static int
by_version(const void *a, const void *b)
{
	const struct gv_finding *x = a, *y = b;
	int r = compare_bytes(x, y);

	if (r == 0 && (r = weigh(y) - weigh(x)) == 0)
		r = (y->places == y->places->first) -
		    (x->places == x->places->first);
	return r ? r : strcmp(x->path, y->path);
}

static struct gv_finding_place *
copy_place(const struct gv_finding_place *place, struct gv_arena *arena)
{
	struct gv_finding_place *copy = gv_arena_alloc(arena, sizeof(*copy));

	if (copy) {
		*copy = *place;
		copy->next = NULL;
	}
	return copy;
}

/* All places of its version, that of the finding in front. */
static int
put_in_front(const struct gv_finding_place **place, struct gv_arena *arena)
{
	const struct gv_finding_place *own = *place, *p;
	struct gv_finding_place *last = copy_place(own, arena);

	*place = last;
	for (p = own->first; p && last; p = p->next) {
		if (p == own)
			continue;
		last->next = copy_place(p, arena);
		last = last->next;
	}
	return last ? 0 : GV_ENOMEM;
}

int
gv_sweep_settle_history(struct gv_sweep *sweep)
{
	const struct gv_finding_place *was = NULL, *is = NULL;
	struct gv_finding *all = sweep->findings;
	size_t i, n = 0;
	int r = 0;

	if (sweep->n == 0 || all[0].places == NULL)
		return 0;
	qsort(all, sweep->n, sizeof(*all), by_version);
	for (i = 0; i < sweep->n; i++) {
		if (n && compare_bytes(&all[n - 1], &all[i]) == 0)
			gv_finding_release(&all[i]);
		else
			all[n++] = all[i];
	}
	sweep->n = n;
	for (i = 0; r == 0 && i < n; i++) {
		if (all[i].places == all[i].places->first)
			continue;
		if (all[i].places != was) {
			was = is = all[i].places;
			r = put_in_front(&is, &sweep->private->arena);
		}
		all[i].places = is;
	}
	return r;
}
