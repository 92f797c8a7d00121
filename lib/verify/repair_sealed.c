#include "verify/repair_sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/age.h"
#include "crypto/secret.h"
#include "key/backend_ref.h"
#include "object/chunk.h"
#include "record/record_load.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/lifecycle.h"
#include "safe/ref_ask.h"
#include "safe/safe_scopes.h"
#include "seal/withheld.h"
#include "verify/repair_internal.h"

/*
 * Sealed values. A value has up to two names: the entry of its id in its scope,
 * and the object that the line of a snapshot names, and mostly both are the
 * same object. One that is damaged is sought as any object is. If it is nowhere
 * the other one takes its place in the scope; if that is gone too, the value is
 * sealed again out of the working tree, where the file is as it was: the id
 * says whether it is the value. An entry that leads nowhere goes, since a
 * snapshot would believe that the value is sealed. An object may also be a
 * reference to a vault of others, which is asked.
 */

/* ---- whether an object is whole ---- */

struct level {
	struct gv_repair_sealed *sealed;
	bool lost;
};

static int
look_at_chunk(void *ctx, const struct gv_oid *oid)
{
	struct level *level = ctx;
	int r = gv_repair_sealed_is_whole(level->sealed, oid);

	level->lost = level->lost || r == 0;
	return r < 0 ? r : 0;
}

static int
is_tree_whole(struct gv_repair_sealed *w, const struct gv_object *obj)
{
	struct level level = { .sealed = w };
	bool top = ++w->depth == 1;
	int r = w->depth > 2
	    ? GV_ECORRUPT
	    : gv_chunk_level(obj->data, obj->len, top, look_at_chunk, &level);

	w->depth--;
	if (r == GV_ECORRUPT)
		return 0;
	return r < 0 ? r : !level.lost;
}

/* A file of age: 1; or the text that a vault of others has the value: 2. */
static int
is_sealed(const struct gv_object *obj)
{
	struct gv_age_header head = { 0 };
	struct gv_backend_ref ref;
	int r;

	if (gv_backend_ref_is(obj->data, obj->len))
		return gv_backend_ref_parse(&ref, obj->data, obj->len) == 0 ? 2
									    : 0;
	r = gv_age_header_read(&head, obj->data, obj->len);

	gv_age_header_release(&head);
	return r == 0 ? 1 : r == GV_ENOMEM ? r : 0;
}

static int
note_missing(struct gv_repair_sealed *w, struct gv_repair_item *item)
{
	int r = gv_vec_grow((void **)&w->missing, &w->cap_missing,
	    w->n_missing + 1, sizeof(struct gv_repair_item *));

	if (r == 0)
		w->missing[w->n_missing++] = item;
	return r;
}

static int
find_whole(struct gv_repair_sealed *w, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	struct gv_repair_item *item;
	int r = gv_odb_read(w->run->odb, &obj, oid);

	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		r = gv_repair_find(&item, w->run, oid, 0);
		if (r == 1 && item->type == GV_OTYPE_TREE)
			r = is_tree_whole(w, &item->obj);
		else if (r == 0)
			r = note_missing(w, item);
		return r;
	}
	if (r == 0)
		r = obj.type == GV_OTYPE_TREE   ? is_tree_whole(w, &obj)
		    : obj.type == GV_OTYPE_BLOB ? is_sealed(&obj)
						: 0;
	gv_object_release(&obj);
	return r;
}

int
gv_repair_sealed_is_whole(struct gv_repair_sealed *w, const struct gv_oid *oid)
{
	static char answers[3]; /* where they stand is what they say */
	const char *known = gv_map_get(&w->known, oid->id, GV_OID_RAW);
	char *key;
	int r;

	if (known)
		return (int)(known - answers);
	r = find_whole(w, oid);
	if (r < 0)
		return r;
	key = gv_arena_copy(&w->arena, oid->id, GV_OID_RAW);
	if (key == NULL ||
	    gv_map_put(&w->known, key, GV_OID_RAW, &answers[r]) < 0)
		return GV_ENOMEM;
	return r;
}

/* ---- what there is ---- */

static struct gv_repair_value *
value_of(struct gv_repair_sealed *w, struct gv_repair_scope *scope,
    const struct gv_digest *id)
{
	struct gv_repair_value *v;
	char key[sizeof(scope) + GV_DIGEST_BYTES];

	memcpy(key, &scope, sizeof(scope));
	memcpy(key + sizeof(scope), id->bytes, GV_DIGEST_BYTES);
	v = gv_map_get(&w->by_id, key, sizeof(key));
	if (v)
		return v;
	v = gv_arena_alloc(&w->arena, sizeof(*v));
	if (v == NULL)
		return NULL;
	v->scope = scope;
	v->id = *id;
	memcpy(v->key, key, sizeof(key));
	if (gv_map_put(&w->by_id, v->key, sizeof(key), v) < 0 ||
	    GV_GROW(w->values, w->n, w->cap) < 0)
		return NULL;
	w->values[w->n++] = v;
	return v;
}

static struct gv_repair_scope *
scope_of(struct gv_repair_sealed *w, const char *name)
{
	struct gv_repair_scope *s;

	for (s = w->scopes; s; s = s->next)
		if (strcmp(s->name, name) == 0)
			return s;
	s = gv_arena_alloc(&w->arena, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->name = gv_arena_copy(&w->arena, name, strlen(name));
	s->is_absent = gv_safe_is_absent(w->run->repo, name);
	s->next = w->scopes;
	w->scopes = s;
	return s->name ? s : NULL;
}

/* A tree or commit of the scope: 1, 0 where it is lost, negative. */
static int
need(struct gv_object *out, struct gv_repair_sealed *w,
    const struct gv_oid *oid, enum gv_otype type)
{
	struct gv_repair_item *item;
	int r = gv_repair_read(out, w->run, oid, type);

	if (r == 0)
		r = gv_repair_find(&item, w->run, oid, type);
	else
		return r;
	return r == 1 ? gv_repair_read(out, w->run, oid, type) : r;
}

static int
need_blob(struct gv_repair_sealed *w, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	int r = need(&obj, w, oid, GV_OTYPE_BLOB);
	const struct gv_repair_item *item =
	    gv_map_get(&w->run->items, oid->id, GV_OID_RAW);

	gv_object_release(&obj);
	return r == 0 && item && item->found ? 1 : r;
}

int
gv_repair_sealed_change(struct gv_repair_sealed *w,
    struct gv_repair_scope *scope, const char *name, unsigned mode,
    const struct gv_oid *oid)
{
	struct gv_ledger_change *c;
	int r = GV_GROW(scope->changes, scope->n, scope->cap);

	if (r < 0)
		return r;
	c = &scope->changes[scope->n];
	memset(c, 0, sizeof(*c));
	c->name = gv_arena_copy(&w->arena, name, strlen(name));
	c->mode = mode;
	if (oid)
		c->oid = *oid;
	scope->n++;
	return c->name ? 0 : GV_ENOMEM;
}

static int
take_entry(struct gv_repair_sealed *w, struct gv_repair_scope *scope,
    const struct gv_tree_entry *e)
{
	struct gv_repair_value *v = NULL;
	struct gv_digest id;
	const char *suffix = "";
	int r;

	/* a part of a state is not a value: the version has its own copy */
	if (e->name_len > GV_REDACT_ID_HEX &&
	    strcmp(e->name + GV_REDACT_ID_HEX, ".part") != 0 &&
	    gv_enc_unhex(id.bytes, e->name, GV_DIGEST_BYTES) == 0) {
		suffix = e->name + GV_REDACT_ID_HEX;
		v = value_of(w, scope, &id);
		if (v == NULL)
			return GV_ENOMEM;
	}
	if (v && strcmp(suffix, ".age") == 0) {
		v->kept = e->oid;
		v->mode = e->mode;
		return 0;
	}
	if (v && strcmp(suffix, ".ref") == 0 && e->mode == GV_MODE_FILE) {
		v->ref = e->oid;
		return 0;
	}
	if (v && strcmp(suffix, gv_lifecycle_suffix[GV_LIFECYCLE_NAME]) == 0)
		v->has_name = true;
	if (e->mode == GV_MODE_DIR)
		return 0;
	r = need_blob(w, &e->oid);
	if (r)
		return r < 0 ? r : 0;
	scope->has_gap = true;
	return gv_repair_sealed_change(w, scope, e->name, e->mode, NULL);
}

static void
note_hurt(struct gv_repair_sealed *w, struct gv_repair_scope *scope,
    const struct gv_oid *oid)
{
	scope->is_hurt = true;
	scope->lost = *oid;
	w->has_lost = true;
}

static int read_folder(struct gv_repair_sealed *w,
    struct gv_repair_scope *scope, const struct gv_oid *oid);

/* A folder that is lost goes, unless values that snapshots name are put into
 * it. */
static int
read_below(struct gv_repair_sealed *w, struct gv_repair_scope *scope,
    const struct gv_tree_entry *e)
{
	int r = read_folder(w, scope, &e->oid);

	return r == 0 && gv_oid_equal(&scope->lost, &e->oid)
	    ? gv_repair_sealed_change(w, scope, e->name, GV_MODE_DIR, NULL)
	    : r;
}

static int
read_folder(struct gv_repair_sealed *w, struct gv_repair_scope *scope,
    const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = need(&obj, w, oid, GV_OTYPE_TREE);

	if (r <= 0) {
		if (r == 0)
			note_hurt(w, scope, oid);
		return r;
	}
	gv_tree_iter_mend(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		r = e.mode == GV_MODE_DIR && e.name_len == 2
		    ? read_below(w, scope, &e)
		    : take_entry(w, scope, &e);
		if (r < 0)
			break;
	}
	gv_object_release(&obj);
	return r == GV_ECORRUPT ? 0 : r;
}

static int
read_scope(struct gv_repair_sealed *w, const struct gv_ref *ref)
{
	struct gv_repair_scope *scope =
	    scope_of(w, ref->name + strlen(GV_REFS_SECRETS));
	struct gv_object obj = { 0 };
	struct gv_oid parent;
	int r;

	if (scope == NULL)
		return GV_ENOMEM;
	scope->tip = ref->oid;
	r = need(&obj, w, &ref->oid, GV_OTYPE_COMMIT);
	gv_object_release(&obj);
	if (r == 1)
		r = gv_repair_read_head(
		    &scope->root, &parent, w->run, &ref->oid);
	else if (r == 0)
		note_hurt(w, scope, &ref->oid);
	if (r >= 0 && !gv_oid_is_zero(&scope->root))
		r = read_folder(w, scope, &scope->root);
	if (r < 0 || scope->is_hurt || scope->n)
		return r;
	r = gv_repair_line(w->run, &scope->tip, true);
	scope->is_torn = r == 0;
	return r < 0 ? r : 0;
}

/* ---- lines ---- */

/* fn(w, rec, where, entry) */
typedef int visit(struct gv_repair_sealed *w, const struct gv_record *rec,
    const char *where, const struct gv_withheld_entry *e);

static int
take_line(struct gv_repair_sealed *w, const struct gv_record *rec,
    const char *where, const struct gv_withheld_entry *e)
{
	struct gv_repair_scope *scope = scope_of(w, e->scope);
	struct gv_repair_value *v =
	    scope ? value_of(w, scope, &e->place.id) : NULL;
	struct gv_repair_stand *place;
	size_t i;

	if (v == NULL)
		return GV_ENOMEM;
	for (i = 0; i < v->n_lines; i++)
		if (gv_oid_equal(&v->lines[i], &e->object))
			break;
	if (i == v->n_lines && i < GV_REPAIR_LINES)
		v->lines[v->n_lines++] = e->object;
	if (v->n_places == GV_REPAIR_PLACES || strcmp(where, "tree") != 0)
		return 0;
	place = &v->places[v->n_places++];
	place->commit = rec->commit;
	place->path = gv_arena_copy(&w->arena, e->path, e->path_len);
	return place->path ? 0 : GV_ENOMEM;
}

static int
read_list(struct gv_repair_sealed *w, const struct gv_record *rec,
    const char *where, const struct gv_oid *oid, visit *fn)
{
	struct gv_withheld_iter it = { .line = 0 };
	struct gv_withheld_entry e;
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(w->run->odb, &obj, oid, GV_OTYPE_BLOB);

	if (r == 0)
		r = gv_withheld_open(&it, (const char *)obj.data, obj.len);
	while (r == 0 && (r = gv_withheld_next(&it, &e)) > 0)
		r = e.kind == GV_WITHHELD_STATE ? 0 : fn(w, rec, where, &e);
	gv_withheld_close(&it);
	gv_object_release(&obj);
	return r;
}

/* What is damaged of a snapshot is reported when it is looked at. */
static int
read_lists(struct gv_repair_sealed *w, const struct gv_record *rec, visit *fn)
{
	static const struct {
		const char *name, *where;
	} lists[] = { { "secrets", "tree" }, { "index-secrets", "index" },
		{ "meta-secrets", "meta" } };
	struct gv_oid oid;
	unsigned mode;
	size_t i;
	int r = 0;

	for (i = 0; r != GV_ENOMEM && i < 3; i++) {
		r = gv_tree_find(
		    w->run->odb, &rec->meta, lists[i].name, &mode, &oid);
		if (r == 0 && fn == take_line &&
		    gv_map_get(&w->read, oid.id, GV_OID_RAW))
			continue;
		if (r == 0 &&
		    (r = read_list(w, rec, lists[i].where, &oid, fn)) == 0) {
			char *key =
			    gv_arena_copy(&w->arena, oid.id, GV_OID_RAW);

			r = key ? gv_map_put(&w->read, key, GV_OID_RAW, key)
				: GV_ENOMEM;
		}
	}
	return r == GV_ENOMEM ? r : 0;
}

static int
read_snapshot(struct gv_repair_sealed *w, const struct gv_oid *commit)
{
	struct gv_record rec = { 0 };
	int r = gv_record_load(&rec, w->run->repo, commit);

	if (r == 0)
		r = read_lists(w, &rec, take_line);
	gv_record_release(&rec);
	return r == GV_ENOMEM || r == GV_ERROR ? r : 0;
}

/* ---- what to do ---- */

/* An object that is nowhere is no loss where the value is had by another one;
 * else the value is reported. */
static int
note_losses(struct gv_repair_sealed *w, struct gv_repair_value *v)
{
	size_t i;
	int r = 0;

	if (w->n_missing)
		v->missing = w->missing[0]->oid;
	for (i = 0; r == 0 && i < w->n_missing; i++) {
		struct gv_oid *oid = &w->missing[i]->oid;

		w->missing[i]->is_told = true;
		if (!v->is_whole)
			continue;
		r = gv_map_put(&w->mended, oid->id, GV_OID_RAW, oid);
		gv_map_del(&w->run->items, oid->id, GV_OID_RAW);
	}
	w->n_missing = 0;
	return r;
}

/* Whether nobody said that it is here. */
static bool
is_elsewhere(const struct gv_repair_sealed *w, const struct gv_repair_value *v)
{
	size_t i;

	for (i = 0; v->scope->is_absent && i < v->n_lines; i++)
		if (gv_odb_has(w->run->odb, &v->lines[i]))
			return false;
	return v->scope->is_absent;
}

/* Those of lines first: their chunks are values by themselves, which come back
 * with them. */
static int
judge_all(struct gv_repair_sealed *w, bool of_lines)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < w->n; i++) {
		struct gv_repair_value *v = w->values[i];

		if ((v->n_lines > 0) != of_lines)
			continue;
		if (is_elsewhere(w, v)) {
			v->is_whole = v->scope->is_missed = true;
			continue;
		}
		w->n_missing = 0;
		r = gv_repair_judge(w, v);
		if (gv_map_get(&w->mended, v->kept.id, GV_OID_RAW))
			v->is_whole = true;
		if (r == 0)
			r = note_losses(w, v);
		w->has_lost = w->has_lost || !v->is_whole;
	}
	return r;
}

/* What a partial clone could not fetch may be whole at a remote: a scope that
 * went on without it, or a value that was sealed once more, would stand against
 * that. */
static void
hold_back(struct gv_repair_sealed *w)
{
	const struct gv_repair_scope *s;
	size_t i;

	w->is_held = w->has_lost;
	for (s = w->scopes; s; s = s->next)
		w->is_held = w->is_held || s->has_gap || s->is_hurt;
	for (i = 0; w->is_held && i < w->n; i++)
		if (w->values[i]->is_anew) {
			w->values[i]->is_anew = w->values[i]->is_whole = false;
			w->values[i]->source = NULL;
			w->has_lost = true;
		}
}

int
gv_repair_sealed(struct gv_repair_run *run)
{
	struct gv_repair_sealed *w = calloc(1, sizeof(*w));
	struct gv_refs scopes = { 0 }, snapshots = { 0 };
	size_t i;
	int r;

	if (w == NULL)
		return gv_err_nomem();
	run->sealed = w;
	w->run = run;
	if ((r = gv_ref_list(&scopes, run->repo, GV_REFS_SECRETS)) == 0)
		r = gv_ref_list(&snapshots, run->repo, GV_REFS_SNAPSHOTS);
	for (i = 0; r == 0 && i < scopes.n; i++)
		r = read_scope(w, &scopes.refs[i]);
	/* the newest first: its file is what the working tree may have */
	for (i = snapshots.n; r == 0 && i > 0; i--)
		r = read_snapshot(w, &snapshots.refs[i - 1].oid);
	if (r == 0 && (r = judge_all(w, true)) == 0 &&
	    (r = judge_all(w, false)) == 0 && run->repo->partial)
		hold_back(w);
	gv_refs_release(&scopes);
	gv_refs_release(&snapshots);
	return r;
}

/* ---- what is reported ---- */

static int
tell_line(struct gv_repair_sealed *w, const struct gv_record *rec,
    const char *where, const struct gv_withheld_entry *e)
{
	struct gv_repair_scope *scope = scope_of(w, e->scope);
	struct gv_repair_value *v =
	    scope ? value_of(w, scope, &e->place.id) : NULL;
	struct gv_buf path = GV_BUF_INIT, reason = GV_BUF_INIT;
	struct gv_verify_fault fault = { .snapshot = rec->id };
	int r;

	if (v == NULL)
		return GV_ENOMEM;
	if (v->is_whole)
		return 0;
	gv_buf_addf(&path, "%s/", where);
	gv_buf_add(&path, e->path, e->path_len);
	if (v->why)
		gv_buf_addf(
		    &reason, "one of its secrets is missing: %s", v->why);
	else
		gv_buf_addstr(
		    &reason, "one of its encrypted secrets is missing");
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_buf_check(&reason);
	fault.path = path.p;
	fault.len = path.len;
	fault.oid = v->missing;
	fault.reason = reason.p;
	if (r == 0)
		gv_repair_fault(w->run, &fault);
	gv_buf_release(&path);
	gv_buf_release(&reason);
	return r;
}

static int
tell_snapshot(struct gv_repair_sealed *w, const struct gv_oid *commit)
{
	struct gv_record rec = { 0 };
	int r = gv_record_load(&rec, w->run->repo, commit);

	if (r == 0)
		r = read_lists(w, &rec, tell_line);
	gv_record_release(&rec);
	return r == GV_ENOMEM || r == GV_ERROR ? r : 0;
}

/* For what no snapshot has, the scope is named. */
static int
tell_of_scope(struct gv_repair_sealed *w, const struct gv_repair_scope *scope,
    const char *path, const struct gv_verify_fault *what)
{
	struct gv_verify_fault fault = *what;
	struct gv_buf ref = GV_BUF_INIT;
	int r;

	gv_buf_addf(&ref, GV_REFS_SECRETS "%s", scope->name);
	r = gv_buf_check(&ref);
	fault.snapshot = ref.p;
	fault.path = path;
	fault.len = strlen(path);
	if (r == 0)
		gv_repair_fault(w->run, &fault);
	gv_buf_release(&ref);
	return r;
}

static int
tell_kept(struct gv_repair_sealed *w, const struct gv_repair_value *v)
{
	const struct gv_verify_fault what = { .oid = v->missing,
		.reason = v->why ? v->why : "the encrypted secret is missing" };
	char hex[GV_REDACT_ID_HEX + 1], path[GV_REDACT_ID_HEX + 8];
	bool is_sealed = !gv_oid_is_zero(&v->kept);

	if (v->is_whole || v->n_lines ||
	    (!is_sealed && gv_oid_is_zero(&v->ref)))
		return 0;
	gv_enc_hex(hex, v->id.bytes, GV_DIGEST_BYTES);
	snprintf(path, sizeof(path), "%.2s/%s.%s", hex, hex,
	    is_sealed ? "age" : "ref");
	return tell_of_scope(w, v->scope, path, &what);
}

static int
tell_scope(struct gv_repair_sealed *w, const struct gv_repair_scope *s)
{
	const struct gv_verify_fault what = { .oid = s->lost,
		.reason =
		    "what it had in addition to the secrets of snapshots is "
		    "missing" };

	return s->is_hurt ? tell_of_scope(w, s, "", &what) : 0;
}

bool
gv_repair_sealed_mends(
    const struct gv_repair_run *run, const struct gv_oid *oid)
{
	return gv_map_get(&run->sealed->mended, oid->id, GV_OID_RAW) != NULL;
}

int
gv_repair_sealed_faults(struct gv_repair_run *run)
{
	struct gv_repair_sealed *w = run->sealed;
	struct gv_refs snapshots = { 0 };
	const struct gv_repair_scope *s;
	size_t i;
	int r;

	if (!w->has_lost)
		return 0;
	r = gv_ref_list(&snapshots, run->repo, GV_REFS_SNAPSHOTS);
	for (i = 0; r == 0 && i < snapshots.n; i++)
		r = tell_snapshot(w, &snapshots.refs[i].oid);
	for (i = 0; r == 0 && i < w->n; i++)
		r = tell_kept(w, w->values[i]);
	for (s = w->scopes; r == 0 && s; s = s->next)
		r = tell_scope(w, s);
	gv_refs_release(&snapshots);
	return r;
}

int
gv_repair_sealed_tell(struct gv_repair_run *run)
{
	const struct gv_repair_sealed *w = run->sealed;
	const struct gv_repair_scope *s;
	size_t i;

	for (s = w->scopes; run->opts->absent && s; s = s->next)
		if (s->is_missed)
			run->opts->absent(run->opts->ctx, s->name);
	for (i = 0; i < w->n; i++) {
		const struct gv_repair_value *v = w->values[i];
		const struct gv_repair_found found = { .oid = v->n_lines
			    ? v->lines[0]
			    : gv_oid_is_zero(&v->kept) ? v->ref
						       : v->kept,
			.type = GV_OTYPE_BLOB,
			.source = v->source,
			.detail = v->is_anew ? v->places[v->place].path : "" };

		if (v->source) {
			run->result->found++;
			if (run->opts->found)
				run->opts->found(run->opts->ctx, &found);
		}
	}
	return gv_repair_ref_tell(w);
}

void
gv_repair_sealed_free(struct gv_repair_run *run)
{
	struct gv_repair_sealed *w = run->sealed;
	struct gv_repair_scope *s;

	if (w == NULL)
		return;
	for (s = w->scopes; s; s = s->next)
		free(s->changes);
	gv_repair_value_close(w);
	gv_ref_ask_free(w->ask);
	gv_map_release(&w->known);
	gv_map_release(&w->by_id);
	gv_map_release(&w->read);
	gv_map_release(&w->mended);
	free(w->values);
	free(w->missing);
	gv_arena_release(&w->arena);
	free(w);
	run->sealed = NULL;
}
