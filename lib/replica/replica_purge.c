#include "replica/replica_purge.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "replica/replica_refs.h"
#include "replica/target.h"
#include "sys/cancel.h"

/*
 * A file is gone from a store when no pack there has it. So everything that is
 * left is packed again, by a push as any other, and its manifest needs nothing
 * else; then the packs that have the file are removed without a grace time. A
 * restore that is reading one of them at this moment fails, and is started
 * again. What another host's chain needs stays: only that host can sign for it.
 */

#define DAY      INT64_C(86400)
#define LIST_MAX ((size_t)1 << 20)

/* ---- what is left -------------------------------------------------------- */

/* A store may keep thousands of objects for one reason: they are counted, with
 * the day on which the last of them is free. */

static bool
is_same_host(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

int
gv_replica_purge_left(
    struct gv_replica_purge *p, const struct gv_replica_purge_rest *rest)
{
	struct gv_replica_purged *out = p->out;
	struct gv_replica_purge_rest *of;
	size_t i;
	int r;

	for (i = 0; i < out->n; i++)
		if (strcmp(out->rest[i].kind, rest->kind) == 0 &&
		    is_same_host(out->rest[i].host, rest->host))
			break;
	if (i == out->n) {
		if ((r = GV_GROW(out->rest, out->n, out->cap)) < 0)
			return r;
		of = &out->rest[out->n];
		*of = (struct gv_replica_purge_rest){ .kind = rest->kind };
		if (rest->host && (of->host = strdup(rest->host)) == NULL)
			return gv_err_nomem();
		out->n++;
	}
	of = &out->rest[i];
	of->objects += rest->objects;
	of->bytes += rest->bytes;
	if (rest->until > of->until)
		of->until = rest->until;
	return 0;
}

void
gv_replica_purged_release(struct gv_replica_purged *purged)
{
	size_t i;

	for (i = 0; i < purged->n; i++)
		free(purged->rest[i].host);
	free(purged->rest);
	gv_buf_release(&purged->commands);
	memset(purged, 0, sizeof(*purged));
}

/* ---- who needs a pack ---------------------------------------------------- */

static bool
is_own(const struct gv_replica_purge *p, const char *host)
{
	return strcmp(p->rep->memory.host, host) == 0;
}

/* The pack as a chain has it, and whose: another host's before this one's. */
static const struct gv_replica_pack *
find_need(const struct gv_replica_purge *p, const unsigned char *sum,
    const char **host)
{
	const struct gv_replica_pack *pack, *found = NULL;
	size_t i;

	*host = NULL;
	for (i = 0; i < p->n_chains; i++) {
		pack = gv_replica_manifest_pack(&p->chains[i].state, sum);
		if (pack == NULL)
			continue;
		found = pack;
		*host = p->chains[i].host;
		if (!is_own(p, *host))
			break;
	}
	return found;
}

/* ---- removing ------------------------------------------------------------ */

static int
leave(struct gv_replica_purge *p, const struct gv_store_stat *lock,
    const struct gv_replica_purge_item *item, int why)
{
	struct gv_replica_purge_rest rest = { .kind = "denied",
		.objects = 1,
		.bytes = item->bytes,
		.until = lock->locked_until };

	if (item->is_deleted) {
		rest.kind = "kept";
		rest.until = item->until;
		return gv_replica_purge_left(p, &rest);
	}
	if (rest.until == 0 && why == GV_EREFUSED &&
	    p->rep->target->lock_days && item->modified)
		rest.until = item->modified + p->rep->target->lock_days * DAY;
	if (lock->is_held)
		rest.kind = "held";
	else if (rest.until > p->rep->now || why == GV_EREFUSED)
		rest.kind = "locked";
	if (strcmp(rest.kind, "locked") != 0)
		rest.until = 0;
	return gv_replica_purge_left(p, &rest);
}

/* 1 where it went, 0 where the store keeps it. */
static int
erase(struct gv_replica_purge *p, const struct gv_replica_purge_item *item)
{
	const struct gv_store_version v = { .name = item->name,
		.id = item->id,
		.stat = { .locked_until = item->until },
		.is_current = item->is_current,
		.is_marker = item->is_marker,
		.is_deleted = item->is_deleted };
	struct gv_store_stat lock;
	int r;

	if (gv_cancel_requested())
		return gv_cancel_error();
	r = gv_store_erase(&lock, p->rep->store, &v);
	if (r == 0 && !p->is_again)
		p->out->bytes += item->bytes;
	if (r == GV_EREFUSED || r == GV_ENOKEY)
		return leave(p, &lock, item, r);
	return r < 0 ? r : 1;
}

/* All versions of a pack and its index: items[i … i + n - 1]. What is left of
 * the pack keeps its index, or nobody could tell what it has. */
static int
erase_pack(struct gv_replica_purge *p, size_t i, size_t n)
{
	bool is_whole = true;
	size_t k;
	int r = 1;

	for (k = i; r >= 0 && k < i + n; k++) {
		if (p->items[k].is_index && !is_whole)
			break;
		/* nothing is hidden any more by a mark */
		if (p->items[k].is_marker && !is_whole)
			continue;
		r = erase(p, &p->items[k]);
		is_whole = is_whole && r != 0;
	}
	p->out->packs += r >= 0 && is_whole && !p->is_again;
	return r < 0 ? r : 0;
}

/* ---- judging ------------------------------------------------------------- */

/* Versions of one pack: what of it is there, as it is read. */
struct found {
	const struct gv_replica_purge_item *pack, *idx; /* current; or NULL */
	bool has_hidden; /* a pack's version that was deleted */
	uint64_t bytes;
};

static void
look_at(struct found *out, const struct gv_replica_purge *p, size_t i, size_t n)
{
	const struct gv_replica_purge_item *item;

	memset(out, 0, sizeof(*out));
	for (item = &p->items[i]; item < &p->items[i + n]; item++) {
		if (item->is_current && item->is_index)
			out->idx = item;
		else if (item->is_current)
			out->pack = item;
		else if (!item->is_index && !item->is_marker)
			out->has_hidden = true;
		if (!item->is_index)
			out->bytes += item->bytes;
	}
}

/* Whether a push that is under way may name it: then it is nobody's yet. */
static bool
is_young(const struct gv_replica_purge *p, const struct found *f,
    const unsigned char *sum)
{
	return !gv_replica_manifest_pack(&p->known, sum) &&
	    (f->pack->modified == 0 ||
		f->pack->modified > p->rep->now - p->opts->grace);
}

static int
take_needed(struct gv_replica_purge *p, const struct gv_replica_pack *pack,
    const char *host, const struct found *f)
{
	const struct gv_replica_purge_rest rest = { .kind = "host",
		.host = (char *)(uintptr_t)host,
		.objects = 1,
		.bytes = f->bytes };
	int r;

	/* the push of this host has just written it, without the file */
	if (is_own(p, host))
		return 0;
	r = gv_replica_purge_holds(p, pack->sum, pack->idx_sum);
	return r > 0 ? gv_replica_purge_left(p, &rest) : r;
}

static int
leave_young(struct gv_replica_purge *p, const struct found *f)
{
	const int64_t from =
	    f->pack->modified ? f->pack->modified : p->rep->now;

	return gv_replica_purge_left(p,
	    &(struct gv_replica_purge_rest){ .kind = "young",
		.objects = 1,
		.bytes = f->bytes,
		.until = from + p->opts->grace });
}

static int
take_pack(struct gv_replica_purge *p, size_t i, size_t n)
{
	const unsigned char *sum = p->items[i].sum;
	const struct gv_replica_pack *pack;
	const char *host = NULL;
	struct found f;
	int r;

	look_at(&f, p, i, n);
	if ((pack = find_need(p, sum, &host)) != NULL)
		return take_needed(p, pack, host, &f);
	/* deleted before, and kept by the store: nobody reads it */
	if (f.pack == NULL && f.has_hidden)
		return erase_pack(p, i, n);
	if (f.idx == NULL && f.pack == NULL)
		return 0;
	r = f.idx ? gv_replica_purge_holds(p, sum, NULL) : 2;
	if (r <= 0)
		return r;
	if (f.pack && is_young(p, &f, sum))
		return leave_young(p, &f);
	return erase_pack(p, i, n);
}

static int
take_packs(struct gv_replica_purge *p)
{
	size_t i, n;
	int r = 0;

	for (i = 0; r == 0 && i < p->n_items; i += n) {
		for (n = 1; i + n < p->n_items &&
		     memcmp(p->items[i].sum, p->items[i + n].sum,
			 GV_REPLICA_SUM) == 0;
		     n++)
			;
		r = take_pack(p, i, n);
	}
	return r;
}

/* ---- bundles ------------------------------------------------------------- */

struct bundles {
	struct gv_replica_purge *p;
	const char *list; /* that names the one that stays; NULL: none does */
	uint64_t n;       /* that do not */
};

static int
take_bundle(void *ctx, const struct gv_store_version *v)
{
	struct bundles *b = ctx;
	const struct gv_replica_purge_item item = { .name = v->name,
		.id = v->id,
		.bytes = v->stat.bytes,
		.modified = v->stat.modified,
		.until = v->is_deleted ? v->stat.locked_until : 0,
		.is_current = v->is_current && !v->is_marker,
		.is_deleted = v->is_deleted };
	int r;

	if (v->is_deleted != b->p->is_again)
		return 0;
	if (b->list && v->is_current && strstr(b->list, v->name))
		return 0;
	b->n++;
	r = erase(b->p, &item);
	b->p->out->bundles += r > 0 && !v->is_marker && !v->is_deleted;
	return r < 0 ? r : 0;
}

/* A bundle is the project's history once more, and nothing says which objects
 * are in it: those that this purge did not write go. git clone does without. */
static int
take_bundles(struct gv_replica_purge *p)
{
	struct gv_replica *rep = p->rep;
	struct bundles b = { .p = p };
	struct gv_buf list = GV_BUF_INIT;
	bool sees_all;
	int r = GV_ENOTFOUND;

	if (p->out->seq && rep->target->bundles && !rep->is_encrypted)
		r = gv_replica_fetch_raw(&list, rep, GV_REPLICA_LIST, LIST_MAX);
	b.list = r == 0 ? list.p : NULL;
	if (r == 0 || r == GV_ENOTFOUND)
		r = gv_store_versions(
		    &sees_all, rep->store, GV_REPLICA_BUNDLES, take_bundle, &b);
	if (r == 0 && b.n && b.list == NULL)
		r = gv_store_delete(rep->store, GV_REPLICA_LIST);
	gv_buf_release(&list);
	/* the list alone tells nothing of the file */
	return r == GV_EREFUSED || r == GV_ENOKEY ? 0 : r;
}

/* ---- all of it ----------------------------------------------------------- */

/* Whether the newest manifest of this host leads to a pack with it. */
static int
needs_push(struct gv_replica_purge *p)
{
	struct gv_replica *rep = p->rep;
	struct gv_replica_manifest state;
	size_t i;
	int r;

	r = gv_replica_memory_state(&state, rep->dir.p, GV_REPLICA_STATE);
	/* a push that was killed may have led further */
	if (r == GV_ENOTFOUND || (r == 0 && rep->memory.pending.seq))
		r = 1;
	for (i = 0; r == 0 && i < state.n_packs; i++)
		r = gv_replica_purge_holds(
		    p, state.packs[i].sum, state.packs[i].idx_sum);
	gv_replica_manifest_release(&state);
	return r > 0 ? 1 : r;
}

static int
push(struct gv_replica_purge *p, bool is_whole)
{
	const struct gv_replica_push_opts opts = { .is_whole = is_whole };
	struct gv_replica_pushed pushed;
	int r = gv_replica_push(&pushed, p->rep, &opts);

	if (r == 0)
		p->out->seq = pushed.seq;
	p->is_held_back = pushed.n_kept_back > 0;
	gv_replica_pushed_release(&pushed);
	return r;
}

/* By the refs that the store has of this host, or else by those here. */
static int
reach(struct gv_replica_purge *p)
{
	struct gv_replica_manifest refs = GV_REPLICA_MANIFEST_INIT;
	int r = GV_ENOTFOUND;

	if (p->out->seq)
		r = gv_replica_memory_state(
		    &refs, p->rep->dir.p, GV_REPLICA_STATE);
	if (r == GV_ENOTFOUND)
		r = gv_replica_refs_load(&refs, NULL, p->rep->repo);
	if (r == 0)
		r = gv_replica_purge_reach(p, &refs);
	gv_replica_manifest_release(&refs);
	return r;
}

/* What nobody can see from here cannot be waited for: it is reported once. */
static int
tell_unseen(struct gv_replica_purge *p)
{
	const struct gv_replica_purge_rest unseen = { .kind = "unseen",
		.objects = p->out->packs + p->out->bundles,
		.bytes = p->out->bytes };

	return unseen.objects &&
		gv_store_keeps(p->rep->store) == GV_STORE_UNSEEN
	    ? gv_replica_purge_left(p, &unseen)
	    : 0;
}

/* What is left to be done is noted until nothing is. */
static int
settle(struct gv_replica_purge *p)
{
	const char *dir = p->rep->dir.p;
	const struct gv_replica_purge_rest still = {
		.kind = p->is_held_back ? "kept-back" : "history",
		.objects = p->owed.n - p->n_gone - p->n_kept
	};
	int r = gv_replica_owed_settle(dir, p->kept, p->n_kept);

	if (r == 0 && p->out->n == 0)
		r = gv_replica_owed_settle(dir, p->gone, p->n_gone);
	if (r == 0 && still.objects)
		r = gv_replica_purge_left(p, &still);
	return r < 0 ? r : tell_unseen(p);
}

/* A store that keeps what is deleted for some days may let go of it at once if
 * it is asked again. What was deleted before is asked for, too. */
static int
remove_again(struct gv_replica_purge *p)
{
	bool sees_all;
	int r;

	p->is_again = true;
	r = gv_replica_purge_list(p, &sees_all);
	if (r == 0 && (r = take_packs(p)) == 0)
		r = take_bundles(p);
	return r;
}

static int
remove_all(struct gv_replica_purge *p)
{
	bool sees_all = true;
	int r = gv_replica_lock(p->rep);

	if (r < 0)
		return r;
	if ((r = gv_replica_purge_look(p, &sees_all)) == 0 &&
	    (r = take_packs(p)) == 0)
		r = take_bundles(p);
	if (r == 0 && !sees_all)
		r = gv_replica_purge_left(
		    p, &(struct gv_replica_purge_rest){ .kind = "hidden" });
	else if (r == 0 && gv_store_keeps(p->rep->store) == GV_STORE_SHOWS)
		r = remove_again(p);
	return gv_replica_end(p->rep, r);
}

static int
say_empty(const struct gv_replica_purge *p)
{
	const struct gv_replica *rep = p->rep;

	/* nothing was ever there */
	if (*rep->memory.store == '\0')
		return gv_replica_owed_settle(
		    rep->dir.p, p->owed.oids, p->owed.n);
	return gv_err(GV_EREFUSED,
	    "%s does not have the copy that this clone has pushed: is its disk "
	    "mounted? If that copy is lost, to forget it: %s",
	    gv_store_url(rep->store), rep->forget.p);
}

static int
purge(struct gv_replica_purge *p)
{
	int r = gv_replica_format_load(NULL, p->rep);

	if (r == GV_ENOTFOUND)
		return say_empty(p);
	if (r < 0 || (r = reach(p)) < 0)
		return r;
	/* also where all of it stays for another reason: the snapshots of the
	 * copy have it at the path that was purged */
	if (*p->rep->memory.host) {
		if (p->n_gone && (r = needs_push(p)) < 0)
			return r;
		if ((r = push(p, r > 0)) == 0)
			r = reach(p);
	}
	if (r == 0 && p->n_gone)
		r = remove_all(p);
	return r < 0 ? r : settle(p);
}

static void
release(struct gv_replica_purge *p)
{
	size_t i;

	for (i = 0; i < p->n_chains; i++)
		gv_replica_manifest_release(&p->chains[i].state);
	free(p->chains);
	free(p->items);
	free(p->gone);
	free(p->kept);
	gv_replica_manifest_release(&p->known);
	gv_arena_release(&p->arena);
	gv_replica_owed_release(&p->owed);
}

int
gv_replica_purge(struct gv_replica_purged *out, struct gv_replica *rep,
    const struct gv_replica_purge_opts *opts)
{
	struct gv_replica_purge p = { .out = out,
		.rep = rep,
		.opts = opts,
		.known = GV_REPLICA_MANIFEST_INIT,
		.arena = GV_ARENA_INIT };
	struct gv_replica_purge_rest begun = { .kind = "begun" };
	const struct gv_buf *lines;
	struct gv_store_count count;
	int r;

	memset(out, 0, sizeof(*out));
	out->commands = (struct gv_buf)GV_BUF_INIT;
	r = gv_replica_owed_load(&p.owed, rep->dir.p);
	out->owed = p.owed.n;
	lines = p.owed.begun.len ? &p.owed.begun : &p.owed.commands;
	if (r == 0)
		gv_buf_add(&out->commands, lines->p, lines->len);
	begun.objects = p.owed.n;
	if (r == 0 && p.owed.begun.len)
		r = gv_replica_purge_left(&p, &begun);
	else if (r == 0 && p.owed.n && !opts->dry_run)
		r = purge(&p);
	gv_store_count(&count, rep->store);
	out->requests = count.requests;
	release(&p);
	return r;
}
