#include "vault/verify_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "store/repo.h"
#include "sys/cancel.h"

struct queue {
	struct gv_verify_run *run;
	struct gv_verify_snapshot *s;
	struct gv_oid *ids;
	size_t n, cap;
};

static char lost[] = "a commit that it keeps is lost";

/* One that another snapshot keeps too was looked for before. */
static int
push(struct queue *q, const struct gv_oid *oid)
{
	const struct gv_verify_object *o = gv_verify_find(q->run, oid);
	int r = gv_verify_meet(q->run, oid);

	if (o && o->why)
		gv_verify_tell(q->run, q->s, "", 0, oid, o->why);
	if (r <= 0)
		return r;
	r = gv_vec_grow((void **)&q->ids, &q->cap, q->n + 1, sizeof(*q->ids));
	if (r == 0)
		q->ids[q->n++] = *oid;
	return r;
}

/* The head of a commit names its tree and its parents, a line each. */
static int
read_head(struct queue *q, const struct gv_object *obj, bool tree, bool parents)
{
	const char *p = (const char *)obj->data, *end = p + obj->len, *lf;
	struct gv_oid oid;
	int r = 0;

	for (; r >= 0 && p < end && *p != '\n'; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			break;
		if (tree && lf - p == 5 + GV_OID_HEX &&
		    memcmp(p, "tree ", 5) == 0 &&
		    gv_oid_parse(&oid, p + 5) == 0)
			r = gv_verify_note_root(q->run, &oid);
		else if (parents && lf - p == 7 + GV_OID_HEX &&
		    memcmp(p, "parent ", 7) == 0 &&
		    gv_oid_parse(&oid, p + 7) == 0)
			r = push(q, &oid);
	}
	return r < 0 ? r : 0;
}

static int
visit(struct queue *q, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(q->run->odb, &obj, oid, GV_OTYPE_COMMIT);

	r = gv_verify_rescue(q->run, &obj, oid, GV_OTYPE_COMMIT, r);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_verify_find(q->run, oid)->why = lost;
		gv_verify_tell(q->run, q->s, "", 0, oid, lost);
		return 0;
	}
	if (r == 0) {
		q->run->result->objects++;
		/* a shallow clone has no more of it */
		r = read_head(
		    q, &obj, true, !gv_shallow_has(&q->run->shallow, oid));
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
	int r = read_head(
	    &q, obj, false, !gv_shallow_has(&run->shallow, &s->commit));

	while (r == 0 && q.n > 0) {
		oid = q.ids[--q.n];
		r = gv_cancel_requested() ? gv_cancel_error() : visit(&q, &oid);
	}
	free(q.ids);
	return r;
}
