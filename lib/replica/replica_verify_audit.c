#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "replica/replica_verify.h"
#include "repo/ref.h"
#include "repo/refs.h"

/*
 * A push is recorded before it happens, as HOST/NUMBER of a store. So the
 * store must have the manifest before that, even where this clone has never
 * seen it. Events that nobody signed who is known say nothing.
 */
#define FOUND GV_EEXISTS /* ends the walk of a chain */

struct asking {
	struct gv_replica_verify *v;
};

static int
look(void *ctx, const struct gv_audit_entry *e)
{
	struct asking *a = ctx;
	struct gv_replica_verify *v = a->v;
	const struct gv_replica_listed *listed;
	char host[GV_REPLICA_HOST_MAX + 1];
	unsigned long long seq, last;
	int r;

	if (strcmp(e->what, GV_AUDIT_REPLICATE) != 0 || e->target == NULL ||
	    strcmp(e->target, v->rep->id) != 0 || e->reason == NULL ||
	    !e->is_signed || !gv_replica_trusts(&v->rep->trust, e->key) ||
	    sscanf(e->reason, "%64[a-z0-9.-]/%llu", host, &seq) != 2)
		return 0;
	listed = gv_replica_listing_find(&v->all, host);
	last = listed ? listed->seqs[listed->n - 1] : 0;
	if (last + 1 >= seq)
		return FOUND;
	r = gv_replica_fault(&v->out->faults, "rollback", host,
	    "the chain of host %s ends with manifest %llu, and the audit tells "
	    "of manifest %llu",
	    host, last, seq - 1);
	return r < 0 ? r : FOUND;
}

int
gv_replica_verify_audit(struct gv_replica_verify *verify)
{
	struct asking a = { verify };
	struct gv_refs refs = { .n = 0 };
	size_t i;
	int r = gv_ref_list(&refs, verify->rep->repo, GV_REFS_AUDIT);

	for (i = 0; r == 0 && i < refs.n; i++) {
		r = gv_audit_each(
		    verify->rep->repo, refs.refs[i].name, NULL, look, &a);
		/* a damaged chain is for git vault audit verify to tell */
		if (r == FOUND || r == GV_ECORRUPT || r == GV_ENOTFOUND ||
		    r == GV_EREFUSED)
			r = 0;
	}
	gv_refs_release(&refs);
	return r;
}
