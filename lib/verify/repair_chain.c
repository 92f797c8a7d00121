#include "verify/repair_internal.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/graph.h"
#include "record/good.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "repo/shallow.h"

/*
 * Chains of the audit, and records of what is good, of which something is
 * nowhere: git gc ends at their refs, and so does whatever deletes. Nothing of
 * either can be said again, for who said it has signed it, the commit before it
 * included. So a chain goes back to the newest event that all before is whole
 * of, with the later ones in words beside what is damaged; and the ref of a
 * record goes, with its words likewise. Not as long as a remote may have what
 * is lost.
 */

struct event {
	struct gv_oid commit, parent;
	uint64_t number; /* 0: it says none */
	int64_t time;
	bool is_named; /* by its host, as the ref is */
};

struct work {
	struct gv_repair_run *run;
	const struct gv_ref *ref;
	const struct gv_refs *all; /* chains */
	struct gv_shallow shallow;
	struct gv_map seen;  /* events of chains, by their commits */
	struct gv_buf rest;  /* what could be read of those that go */
	uint64_t below;      /* the number of what is lost; 0: not known */
	bool is_one_of_many; /* chains that have lost something */
	struct event *events;
	size_t n, cap;
};

/* ---- events ---- */

/* A chain is called after its host, maybe with more behind that. */
static bool
is_named(const char *ref, const struct gv_audit_entry *e)
{
	const char *host = strrchr(e->user, '@');

	return host && host[1] &&
	    strncmp(ref + strlen(GV_REFS_AUDIT), host + 1, strlen(host + 1)) ==
	    0;
}

/* Read an event: 1, 0 where it is lost or none, negative. Its words are added
 * to `text`, which may be NULL, in the form of git cat-file --batch. */
static int
read_event(struct event *out, struct gv_buf *text, const struct work *w,
    const struct gv_oid *commit)
{
	struct gv_audit_entry e = { .time = 0 };
	struct gv_object obj = { 0 };
	char hex[GV_OID_HEX + 1];
	int r = gv_repair_read(&obj, w->run, commit, GV_OTYPE_COMMIT), s = 0;

	if (r == 1)
		s = gv_audit_parse(&e, obj.data, obj.len);
	if (r == 1 && s == 0) {
		*out = (struct event){ *commit, e.parent, e.number,
			e.told ? e.told : e.time, is_named(w->ref->name, &e) };
		gv_oid_format(hex, commit);
		if (text) {
			gv_buf_addf(text, "%s commit %zu\n", hex, obj.len);
			gv_buf_add(text, obj.data, obj.len);
			gv_buf_addch(text, '\n');
		}
	}
	gv_audit_entry_release(&e);
	gv_object_release(&obj);
	if (r <= 0 || s == 0)
		return r;
	return s == GV_ECORRUPT || s == GV_EREFUSED ? 0 : s;
}

static int
see(struct work *w, const struct gv_oid *commit)
{
	struct gv_oid *key = gv_arena_alloc(&w->run->arena, sizeof(*key));

	if (key == NULL)
		return GV_ENOMEM;
	*key = *commit;
	return gv_map_put(&w->seen, key->id, GV_OID_RAW, key);
}

/* Go from an event to the first one, and see each on the way: 1 where all are
 * whole, 0 with `lost` set, negative. */
static int
walk(struct gv_oid *lost, struct work *w, const struct gv_oid *from,
    struct gv_buf *text)
{
	struct gv_oid at = *from;
	struct event e = { .number = 0 };
	int r = 1;

	while (r == 1 && !gv_oid_is_zero(&at)) {
		r = read_event(&e, text, w, &at);
		if (r != 1)
			break;
		r = see(w, &at);
		if (r < 0)
			return r;
		w->below = e.number ? e.number - 1 : 0;
		r = 1;
		if (gv_shallow_has(&w->shallow, &at))
			break;
		at = e.parent;
	}
	*lost = at;
	return r;
}

/* ---- which of them ---- */

static int
visit(void *ctx, const struct gv_oid *oid)
{
	struct work *w = ctx;
	enum gv_otype type;
	struct event e;
	size_t size;
	int r;

	if (gv_map_get(&w->seen, oid->id, GV_OID_RAW) ||
	    gv_odb_read_header(w->run->odb, &type, &size, oid) < 0 ||
	    type != GV_OTYPE_COMMIT)
		return 0;
	r = read_event(&e, NULL, w, oid);
	if (r <= 0 || (w->below && e.number >= w->below) ||
	    (w->is_one_of_many && !e.is_named))
		return r < 0 ? r : 0;
	if ((r = GV_GROW(w->events, w->n, w->cap)) == 0)
		w->events[w->n++] = e;
	return r;
}

static int
newest_first(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? 1 : -1;
	return (x->time < y->time) - (x->time > y->time);
}

/* The newest event that is of no other chain, and whole with all before it.
 * Only the host distinguishes what another chain has behind a gap. */
static int
choose(struct event **out, struct work *w)
{
	uint64_t below = w->below;
	struct gv_oid lost;
	size_t i;
	int r = 0;

	*out = NULL;
	for (i = 0; r >= 0 && i < w->all->n; i++) {
		if (&w->all->refs[i] == w->ref)
			continue;
		r = walk(&lost, w, &w->all->refs[i].oid, NULL);
		w->is_one_of_many |= r == 0;
	}
	w->below = below;
	if (r >= 0)
		r = gv_odb_health_each(w->run->odb, visit, w);
	if (r == 0 && w->n)
		qsort(w->events, w->n, sizeof(*w->events), newest_first);
	for (i = 0; r == 0 && i < w->n; i++) {
		*out = &w->events[i];
		r = walk(&lost, w, &w->events[i].commit, NULL);
	}
	if (r == 0)
		*out = NULL;
	return r < 0 ? r : 0;
}

/* ---- going there ---- */

static void
tell(const struct work *w, enum gv_repair_step_how how, const struct event *e)
{
	const struct gv_repair_opts *opts = w->run->opts;
	struct gv_repair_step step = { .ref = w->ref->name, .how = how };

	if (e) {
		step.from = e->commit;
		step.time = e->time;
	}
	if (opts->stepped)
		opts->stepped(opts->ctx, &step);
}

static int
move(struct work *w, const struct event *e)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	int r =
	    gv_repair_ref_aside(w->run, w->ref->name, &w->ref->oid, &w->rest);

	if (e)
		gv_ref_update(&tx, w->ref->name, &e->commit, &w->ref->oid);
	else
		gv_ref_delete(&tx, w->ref->name, &w->ref->oid);
	if (r == 0)
		r = gv_ref_commit(&tx, w->run->repo);
	gv_ref_tx_release(&tx);
	if (r == 0)
		(void)gv_graph_forget(w->run->repo, &w->ref->oid, 1);
	return r;
}

/* To an event, or (NULL) away. */
static int
step(struct work *w, const struct event *e)
{
	int r = 0;

	if (!w->run->opts->dry_run && (r = move(w, e)) < 0)
		return r;
	tell(w, e ? GV_REPAIR_STEP_BACK : GV_REPAIR_STEP_ASIDE, e);
	return 0;
}

static int
mend_chain(struct work *w)
{
	const struct gv_repair_item *item;
	struct gv_oid lost;
	struct event *best = NULL;
	int r = walk(&lost, w, &w->ref->oid, &w->rest);

	if (r != 0)
		return r < 0 ? r : 0;
	/* what is no event is for git vault audit verify to tell */
	item = gv_map_get(&w->run->items, lost.id, GV_OID_RAW);
	if (item == NULL || item->found)
		return 0;
	if (!gv_repair_may_step(w->run)) {
		tell(w, GV_REPAIR_STEP_WAITS, NULL);
		return 0;
	}
	if ((r = gv_buf_check(&w->rest)) == 0)
		r = choose(&best, w);
	return r < 0 ? r : step(w, best);
}

/* ---- records ---- */

/* Whether a record is lost, or the commit that it is of: 1, 0, negative. */
static int
is_record_lost(struct work *w)
{
	static const char object[] = "object ";
	const size_t len = sizeof(object) - 1;
	struct gv_object obj = { 0 };
	struct gv_oid target = w->ref->oid;
	const struct gv_repair_item *item;
	int r = gv_repair_read(&obj, w->run, &target, GV_OTYPE_TAG);

	if (r == 1 && obj.len > len + GV_OID_HEX &&
	    memcmp(obj.data, object, len) == 0 &&
	    gv_oid_parse(&target, (const char *)obj.data + len) == 0)
		gv_buf_add(&w->rest, obj.data, obj.len);
	gv_object_release(&obj);
	if (r < 0)
		return r;
	item = gv_map_get(&w->run->items, target.id, GV_OID_RAW);
	return item && !item->found;
}

static int
mend_record(struct work *w)
{
	enum gv_otype type;
	size_t size;
	int r = is_record_lost(w);

	if (r <= 0)
		return r;
	/* what stands there and is no record is not ours to take away */
	if (gv_odb_read_header(w->run->odb, &type, &size, &w->ref->oid) == 0 &&
	    type != GV_OTYPE_TAG)
		return 0;
	if (!gv_repair_may_step(w->run)) {
		tell(w, GV_REPAIR_STEP_WAITS, NULL);
		return 0;
	}
	r = gv_buf_check(&w->rest);
	return r < 0 ? r : step(w, NULL);
}

/* ---- all of them ---- */

static int
mend_all(
    struct gv_repair_run *run, const char *prefix, int (*mend)(struct work *w))
{
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list(&refs, run->repo, prefix);

	for (i = 0; r == 0 && i < refs.n; i++) {
		struct work w = { .run = run,
			.ref = &refs.refs[i],
			.all = &refs,
			.rest = GV_BUF_INIT };

		if ((r = gv_shallow_load(&w.shallow, run->repo)) == 0)
			r = mend(&w);
		gv_shallow_release(&w.shallow);
		gv_map_release(&w.seen);
		gv_buf_release(&w.rest);
		free(w.events);
	}
	gv_refs_release(&refs);
	return r;
}

int
gv_repair_chains(struct gv_repair_run *run)
{
	int r;

	if (run->result->lost == 0)
		return 0;
	r = mend_all(run, GV_REFS_AUDIT, mend_chain);
	return r < 0 ? r : mend_all(run, GV_REFS_GOOD, mend_record);
}
