#include <string.h>

#include "base/err.h"
#include "replica/replica_internal.h"
#include "replica/replica_refs.h"
#include "replica/target.h"
#include "sys/cancel.h"

/*
 * What a chain needed at any time within the grace, it needs: somebody may be
 * restoring from it. Manifests go before packs, the oldest first, so that a
 * chain has no gap wherever a prune is killed.
 */

#define LIST_MAX ((size_t)1 << 20)

struct pruning {
	struct gv_replica_pruned *out;
	struct gv_replica *rep;
	const struct gv_replica_prune_opts *opts;
	struct gv_replica_manifest needed; /* packs */
	struct gv_replica_listing all;
	uint64_t *from; /* of each host: the whole manifest that stays */
};

static int
need(void *ctx, const struct gv_replica_manifest *m)
{
	struct pruning *p = ctx;

	return gv_replica_manifest_join_packs(&p->needed, m);
}

static int
take_chain(struct pruning *p, size_t i)
{
	const struct gv_replica_chain_opts opts = {
		.until = p->rep->now - p->opts->grace, .seen = need, .ctx = p
	};
	struct gv_replica_faults faults = { .n = 0 };
	struct gv_replica_chain chain;
	int r = gv_replica_chain_load(
	    &chain, &faults, p->rep, &p->all.hosts[i], &opts);

	if (r == 0 && faults.n)
		r = gv_err(GV_ECORRUPT,
		    "nothing was removed, since a chain cannot be read to the "
		    "end of the grace time: %s; for all that is wrong: git "
		    "vault replicate verify %s",
		    faults.all[0].text, p->rep->target->name);
	if (r == 0)
		p->from[i] = chain.whole;
	gv_replica_chain_release(&chain);
	gv_replica_faults_release(&faults);
	return r;
}

/* 0 where it went, 1 where the store keeps it locked. */
static int
remove_one(struct pruning *p, const char *name)
{
	int r;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (p->opts->dry_run)
		return 0;
	r = gv_store_delete(p->rep->store, name);
	if (r != GV_EREFUSED)
		return r;
	p->out->locked++;
	return 1;
}

static int
remove_manifests(struct pruning *p, size_t i)
{
	const struct gv_replica_listed *l = &p->all.hosts[i];
	struct gv_buf name = GV_BUF_INIT;
	size_t k;
	int r = 0;

	for (k = 0; r == 0 && k < l->n && l->seqs[k] < p->from[i]; k++) {
		gv_buf_truncate(&name, 0);
		gv_replica_name_manifest(&name, l->host, l->seqs[k]);
		if ((r = gv_buf_check(&name)) == 0)
			r = remove_one(p, name.p);
		p->out->manifests += r == 0;
	}
	gv_buf_release(&name);
	/* behind one that is locked nothing older is missing */
	return r < 0 ? r : 0;
}

static int
remove_pack(struct pruning *p, const struct gv_replica_stock_item *item)
{
	static const char *const ext[] = { "idx", "pack" };
	const uint64_t bytes[] = { item->idx, item->pack };
	struct gv_buf name = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < 2; i++) {
		if (bytes[i] == UINT64_MAX)
			continue;
		gv_buf_truncate(&name, 0);
		gv_replica_name_pack(
		    &name, item->sum, ext[i], p->rep->is_encrypted);
		if ((r = gv_buf_check(&name)) == 0)
			r = remove_one(p, name.p);
		if (r == 0)
			p->out->bytes += bytes[i];
	}
	p->out->packs += r == 0;
	gv_buf_release(&name);
	return r < 0 ? r : 0;
}

/* One that nothing names may be of a push that is under way. */
static int
remove_packs(struct pruning *p)
{
	struct gv_replica_stock stock;
	size_t i;
	int r = gv_replica_stock_load(&stock, p->rep);

	for (i = 0; r == 0 && i < stock.n; i++) {
		const struct gv_replica_stock_item *item = &stock.all[i];

		if (gv_replica_manifest_pack(&p->needed, item->sum))
			continue;
		if (item->modified == 0 ||
		    item->modified > p->rep->now - p->opts->grace)
			p->out->waiting++;
		else
			r = remove_pack(p, item);
	}
	gv_replica_stock_release(&stock);
	return r;
}

/* ---- bundles ------------------------------------------------------------- */

struct bundles {
	struct pruning *p;
	struct gv_buf list;  /* the list of bundles: what it names stays */
	struct gv_buf names; /* of those that go, each with its NUL */
};

static int
take_bundle(void *ctx, const char *name, const struct gv_store_stat *st)
{
	struct bundles *b = ctx;

	if (strstr(b->list.p, name))
		return 0;
	if (st->modified == 0 ||
	    st->modified > b->p->rep->now - b->p->opts->grace) {
		b->p->out->waiting++;
		return 0;
	}
	gv_buf_add(&b->names, name, strlen(name) + 1);
	b->p->out->bytes += st->bytes;
	return gv_buf_check(&b->names);
}

/* Each pack of everything came with one, and only the last is in the list. */
static int
remove_bundles(struct pruning *p)
{
	struct bundles b = {
		.p = p, .list = GV_BUF_INIT, .names = GV_BUF_INIT
	};
	const char *name;
	int r =
	    gv_replica_fetch_raw(&b.list, p->rep, GV_REPLICA_LIST, LIST_MAX);

	if (r == 0 || r == GV_ENOTFOUND)
		r = gv_store_list(
		    p->rep->store, GV_REPLICA_BUNDLES, NULL, take_bundle, &b);
	for (name = b.names.p; r == 0 && name < b.names.p + b.names.len;
	     name += strlen(name) + 1) {
		r = remove_one(p, name);
		p->out->bundles += r == 0;
		r = r < 0 ? r : 0;
	}
	gv_buf_release(&b.list);
	gv_buf_release(&b.names);
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

/* A list that lacks a chain which was there would make its packs needless. */
static int
look_for_lost(const struct pruning *p)
{
	const struct gv_replica_memory *m = &p->rep->memory;
	size_t i;

	for (i = 0; i < m->n; i++)
		if (!gv_replica_listing_find(&p->all, m->seen[i].host))
			return gv_err(GV_ECORRUPT,
			    "nothing was removed, since the store lists no "
			    "chain of host %s, which had manifest %llu when it "
			    "was last seen here. If that was removed on "
			    "purpose, to forget what was seen: %s",
			    m->seen[i].host, (unsigned long long)m->seen[i].seq,
			    p->rep->forget.p);
	return 0;
}

static int
prune_all(struct pruning *p)
{
	size_t i;
	int r = gv_replica_format_load(NULL, p->rep);

	if (r < 0 || (r = gv_replica_list(&p->all, p->rep, NULL)) < 0 ||
	    (r = look_for_lost(p)) < 0)
		return r;
	p->from =
	    gv_arena_alloc(&p->needed.arena, (p->all.n + 1) * sizeof(*p->from));
	r = p->from ? 0 : GV_ENOMEM;
	for (i = 0; r == 0 && i < p->all.n; i++)
		r = take_chain(p, i);
	for (i = 0; r == 0 && i < p->all.n; i++)
		r = remove_manifests(p, i);
	if (r < 0 || (r = remove_packs(p)) < 0)
		return r;
	return remove_bundles(p);
}

/* Each push adds a pack, at least by its event in the audit chain. So a single
 * one has nothing needless while all refs that it was made of are there. */
static int
must_fold(const struct gv_replica_manifest *state, const struct gv_repo *repo)
{
	struct gv_replica_manifest now = GV_REPLICA_MANIFEST_INIT;
	size_t i;
	int r = 0;

	if (state->n_packs != 1)
		return state->n_packs > 1;
	r = gv_replica_refs_load(&now, NULL, repo);
	for (i = 0; r == 0 && i < state->n_refs; i++)
		r = gv_replica_manifest_ref(&now, state->refs[i].name) == NULL;
	gv_replica_manifest_release(&now);
	return r;
}

/* Deleted snapshots leave the store only by a pack of what is left. */
static int
fold(struct pruning *p)
{
	const struct gv_replica_push_opts opts = { .is_whole = true };
	struct gv_replica_manifest state;
	struct gv_replica_pushed pushed;
	int r =
	    gv_replica_memory_state(&state, p->rep->dir.p, GV_REPLICA_STATE);

	if (r == 0)
		r = must_fold(&state, p->rep->repo);
	gv_replica_manifest_release(&state);
	if (r == GV_ENOTFOUND)
		return 0; /* no chain of this clone */
	if (r <= 0)
		return r;
	if ((r = gv_replica_push(&pushed, p->rep, &opts)) == 0)
		p->out->is_folded = pushed.is_whole;
	p->out->kept_back = pushed.n_kept_back;
	gv_replica_pushed_release(&pushed);
	return r;
}

int
gv_replica_prune(struct gv_replica_pruned *out, struct gv_replica *rep,
    const struct gv_replica_prune_opts *opts)
{
	struct pruning p = { .out = out,
		.rep = rep,
		.opts = opts,
		.needed = GV_REPLICA_MANIFEST_INIT };
	struct gv_store_count count;
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (!opts->dry_run && !opts->keeps_packs && (r = fold(&p)) < 0)
		return r;
	if ((r = gv_replica_lock(rep)) == 0)
		r = gv_replica_end(rep, prune_all(&p));
	gv_store_count(&count, rep->store);
	out->requests = count.requests;
	gv_replica_listing_release(&p.all);
	gv_replica_manifest_release(&p.needed);
	return r < 0 ? gv_err_in(r, "target %s", rep->target->name) : 0;
}
