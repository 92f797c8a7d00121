#include "verify/verify_internal.h"

#include <string.h>

#include "base/err.h"
#include "key/keyring_store.h"
#include "object/link.h"
#include "record/mark.h"
#include "record/tombstone.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "vault/closure.h"
#include "vault/note.h"

/* The versions that a vault ref had before its present one. */

struct line {
	struct gv_verify_run *run;
	struct gv_verify_snapshot *s; /* the ref that is named */
	bool is_tip; /* on the way through what it says now, which was told */
	struct gv_closure line;
};

/* Of a blob what was read before is not read again. */
static int
read_next(
    struct line *l, struct gv_object *obj, const struct gv_closure_step *at)
{
	const struct gv_verify_object *o = gv_verify_find(l->run, &at->oid);
	struct gv_verify_result *res = l->run->result;
	uint64_t size = 0;
	int r;

	if (o && o->why)
		return gv_err(GV_ECORRUPT, "%s", o->why);
	if (at->type == GV_OTYPE_BLOB && (o || l->is_tip))
		return 0;
	r = at->type == GV_OTYPE_BLOB
	    ? gv_odb_stream(l->run->odb, &at->oid, gv_verify_add_bytes, &size)
	    : gv_odb_read_type(l->run->odb, obj, &at->oid, at->type);
	r = gv_verify_rescue(l->run, obj, &at->oid, at->type, r);
	if (r == 0 && o == NULL && !l->is_tip) {
		res->objects++;
		res->bytes += obj->len + size;
	}
	return r;
}

static int
visit(struct line *l, const struct gv_closure_step *at)
{
	struct gv_object obj = { 0 };
	struct gv_buf text = GV_BUF_INIT;
	int r = read_next(l, &obj, at);

	/* what it is of is looked at first, by itself */
	if (r == 0)
		r = gv_closure_push_named(&l->line, &obj,
		    !l->is_tip && !gv_shallow_has(&l->run->shallow, &at->oid));
	gv_object_release(&obj);
	if (r != GV_ECORRUPT && r != GV_ENOTFOUND)
		return r;
	/* for repair the look at the history of each told of commits */
	if (l->is_tip || (l->run->opts->rescue && at->type == GV_OTYPE_COMMIT))
		return 0;
	gv_buf_addf(
	    &text, "an earlier version is damaged: %s", gv_err_message());
	if ((r = gv_buf_check(&text)) == 0)
		gv_verify_tell(l->run, l->s, "", 0, &at->oid, text.p);
	gv_buf_release(&text);
	return r;
}

static int
visit_all(struct line *l)
{
	struct gv_closure_step at;
	int r = 0;

	while (r == 0 && gv_closure_pop(&at, &l->line))
		r = gv_cancel_requested() ? gv_cancel_error() : visit(l, &at);
	return r;
}

/* First what it says now, of which all was told that is to be. */
static int
check_ref(struct gv_verify_run *run, const struct gv_ref *ref)
{
	struct gv_verify_snapshot s = { .damaged = true,
		.id = (char *)(uintptr_t)ref->name };
	struct line l = { .run = run, .s = &s, .is_tip = true };
	int r = gv_closure_push_commit(&l.line, &ref->oid);

	if (r == 0)
		r = visit_all(&l);
	l.is_tip = false;
	if (r == 0 && !gv_shallow_has(&run->shallow, &ref->oid))
		r = gv_link_parents(
		    &l.line, run->odb, &ref->oid, gv_closure_push_commit);
	/* it is reported separately */
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		r = 0;
	if (r == 0)
		r = visit_all(&l);
	gv_closure_release(&l.line);
	return r;
}

int
gv_verify_lines(struct gv_verify_run *run)
{
	static const char *const names[] = { GV_REF_MARKS, GV_REF_DELETED,
		GV_REF_KEYRING, GV_REF_NOTES, NULL };
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list_with(&refs, run->repo, names, GV_REFS_SECRETS);

	for (i = 0; r == 0 && i < refs.n; i++) {
		/* repair has looked at these by itself */
		if (run->opts->rescue &&
		    strncmp(refs.refs[i].name, GV_REFS_SECRETS,
			strlen(GV_REFS_SECRETS)) == 0)
			continue;
		r = check_ref(run, &refs.refs[i]);
	}
	gv_refs_release(&refs);
	return r;
}
