#include "verify/verify_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "sys/cancel.h"
#include "sys/workers.h"

#define CHUNK          16 /* objects that a thread takes at a time */
#define WORTH_A_THREAD 64

static struct gv_verify_stripe *
stripe_of(const struct gv_verify_run *run, const struct gv_oid *oid)
{
	return (struct gv_verify_stripe *)&run
	    ->stripes[oid->id[0] % GV_VERIFY_STRIPES];
}

/* While threads read trees, only with the stripe's lock. */
struct gv_verify_object *
gv_verify_find(const struct gv_verify_run *run, const struct gv_oid *oid)
{
	return gv_map_get(&stripe_of(run, oid)->seen, oid->id, GV_OID_RAW);
}

/* Whether a failed reading is the object's own fault. */
static bool
is_damage(int r)
{
	return r == GV_ECORRUPT || r == GV_ENOTFOUND;
}

static int
add(struct gv_verify_list *list, struct gv_verify_object *o)
{
	int r = gv_vec_grow((void **)&list->items, &list->cap, list->n + 1,
	    sizeof(struct gv_verify_object *));

	if (r == 0)
		list->items[list->n++] = o;
	return r;
}

/* What one thread found in the trees it read. */
struct found {
	struct gv_verify_list trees, blobs;
	uint64_t objects, bytes;
};

/* An object that is reached for the first time goes on the list of what is
 * to be read. One that is named both as a tree and as a blob is damage, which
 * reading it as the first of both will tell. */
static int
note(struct gv_verify_run *run, struct found *f, const struct gv_oid *oid,
    enum gv_otype type)
{
	struct gv_verify_stripe *s = stripe_of(run, oid);
	struct gv_verify_object *o;
	int r = 0;

	pthread_mutex_lock(&s->lock);
	o = gv_map_get(&s->seen, oid->id, GV_OID_RAW);
	if (o == NULL) {
		o = gv_arena_alloc(&s->arena, sizeof(*o));
		if ((r = o ? 0 : GV_ENOMEM) == 0) {
			o->oid = *oid;
			o->type = type;
			r = gv_map_put(&s->seen, o->oid.id, GV_OID_RAW, o);
		}
	} else {
		o = NULL;
	}
	pthread_mutex_unlock(&s->lock);
	if (r < 0 || o == NULL)
		return r;
	o->is_known = gv_verify_cursor_has(&run->cursor, oid);
	if (o->is_known)
		return 0;
	return add(type == GV_OTYPE_TREE ? &f->trees : &f->blobs, o);
}

static int
set_bad(struct gv_verify_run *run, struct gv_verify_object *o)
{
	struct gv_verify_stripe *s = stripe_of(run, &o->oid);
	const char *why = gv_err_message();

	pthread_mutex_lock(&s->lock);
	o->why = gv_arena_copy(&s->arena, why, strlen(why));
	pthread_mutex_unlock(&s->lock);
	atomic_fetch_add(&run->bad, 1);
	return o->why ? 0 : GV_ENOMEM;
}

/* Ask whoever repairs for an object that could not be read: 0 with *obj set,
 * or `r` with its message. */
int
gv_verify_rescue(struct gv_verify_run *run, struct gv_object *obj,
    const struct gv_oid *oid, enum gv_otype type, int r)
{
	const struct gv_verify_opts *opts = run->opts;
	char *why;
	int s;

	if (!is_damage(r) || opts->rescue == NULL)
		return r;
	why = strdup(gv_err_message());
	s = opts->rescue(opts->rescue_ctx, obj, oid, type);
	if (s == 0)
		gv_err_set_message(why);
	free(why);
	return s > 0 ? 0 : s < 0 ? s : r;
}

int
gv_verify_meet(struct gv_verify_run *run, const struct gv_oid *oid)
{
	struct gv_verify_stripe *s = stripe_of(run, oid);
	struct gv_verify_object *o;
	int r;

	if (gv_verify_find(run, oid))
		return 0;
	o = gv_arena_alloc(&s->arena, sizeof(*o));
	if (o == NULL)
		return GV_ENOMEM;
	o->oid = *oid;
	o->type = GV_OTYPE_COMMIT;
	r = gv_map_put(&s->seen, o->oid.id, GV_OID_RAW, o);
	return r < 0 ? r : 1;
}

static int
read_tree(
    struct gv_verify_run *run, struct found *f, struct gv_verify_object *o)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(run->odb, &obj, &o->oid, GV_OTYPE_TREE);

	r = gv_verify_rescue(run, &obj, &o->oid, GV_OTYPE_TREE, r);
	if (r < 0)
		return is_damage(r) ? set_bad(run, o) : r;
	o->size = obj.len;
	f->objects++;
	f->bytes += obj.len;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		/* another repository's commit is not ours to have */
		r = e.mode == GV_MODE_GIT
		    ? 0
		    : note(run, f, &e.oid,
			  e.mode == GV_MODE_DIR ? GV_OTYPE_TREE
						: GV_OTYPE_BLOB);
		if (r < 0)
			break;
	}
	gv_object_release(&obj);
	return r == GV_ECORRUPT ? set_bad(run, o) : r;
}

/* Some objects of a list, shared out among threads. */
struct batch {
	struct gv_verify_run *run;
	struct gv_verify_object **items;
	size_t n;
	struct found *found; /* one a thread */
	atomic_size_t next;
};

static int
read_trees(void *ctx, int worker)
{
	struct batch *b = ctx;
	const struct gv_verify_opts *opts = b->run->opts;
	size_t i, from;
	int r = 0;

	while (r == 0 && (from = atomic_fetch_add(&b->next, CHUNK)) < b->n) {
		if (gv_cancel_requested())
			return gv_cancel_error();
		for (i = from; r == 0 && i < b->n && i < from + CHUNK; i++) {
			r = read_tree(b->run, &b->found[worker], b->items[i]);
			if (opts->add)
				opts->add(opts->progress_ctx, 1, 0);
		}
	}
	return r;
}

static int
take_over(struct gv_verify_run *run, struct found *f)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < f->trees.n; i++) {
		if ((r = add(&run->todo, f->trees.items[i])) == 0)
			r = add(&run->trees, f->trees.items[i]);
	}
	for (i = 0; r == 0 && i < f->blobs.n; i++)
		r = add(&run->blobs, f->blobs.items[i]);
	run->result->objects += f->objects;
	run->result->bytes += f->bytes;
	free(f->trees.items);
	free(f->blobs.items);
	memset(f, 0, sizeof(*f));
	return r;
}

int
gv_verify_note_root(struct gv_verify_run *run, const struct gv_oid *root)
{
	struct found f = { 0 };
	int r = note(run, &f, root, GV_OTYPE_TREE), s = take_over(run, &f);

	return r < 0 ? r : s;
}

int
gv_verify_threads(const struct gv_verify_run *run, size_t n)
{
	return n < WORTH_A_THREAD ? 1 : gv_workers_count(run->opts->threads);
}

static int
by_place(const void *a, const void *b)
{
	const struct gv_verify_object *const *x = a, *const *y = b;

	return ((*x)->place > (*y)->place) - ((*x)->place < (*y)->place);
}

/* Sort by where they are read fastest. */
static void
sort_places(
    struct gv_verify_run *run, struct gv_verify_object **items, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		items[i]->place = gv_odb_place(run->odb, &items[i]->oid);
	if (n)
		qsort(items, n, sizeof(*items), by_place);
}

/* One level of all trees after the other. */
int
gv_verify_collect(struct gv_verify_run *run)
{
	struct found *found;
	int threads, i, r = 0, s;

	while (r == 0 && run->todo.n > 0) {
		struct batch b = { .run = run };

		threads = gv_verify_threads(run, run->todo.n);
		found = calloc((size_t)threads, sizeof(*found));
		if (found == NULL)
			return gv_err_nomem();
		b.items = run->todo.items;
		b.n = run->todo.n;
		b.found = found;
		memset(&run->todo, 0, sizeof(run->todo));
		sort_places(run, b.items, b.n);
		r = gv_workers_run(threads, read_trees, &b);
		for (i = 0; i < threads; i++) {
			s = take_over(run, &found[i]);
			r = r < 0 ? r : s;
		}
		free(b.items);
		free(found);
	}
	return r;
}

int
gv_verify_add_bytes(void *ctx, const void *data, size_t len)
{
	uint64_t *size = ctx;

	(void)data;
	*size += len;
	return 0;
}

static int
read_blob(struct gv_verify_run *run, struct gv_verify_object *o)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_stream(run->odb, &o->oid, gv_verify_add_bytes, &o->size);

	r = gv_verify_rescue(run, &obj, &o->oid, GV_OTYPE_BLOB, r);
	if (obj.type == GV_OTYPE_BLOB)
		o->size = obj.len;
	gv_object_release(&obj);
	if (is_damage(r))
		r = set_bad(run, o);
	if (run->opts->add)
		run->opts->add(run->opts->progress_ctx, 1, o->size);
	return r;
}

static int
read_some(void *ctx, int worker)
{
	struct batch *b = ctx;
	size_t i, from;
	int r = 0;

	(void)worker;
	while (r == 0 && (from = atomic_fetch_add(&b->next, CHUNK)) < b->n) {
		if (gv_cancel_requested())
			return gv_cancel_error();
		for (i = from; r == 0 && i < b->n && i < from + CHUNK; i++)
			r = read_blob(b->run, b->items[i]);
	}
	return r;
}

int
gv_verify_read(struct gv_verify_run *run, size_t max)
{
	struct batch b = { .run = run };
	size_t i;
	int r;

	b.n = run->blobs.n - run->blobs_read;
	if (b.n == 0)
		return 0;
	b.items = run->blobs.items + run->blobs_read;
	if (b.n > max)
		b.n = max;
	sort_places(run, b.items, b.n);
	r = gv_workers_run(gv_verify_threads(run, b.n), read_some, &b);
	if (r < 0)
		return r;
	for (i = 0; i < b.n; i++)
		run->result->bytes += b.items[i]->size;
	run->result->objects += b.n;
	run->blobs_read += b.n;
	return 0;
}

int
gv_verify_reached(const struct gv_verify_run *run)
{
	const struct gv_verify_opts *opts = run->opts;
	size_t i, j;
	int r = 0;

	for (i = 0; i < GV_VERIFY_STRIPES; i++)
		for (j = 0; r == 0 && j < run->stripes[i].seen.cap; j++) {
			const struct gv_verify_object *o =
			    run->stripes[i].seen.slots[j].value;

			if (o)
				r = opts->reached(opts->rescue_ctx, &o->oid);
		}
	return r;
}

void
gv_verify_forget(struct gv_verify_run *run)
{
	size_t i;

	for (i = 0; i < GV_VERIFY_STRIPES; i++) {
		gv_map_release(&run->stripes[i].seen);
		gv_arena_release(&run->stripes[i].arena);
		pthread_mutex_destroy(&run->stripes[i].lock);
	}
	free(run->trees.items);
	free(run->blobs.items);
	free(run->todo.items);
}
