#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
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
	uint64_t *from;     /* of each host: the whole manifest that stays */
	struct gv_buf list; /* the list of bundles: what it names stays */
};

static bool
is_old(const struct pruning *p, int64_t modified)
{
	return modified && modified <= p->rep->now - p->opts->grace;
}

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
		if (is_old(p, item->modified))
			r = remove_pack(p, item);
		else
			p->out->waiting++;
	}
	gv_replica_stock_release(&stock);
	return r;
}

/* ---- bundles ------------------------------------------------------------- */

struct bundles {
	struct pruning *p;
	struct gv_buf names; /* of those that go, each with its NUL */
};

static int
take_bundle(void *ctx, const char *name, const struct gv_store_stat *st)
{
	struct bundles *b = ctx;

	if (strstr(b->p->list.p, name))
		return 0;
	if (!is_old(b->p, st->modified)) {
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
	struct bundles b = { .p = p, .names = GV_BUF_INIT };
	const char *name;
	int r =
	    gv_replica_fetch_raw(&p->list, p->rep, GV_REPLICA_LIST, LIST_MAX);

	if (r == 0 || r == GV_ENOTFOUND)
		r = gv_store_list(
		    p->rep->store, GV_REPLICA_BUNDLES, NULL, take_bundle, &b);
	for (name = b.names.p; r == 0 && name < b.names.p + b.names.len;
	     name += strlen(name) + 1) {
		r = remove_one(p, name);
		p->out->bundles += r == 0;
		r = r < 0 ? r : 0;
	}
	gv_buf_release(&b.names);
	return r;
}

/* ---- versions ------------------------------------------------------------ */

/*
 * A bucket with versions hides what is deleted, and goes on taking money for
 * it. So the hidden versions of what nobody needs go, each by its id. One of
 * something that is needed stays: it may be all that is left of it.
 */

struct versions {
	struct pruning *p;
	struct gv_store_version *all;
	size_t n, cap;
	struct gv_arena arena;
	bool is_denied; /* and so are the others */
};

static bool
begins(const char *name, const char *front)
{
	return strncmp(name, front, strlen(front)) == 0;
}

/* Whether nobody needs an object of that name, or what was under it before. */
static bool
is_needless(const struct pruning *p, const char *name)
{
	unsigned char sum[GV_REPLICA_SUM];
	char host[GV_REPLICA_HOST_MAX + 1];
	const struct gv_replica_listed *of;
	bool is_index;
	uint64_t seq;

	if (gv_replica_name_is_pack(sum, &is_index, name))
		return !gv_replica_manifest_pack(&p->needed, sum);
	if (gv_replica_name_is_manifest(host, &seq, name)) {
		of = gv_replica_listing_find(&p->all, host);
		return of && seq < p->from[of - p->all.hosts];
	}
	if (begins(name, GV_REPLICA_BUNDLES))
		return strstr(p->list.p, name) == NULL;
	return begins(name, GV_REPLICA_HEADS) ||
	    strcmp(name, GV_REPLICA_LIST) == 0;
}

/* What Azure has deleted goes by itself, on the day that its owner has set. */
static int
take_version(void *ctx, const struct gv_store_version *found)
{
	struct versions *l = ctx;
	struct gv_store_version v = *found;
	int r;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if ((v.is_current && !v.is_marker) || v.is_deleted ||
	    !is_needless(l->p, v.name))
		return 0;
	v.name = gv_arena_copy(&l->arena, v.name, strlen(v.name));
	v.id = gv_arena_copy(&l->arena, v.id, strlen(v.id));
	if (v.name == NULL || v.id == NULL)
		return GV_ENOMEM;
	if ((r = GV_GROW(l->all, l->n, l->cap)) == 0)
		l->all[l->n++] = v;
	return r;
}

/* A pack before its index, which says what the pack has; marks last, or they
 * would show what they hide. */
static int
compare_versions(const void *a, const void *b)
{
	const struct gv_store_version *x = a, *y = b;
	int order = strcmp(y->name, x->name);

	return order ? order : x->is_marker - y->is_marker;
}

static void
leave(struct versions *l, const struct gv_store_version *v,
    const struct gv_store_stat *lock, int why)
{
	struct gv_replica_pruned *out = l->p->out;
	const bool is_locked = why == GV_EREFUSED || lock->is_held ||
	    lock->locked_until > l->p->rep->now;

	l->is_denied |= !is_locked;
	out->versions_left_bytes += v->stat.bytes;
	if (is_locked)
		out->versions_locked++;
	else if (!v->is_marker)
		out->versions_denied++;
	if (is_locked && lock->locked_until > out->versions_until)
		out->versions_until = lock->locked_until;
}

/* 1 where it went, or would; 0 where it stays. */
static int
erase_version(struct versions *l, const struct gv_store_version *v)
{
	struct gv_store_stat lock = { .bytes = 0 };
	int r = 0;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (!v->is_marker && !is_old(l->p, v->stat.modified)) {
		l->p->out->waiting++;
		return 0;
	}
	if (l->is_denied)
		r = GV_ENOKEY;
	else if (!l->p->opts->dry_run)
		r = gv_store_erase(&lock, l->p->rep->store, v);
	if (r == GV_EREFUSED || r == GV_ENOKEY) {
		leave(l, v, &lock, r);
		return 0;
	}
	if (r == 0 && !v->is_marker) {
		l->p->out->versions++;
		l->p->out->version_bytes += v->stat.bytes;
	}
	return r < 0 ? r : 1;
}

static bool
is_index_of(const char *name, const char *pack)
{
	unsigned char a[GV_REPLICA_SUM], b[GV_REPLICA_SUM];
	bool is_index, unused;

	return gv_replica_name_is_pack(a, &is_index, name) && is_index &&
	    gv_replica_name_is_pack(b, &unused, pack) &&
	    memcmp(a, b, sizeof(a)) == 0;
}

static int
erase_versions(struct versions *l)
{
	const char *stays = NULL; /* the last name of which one does */
	size_t i;
	int r = 1;

	for (i = 0; r >= 0 && i < l->n; i++) {
		const struct gv_store_version *v = &l->all[i];
		if (stays && v->is_marker && strcmp(stays, v->name) == 0)
			continue;
		if (stays && is_index_of(v->name, stays))
			continue;
		if ((r = erase_version(l, v)) == 0)
			stays = v->name;
	}
	return r < 0 ? r : 0;
}

static int
remove_versions(struct pruning *p)
{
	struct gv_replica_pruned *out = p->out;
	struct versions l = { .p = p, .arena = GV_ARENA_INIT };
	bool sees_all = true;
	int r =
	    gv_store_versions(&sees_all, p->rep->store, "", take_version, &l);

	if (r == 0 && l.n)
		qsort(l.all, l.n, sizeof(*l.all), compare_versions);
	if (r == 0)
		r = erase_versions(&l);
	out->is_blind = !sees_all && !p->opts->dry_run &&
	    (out->packs || out->manifests || out->bundles);
	free(l.all);
	gv_arena_release(&l.arena);
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
	if (r < 0 || (r = remove_packs(p)) < 0 || (r = remove_bundles(p)) < 0)
		return r;
	return gv_store_has_versions(p->rep->store) ? remove_versions(p) : 0;
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
		.needed = GV_REPLICA_MANIFEST_INIT,
		.list = GV_BUF_INIT };
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
	gv_buf_release(&p.list);
	return r < 0 ? gv_err_in(r, "target %s", rep->target->name) : 0;
}
