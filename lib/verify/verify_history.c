#include "verify/verify_internal.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/link.h"
#include "repo/repo.h"
#include "sys/cancel.h"

struct queue {
	struct gv_verify_run *run;
	struct gv_verify_snapshot *s;
	struct gv_oid *ids;
	size_t n, cap;
};

static char lost[] = "a commit that it keeps is missing";

/* One that another snapshot keeps too was looked for before. */
static int
push(void *ctx, const struct gv_oid *oid)
{
	struct queue *q = ctx;
	const struct gv_verify_object *o = gv_verify_find(q->run, oid);
	int r = gv_verify_meet(q->run, oid);

	if (o && o->why)
		gv_verify_tell(q->run, q->s, "", 0, oid, o->why);
	if (r <= 0)
		return r;
	if ((r = GV_GROW(q->ids, q->n, q->cap)) == 0)
		q->ids[q->n++] = *oid;
	return r;
}

/* A shallow clone has no more of it. */
static int
push_parents(
    struct queue *q, const struct gv_object *obj, const struct gv_oid *commit)
{
	return gv_shallow_has(&q->run->shallow, commit)
	    ? 0
	    : gv_link_named(q, obj, push);
}

static int
visit(struct queue *q, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	struct gv_oid tree;
	int r = gv_odb_read_type(q->run->odb, &obj, oid, GV_OTYPE_COMMIT);

	r = gv_verify_rescue(q->run, &obj, oid, GV_OTYPE_COMMIT, r);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_verify_find(q->run, oid)->why = lost;
		gv_verify_tell(q->run, q->s, "", 0, oid, lost);
		return 0;
	}
	if (r == 0) {
		q->run->result->objects++;
		if (gv_link_tree(&tree, &obj))
			r = gv_verify_note_root(q->run, &tree);
		if (r >= 0)
			r = push_parents(q, &obj, oid);
	}
	gv_object_release(&obj);
	return r;
}

int
gv_verify_history(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    const struct gv_object *obj)
{
	struct queue q = { .run = run, .s = s };
	struct gv_oid oid;
	int r = push_parents(&q, obj, &s->commit);

	while (r == 0 && q.n > 0) {
		oid = q.ids[--q.n];
		r = gv_cancel_requested() ? gv_cancel_error() : visit(&q, &oid);
	}
	free(q.ids);
	return r;
}
