#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "replica/replica_purge.h"
#include "replica/target.h"
#include "sys/cancel.h"

#define INDEX_MAX ((size_t)512 << 20) /* bytes of one that is looked into */

/* ---- chains -------------------------------------------------------------- */

static int
know(void *ctx, const struct gv_replica_manifest *m)
{
	struct gv_replica_purge *p = ctx;

	return gv_replica_manifest_join_packs(&p->known, m);
}

static int
say_damaged(
    const struct gv_replica_purge *p, const struct gv_replica_faults *faults)
{
	return gv_err(GV_ECORRUPT,
	    "no pack was removed, since a chain cannot be read: %s; for all "
	    "that is wrong: git vault replicate verify %s",
	    faults->all[0].text, p->rep->target->name);
}

/* What it needs now; and what it named within the grace time, which nobody is
 * about to name for the first time. */
static int
take_chain(struct gv_replica_purge *p, const struct gv_replica_listed *listed)
{
	const struct gv_replica_chain_opts now = { .until = 0 };
	const struct gv_replica_chain_opts before = {
		.until = p->rep->now - p->opts->grace, .seen = know, .ctx = p
	};
	struct gv_replica_faults faults = { .n = 0 };
	struct gv_replica_chain chain, older = { .first = 0 };
	int r = GV_GROW(p->chains, p->n_chains, p->cap_chains);

	if (r < 0)
		return r;
	r = gv_replica_chain_load(&chain, &faults, p->rep, listed, &now);
	if (r == 0 && faults.n == 0)
		r = gv_replica_chain_load(
		    &older, &faults, p->rep, listed, &before);
	if (r == 0 && faults.n)
		r = say_damaged(p, &faults);
	if (r == 0) {
		p->chains[p->n_chains++] =
		    (struct gv_replica_purge_chain){ listed->host,
			    chain.state };
		memset(&chain.state, 0, sizeof(chain.state));
	}
	gv_replica_chain_release(&chain);
	gv_replica_chain_release(&older);
	gv_replica_faults_release(&faults);
	return r;
}

static int
take_chains(struct gv_replica_purge *p, struct gv_replica_listing *all)
{
	const struct gv_replica_memory *m = &p->rep->memory;
	char *host;
	size_t i;
	int r = gv_replica_list(all, p->rep, NULL);

	for (i = 0; r == 0 && i < m->n; i++)
		if (!gv_replica_listing_find(all, m->seen[i].host))
			r = gv_err(GV_ECORRUPT,
			    "no pack was removed, since the store lists no "
			    "chain of host %s, which had manifest %llu when it "
			    "was last seen here",
			    m->seen[i].host,
			    (unsigned long long)m->seen[i].seq);
	for (i = 0; r == 0 && i < all->n; i++) {
		if ((r = take_chain(p, &all->hosts[i])) < 0)
			break;
		host = gv_arena_copy(
		    &p->arena, all->hosts[i].host, strlen(all->hosts[i].host));
		p->chains[p->n_chains - 1].host = host;
		r = host ? 0 : GV_ENOMEM;
	}
	return r;
}

/* ---- versions ------------------------------------------------------------ */

static int
add_version(void *ctx, const struct gv_store_version *v)
{
	struct gv_replica_purge *p = ctx;
	struct gv_replica_purge_item item = { .bytes = v->stat.bytes,
		.modified = v->stat.modified,
		.is_current = v->is_current && !v->is_marker,
		.is_marker = v->is_marker,
		.is_deleted = v->is_deleted,
		.until = v->is_deleted ? v->stat.locked_until : 0 };
	int r;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (v->is_deleted != p->is_again ||
	    !gv_replica_name_is_pack(item.sum, &item.is_index, v->name))
		return 0;
	item.name = gv_arena_copy(&p->arena, v->name, strlen(v->name));
	item.id = gv_arena_copy(&p->arena, v->id, strlen(v->id));
	if (item.name == NULL || item.id == NULL)
		return GV_ENOMEM;
	if ((r = GV_GROW(p->items, p->n_items, p->cap_items)) == 0)
		p->items[p->n_items++] = item;
	return r;
}

/* The pack goes before its index: what a kill leaves can be looked into. Marks
 * that something was deleted go last, or they would show what they hide. */
static int
compare_items(const void *a, const void *b)
{
	const struct gv_replica_purge_item *x = a, *y = b;
	int order = memcmp(x->sum, y->sum, sizeof(x->sum));

	if (order == 0)
		order = x->is_index - y->is_index;
	return order ? order : x->is_marker - y->is_marker;
}

int
gv_replica_purge_list(struct gv_replica_purge *p, bool *sees_all)
{
	int r;

	p->n_items = 0;
	r = gv_store_versions(
	    sees_all, p->rep->store, GV_REPLICA_PACKS, add_version, p);
	if (r == 0 && p->n_items)
		qsort(p->items, p->n_items, sizeof(*p->items), compare_items);
	return r;
}

int
gv_replica_purge_look(struct gv_replica_purge *p, bool *sees_all)
{
	struct gv_replica_listing all = { .n = 0 };
	int r = gv_replica_format_load(NULL, p->rep);

	if (r == 0 && (r = take_chains(p, &all)) == 0)
		r = gv_replica_purge_list(p, sees_all);
	gv_replica_listing_release(&all);
	return r;
}

/* ---- what is in them ----------------------------------------------------- */

/*
 *	version 2: "\377tOc", 4 bytes version, 256 * 4 bytes fan-out, the ids
 *	version 1: 256 * 4 bytes fan-out, then rows of 4 bytes and an id
 */
#define FANOUT (256 * 4)

struct rows {
	const unsigned char *first;
	size_t step, n;
};

static int
open_rows(struct rows *out, const unsigned char *idx, size_t len)
{
	const bool is_new = len >= 8 && memcmp(idx, "\377tOc", 4) == 0;
	const size_t head = is_new ? 8 : 0;

	if (len < head + FANOUT || (is_new && gv_enc_number(idx + 4, 4) != 2))
		return gv_err(GV_ECORRUPT, "the index of a pack is damaged");
	out->n = (size_t)gv_enc_number(idx + head + FANOUT - 4, 4);
	out->step = is_new ? GV_OID_RAW : 4 + GV_OID_RAW;
	out->first = idx + head + FANOUT + (is_new ? 0 : 4);
	if ((len - head - FANOUT) / out->step < out->n)
		return gv_err(GV_ECORRUPT, "the index of a pack is cut off");
	return 0;
}

static bool
has(const struct rows *rows, const struct gv_oid *oid)
{
	size_t low = 0, high = rows->n, at;
	int order;

	while (low < high) {
		at = low + (high - low) / 2;
		order =
		    memcmp(rows->first + at * rows->step, oid->id, GV_OID_RAW);
		if (order == 0)
			return true;
		if (order < 0)
			low = at + 1;
		else
			high = at;
	}
	return false;
}

int
gv_replica_purge_index(
    const unsigned char *idx, size_t len, const struct gv_oid *sorted, size_t n)
{
	struct rows rows = { NULL, 0, 0 };
	size_t i;
	int r = open_rows(&rows, idx, len);

	for (i = 0; r == 0 && i < n; i++)
		if (has(&rows, &sorted[i]))
			return 1;
	return r;
}

static int
fetch(struct gv_buf *out, unsigned char *is, struct gv_replica_purge *p,
    const unsigned char *sum)
{
	struct gv_buf name = GV_BUF_INIT;
	int r;

	gv_replica_name_pack(&name, sum, "idx", p->rep->is_encrypted);
	if ((r = gv_buf_check(&name)) == 0)
		r = gv_replica_fetch(out, is, p->rep, name.p, INDEX_MAX);
	gv_buf_release(&name);
	return r;
}

int
gv_replica_purge_holds(struct gv_replica_purge *p, const unsigned char *sum,
    const unsigned char *idx_sum)
{
	struct gv_buf idx = GV_BUF_INIT;
	unsigned char is[GV_REPLICA_SUM];
	int r =
	    gv_cancel_requested() ? gv_cancel_error() : fetch(&idx, is, p, sum);

	if (r == 0 && idx_sum && memcmp(is, idx_sum, sizeof(is)) != 0)
		r = GV_ECORRUPT;
	if (r == 0)
		r = gv_replica_purge_index(
		    (const unsigned char *)idx.p, idx.len, p->gone, p->n_gone);
	gv_buf_release(&idx);
	/* nobody here can read it, or nobody at all */
	return r == GV_ENOKEY || r == GV_ECORRUPT || r == GV_ENOTFOUND ? 2 : r;
}
