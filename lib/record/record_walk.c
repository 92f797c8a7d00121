#include "record/record_walk.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/mark.h"
#include "record/record_cache.h"
#include "record/record_internal.h"
#include "record/record_load.h"
#include "record/record_refs.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/workers.h"

#define CHUNK          32 /* records that a thread takes at a time */
#define WORTH_A_THREAD 256

/* How many are read ahead where all will be asked for. */
#define FEW  64
#define MANY 1024

/* So many commits are read as fast as the cache of ten thousand. */
#define WORTH_A_CACHE 32

/* Where records are read from. */
struct reading {
	struct gv_repo *repo;
	struct gv_odb *odb;
	const struct gv_marks *marks;
	struct gv_record_cache *cache; /* NULL: only from the commits */
	bool skims;                    /* the commits only */
};

/* One snapshot's ref and what reading its commit gave. */
struct slot {
	const struct gv_ref *ref;
	const char *id;
	struct gv_record rec; /* where r is 0 */
	int r; /* GV_ENOTFOUND: it was deleted, and there is no word of it */
	char *why; /* where r is another failure */
};

/* A name that may hold anything, made fit for a message. */
static int
bad_name(const char *id)
{
	struct gv_buf quoted = GV_BUF_INIT;
	int r;

	gv_path_quote(&quoted, id, strlen(id));
	r = gv_err(GV_ECORRUPT,
	    "the ref " GV_REFS_SNAPSHOTS "%s is not named like a snapshot",
	    quoted.p);
	gv_buf_release(&quoted);
	return r;
}

/* Take the record out of the cache: 1; 0 where it must be read. That its
 * commit is still there is looked up all the same. */
static int
recall(struct slot *s, const struct reading *by)
{
	int r;

	if (by->cache == NULL || !gv_odb_has(by->odb, &s->ref->oid))
		return 0;
	r = gv_record_cache_get(by->cache, &s->rec, &s->ref->oid);
	if (r <= 0 ||
	    (strcmp(s->rec.id, s->id) == 0 &&
		(by->skims || !gv_oid_is_zero(&s->rec.tree))))
		return r;
	gv_record_release(&s->rec);
	return 0;
}

static int
load_named(struct slot *s, const struct reading *by)
{
	char other[GV_RECORD_ID_LEN + 1];
	int r;

	if ((r = recall(s, by)) == 0 && !gv_record_is_id(s->id, strlen(s->id)))
		return bad_name(s->id);
	if (r == 0)
		r = gv_record_load_now(
		    &s->rec, by->repo, s->id, &s->ref->oid, by->skims);
	if (r == GV_ENOMEM || r == GV_ECANCELED || r == GV_ENOTFOUND)
		return r;
	if (r < 0)
		return gv_err_in(GV_ECORRUPT, "snapshot %s is damaged", s->id);
	if (strcmp(s->rec.id, s->id) == 0) {
		/* of a mark that cannot be read the record tells */
		r = gv_mark_apply(by->marks, &s->rec);
		if (r == GV_ECORRUPT)
			return 0;
		if (r < 0)
			gv_record_release(&s->rec);
		return r;
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
load_slot(struct slot *s, const struct gv_ref *ref, const struct reading *by)
{
	s->ref = ref;
	s->id = ref->name + strlen(GV_REFS_SNAPSHOTS);
	s->r = load_named(s, by);
	if (s->r == 0 || s->r == GV_ENOTFOUND)
		return 0;
	if (s->r != GV_ECORRUPT)
		return s->r;
	s->why = strdup(gv_err_message());
	return s->why ? 0 : gv_err_nomem();
}

/* Afterwards they are zero but for what filling them sets in any case. Most
 * have given their record away. */
static void
empty_slots(struct slot *slots, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (slots[i].rec.id[0])
			gv_record_release(&slots[i].rec);
		free(slots[i].why);
		slots[i].why = NULL;
	}
}

/* Put the snapshots of one second, which come with the largest id first,
 * into the order in which each follows its previous one, and where none
 * follows the other stays in front by its id. What hangs together in a circle,
 * which only forged trailers do, comes last. */
struct chain {
	const struct slot *slots;
	size_t n;
	struct link {
		size_t previous;  /* the slot, or NONE */
		size_t followers; /* how many name it as previous; or DONE */
	} * links;
	size_t *order; /* places of slots as they come */
	size_t n_order, first;
};

#define NONE SIZE_MAX
#define DONE SIZE_MAX

static int
compare_ids(const void *id, const void *slot)
{
	return strcmp(((const struct slot *)slot)->id, id);
}

static size_t
previous_of(const struct chain *c, const struct slot *s)
{
	const struct slot *prev;

	if (s->r != 0 || s->rec.previous == NULL)
		return NONE;
	prev =
	    bsearch(s->rec.previous, c->slots, c->n, sizeof(*s), compare_ids);
	return prev ? (size_t)(prev - c->slots) : NONE;
}

/* Put out slot `at`, and of what it lets go in turn all that has been passed
 * over; the rest is yet to come. */
static void
emit(struct chain *c, size_t at)
{
	size_t i = at;

	do {
		c->order[c->n_order++] = c->first + i;
		c->links[i].followers = DONE;
		i = c->links[i].previous;
	} while (i != NONE && c->links[i].followers != DONE &&
	    --c->links[i].followers == 0 && i < at);
}

static void
emit_all(struct chain *c)
{
	size_t i, pass;

	for (i = 0; i < c->n; i++) {
		c->links[i].previous = previous_of(c, &c->slots[i]);
		if (c->links[i].previous != NONE)
			c->links[c->links[i].previous].followers++;
	}
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < c->n; i++)
			if (c->links[i].followers == 0 ||
			    (pass == 1 && c->links[i].followers != DONE))
				emit(c, i);
}

/* The places of the slots, of which the first has place `first`, as they come.
 */
static int
order_second(size_t *order, const struct slot *slots, size_t n, size_t first)
{
	struct chain c = {
		.slots = slots, .n = n, .order = order, .first = first
	};

	order[0] = first;
	if (n == 1)
		return 0;
	c.links = calloc(n, sizeof(*c.links));
	if (c.links == NULL)
		return gv_err_nomem();
	emit_all(&c);
	free(c.links);
	return 0;
}

/* How many of the refs before refs[left] were taken in the same second as
 * the last of them. A name that is no id stands for itself. */
static size_t
second_of(const struct gv_refs *refs, size_t left)
{
	const size_t at = strlen(GV_REFS_SNAPSHOTS);
	const char *last = refs->refs[left - 1].name + at;
	size_t n = 1;

	while (n < left &&
	    strncmp(refs->refs[left - 1 - n].name + at, last,
		GV_RECORD_STAMP_LEN) == 0)
		n++;
	return n;
}

/* --- one after the other --- */

struct gv_record_walk {
	struct reading by;
	struct gv_record_cache cache;
	const struct gv_record_refs *refs;
	struct gv_record_refs own; /* where they are not the caller's */
	struct gv_refs list;       /* of those; in order of age */
	struct gv_ref *turned;     /* the list's, where that is another order */
	size_t left;               /* refs not looked at yet: the older ones */
	bool takes_all, is_known;  /* all will be asked for; most are cached */
	bool recalls; /* from the cache, once that is worth its loading */
	size_t n_read;
	struct slot *slots; /* those read ahead, the largest id first */
	size_t *order;      /* their places, the newest first */
	size_t n, cap, cap_order, i;
	atomic_size_t next; /* of the slots, to be filled by a thread */
};

/* What is no snapshot by its name is not the newest, wherever that puts it: the
 * names that come after all ids go to the oldest end. */
static int
list(struct gv_record_walk *w)
{
	const struct gv_refs *refs = &w->refs->refs;
	size_t n = refs->n;

	w->list = *refs;
	while (n > 0 && !gv_record_is_ref(refs->refs[n - 1].name))
		n--;
	if (n == 0 || n == refs->n)
		return 0;
	w->turned = malloc(refs->n * sizeof(*w->turned));
	if (w->turned == NULL)
		return gv_err_nomem();
	memcpy(w->turned, refs->refs + n, (refs->n - n) * sizeof(*w->turned));
	memcpy(w->turned + (refs->n - n), refs->refs, n * sizeof(*w->turned));
	w->list.refs = w->turned;
	return 0;
}

static int
open_walk(struct gv_record_walk *w, struct gv_repo *repo, unsigned how)
{
	int r = gv_repo_odb(repo, &w->by.odb); /* before there are threads */

	if (r == 0)
		r = list(w);

	w->by.repo = repo;
	w->by.marks = &w->refs->marks;
	w->by.skims = how & GV_RECORD_SKIM;
	w->takes_all = how & GV_RECORD_ALL;
	w->recalls = how & GV_RECORD_RECALL;
	w->left = w->list.n;
	return r;
}

int
gv_record_walk_open(
    struct gv_record_walk **out, struct gv_repo *repo, unsigned how)
{
	struct gv_record_walk *w = calloc(1, sizeof(*w));
	int r;

	if (w == NULL)
		return gv_err_nomem();
	w->refs = &w->own;
	if ((r = gv_record_refs_load(&w->own, repo)) == 0)
		r = open_walk(w, repo, how);
	if (r < 0) {
		gv_record_walk_close(w);
		return r;
	}
	*out = w;
	return 0;
}

int
gv_record_walk_choose(struct gv_record_walk *w,
    bool (*takes)(void *ctx, const struct gv_oid *commit), void *ctx)
{
	struct gv_ref *chosen = malloc((w->list.n + 1) * sizeof(*chosen));
	size_t i, n = 0;

	if (chosen == NULL)
		return gv_err_nomem();
	for (i = 0; i < w->list.n; i++)
		if (takes(ctx, &w->list.refs[i].oid))
			chosen[n++] = w->list.refs[i];
	free(w->turned);
	w->turned = w->list.refs = chosen;
	w->left = w->list.n = n;
	return 0;
}

const char *
gv_record_walk_damaged(const struct gv_record_walk *w)
{
	return w->refs->damaged.p;
}

int
gv_record_walk_whole(struct gv_record_walk *w, struct gv_record *rec)
{
	const struct reading by = {
		.repo = w->by.repo, .odb = w->by.odb, .marks = w->by.marks
	};
	const struct gv_ref ref = { .oid = rec->commit };
	struct slot s = { .ref = &ref, .id = rec->id };
	int r = load_named(&s, &by);

	if (r < 0)
		return r;
	gv_record_release(rec);
	*rec = s.rec;
	return 0;
}

/* Read the trees behind a commit that was read, unless they were there. */
static int
complete(struct slot *s, const struct reading *by)
{
	int r;

	if (s->r != 0 || !gv_oid_is_zero(&s->rec.tree))
		return 0;
	r = gv_record_load_parts(&s->rec, by->odb);
	s->rec.recalled = false;
	if (r == 0 || r == GV_ENOMEM)
		return r;
	gv_record_release(&s->rec);
	return load_slot(s, s->ref, by); /* it says what is the matter */
}

/* First all commits, which mostly lie side by side, and then the trees. */
static int
fill(struct gv_record_walk *w, size_t from, size_t to)
{
	const struct gv_ref *newest = &w->list.refs[w->left - 1];
	struct reading skimming = w->by;
	size_t i;
	int r = 0;

	skimming.skims = true;
	for (i = from; r == 0 && i < to; i++)
		r = load_slot(&w->slots[i], newest - i, &skimming);
	for (i = from; r == 0 && !w->by.skims && i < to; i++)
		r = complete(&w->slots[i], &w->by);
	return r;
}

static int
fill_some(void *ctx, int thread)
{
	struct gv_record_walk *w = ctx;
	size_t from, left;
	int r = 0;

	(void)thread;
	while (r == 0 && (from = atomic_fetch_add(&w->next, CHUNK)) < w->n) {
		left = w->n - from;
		r = fill(w, from, from + (left < CHUNK ? left : CHUNK));
	}
	return r;
}

/* Keep for the next time what the commits said. */
static int
remember(struct gv_record_walk *w)
{
	size_t i, n_read = 0;
	int r = 0;

	for (i = 0; w->by.cache && r == 0 && i < w->n; i++) {
		if (w->slots[i].r != 0 || w->slots[i].rec.recalled)
			continue;
		n_read++;
		r = gv_record_cache_add(&w->cache, &w->slots[i].rec);
	}
	w->is_known = w->by.cache && n_read <= w->n / 2;
	return r;
}

static int
order_all(struct gv_record_walk *w)
{
	size_t i, n;
	int r = 0;

	for (i = 0; r == 0 && i < w->n; i += n) {
		n = second_of(&w->list, w->left - i);
		r = order_second(w->order + i, w->slots + i, n, i);
	}
	return r;
}

/* Where it pays: who skims seeks what may be far back. */
static int
load_cache(struct gv_record_walk *w)
{
	bool pays = w->takes_all || w->by.skims || w->n_read >= WORTH_A_CACHE;

	if (!w->recalls || w->by.cache || !pays)
		return 0;
	w->by.cache = &w->cache;
	if (gv_record_cache_load(&w->cache, w->by.repo) < 0)
		return GV_ENOMEM;
	w->is_known = w->cache.n > 0;
	return 0;
}

static int
grow_slots(struct gv_record_walk *w, size_t n)
{
	size_t had = w->cap;
	int r = gv_vec_grow(
	    (void **)&w->order, &w->cap_order, n, sizeof(*w->order));

	if (r < 0)
		return r;
	r = gv_vec_grow((void **)&w->slots, &w->cap, n, sizeof(*w->slots));
	if (r < 0)
		return r;
	memset(w->slots + had, 0, (w->cap - had) * sizeof(*w->slots));
	return 0;
}

/* Read those of the next second, or of some more. */
static int
read_ahead(struct gv_record_walk *w)
{
	size_t want, n = 0;
	int r = load_cache(w);

	if (r < 0)
		return r;
	want = !w->takes_all ? 1 : w->is_known ? FEW : MANY;
	while (n < want && n < w->left)
		n += second_of(&w->list, w->left - n);
	empty_slots(w->slots, w->n);
	w->n = w->i = 0;
	r = grow_slots(w, n);
	if (r < 0)
		return r;
	w->n = n;
	w->n_read += n;
	atomic_store(&w->next, 0);
	if (n < WORTH_A_THREAD)
		r = fill_some(w, 0);
	else
		r = gv_workers_run(gv_workers_count(0), fill_some, w);
	if (r == 0 && (r = remember(w)) == 0)
		r = order_all(w);
	w->left -= n;
	return r;
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
			r = read_ahead(w);
			if (r < 0) {
				w->i = w->n; /* none of them was read whole */
				return r;
			}
		}
		s = &w->slots[w->order[w->i++]];
	} while (s->r == GV_ENOTFOUND);
	if (s->r != 0)
		return gv_err(s->r, "%s", s->why);
	*out = s->rec;
	memset(&s->rec, 0, sizeof(s->rec));
	return 1;
}

static void
release_walk(struct gv_record_walk *w)
{
	if (w->by.cache)
		gv_record_cache_save(&w->cache, w->by.repo, &w->refs->refs);
	gv_record_cache_release(&w->cache);
	empty_slots(w->slots, w->n);
	free(w->slots);
	free(w->order);
	free(w->turned);
	gv_record_refs_release(&w->own);
}

void
gv_record_walk_close(struct gv_record_walk *w)
{
	if (w == NULL)
		return;
	release_walk(w);
	free(w);
}

/* --- all at once --- */

static int
collect(
    struct gv_records *out, struct gv_record_walk *w, struct gv_buf *damaged)
{
	int r;

	out->records = calloc(w->left + 1, sizeof(*out->records));
	if (out->records == NULL)
		return gv_err_nomem();
	if (damaged)
		gv_buf_addstr(damaged, gv_record_walk_damaged(w));
	do {
		r = gv_record_walk_next(w, &out->records[out->n]);
		if (r > 0 && damaged)
			gv_mark_tell(damaged, &out->records[out->n]);
		if (r > 0)
			out->n++;
		else if (r == GV_ECORRUPT && damaged)
			gv_buf_addf(damaged, "%s\n", gv_err_message());
	} while (r > 0 || r == GV_ECORRUPT);
	return r < 0 || damaged == NULL ? r : gv_buf_check(damaged);
}

int
gv_records_load_refs(struct gv_records *out, struct gv_repo *repo,
    const struct gv_record_refs *refs, unsigned how, struct gv_buf *damaged)
{
	struct gv_record_walk w = { .refs = refs };
	struct gv_records recs = { 0 };
	int r = open_walk(&w, repo, how | GV_RECORD_ALL);

	if (r == 0)
		r = collect(&recs, &w, damaged);
	release_walk(&w);
	if (r < 0)
		gv_records_release(&recs);
	else
		*out = recs;
	return r;
}

static int
load_refs_and_all(struct gv_records *out, struct gv_repo *repo, unsigned how,
    struct gv_buf *damaged)
{
	struct gv_record_refs refs = { 0 };
	int r = gv_record_refs_load(&refs, repo);

	if (r == 0)
		r = gv_records_load_refs(out, repo, &refs, how, damaged);
	gv_record_refs_release(&refs);
	return r;
}

int
gv_records_load(
    struct gv_records *out, struct gv_repo *repo, struct gv_buf *damaged)
{
	return load_refs_and_all(out, repo, 0, damaged);
}

int
gv_records_recall(
    struct gv_records *out, struct gv_repo *repo, struct gv_buf *damaged)
{
	return load_refs_and_all(out, repo, GV_RECORD_RECALL, damaged);
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
