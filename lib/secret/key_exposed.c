#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/tree.h"
#include "record/record_load.h"
#include "safe/safe_internal.h"
#include "safe/safe_reader.h"
#include "safe/safe_scopes.h"
#include "seal/withheld.h"
#include "secret/key.h"

/*
 * Who could read a scope has seen what is sealed in it. The values are those
 * that its ref has; what they are, the lists of snapshots tell. A chunk of a
 * large value is no value that anybody knows of.
 */

struct search {
	struct gv_safe *safe;
	struct gv_key_report *report;
	struct gv_map lists;  /* blobs of lists that were read */
	struct gv_map by_id;  /* struct place */
	struct gv_map chunks; /* objects that are part of another */
	const char *scope;
};

struct place {
	struct gv_digest id;
	const char *rule, *path;
	uint64_t n;
};

/* ---- where values stand ------------------------------------------------ */

static int
note_place(struct search *s, const struct gv_withheld_entry *e)
{
	struct gv_arena *arena = &s->report->arena;
	struct place *p =
	    gv_map_get(&s->by_id, e->place.id.bytes, sizeof(e->place.id.bytes));

	if (p) {
		p->n++;
		return 0;
	}
	p = gv_arena_alloc(arena, sizeof(*p));
	if (p == NULL)
		return GV_ENOMEM;
	p->id = e->place.id;
	p->n = 1;
	p->rule = gv_arena_copy(arena, e->place.rule, strlen(e->place.rule));
	p->path = gv_arena_copy(arena, e->path, e->path_len);
	return p->rule && p->path
	    ? gv_map_put(&s->by_id, p->id.bytes, sizeof(p->id.bytes), p)
	    : GV_ENOMEM;
}

static int
read_list(struct search *s, const struct gv_oid *oid)
{
	struct gv_withheld_iter it;
	struct gv_withheld_entry e;
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(s->safe->odb, &obj, oid, GV_OTYPE_BLOB);

	if (r < 0)
		return r;
	r = gv_withheld_open(&it, (const char *)obj.data, obj.len);
	while (r == 0 && (r = gv_withheld_next(&it, &e)) > 0)
		r = note_place(s, &e);
	gv_withheld_close(&it);
	gv_object_release(&obj);
	return r;
}

/* A list that cannot be read tells nothing: verify says so, and the value is
 * named by its id. */
static int
read_once(struct search *s, const struct gv_record *rec, const char *name)
{
	struct gv_oid oid, *key;
	unsigned mode;
	char *before;
	int r;

	if (gv_oid_is_zero(&rec->meta))
		return 0;
	before = gv_err_save();
	r = gv_tree_find(s->safe->odb, &rec->meta, name, &mode, &oid);
	if (r == 0 && !gv_map_get(&s->lists, oid.id, sizeof(oid.id))) {
		r = read_list(s, &oid);
		key = gv_arena_alloc(&s->report->arena, sizeof(*key));
		if (key) {
			*key = oid;
			if (gv_map_put(
				&s->lists, key->id, sizeof(key->id), key) < 0)
				r = GV_ENOMEM;
		} else {
			r = GV_ENOMEM;
		}
	}
	gv_err_restore(before);
	return r == GV_ENOMEM ? r : 0;
}

static int
read_lists(struct search *s)
{
	struct gv_records all = { 0 };
	struct gv_buf damaged = GV_BUF_INIT;
	size_t i;
	int r = gv_records_load(&all, s->safe->repo, &damaged);

	for (i = 0; r == 0 && i < all.n; i++) {
		if ((r = read_once(s, &all.records[i], "secrets")) == 0)
			r = read_once(s, &all.records[i], "index-secrets");
	}
	gv_records_release(&all);
	gv_buf_release(&damaged);
	return r;
}

/* ---- what a scope has -------------------------------------------------- */

static int
note_chunk(void *ctx, const struct gv_oid *id)
{
	struct search *s = ctx;
	struct gv_oid *key = gv_arena_alloc(&s->report->arena, sizeof(*key));

	if (key == NULL)
		return GV_ENOMEM;
	*key = *id;
	return gv_map_put(&s->chunks, key->id, sizeof(key->id), key);
}

static int
find_chunks(void *ctx, const struct gv_digest *id, const struct gv_oid *object)
{
	struct search *s = ctx;
	char *before = gv_err_save();
	enum gv_otype type;
	size_t size;
	int r = gv_odb_read_header(s->safe->odb, &type, &size, object);

	(void)id;
	if (r == 0 && type == GV_OTYPE_TREE)
		r = gv_chunk_each(s->safe->odb, object, note_chunk, s);
	gv_err_restore(before);
	return r == GV_ENOMEM ? r : 0;
}

static int
add_value(void *ctx, const struct gv_digest *id, const struct gv_oid *object)
{
	struct search *s = ctx;
	struct gv_key_report *report = s->report;
	const struct place *p =
	    gv_map_get(&s->by_id, id->bytes, sizeof(id->bytes));
	struct gv_key_value *v;
	int r;

	if (p == NULL && gv_map_get(&s->chunks, object->id, sizeof(object->id)))
		return 0;
	r = gv_vec_grow((void **)&report->values, &report->cap,
	    report->n_values + 1, sizeof(*v));
	if (r < 0)
		return r;
	v = &report->values[report->n_values++];
	*v = (struct gv_key_value){ .scope = s->scope, .id = *id };
	if (p) {
		v->rule = p->rule;
		v->path = p->path;
		v->places = p->n;
	}
	return 0;
}

static int
add_scope(struct search *s, const char *name)
{
	int r;

	s->scope = gv_arena_copy(&s->report->arena, name, strlen(name));
	if (s->scope == NULL)
		return GV_ENOMEM;
	r = gv_safe_each(s->safe, name, find_chunks, s);
	return r < 0 ? r : gv_safe_each(s->safe, name, add_value, s);
}

/* ---- */

static int
is_reader(bool *out, const struct gv_keyring *k, const char *scope,
    const struct gv_keyring_recipient *who)
{
	const struct gv_keyring_recipient **list;
	size_t i, n;
	int r = gv_safe_readers(&list, &n, k, scope);

	*out = false;
	for (i = 0; r == 0 && i < n; i++)
		*out = *out || list[i] == who;
	if (r == 0)
		free(list);
	return r;
}

static int
compare_values(const void *a, const void *b)
{
	const struct gv_key_value *x = a, *y = b;
	int c = strcmp(x->scope, y->scope);

	if (c == 0)
		c = (x->path == NULL) - (y->path == NULL);
	if (c == 0 && x->path)
		c = strcmp(x->path, y->path);
	return c ? c : memcmp(x->id.bytes, y->id.bytes, GV_DIGEST_BYTES);
}

int
gv_key_exposed(
    struct gv_key_report *report, struct gv_safe *safe, const char *name)
{
	struct search s = { .safe = safe, .report = report };
	const struct gv_keyring *k = &safe->kept.keyring;
	const struct gv_keyring_recipient *who =
	    safe->has_keyring ? gv_keyring_find(k, name) : NULL;
	const char *const *scopes;
	size_t i, n = 0;
	bool reads;
	int r = 0;

	if (who == NULL)
		return gv_err(
		    GV_ENOTFOUND, "the keyring has no recipient '%s'", name);
	if ((r = gv_safe_scopes(&scopes, &n, safe)) == 0 && n)
		r = read_lists(&s);
	for (i = 0; r == 0 && i < n; i++) {
		if ((r = is_reader(&reads, k, scopes[i], who)) == 0 && reads)
			r = add_scope(&s, scopes[i]);
	}
	if (report->n_values)
		qsort(report->values, report->n_values, sizeof(*report->values),
		    compare_values);
	gv_map_release(&s.lists);
	gv_map_release(&s.by_id);
	gv_map_release(&s.chunks);
	return r;
}
