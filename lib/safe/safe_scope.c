#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/recipient.h"
#include "object/odb.h"
#include "object/tree.h"
#include "repo/refs.h"
#include "safe/safe_internal.h"
#include "safe/safe_reader.h"
#include "safe/safe_scopes.h"
#include "safe/safe_writer.h"
#include "seal/withheld.h"
#include "vault/label.h"

/*
 * The tree of a scope:
 *
 *	idkey-<name>.age	an id key, see safe_foreign.c
 *	sealed-for		for whom its values are sealed
 *	<aa>/<id>.age		a value: a blob, or a tree of chunks; <aa> are
 *				the first two digits of its id
 *	<aa>/<id>.part		the same of a part of a state, which versions of
 *				that state have as it was encrypted before
 *
 * What else is there is passed over, and stays.
 */

#define ID_HEX   (2 * GV_DIGEST_BYTES)
#define NAME_LEN (ID_HEX + sizeof(suffix) - 1)

static const char suffix[] = ".age", ref_suffix[] = ".ref";
static const char part_suffix[] = ".part";

/* ---- entries ----------------------------------------------------------- */

struct gv_safe_entry *
gv_safe_scope_find(
    const struct gv_safe_scope *scope, const struct gv_digest *id)
{
	return gv_map_get(&scope->known, id->bytes, sizeof(id->bytes));
}

struct gv_safe_entry *
gv_safe_scope_add(struct gv_safe_scope *scope, const struct gv_digest *id)
{
	struct gv_safe_entry *e = gv_arena_alloc(&scope->arena, sizeof(*e));

	if (e == NULL || GV_GROW(scope->entries, scope->n, scope->cap) < 0)
		return NULL;
	e->id = *id;
	if (gv_map_put(&scope->known, e->id.bytes, sizeof(e->id.bytes), e) < 0)
		return NULL;
	scope->entries[scope->n++] = e;
	return e;
}

/* ---- the tree ---------------------------------------------------------- */

static bool
is_lower_hex(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!((p[i] >= '0' && p[i] <= '9') ||
			(p[i] >= 'a' && p[i] <= 'f')))
			return false;
	return true;
}

static bool
is_value(const struct gv_tree_entry *e, const char *folder)
{
	return e->name_len == NAME_LEN &&
	    (e->mode == GV_MODE_FILE || e->mode == GV_MODE_DIR) &&
	    is_lower_hex(e->name, ID_HEX) && memcmp(e->name, folder, 2) == 0 &&
	    memcmp(e->name + ID_HEX, suffix, sizeof(suffix) - 1) == 0;
}

static bool
is_reference(const struct gv_tree_entry *e, const char *folder)
{
	return e->name_len == NAME_LEN && e->mode == GV_MODE_FILE &&
	    is_lower_hex(e->name, ID_HEX) && memcmp(e->name, folder, 2) == 0 &&
	    memcmp(e->name + ID_HEX, ref_suffix, sizeof(suffix) - 1) == 0;
}

static bool
is_part(const struct gv_tree_entry *e, const char *folder)
{
	return e->name_len == ID_HEX + sizeof(part_suffix) - 1 &&
	    (e->mode == GV_MODE_FILE || e->mode == GV_MODE_DIR) &&
	    is_lower_hex(e->name, ID_HEX) && memcmp(e->name, folder, 2) == 0 &&
	    strcmp(e->name + ID_HEX, part_suffix) == 0;
}

/* Add an entry of the tree. If the bytes of a part are also a value, the value
 * comes first and replaces the part. */
static struct gv_safe_entry *
add_entry(struct gv_safe_scope *scope, const struct gv_digest *id,
    const struct gv_tree_entry *e, const char *folder)
{
	struct gv_safe_entry *known;

	if (is_reference(e, folder))
		return gv_safe_scope_add_ref(scope, id);
	if (!is_part(e, folder))
		return gv_safe_scope_add(scope, id);
	known = gv_safe_scope_find(scope, id);
	if (known)
		return known;
	known = gv_safe_scope_add(scope, id);
	if (known)
		known->is_part = true;
	scope->n_parts++;
	return known;
}

static int
load_folder(struct gv_safe_scope *scope, struct gv_odb *odb,
    const struct gv_tree_entry *folder)
{
	struct gv_object obj = { 0 };
	struct gv_safe_entry *known;
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	struct gv_digest id;
	int r = gv_odb_read_type(odb, &obj, &folder->oid, GV_OTYPE_TREE);

	gv_tree_iter_mend(&it, obj.data, obj.len);
	while (r == 0 && (r = gv_tree_next(&it, &e)) > 0) {
		r = 0;
		if ((!is_reference(&e, folder->name) &&
			!is_value(&e, folder->name) &&
			!is_part(&e, folder->name)) ||
		    gv_enc_unhex(id.bytes, e.name, GV_DIGEST_BYTES) < 0)
			continue;
		known = add_entry(scope, &id, &e, folder->name);
		if (known == NULL) {
			r = GV_ENOMEM;
			continue;
		}
		if (!gv_oid_is_zero(&known->object))
			continue;
		known->object = e.oid;
		known->is_tree = e.mode == GV_MODE_DIR;
	}
	gv_object_release(&obj);
	return r;
}

static int
load_tree(struct gv_safe_scope *scope, struct gv_odb *odb)
{
	struct gv_object top = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	unsigned char first;
	int r = gv_odb_read_type(odb, &top, &scope->ledger.tree, GV_OTYPE_TREE);

	gv_tree_iter_mend(&it, top.data, top.len);
	while (r == 0 && (r = gv_tree_next(&it, &e)) > 0) {
		r = 0;
		if (e.mode == GV_MODE_FILE &&
		    strcmp(e.name, GV_SAFE_SEALED_FOR) == 0) {
			r = gv_safe_sealed_for_load(
			    &scope->sealed_for, odb, &e.oid);
			scope->has_sealed_for = r > 0;
			r = r > 0 ? 0 : r;
		} else if (e.mode == GV_MODE_FILE)
			gv_safe_foreign_note(scope, e.name, &e.oid);
		else if (e.mode == GV_MODE_DIR && e.name_len == 2 &&
		    is_lower_hex(e.name, 2) &&
		    gv_enc_unhex(&first, e.name, 1) == 0) {
			scope->folders[first] = e.oid;
			r = load_folder(scope, odb, &e);
		}
	}
	gv_object_release(&top);
	return r;
}

/* ---- scopes ------------------------------------------------------------ */

static int
list_refs(struct gv_safe *safe)
{
	int r = 0;

	if (!safe->refs_found)
		r = gv_ref_list(&safe->refs, safe->repo, GV_REFS_SECRETS);
	safe->refs_found = r == 0;
	return r == GV_ENOTFOUND ? GV_ERROR : r;
}

int
gv_safe_scopes(const char *const **names, size_t *n, struct gv_safe *safe)
{
	const char **list = NULL;
	size_t i;
	int r;

	pthread_mutex_lock(&safe->lock);
	if ((r = list_refs(safe)) == 0)
		list = gv_arena_alloc(
		    &safe->arena, (safe->refs.n + 1) * sizeof(*list));
	if (r == 0 && list == NULL)
		r = GV_ENOMEM;
	for (*n = i = 0; r == 0 && i < safe->refs.n; i++) {
		const char *name =
		    safe->refs.refs[i].name + sizeof(GV_REFS_SECRETS) - 1;

		if (gv_label_is_valid(name))
			list[(*n)++] =
			    gv_arena_copy(&safe->arena, name, strlen(name));
	}
	for (i = 0; r == 0 && i < *n; i++)
		if (list[i] == NULL)
			r = GV_ENOMEM;
	pthread_mutex_unlock(&safe->lock);
	if (r == 0)
		*names = list;
	return r;
}

static int
load_at(
    struct gv_safe_scope *scope, struct gv_odb *odb, const struct gv_oid *tip)
{
	int r = gv_ledger_load(&scope->ledger, odb, tip);

	if (r == 0)
		r = load_tree(scope, odb);
	return r == GV_ENOTFOUND
	    ? gv_err(GV_ECORRUPT, "its objects are not all here")
	    : r;
}

static int
load(struct gv_safe_scope *scope, struct gv_safe *safe)
{
	struct gv_buf name = GV_BUF_INIT;
	const struct gv_ref *ref;
	int r = list_refs(safe);

	gv_buf_addf(&name, GV_REFS_SECRETS "%s", scope->name);
	if (r == 0)
		r = gv_buf_check(&name);
	ref = r == 0 ? gv_refs_find(&safe->refs, name.p) : NULL;
	if (ref) {
		r = load_at(scope, safe->odb, &ref->oid);
		if (r < 0 && r != GV_ENOMEM)
			r = gv_err_in(r, "%s", name.p);
	}
	gv_buf_release(&name);
	return r;
}

/* An empty one; by who has the safe's lock. */
static struct gv_safe_scope *
create(struct gv_safe *safe, const char *name)
{
	struct gv_safe_scope *scope = calloc(1, sizeof(*scope));

	if (scope == NULL)
		return NULL;
	pthread_mutex_init(&scope->lock, NULL);
	pthread_cond_init(&scope->done, NULL);
	scope->arena = (struct gv_arena)GV_ARENA_INIT;
	scope->name = gv_arena_copy(&safe->arena, name, strlen(name));
	if (scope->name)
		return scope;
	gv_safe_scope_free(scope);
	return NULL;
}

static int
make(struct gv_safe_scope **out, struct gv_safe *safe, const char *name)
{
	struct gv_safe_scope *scope;
	int r = GV_GROW(safe->scopes, safe->n_scopes, safe->cap_scopes);

	if (r < 0)
		return r;
	scope = create(safe, name);
	if (scope == NULL)
		return gv_err_nomem();
	r = load(scope, safe);
	if (r < 0) {
		gv_safe_scope_free(scope);
		return r;
	}
	safe->scopes[safe->n_scopes++] = scope;
	*out = scope;
	return 0;
}

struct gv_safe_scope *
gv_safe_scope_get(int *r, struct gv_safe *safe, const char *name)
{
	struct gv_safe_scope *found = NULL;
	size_t i;

	*r = 0;
	pthread_mutex_lock(&safe->lock);
	for (i = 0; found == NULL && i < safe->n_scopes; i++)
		if (strcmp(safe->scopes[i]->name, name) == 0)
			found = safe->scopes[i];
	if (found == NULL)
		*r = gv_label_is_valid(name)
		    ? make(&found, safe, name)
		    : gv_err(GV_EUSAGE, "'%s' is no name of a scope", name);
	pthread_mutex_unlock(&safe->lock);
	return found;
}

struct gv_safe_scope *
gv_safe_scope_at(
    int *r, struct gv_safe *safe, const char *name, const struct gv_oid *tip)
{
	struct gv_safe_scope *scope;

	pthread_mutex_lock(&safe->lock);
	scope = create(safe, name);
	pthread_mutex_unlock(&safe->lock);
	*r = scope ? load_at(scope, safe->odb, tip) : gv_err_nomem();
	if (*r == 0)
		return scope;
	gv_safe_scope_free(scope);
	return NULL;
}

void
gv_safe_scope_free(struct gv_safe_scope *scope)
{
	size_t i;

	if (scope == NULL)
		return;
	for (i = 0; i < scope->n_to; i++)
		gv_recipient_release(&scope->recipients[i]);
	for (i = 0; i < scope->n_foreign; i++)
		gv_secret_release(&scope->foreign[i].key);
	free(scope->recipients);
	free(scope->to);
	free(scope->entries);
	free(scope->ref_list);
	gv_map_release(&scope->refs);
	gv_map_release(&scope->known);
	gv_arena_release(&scope->arena);
	pthread_mutex_destroy(&scope->lock);
	pthread_cond_destroy(&scope->done);
	free(scope);
}

/* ---- who reads it ------------------------------------------------------ */

static int
read_keys(struct gv_safe_scope *scope,
    const struct gv_keyring_recipient *const *readers, size_t n,
    const struct gv_plugin_runner *runner)
{
	int r = 0;

	scope->recipients = calloc(n + 1, sizeof(*scope->recipients));
	scope->to = calloc(n + 1, sizeof(*scope->to));
	if (scope->recipients == NULL || scope->to == NULL)
		return gv_err_nomem();
	while (r == 0 && scope->n_to < n) {
		const char *key = readers[scope->n_to]->key;
		struct gv_recipient *to = &scope->recipients[scope->n_to];

		if ((r = gv_recipient_parse(to, key, strlen(key))) == 0) {
			to->runner = runner;
			scope->to[scope->n_to++] = to;
		} else if (r != GV_ENOMEM)
			r = gv_err_in(
			    r, "the recipient %s", readers[scope->n_to]->name);
	}
	return r;
}

static void
find_stale(struct gv_safe_scope *scope)
{
	size_t i;

	for (i = 0; i < scope->n; i++)
		scope->entries[i]->is_stale = !scope->has_sealed_for ||
		    !gv_safe_sealed_for_covers(
			&scope->sealed_for, scope->sum, &scope->entries[i]->id);
}

static int
get_ready(struct gv_safe_scope *scope, const struct gv_safe *safe)
{
	const struct gv_keyring_recipient **readers = NULL;
	size_t n = 0;
	int r = gv_safe_readers(&readers, &n, &safe->kept.keyring, scope->name);

	if (r == 0 &&
	    (r = gv_safe_sealed_for_sum(scope->sum, readers, n)) == 0 &&
	    (r = read_keys(scope, readers, n, &safe->talk.runner)) == 0)
		find_stale(scope);
	free(readers);
	return r;
}

int
gv_safe_scope_ready(struct gv_safe_scope *scope, struct gv_safe *safe)
{
	int r = 0;

	pthread_mutex_lock(&scope->lock);
	if (scope->to == NULL)
		r = get_ready(scope, safe);
	pthread_mutex_unlock(&scope->lock);
	return r;
}

/* ---- for commands ------------------------------------------------------ */

int
gv_safe_find(struct gv_oid *object, struct gv_safe *safe, const char *scope,
    const struct gv_digest *id)
{
	const struct gv_safe_entry *e;
	struct gv_safe_scope *s;
	int r;

	s = gv_safe_scope_get(&r, safe, scope);
	if (s == NULL)
		return r;
	pthread_mutex_lock(&s->lock);
	e = gv_safe_scope_find(s, id);
	if (e == NULL || gv_oid_is_zero(&e->object))
		e = gv_safe_scope_ref(s, id);
	if ((r = e ? 0 : GV_ENOTFOUND) == 0)
		*object = e->object;
	pthread_mutex_unlock(&s->lock);
	return r;
}

static int
compare_ids(const void *a, const void *b)
{
	const struct gv_safe_entry *const *x = a, *const *y = b;

	return memcmp((*x)->id.bytes, (*y)->id.bytes, GV_DIGEST_BYTES);
}

int
gv_safe_scope_list(struct gv_safe_entry ***out, size_t *n,
    struct gv_safe_scope *scope, bool only_new)
{
	struct gv_safe_entry **list;
	size_t i;

	pthread_mutex_lock(&scope->lock);
	*n = 0;
	list = calloc(scope->n + scope->n_refs + 1, sizeof(*list));
	for (i = 0; list && i < scope->n; i++)
		if (only_new ? scope->entries[i]->is_new
			     : !gv_oid_is_zero(&scope->entries[i]->object))
			list[(*n)++] = scope->entries[i];
	for (i = 0; list && only_new && i < scope->n_refs; i++)
		if (scope->ref_list[i]->is_new)
			list[(*n)++] = scope->ref_list[i];
	pthread_mutex_unlock(&scope->lock);
	if (list == NULL)
		return gv_err_nomem();
	qsort(list, *n, sizeof(*list), compare_ids);
	*out = list;
	return 0;
}

/* List the sealed values and the values that only another vault has, or with
 * `of_parts` the parts of states. The list has room for all of them. */
static int
list_all(struct gv_safe_entry ***out, size_t *n, struct gv_safe_scope *scope,
    bool of_parts)
{
	const struct gv_safe_entry *sealed;
	size_t i, all;
	int r = gv_safe_scope_list(out, &all, scope, false);

	if (r < 0)
		return r;
	for (*n = i = 0; i < all; i++)
		if ((*out)[i]->is_part == of_parts)
			(*out)[(*n)++] = (*out)[i];
	if (of_parts)
		return 0;
	pthread_mutex_lock(&scope->lock);
	for (i = 0; i < scope->n_refs; i++) {
		sealed = gv_safe_scope_find(scope, &scope->ref_list[i]->id);
		if (sealed == NULL || gv_oid_is_zero(&sealed->object))
			(*out)[(*n)++] = scope->ref_list[i];
	}
	pthread_mutex_unlock(&scope->lock);
	qsort(*out, *n, sizeof(**out), compare_ids);
	return 0;
}

static int
each(struct gv_safe *safe, const char *scope, bool of_parts,
    int (*fn)(
	void *ctx, const struct gv_digest *id, const struct gv_oid *object),
    void *ctx)
{
	struct gv_safe_entry **list = NULL;
	struct gv_safe_scope *s;
	size_t i, n = 0;
	int r;

	s = gv_safe_scope_get(&r, safe, scope);
	if (s)
		r = list_all(&list, &n, s, of_parts);
	for (i = 0; r == 0 && i < n; i++)
		r = fn(ctx, &list[i]->id, &list[i]->object);
	free(list);
	return r < 0 ? r : 0;
}

int
gv_safe_each(struct gv_safe *safe, const char *scope,
    int (*fn)(
	void *ctx, const struct gv_digest *id, const struct gv_oid *object),
    void *ctx)
{
	return each(safe, scope, false, fn, ctx);
}

int
gv_safe_each_part(struct gv_safe *safe, const char *scope,
    int (*fn)(
	void *ctx, const struct gv_digest *id, const struct gv_oid *object),
    void *ctx)
{
	return each(safe, scope, true, fn, ctx);
}
