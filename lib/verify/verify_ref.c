#include "verify/verify_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "key/backend_ref.h"
#include "object/odb.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/ref_ask.h"
#include "seal/withheld.h"
#include "vault/ledger.h"

/*
 * Values that vaults of others have: which reference a value has by its scope
 * or else by the line of a snapshot. Each is asked for once.
 */
struct scope {
	const char *name;
	struct gv_oid tree; /* zero: there is no ref */
};

struct gv_verify_refs {
	struct gv_ref_ask *ask;
	struct scope *scopes;
	size_t n_scopes, cap_scopes;
	struct gv_map known; /* "scope/id" -> struct gv_ref_ask_answer */
	struct gv_arena arena;
};

/* ---- where the reference is ---- */

static int
load_scope(struct scope *s, struct gv_verify_run *run)
{
	struct gv_buf name = GV_BUF_INIT;
	struct gv_refs refs = { 0 };
	const struct gv_ref *ref;
	struct gv_ledger ledger;
	int r = gv_ref_list(&refs, run->repo, GV_REFS_SECRETS);

	gv_buf_addf(&name, GV_REFS_SECRETS "%s", s->name);
	if (r == 0)
		r = gv_buf_check(&name);
	ref = r == 0 ? gv_refs_find(&refs, name.p) : NULL;
	if (ref)
		r = gv_ledger_load(&ledger, run->odb, &ref->oid);
	if (ref && r == 0)
		s->tree = ledger.tree;
	gv_buf_release(&name);
	gv_refs_release(&refs);
	/* what is damaged is reported as such */
	return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

static int
scope_of(struct scope **out, struct gv_verify_run *run, const char *name)
{
	struct gv_verify_refs *all = run->refs;
	struct scope *s;
	size_t i;
	int r;

	for (i = 0; i < all->n_scopes; i++)
		if (strcmp(all->scopes[i].name, name) == 0) {
			*out = &all->scopes[i];
			return 0;
		}
	r = GV_GROW(all->scopes, all->n_scopes, all->cap_scopes);
	if (r < 0)
		return r;
	s = &all->scopes[all->n_scopes];
	*s = (struct scope){ gv_arena_copy(&all->arena, name, strlen(name)),
		{ { 0 } } };
	r = s->name ? load_scope(s, run) : GV_ENOMEM;
	all->n_scopes += r == 0;
	*out = s;
	return r;
}

/* Read the reference of a value: 1, 0 where it has none, negative. *alone where
 * nothing is sealed beside it. */
static int
find_ref(struct gv_object *out, bool *alone, struct gv_verify_run *run,
    const struct gv_withheld_entry *e)
{
	char path[3 + GV_REDACT_ID_HEX + 8];
	struct gv_oid oid = e->object, sealed;
	struct scope *s;
	unsigned mode;
	int r = scope_of(&s, run, e->scope);

	if (r < 0)
		return r;
	gv_enc_hex(path + 3, e->place.id.bytes, GV_DIGEST_BYTES);
	memcpy(path, path + 3, 2);
	path[2] = '/';
	memcpy(path + 3 + GV_REDACT_ID_HEX, ".age", sizeof(".age"));
	*alone = gv_oid_is_zero(&s->tree) ||
	    gv_tree_find(run->odb, &s->tree, path, &mode, &sealed) < 0;
	memcpy(path + 3 + GV_REDACT_ID_HEX, ".ref", sizeof(".ref"));
	if (!gv_oid_is_zero(&s->tree))
		r = gv_tree_find(run->odb, &s->tree, path, &mode, &oid);
	if (r == GV_ENOTFOUND && !*alone)
		return 0;
	r = gv_odb_read(run->odb, out, &oid);
	if (r < 0)
		return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
	if (out->type == GV_OTYPE_BLOB &&
	    gv_backend_ref_is(out->data, out->len))
		return 1;
	gv_object_release(out);
	return 0;
}

/* ---- one value ---- */

static int
look_at(struct gv_ref_ask_answer *a, struct gv_verify_run *run,
    const struct gv_withheld_entry *e)
{
	const struct gv_ref_ask_value value = { e->scope, e->place.id };
	struct gv_object obj = { 0 };
	bool alone;
	int r = find_ref(&obj, &alone, run, e);

	a->state = GV_REF_ASK_THERE;
	if (r <= 0)
		return r;
	r = gv_ref_ask_of(a, run->refs->ask, &value, obj.data, obj.len);
	gv_object_release(&obj);
	/* what is sealed beside it can be held to its id */
	if (r == 0 && a->state == GV_REF_ASK_LEFT && !alone)
		a->state = GV_REF_ASK_THERE;
	return r;
}

static int
need_refs(struct gv_verify_run *run)
{
	if (run->refs == NULL)
		run->refs = calloc(1, sizeof(*run->refs));
	if (run->refs == NULL)
		return gv_err_nomem();
	return run->refs->ask ? 0 : gv_ref_ask_new(&run->refs->ask, run->repo);
}

int
gv_verify_ref(struct gv_ref_ask_answer *out, struct gv_verify_run *run,
    const struct gv_withheld_entry *e)
{
	char key[GV_WITHHELD_SCOPE_MAX + GV_DIGEST_BYTES + 2], *kept;
	size_t n = strlen(e->scope), len = n + 1 + GV_DIGEST_BYTES;
	struct gv_ref_ask_answer *a;
	int r = need_refs(run);

	if (r < 0)
		return r;
	memcpy(key, e->scope, n + 1);
	memcpy(key + n + 1, e->place.id.bytes, GV_DIGEST_BYTES);
	a = gv_map_get(&run->refs->known, key, len);
	if (a == NULL) {
		a = gv_arena_alloc(&run->refs->arena, sizeof(*a));
		kept = gv_arena_copy(&run->refs->arena, key, len);
		if (a == NULL || kept == NULL)
			return GV_ENOMEM;
		if ((r = look_at(a, run, e)) == 0)
			r = gv_map_put(&run->refs->known, kept, len, a);
	}
	*out = *a;
	return r;
}

void
gv_verify_refs_free(struct gv_verify_run *run)
{
	struct gv_verify_refs *all = run->refs;

	if (all == NULL)
		return;
	if (all->ask && run->opts->unasked)
		gv_ref_ask_each_left(
		    all->ask, run->opts->unasked, run->opts->fault_ctx);
	gv_ref_ask_free(all->ask);
	free(all->scopes);
	gv_map_release(&all->known);
	gv_arena_release(&all->arena);
	free(all);
	run->refs = NULL;
}
