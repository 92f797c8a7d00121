#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/tree.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "safe/inventory_internal.h"
#include "sys/cancel.h"
#include "vault/label.h"
#include "vault/ledger.h"

#define KEY_MAX (GV_WITHHELD_SCOPE_MAX + GV_DIGEST_BYTES + 2)

/* The value of that id, which is made where it is new; NULL without memory. */
static struct gv_inventory_value *
value_of(
    struct gv_inventory_run *run, const char *scope, const struct gv_digest *id)
{
	struct gv_inventory *inv = run->inv;
	size_t n = strlen(scope), len = n + 1 + GV_DIGEST_BYTES, at;
	char key[KEY_MAX], *kept;

	memcpy(key, scope, n + 1);
	memcpy(key + n + 1, id->bytes, GV_DIGEST_BYTES);
	at = (size_t)(uintptr_t)gv_map_get(&run->known, key, len);
	if (at)
		return &inv->values[at - 1];
	kept = gv_arena_copy(&inv->arena, key, len);
	if (kept == NULL || GV_GROW(inv->values, inv->n, inv->cap) < 0 ||
	    gv_map_put(&run->known, kept, len,
		(void *)(uintptr_t)(inv->n + 1)) < 0) /* NOLINT */
		return NULL;
	inv->values[inv->n] = (struct gv_inventory_value){
		.id = *id,
		.scope = kept,
	};
	return &inv->values[inv->n++];
}

/* ---- lists ---- */

enum where { IN_TREE, IN_INDEX, IN_META };

/* One list, and the newest and the oldest snapshot that has it. */
struct list {
	struct gv_oid oid;
	size_t newest, oldest;
	enum where where;
};

struct lists {
	struct list *lists;
	size_t n, cap;
	struct gv_map known;
};

static int
note_list(struct gv_inventory_run *run, struct lists *l,
    const struct gv_oid *oid, size_t at, enum where where)
{
	char key[GV_OID_RAW + 1], *kept;
	size_t i;
	int r;

	if (gv_oid_is_zero(oid))
		return 0;
	memcpy(key, oid->id, GV_OID_RAW);
	key[GV_OID_RAW] = (char)where;
	i = (size_t)(uintptr_t)gv_map_get(&l->known, key, sizeof(key));
	if (i) {
		l->lists[i - 1].oldest = at;
		return 0;
	}
	r = GV_GROW(l->lists, l->n, l->cap);
	kept = gv_arena_copy(&run->arena, key, sizeof(key));
	if (r < 0 || kept == NULL)
		return GV_ENOMEM;
	l->lists[l->n++] = (struct list){ *oid, at, at, where };
	return gv_map_put(
	    &l->known, kept, sizeof(key), (void *)(uintptr_t)l->n); /* NOLINT */
}

static int
add_place(struct gv_inventory_run *run, struct gv_inventory_value *v,
    const struct gv_withheld_entry *e, enum where where)
{
	struct gv_inventory_place *p;
	int r = GV_GROW(v->places, v->n_places, v->cap_places);

	if (r < 0)
		return r;
	p = &v->places[v->n_places];
	*p = (struct gv_inventory_place){ .path_len = e->path_len,
		.at = e->place.at,
		.len = e->place.len,
		.kind = e->kind,
		.is_staged = where == IN_INDEX,
		.is_meta = where == IN_META };
	p->rule = gv_arena_copy(
	    &run->inv->arena, e->place.rule, strlen(e->place.rule));
	if (v->n_places && v->places[v->n_places - 1].path_len == e->path_len &&
	    memcmp(v->places[v->n_places - 1].path, e->path, e->path_len) == 0)
		p->path = v->places[v->n_places - 1].path;
	else
		p->path = gv_arena_copy(&run->inv->arena, e->path, e->path_len);
	if (p->path == NULL || p->rule == NULL)
		return GV_ENOMEM;
	if (v->n_places == 0 || p->path != v->places[v->n_places - 1].path)
		v->n_files++;
	v->n_places++;
	return 0;
}

static int
take_entry(struct gv_inventory_run *run, const struct list *list,
    const struct gv_withheld_entry *e)
{
	struct gv_inventory_value *v;

	/* a version of a state is kept elsewhere */
	if (e->kind == GV_WITHHELD_STATE || !gv_inventory_wants(run, e->scope))
		return 0;
	v = value_of(run, e->scope, &e->place.id);
	if (v == NULL)
		return GV_ENOMEM;
	if (!v->is_used || list->newest < v->newest) {
		v->newest = list->newest;
		v->object = e->object;
		v->n_places = 0;
		v->n_files = 0;
	}
	if (!v->is_used || list->oldest > v->oldest)
		v->oldest = list->oldest;
	v->is_used = true;
	return v->newest == list->newest ? add_place(run, v, e, list->where)
					 : 0;
}

static int
read_list(struct gv_inventory_run *run, const struct list *list)
{
	struct gv_object obj = { 0 };
	struct gv_withheld_iter it = { .line = 0 };
	struct gv_withheld_entry e;
	int r = gv_odb_read_type(run->odb, &obj, &list->oid, GV_OTYPE_BLOB);

	if (r == 0)
		r = gv_withheld_open(&it, (const char *)obj.data, obj.len);
	while (r == 0 && (r = gv_withheld_next(&it, &e)) > 0)
		r = take_entry(run, list, &e);
	gv_withheld_close(&it);
	gv_object_release(&obj);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		r = gv_inventory_note(
		    run, run->inv->snapshots[list->newest].id);
	if (r == 0 && gv_cancel_requested())
		r = gv_cancel_error();
	return r;
}

int
gv_inventory_read_lists(struct gv_inventory_run *run)
{
	struct gv_inventory *inv = run->inv;
	struct lists l = { .known = GV_MAP_INIT };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < inv->n_snapshots; i++) {
		const struct gv_inventory_snapshot *snap = &inv->snapshots[i];

		if ((r = note_list(run, &l, &snap->list, i, IN_TREE)) == 0 &&
		    (r = note_list(run, &l, &snap->staged, i, IN_INDEX)) == 0)
			r = note_list(run, &l, &snap->meta, i, IN_META);
	}
	for (i = 0; r == 0 && i < l.n; i++)
		r = read_list(run, &l.lists[i]);
	gv_map_release(&l.known);
	free(l.lists);
	return r;
}

/* ---- scopes ---- */

/* A scope that is being read. */
struct scope {
	struct gv_inventory_run *run;
	const char *name;
};

static int
note_part(void *ctx, const struct gv_oid *id)
{
	struct gv_inventory_run *run = ctx;
	char *key = gv_arena_copy(&run->arena, id->id, GV_OID_RAW);

	return key ? gv_map_put(&run->parts, key, GV_OID_RAW, key) : GV_ENOMEM;
}

static int
take_file(struct scope *s, struct gv_inventory_value *v, const char *suffix,
    const struct gv_tree_entry *e)
{
	struct gv_inventory_run *run = s->run;
	unsigned kind;
	int r = 0;

	if (strcmp(suffix, ".age") == 0) {
		v->is_kept = true;
		v->is_tree = e->mode == GV_MODE_DIR;
		v->object = e->oid;
		r = e->mode == GV_MODE_DIR
		    ? gv_chunk_each(run->odb, &e->oid, note_part, run)
		    : 0;
	}
	for (kind = 0; r == 0 && kind < GV_LIFECYCLE_KINDS; kind++)
		if (strcmp(suffix, gv_lifecycle_suffix[kind]) == 0)
			r = gv_lifecycle_load(
			    &v->life, kind, run->odb, &e->oid);
	return r == 0 || r == GV_ENOMEM ? r : gv_inventory_note(run, e->name);
}

static int
is_ours(const char *suffix)
{
	unsigned kind;

	for (kind = 0; kind < GV_LIFECYCLE_KINDS; kind++)
		if (strcmp(suffix, gv_lifecycle_suffix[kind]) == 0)
			return true;
	return strcmp(suffix, ".age") == 0 || strcmp(suffix, ".ref") == 0;
}

static int
take_name(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct scope *s = ctx;
	struct gv_inventory_value *v;
	struct gv_digest id;

	(void)path;
	if (e->mode == GV_MODE_DIR && len == 2)
		return 0;
	if (e->name_len <= GV_REDACT_ID_HEX ||
	    gv_enc_unhex(id.bytes, e->name, GV_DIGEST_BYTES) < 0 ||
	    !is_ours(e->name + GV_REDACT_ID_HEX))
		return 1;
	v = value_of(s->run, s->name, &id);
	if (v == NULL)
		return GV_ENOMEM;
	/* a tree of chunks is not entered */
	return take_file(s, v, e->name + GV_REDACT_ID_HEX, e) < 0 ? GV_ENOMEM
								  : 1;
}

int
gv_inventory_read_scopes(struct gv_inventory_run *run)
{
	struct gv_refs refs = { 0 };
	struct gv_ledger ledger;
	size_t i;
	int r = gv_ref_list(&refs, run->repo, GV_REFS_SECRETS);

	for (i = 0; r == 0 && i < refs.n; i++) {
		struct scope s = { run,
			refs.refs[i].name + strlen(GV_REFS_SECRETS) };

		if (!gv_label_is_valid(s.name) ||
		    !gv_inventory_wants(run, s.name))
			continue;
		if ((r = gv_ledger_load(
			 &ledger, run->odb, &refs.refs[i].oid)) == 0)
			r = gv_tree_walk_mend(
			    run->odb, &ledger.tree, take_name, &s);
		if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
			r = gv_inventory_note(run, refs.refs[i].name);
	}
	gv_refs_release(&refs);
	return r;
}

int
gv_inventory_drop_parts(struct gv_inventory_run *run)
{
	struct gv_inventory *inv = run->inv;
	size_t i, n = 0;

	for (i = 0; i < inv->n; i++) {
		struct gv_inventory_value *v = &inv->values[i];

		if (!v->is_used &&
		    gv_map_get(&run->parts, v->object.id, GV_OID_RAW)) {
			free(v->places);
			gv_lifecycle_release(&v->life);
			continue;
		}
		inv->values[n++] = *v;
	}
	inv->n = n;
	return 0;
}
