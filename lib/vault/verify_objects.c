#include "vault/verify_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "sys/cancel.h"
#include "sys/workers.h"

struct gv_verify_object *
gv_verify_find(const struct gv_verify_run *run, const struct gv_oid *oid)
{
	return gv_map_get(&run->seen, oid->id, GV_OID_RAW);
}

/* Whether a failed reading is the object's own fault. */
static bool
is_damage(int r)
{
	return r == GV_ECORRUPT || r == GV_ENOTFOUND;
}

/* An object that is reached for the first time goes on the list of what is
 * to be read. One that is named both as a tree and as a blob is damage, which
 * reading it as the first of both will tell. */
static int
note(struct gv_verify_run *run, const struct gv_oid *oid, enum gv_otype type)
{
	struct gv_verify_object *o = gv_verify_find(run, oid);
	int r;

	if (o)
		return 0;
	o = gv_arena_alloc(&run->arena, sizeof(*o));
	if (o == NULL)
		return GV_ENOMEM;
	o->oid = *oid;
	o->type = type;
	r = gv_map_put(&run->seen, o->oid.id, GV_OID_RAW, o);
	if (r == 0 && type == GV_OTYPE_TREE) {
		r = gv_vec_grow((void **)&run->todo, &run->todo_cap,
		    run->n_todo + 1, sizeof(*run->todo));
		if (r == 0)
			run->todo[run->n_todo++] = o;
	} else if (r == 0) {
		r = gv_vec_grow((void **)&run->blobs, &run->blobs_cap,
		    run->n_blobs + 1, sizeof(*run->blobs));
		if (r == 0)
			run->blobs[run->n_blobs++] = o;
	}
	return r;
}

static int
set_bad(struct gv_verify_run *run, struct gv_verify_object *o)
{
	const char *why = gv_err_message();

	o->why = gv_arena_copy(&run->arena, why, strlen(why));
	run->bad++;
	return o->why ? 0 : GV_ENOMEM;
}

static int
read_tree(struct gv_verify_run *run, struct gv_verify_object *o)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(run->odb, &obj, &o->oid, GV_OTYPE_TREE);

	if (r < 0)
		return is_damage(r) ? set_bad(run, o) : r;
	o->size = obj.len;
	run->result->objects++;
	run->result->bytes += obj.len;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		/* another repository's commit is not ours to have */
		r = e.mode == GV_MODE_GIT
		    ? 0
		    : note(run, &e.oid,
			  e.mode == GV_MODE_DIR ? GV_OTYPE_TREE
						: GV_OTYPE_BLOB);
		if (r < 0)
			break;
	}
	gv_object_release(&obj);
	return r == GV_ECORRUPT ? set_bad(run, o) : r;
}

int
gv_verify_collect(struct gv_verify_run *run, const struct gv_oid *root)
{
	int r = note(run, root, GV_OTYPE_TREE);

	while (r == 0 && run->n_todo > 0) {
		r = read_tree(run, run->todo[--run->n_todo]);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
		if (r == 0 && run->opts->add)
			run->opts->add(run->opts->progress_ctx, 1, 0);
	}
	return r;
}

static int
count_bytes(void *ctx, const void *data, size_t len)
{
	uint64_t *size = ctx;

	(void)data;
	*size += len;
	return 0;
}

/* Messages go into the heap here: the arena is one thread's. */
static int
read_some(void *ctx, int worker)
{
	struct gv_verify_run *run = ctx;
	struct gv_verify_object *o;
	size_t i;
	int r = 0;

	(void)worker;
	while (r == 0) {
		i = atomic_fetch_add(&run->next, 1);
		if (i >= run->n_blobs)
			break;
		if (gv_cancel_requested())
			return gv_cancel_error();
		o = run->blobs[i];
		r = gv_odb_stream(run->odb, &o->oid, count_bytes, &o->size);
		if (is_damage(r)) {
			o->why = strdup(gv_err_message());
			r = o->why ? 0 : gv_err_nomem();
		}
		if (run->opts->add)
			run->opts->add(run->opts->progress_ctx, 1, o->size);
	}
	return r;
}

static int
by_place(const void *a, const void *b)
{
	const struct gv_verify_object *const *x = a, *const *y = b;

	return ((*x)->place > (*y)->place) - ((*x)->place < (*y)->place);
}

int
gv_verify_read(struct gv_verify_run *run)
{
	size_t i;
	int r;

	for (i = 0; i < run->n_blobs; i++)
		run->blobs[i]->place =
		    gv_odb_place(run->odb, &run->blobs[i]->oid);
	if (run->n_blobs)
		qsort(run->blobs, run->n_blobs, sizeof(*run->blobs), by_place);
	r = gv_workers_run(
	    gv_workers_count(run->opts->threads), read_some, run);
	for (i = 0; i < run->n_blobs; i++) {
		struct gv_verify_object *o = run->blobs[i];
		char *why = o->why;

		run->result->objects++;
		run->result->bytes += o->size;
		if (why == NULL)
			continue;
		run->bad++;
		o->why = gv_arena_copy(&run->arena, why, strlen(why));
		free(why);
		if (o->why == NULL)
			r = GV_ENOMEM;
	}
	return r;
}
