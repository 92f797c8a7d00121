#include <string.h>

#include "base/err.h"
#include "replica/replica_internal.h"
#include "replica/replica_lag.h"

/* ---- what is known here -------------------------------------------------- */

static int
look_here(struct gv_replica_status *out, struct gv_replica *rep,
    struct gv_replica_manifest *before)
{
	const struct gv_replica_lag_of of = { .repo = rep->repo,
		.dir = rep->dir.p,
		.now = rep->now,
		.has_bytes = true };
	struct gv_replica_lag lag;
	int r = gv_replica_lag(&lag, before, &of);

	out->is_known = lag.is_known;
	out->seq = lag.seq;
	out->refs = lag.refs;
	out->snapshots = lag.snapshots;
	out->behind = lag.behind;
	out->bytes = lag.bytes;
	return r;
}

/* ---- what the store says ------------------------------------------------ */

static int
look_for_rollbacks(struct gv_replica_status *out, struct gv_replica *rep,
    const struct gv_replica_listing *all)
{
	const struct gv_replica_memory *m = &rep->memory;
	const struct gv_replica_listed *listed;
	uint64_t last;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < m->n; i++) {
		listed = gv_replica_listing_find(all, m->seen[i].host);
		last = listed ? listed->seqs[listed->n - 1] : 0;
		if (last < m->seen[i].seq)
			r = gv_replica_fault(&out->faults, "rollback",
			    m->seen[i].host,
			    "the chain of host %s ends with manifest %llu, and "
			    "had manifest %llu when it was last seen here",
			    m->seen[i].host, (unsigned long long)last,
			    (unsigned long long)m->seen[i].seq);
	}
	return r;
}

static int
look_there(struct gv_replica_status *out, struct gv_replica *rep,
    const struct gv_replica_manifest *state)
{
	struct gv_replica_listing all = { .n = 0 };
	struct gv_replica_stock stock;
	size_t i;
	int r = gv_replica_stock_load(&stock, rep);

	if (r < 0 || (r = gv_replica_list(&all, rep, NULL)) < 0)
		goto out;
	out->is_asked = true;
	out->packs = stock.n;
	out->stored = stock.bytes;
	out->hosts = all.n;
	for (i = 0; i < state->n_packs; i++)
		out->objects += state->packs[i].objects;
	if ((r = look_for_rollbacks(out, rep, &all)) == 0)
		r = gv_replica_stock_check(&out->faults, &stock, state);
	out->has_cost = rep->target->price.storage > 0;
	out->cost_month =
	    gv_target_cost_month(&rep->target->price, stock.bytes);
out:
	gv_replica_listing_release(&all);
	gv_replica_stock_release(&stock);
	return r;
}

int
gv_replica_status(
    struct gv_replica_status *out, struct gv_replica *rep, bool asks)
{
	struct gv_replica_manifest state = GV_REPLICA_MANIFEST_INIT;
	const struct gv_replica_memory *m = &rep->memory;
	struct gv_store_count count;
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	out->pushed = m->pushed;
	out->damage = &m->damage;
	out->is_unsafe = m->is_probed && !(m->promises & GV_STORE_CREATES);
	for (i = 0; i < GV_REPLICA_LEVELS; i++)
		out->verified[i] = m->verified[i].time;
	r = look_here(out, rep, &state);
	if (r == 0 && asks)
		r = look_there(out, rep, &state);
	/* what rclone reaches is made by the first push */
	if (r == GV_ENOTFOUND && !out->is_known)
		r = 0;
	gv_store_count(&count, rep->store);
	out->requests = count.requests;
	out->all_requests = m->requests;
	out->all_out = m->bytes_out;
	out->all_in = m->bytes_in;
	out->has_use =
	    rep->target->price.requests || rep->target->price.traffic;
	out->cost_used =
	    gv_target_cost_used(&rep->target->price, m->requests, m->bytes_in);
	gv_replica_manifest_release(&state);
	return r < 0 ? gv_err_in(r, "target %s", rep->target->name) : 0;
}

void
gv_replica_status_release(struct gv_replica_status *status)
{
	gv_replica_faults_release(&status->faults);
}
