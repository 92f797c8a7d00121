#include "vault/record.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "store/odb.h"
#include "store/ref.h"
#include "store/repo.h"
#include "store/tree.h"
#include "sys/workers.h"
#include "vault/record_refs.h"

#define STAMP_LEN      16 /* of an id: the second it was taken in */
#define CHUNK          32 /* records that a thread takes at a time */
#define WORTH_A_THREAD 256

/* One snapshot's ref and what reading its commit gave. */
struct slot {
	const struct gv_ref *ref;
	const char *id;
	struct gv_record rec; /* where r is 0 */
	int r; /* GV_ENOTFOUND: it was deleted, and there is no word of it */
	char *why; /* where r is another failure */
};

static int
load_parts(struct gv_record *rec, struct gv_odb *odb)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(odb, &obj, &rec->root, GV_OTYPE_TREE);

	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		if (e.mode != GV_MODE_DIR)
			continue;
		if (strcmp(e.name, "tree") == 0)
			rec->tree = e.oid;
		else if (strcmp(e.name, "index") == 0)
			rec->index = e.oid;
		else if (strcmp(e.name, "meta") == 0)
			rec->meta = e.oid;
	}
	if (r == 0 &&
	    (gv_oid_is_zero(&rec->tree) || gv_oid_is_zero(&rec->meta)))
		r = gv_err(GV_ECORRUPT, "there is no %s/ in its commit",
		    gv_oid_is_zero(&rec->tree) ? "tree" : "meta");
	gv_object_release(&obj);
	return r;
}

static int
load(struct gv_record *out, struct gv_odb *odb, const struct gv_oid *commit,
    bool skim)
{
	struct gv_object obj = { 0 };
	struct gv_record rec = { 0 };
	int r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT);

	if (r == 0)
		r = gv_record_parse(&rec, obj.data, obj.len);
	gv_object_release(&obj);
	if (r < 0)
		return r;
	rec.commit = *commit;
	if (!skim)
		r = load_parts(&rec, odb);
	if (r < 0) {
		/* a part that is missing is damage, the snapshot is there */
		gv_record_release(&rec);
		return r == GV_ENOTFOUND ? GV_ECORRUPT : r;
	}
	*out = rec;
	return 0;
}

int
gv_record_load(
    struct gv_record *out, struct gv_repo *repo, const struct gv_oid *commit)
{
	char hex[GV_OID_HEX + 1];
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r < 0)
		return r;
	r = load(out, odb, commit, false);
	gv_oid_format(hex, commit);
	return r < 0 ? gv_err_in(r, "commit %s", hex) : 0;
}

/* As load(); what cannot be read may have been deleted, or written anew by a
 * repair --reparent, since the ref was. GV_ENOTFOUND: it was deleted. */
static int
load_now(struct gv_record *out, struct gv_repo *repo, const char *id,
    const struct gv_oid *commit, bool skim)
{
	char *why = NULL;
	struct gv_odb *odb;
	struct gv_oid now;
	int r = gv_repo_odb(repo, &odb), s;

	if (r == 0)
		r = load(out, odb, commit, skim);
	if (r != GV_ENOTFOUND && r != GV_ECORRUPT)
		return r;
	why = strdup(gv_err_message());
	s = gv_record_refs_now(&now, repo, id);
	if (s > 0 && !gv_oid_equal(&now, commit)) {
		r = gv_odb_refresh(odb);
		if (r == 0)
			r = load(out, odb, &now, skim);
	} else if (s == 0) {
		r = gv_err(GV_ENOTFOUND,
		    "snapshot %s is no longer there: it was deleted just now",
		    id);
	} else {
		r = gv_err(GV_ECORRUPT, "%s", why ? why : "it cannot be read");
	}
	free(why);
	return r;
}

int
gv_record_load_id(struct gv_record *out, struct gv_repo *repo, const char *id,
    const struct gv_oid *commit)
{
	char hex[GV_OID_HEX + 1];
	int r = load_now(out, repo, id, commit, false);

	gv_oid_format(hex, commit);
	return r < 0 && r != GV_ENOTFOUND ? gv_err_in(r, "commit %s", hex) : r;
}

/* A name that may hold anything, made fit for a message. */
static int
bad_name(const char *id)
{
	struct gv_buf quoted = GV_BUF_INIT;
	int r;

	gv_path_quote(&quoted, id, strlen(id));
	r = gv_err(GV_ECORRUPT,
	    "the ref " GV_REF_SNAPSHOTS "%s is not named like a snapshot",
	    quoted.p);
	gv_buf_release(&quoted);
	return r;
}

static int
load_named(struct slot *s, struct gv_repo *repo, const struct gv_marks *marks,
    bool skim)
{
	char other[GV_RECORD_ID_LEN + 1];
	int r;

	if (!gv_record_is_id(s->id, strlen(s->id)))
		return bad_name(s->id);
	r = load_now(&s->rec, repo, s->id, &s->ref->oid, skim);
	if (r == GV_ENOMEM || r == GV_ECANCELED || r == GV_ENOTFOUND)
		return r;
	if (r < 0)
		return gv_err_in(GV_ECORRUPT, "snapshot %s is damaged", s->id);
	if (strcmp(s->rec.id, s->id) == 0) {
		/* a mark that cannot be read is told by whoever loads marks */
		r = gv_mark_apply(marks, &s->rec);
		return r == GV_ECORRUPT ? 0 : r;
	}
	memcpy(other, s->rec.id, sizeof(other));
	gv_record_release(&s->rec);
	return gv_err(GV_ECORRUPT,
	    "snapshot %s is damaged: its commit says that it is %s", s->id,
	    other);
}

/* Fill the slot. Only what is no fault of this snapshot is returned: no
 * memory, or the user's wish to stop. */
static int
load_slot(struct slot *s, const struct gv_ref *ref, struct gv_repo *repo,
    const struct gv_marks *marks, bool skim)
{
	s->ref = ref;
	s->id = ref->name + strlen(GV_REF_SNAPSHOTS);
	s->r = load_named(s, repo, marks, skim);
	if (s->r == 0 || s->r == GV_ENOTFOUND)
		return 0;
	if (s->r != GV_ECORRUPT)
		return s->r;
	s->why = strdup(gv_err_message());
	return s->why ? 0 : gv_err_nomem();
}

static void
release_slots(struct slot *slots, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		gv_record_release(&slots[i].rec);
		free(slots[i].why);
	}
	free(slots);
}

/* Put the snapshots of one second, which come with the largest id first,
 * into the order in which each follows its previous one. A chain is written
 * out from its newest end, that which none of the others follows; what hangs
 * together in a circle, which only forged trailers do, comes last. */
struct chain {
	struct slot *slots, *out;
	struct gv_map by_id; /* to the slot */
	unsigned *followers; /* how many of the second name it as previous */
	size_t n, n_out;
};

static struct slot *
previous_of(const struct chain *c, const struct slot *s)
{
	if (s->r != 0 || s->rec.previous == NULL)
		return NULL;
	return gv_map_get(&c->by_id, s->rec.previous, strlen(s->rec.previous));
}

static void
emit(struct chain *c, struct slot *s)
{
	struct slot *prev;

	do {
		prev = previous_of(c, s);
		c->out[c->n_out++] = *s;
		c->followers[s - c->slots] = UINT32_MAX; /* done */
		s = prev;
	} while (s && c->followers[s - c->slots] != UINT32_MAX &&
	    --c->followers[s - c->slots] == 0);
}

static int
order_second(struct slot *slots, size_t n)
{
	struct chain c = { .slots = slots, .n = n, .by_id = GV_MAP_INIT };
	struct slot *prev;
	size_t i, pass;
	int r = 0;

	if (n < 2)
		return 0;
	c.out = calloc(n, sizeof(*c.out));
	c.followers = calloc(n, sizeof(*c.followers));
	if (c.out == NULL || c.followers == NULL)
		r = gv_err_nomem();
	for (i = 0; r == 0 && i < n; i++)
		r = gv_map_put(
		    &c.by_id, slots[i].id, strlen(slots[i].id), &slots[i]);
	if (r < 0)
		goto out;
	for (i = 0; i < n; i++) {
		prev = previous_of(&c, &slots[i]);
		if (prev)
			c.followers[prev - slots]++;
	}
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < n; i++)
			if (c.followers[i] == 0 ||
			    (pass == 1 && c.followers[i] != UINT32_MAX))
				emit(&c, &slots[i]);
	memcpy(slots, c.out, n * sizeof(*slots));
out:
	gv_map_release(&c.by_id);
	free(c.out);
	free(c.followers);
	return r;
}

/* How many of the refs before refs[left] were taken in the same second as
 * the last of them. A name that is no id stands for itself. */
static size_t
second_of(const struct gv_refs *refs, size_t left)
{
	const size_t at = strlen(GV_REF_SNAPSHOTS);
	const char *last = refs->refs[left - 1].name + at;
	size_t n = 1;

	while (n < left &&
	    strncmp(refs->refs[left - 1 - n].name + at, last, STAMP_LEN) == 0)
		n++;
	return n;
}

/* --- one after the other --- */

struct gv_record_walk {
	struct gv_repo *repo;
	struct gv_odb *odb;
	struct gv_record_refs refs;
	size_t left;        /* refs not looked at yet: the older ones */
	bool skims;         /* commits only */
	struct slot *slots; /* those of one second, the newest first */
	size_t n, i;
};

int
gv_record_walk_open(struct gv_record_walk **out, struct gv_repo *repo)
{
	struct gv_record_walk *w = calloc(1, sizeof(*w));
	int r;

	if (w == NULL)
		return gv_err_nomem();
	w->repo = repo;
	r = gv_repo_odb(repo, &w->odb);
	if (r == 0)
		r = gv_record_refs_load(&w->refs, repo);
	if (r < 0) {
		gv_record_walk_close(w);
		return r;
	}
	w->left = w->refs.refs.n;
	*out = w;
	return 0;
}

void
gv_record_walk_skim(struct gv_record_walk *w)
{
	w->skims = true;
}

int
gv_record_walk_whole(struct gv_record_walk *w, struct gv_record *rec)
{
	int r = load_parts(rec, w->odb);

	if (r == 0 || r == GV_ENOMEM)
		return r;
	return gv_err_in(GV_ECORRUPT, "snapshot %s is damaged", rec->id);
}

unsigned long
gv_record_walk_skip(struct gv_record_walk *w, unsigned long n)
{
	unsigned long skipped = 0;
	size_t second;

	/* which of one second is the newest only the commits say */
	while (w->i == w->n && w->left > 0) {
		second = second_of(&w->refs.refs, w->left);
		if (skipped + second > n)
			break;
		skipped += second;
		w->left -= second;
	}
	return skipped;
}

static int
next_second(struct gv_record_walk *w)
{
	size_t n = second_of(&w->refs.refs, w->left), i;
	int r = 0;

	release_slots(w->slots, w->n);
	w->n = w->i = 0;
	w->slots = calloc(n, sizeof(*w->slots));
	if (w->slots == NULL)
		return gv_err_nomem();
	w->n = n;
	for (i = 0; r == 0 && i < n; i++)
		r = load_slot(&w->slots[i], &w->refs.refs.refs[w->left - 1 - i],
		    w->repo, &w->refs.marks, w->skims);
	w->left -= n;
	return r < 0 ? r : order_second(w->slots, n);
}

int
gv_record_walk_next(struct gv_record_walk *w, struct gv_record *out)
{
	struct slot *s;
	int r;

	do {
		if (w->i == w->n) {
			if (w->left == 0)
				return 0;
			r = next_second(w);
			if (r < 0) {
				w->i = w->n; /* none of them was read whole */
				return r;
			}
		}
		s = &w->slots[w->i++];
	} while (s->r == GV_ENOTFOUND);
	if (s->r != 0)
		return gv_err(s->r, "%s", s->why);
	*out = s->rec;
	memset(&s->rec, 0, sizeof(s->rec));
	return 1;
}

void
gv_record_walk_close(struct gv_record_walk *w)
{
	if (w == NULL)
		return;
	release_slots(w->slots, w->n);
	gv_record_refs_release(&w->refs);
	free(w);
}

/* --- all at once --- */

struct load_all {
	const struct gv_refs *refs;
	const struct gv_marks *marks;
	struct gv_repo *repo;
	struct slot *slots;
	atomic_size_t next;
};

static int
load_some(void *ctx, int thread)
{
	struct load_all *all = ctx;
	size_t n = all->refs->n, from, i;
	int r;

	(void)thread;
	while ((from = atomic_fetch_add(&all->next, CHUNK)) < n)
		for (i = from; i < n && i < from + CHUNK; i++) {
			r = load_slot(&all->slots[i],
			    &all->refs->refs[n - 1 - i], all->repo, all->marks,
			    false);
			if (r < 0)
				return r;
		}
	return 0;
}

static int
order_all(struct slot *slots, const struct gv_refs *refs)
{
	size_t i, n;
	int r = 0;

	for (i = 0; r == 0 && i < refs->n; i += n) {
		n = second_of(refs, refs->n - i);
		r = order_second(slots + i, n);
	}
	return r;
}

static int
collect(struct gv_records *out, struct slot *slots, size_t n,
    struct gv_buf *damaged)
{
	size_t i;

	out->records = calloc(n + 1, sizeof(*out->records));
	if (out->records == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++) {
		if (slots[i].r == 0) {
			out->records[out->n++] = slots[i].rec;
			memset(&slots[i].rec, 0, sizeof(slots[i].rec));
		} else if (damaged && slots[i].why) {
			gv_buf_addf(damaged, "%s\n", slots[i].why);
		}
	}
	return damaged ? gv_buf_check(damaged) : 0;
}

int
gv_records_load_refs(struct gv_records *out, struct gv_repo *repo,
    const struct gv_record_refs *refs, struct gv_buf *damaged)
{
	struct gv_records recs = { 0 };
	struct load_all all = {
		.refs = &refs->refs, .marks = &refs->marks, .repo = repo
	};
	struct gv_odb *odb;
	size_t n = refs->refs.n;
	int r = gv_repo_odb(repo, &odb), threads; /* before there are threads */

	if (r < 0)
		return r;
	all.slots = calloc(n + 1, sizeof(*all.slots));
	if (all.slots == NULL)
		return gv_err_nomem();
	threads = n < WORTH_A_THREAD ? 1 : gv_workers_count(0);
	r = gv_workers_run(threads, load_some, &all);
	if (r == 0)
		r = order_all(all.slots, &refs->refs);
	if (r == 0 && damaged)
		gv_buf_addstr(damaged, refs->damaged.p);
	if (r == 0)
		r = collect(&recs, all.slots, n, damaged);
	if (r < 0)
		gv_records_release(&recs);
	else
		*out = recs;
	release_slots(all.slots, n);
	return r;
}

int
gv_records_load(
    struct gv_records *out, struct gv_repo *repo, struct gv_buf *damaged)
{
	struct gv_record_refs refs = { 0 };
	int r = gv_record_refs_load(&refs, repo);

	if (r == 0)
		r = gv_records_load_refs(out, repo, &refs, damaged);
	gv_record_refs_release(&refs);
	return r;
}

void
gv_records_release(struct gv_records *recs)
{
	size_t i;

	if (recs == NULL)
		return;
	for (i = 0; i < recs->n; i++)
		gv_record_release(&recs->records[i]);
	free(recs->records);
	memset(recs, 0, sizeof(*recs));
}
