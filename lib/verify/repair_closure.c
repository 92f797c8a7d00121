#include "verify/repair_internal.h"

#include "base/err.h"
#include "sys/cancel.h"
#include "vault/closure.h"

struct line {
	struct gv_repair_run *run;
	bool seek;
	struct gv_closure line;
	bool has_gap;
};

static int
visit(struct line *l, const struct gv_closure_step *at)
{
	struct gv_object obj = { 0 };
	struct gv_repair_item *item;
	int r = gv_repair_read(&obj, l->run, &at->oid, at->type);

	if (r == 0 && l->seek &&
	    gv_repair_find(&item, l->run, &at->oid, at->type) == 1)
		r = gv_repair_read(&obj, l->run, &at->oid, at->type);
	l->has_gap |= r == 0;
	if (r == 1) {
		r = gv_closure_push_named(&l->line, &obj, true);
		/* it is there, and nobody reads it */
		r = r == GV_ECORRUPT ? 0 : r;
	}
	gv_object_release(&obj);
	return r;
}

int
gv_repair_line(struct gv_repair_run *run, const struct gv_oid *tip, bool seek)
{
	struct line l = { .run = run, .seek = seek };
	struct gv_closure_step at;
	int r = gv_closure_push_commit(&l.line, tip);

	while (r == 0 && (seek || !l.has_gap) && gv_closure_pop(&at, &l.line))
		r = gv_cancel_requested() ? gv_cancel_error() : visit(&l, &at);
	gv_closure_release(&l.line);
	return r < 0 ? r : !l.has_gap;
}
