#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "replica/replica_internal.h"
#include "replica/replica_refs.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/proc.h"

/* ---- how far behind ----------------------------------------------------- */

/* A snapshot's id begins with the second that it was taken in. */
static int64_t
taken(const char *ref)
{
	const char *id = ref + strlen(GV_REFS_SNAPSHOTS);
	int64_t time;

	return strlen(id) > 16 && gv_time_parse_compact(&time, id) == 0 ? time
									: 0;
}

static void
find_oldest(struct gv_replica_status *out,
    const struct gv_replica_manifest *before,
    const struct gv_replica_manifest *after, int64_t now)
{
	int64_t oldest = 0, time;
	size_t i;

	for (i = 0; i < after->n_refs; i++) {
		const char *name = after->refs[i].name;

		if (!gv_replica_refs_is_snapshot(name) ||
		    gv_replica_manifest_ref(before, name))
			continue;
		time = taken(name);
		if (time && (oldest == 0 || time < oldest))
			oldest = time;
	}
	out->behind = oldest && now > oldest ? now - oldest : 0;
}

static int
add_revisions(struct gv_buf *out, struct gv_replica *rep,
    const struct gv_replica_manifest *before,
    const struct gv_replica_manifest *diff)
{
	char hex[GV_OID_HEX + 1];
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(rep->repo, &odb);

	if (r < 0)
		return r;
	for (i = 0; i < diff->n_refs; i++) {
		gv_oid_format(hex, &diff->refs[i].id);
		if (!gv_oid_is_zero(&diff->refs[i].id))
			gv_buf_addf(out, "%s\n", hex);
	}
	if (out->len == 0)
		return 0;
	for (i = 0; i < before->n_refs; i++) {
		if (!gv_odb_has(odb, &before->refs[i].id))
			continue;
		gv_oid_format(hex, &before->refs[i].id);
		gv_buf_addf(out, "^%s\n", hex);
	}
	return gv_buf_check(out);
}

/* What git would pack: as large as it is stored here. */
static int
measure(struct gv_replica_status *out, struct gv_replica *rep,
    const struct gv_replica_manifest *before,
    const struct gv_replica_manifest *diff)
{
	static const char *const argv[] = { "git", "rev-list", "--disk-usage",
		"--objects", "--stdin", NULL };
	struct gv_buf in = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r = add_revisions(&in, rep, before, diff);

	if (r == 0 && in.len) {
		r = gv_proc_run(&p,
		    &(struct gv_proc_opts){
			.argv = argv, .in = in.p, .in_len = in.len });
		if (r == 0 && p.status)
			r = gv_err(GV_ERROR,
			    "git cannot measure what is new: %s",
			    gv_proc_why(&p));
		if (r == 0)
			out->bytes = strtoull(p.out.p, NULL, 10);
	}
	gv_proc_release(&p);
	gv_buf_release(&in);
	return r;
}

static int
look_here(struct gv_replica_status *out, struct gv_replica *rep,
    struct gv_replica_manifest *before)
{
	struct gv_replica_manifest after = GV_REPLICA_MANIFEST_INIT,
				   diff = GV_REPLICA_MANIFEST_INIT;
	int r = gv_replica_memory_state(before, rep->dir.p, GV_REPLICA_STATE);

	out->is_known = r == 0;
	out->seq = before->seq;
	if (r < 0 && r != GV_ENOTFOUND)
		return r;
	if ((r = gv_replica_refs_load(&after, NULL, rep->repo)) < 0 ||
	    (r = gv_replica_manifest_diff(&diff, before, &after)) < 0)
		goto out;
	out->refs = diff.n_refs;
	out->snapshots = gv_replica_refs_new_snapshots(before, &after);
	find_oldest(out, before, &after, rep->now);
	r = measure(out, rep, before, &diff);
out:
	gv_replica_manifest_release(&after);
	gv_replica_manifest_release(&diff);
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
	for (i = 0; i < GV_REPLICA_LEVELS; i++)
		out->verified[i] = m->verified[i].time;
	r = look_here(out, rep, &state);
	if (r == 0 && asks)
		r = look_there(out, rep, &state);
	gv_store_count(&count, rep->store);
	out->requests = count.requests;
	out->all_requests = m->requests;
	out->all_out = m->bytes_out;
	out->all_in = m->bytes_in;
	gv_replica_manifest_release(&state);
	return r < 0 ? gv_err_in(r, "target %s", rep->target->name) : 0;
}

void
gv_replica_status_release(struct gv_replica_status *status)
{
	gv_replica_faults_release(&status->faults);
}
