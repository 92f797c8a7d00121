#include "object/odb_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/*
 * Where every object of many packs stands, in one table: without it a look
 * for an object asks pack after pack, which for 1,000 packs takes longer than
 * to read the object. Open addressing by bytes of the id, which are as good
 * as random.
 */
#define FEW_PACKS   8
#define MANY_PLACES (UINT64_C(1) << 26)
#define SMALL_PACK  2048u /* objects */
#define TAG         7     /* which byte of an id */

struct place {
	uint32_t pack : 24; /* its place in the view plus one; 0: free */
	/* a byte of the id: the rest of it, elsewhere in memory, is looked at
	 * only where this one is the same */
	uint32_t tag : 8;
	uint32_t row;
};

#define MOST_PACKS (1u << 24)

struct gv_odb_table {
	uint64_t mask;
	uint32_t most; /* objects of a pack: larger ones are left out */
	struct place places[];
};

static uint64_t
slot_of(const struct gv_odb_table *t, const unsigned char *id)
{
	uint64_t h;

	memcpy(&h, id + 8, sizeof(h));
	return h & t->mask;
}

/* The slot that holds the id, or the free one where it belongs. */
static struct place *
find(struct gv_odb_table *t, const struct gv_odb_view *view,
    const unsigned char *id)
{
	uint64_t i = slot_of(t, id);

	for (;; i = (i + 1) & t->mask) {
		struct place *p = &t->places[i];
		const struct gv_odb_pack *pack;

		if (p->pack == 0)
			return p;
		if (p->tag != id[TAG])
			continue;
		pack = view->packs[p->pack - 1];
		if (memcmp(pack->ids + p->row * pack->id_step, id,
			GV_OID_RAW) == 0)
			return p;
	}
}

/* How many objects are in packs of at most `most`, and how many packs: *n. */
static uint64_t
count(size_t *n, const struct gv_odb_view *view, uint32_t most)
{
	uint64_t total = 0;
	size_t i;

	for (i = *n = 0; i < view->n_packs; i++) {
		if (view->packs[i]->n > most)
			continue;
		total += view->packs[i]->n;
		++*n;
	}
	return total;
}

static struct gv_odb_table *
make_table(const struct gv_odb_view *view, uint64_t total, uint32_t most)
{
	uint64_t cap = 1024;
	struct gv_odb_table *t;
	size_t i;
	uint32_t row;

	while (cap < 2 * total)
		cap *= 2;
	t = calloc(1, sizeof(*t) + cap * sizeof(t->places[0]));
	if (t == NULL)
		return NULL;
	t->mask = cap - 1;
	t->most = most;
	for (i = 0; i < view->n_packs; i++) {
		const struct gv_odb_pack *pack = view->packs[i];

		for (row = 0; pack->n <= most && row < pack->n; row++) {
			const unsigned char *id =
			    pack->ids + row * pack->id_step;
			struct place *p = find(t, view, id);

			if (p->pack == 0)
				*p = (struct place){ .pack = (uint32_t)i + 1,
					.tag = id[TAG],
					.row = row };
		}
	}
	return t;
}

/* Make the table of packs of at most `most` objects, unless there is one or it
 * is not worth it. 0 or GV_ENOMEM. */
static int
gather(struct gv_odb *odb, struct gv_odb_view *view, uint32_t most)
{
	struct gv_odb_table *t;
	size_t n;
	const uint64_t total = count(&n, view, most);

	if (n <= FEW_PACKS || total > MANY_PLACES ||
	    view->n_packs >= MOST_PACKS - 1)
		return 0;
	pthread_mutex_lock(&odb->lock);
	t = view->table;
	if (t == NULL) {
		t = make_table(view, total, most);
		atomic_store_explicit(&view->table, t, memory_order_release);
	}
	pthread_mutex_unlock(&odb->lock);
	return t ? 0 : GV_ENOMEM;
}

int
gv_odb_gather(struct gv_odb *odb)
{
	struct gv_odb_view *view = gv_odb_view(odb);

	if (view == NULL)
		return GV_ENOMEM;
	return gather(odb, view, UINT32_MAX) < 0 ? gv_err_nomem() : 0;
}

void
gv_odb_gather_small(struct gv_odb *odb, struct gv_odb_view *view)
{
	(void)gather(odb, view, SMALL_PACK);
}

/* In the packs that the table leaves out: they are few. */
static bool
find_rest(const struct gv_odb_table *t, const struct gv_odb_view *view,
    const struct gv_oid *id, size_t *at, uint32_t *row)
{
	size_t i;

	for (i = 0; t->most < UINT32_MAX && i < view->n_packs; i++)
		if (view->packs[i]->n > t->most &&
		    gv_odb_pack_find(view->packs[i], id, row)) {
			*at = i;
			return true;
		}
	return false;
}

bool
gv_odb_table_find(struct gv_odb_table *t, const struct gv_odb_view *view,
    const struct gv_oid *id, size_t *at, uint32_t *row)
{
	const struct place *p = find(t, view, id->id);

	if (p->pack == 0)
		return find_rest(t, view, id, at, row);
	*at = p->pack - 1;
	*row = p->row;
	return true;
}
