#include "vault/verify_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "store/odb.h"
#include "store/ref.h"
#include "store/repo.h"
#include "vault/backend.h"
#include "vault/backend_ref.h"
#include "vault/ledger.h"
#include "vault/safe.h"
#include "vault/team.h"
#include "vault/withheld.h"

/*
 * Values that vaults of others have, asked for there, each once. A vault that
 * does not answer is not asked again: what it has was not checked then, which
 * is no fault of any snapshot. That it does not have a value is one.
 */
struct vault {
	const char *name;
	struct gv_backend *backend;
	const char *why; /* values were not checked; NULL: all were */
	bool is_down;
	uint64_t values;
};

struct scope {
	const char *name;
	struct gv_oid tree; /* zero: there is no ref */
};

/* What is known of a value. */
struct answer {
	enum gv_verify_ref state;
	const char *why;
};

struct gv_verify_refs {
	struct gv_policy policy;
	struct vault *vaults;
	size_t n, cap;
	struct scope *scopes;
	size_t n_scopes, cap_scopes;
	struct gv_map known; /* "scope/id" -> answer */
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
	int r = gv_ref_list(&refs, run->repo, GV_SAFE_REFS);

	gv_buf_addf(&name, GV_SAFE_REFS "%s", s->name);
	if (r == 0)
		r = gv_buf_check(&name);
	ref = r == 0 ? gv_refs_find(&refs, name.p) : NULL;
	if (ref)
		r = gv_ledger_load(&ledger, run->odb, &ref->oid);
	if (ref && r == 0)
		s->tree = ledger.tree;
	gv_buf_release(&name);
	gv_refs_release(&refs);
	/* what is damaged is told of as such */
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
	r = gv_vec_grow((void **)&all->scopes, &all->cap_scopes,
	    all->n_scopes + 1, sizeof(*all->scopes));
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

/* ---- the vault ---- */

static struct vault *
vault_of(struct gv_verify_refs *all, const char *name)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (strcmp(all->vaults[i].name, name) == 0)
			return &all->vaults[i];
	if (gv_vec_grow((void **)&all->vaults, &all->cap, all->n + 1,
		sizeof(*all->vaults)) < 0)
		return NULL;
	all->vaults[all->n] = (struct vault){ .name = gv_arena_copy(&all->arena,
						  name, strlen(name)) };
	return all->vaults[all->n].name ? &all->vaults[all->n++] : NULL;
}

static int
open_vault(struct vault *v, const struct gv_verify_refs *all)
{
	const struct gv_policy_vault *policy =
	    gv_policy_vault(&all->policy, v->name);

	if (v->backend)
		return 0;
	return policy ? gv_backend_open(&v->backend, policy)
		      : gv_err(GV_EREFUSED, "the policy does not have it");
}

static char *
keep_message(struct gv_verify_refs *all)
{
	const char *why = gv_err_message();

	return gv_arena_copy(&all->arena, why, strlen(why));
}

/* The vault did not say whether it has the value. */
static int
note_unasked(
    struct answer *a, struct vault *v, struct gv_verify_refs *all, int r)
{
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	/* that there is no right to one value says nothing of others */
	v->is_down = v->is_down || v->backend == NULL || r == GV_ERROR;
	v->why = v->why ? v->why : keep_message(all);
	a->state = GV_VERIFY_REF_UNASKED;
	return v->why ? 0 : GV_ENOMEM;
}

static int
ask(struct answer *a, struct gv_verify_refs *all,
    const struct gv_backend_ref *ref)
{
	struct gv_secret value = GV_SECRET_INIT;
	struct vault *v = vault_of(all, ref->vault);
	int r;

	if (v == NULL)
		return GV_ENOMEM;
	r = v->is_down ? GV_ERROR : open_vault(v, all);
	if (r == 0)
		r = gv_backend_fetch(
		    v->backend, &value, ref->path, ref->version);
	gv_secret_release(&value);
	if (r == GV_ENOTFOUND || r == GV_ECORRUPT) {
		a->state = GV_VERIFY_REF_GONE;
		a->why = keep_message(all);
		return a->why ? 0 : GV_ENOMEM;
	}
	return r < 0 ? note_unasked(a, v, all, r) : 0;
}

/* ---- one value ---- */

static bool
leads_to(const struct gv_backend_ref *ref, const struct gv_withheld_entry *e)
{
	char end[GV_WITHHELD_SCOPE_MAX + GV_REDACT_ID_HEX + 3];
	char hex[GV_REDACT_ID_HEX + 1];
	size_t len, n;

	gv_enc_hex(hex, e->place.id.bytes, GV_DIGEST_BYTES);
	n = (size_t)snprintf(end, sizeof(end), "/%s/%s", e->scope, hex);
	len = strlen(ref->path);
	return len >= n && strcmp(ref->path + len - n, end) == 0;
}

static int
look_at(struct answer *a, struct gv_verify_run *run,
    const struct gv_withheld_entry *e)
{
	struct gv_verify_refs *all = run->refs;
	struct gv_object obj = { 0 };
	struct gv_backend_ref ref;
	bool alone;
	int r = find_ref(&obj, &alone, run, e);

	a->state = GV_VERIFY_REF_FINE;
	if (r <= 0)
		return r;
	r = gv_backend_ref_parse(&ref, obj.data, obj.len);
	gv_object_release(&obj);
	if (r == 0 && !leads_to(&ref, e))
		r = gv_err(GV_ECORRUPT,
		    "the reference to a value of %s leads to another one",
		    e->scope);
	if (r == GV_ECORRUPT) {
		a->state = GV_VERIFY_REF_GONE;
		a->why = keep_message(all);
		return a->why ? 0 : GV_ENOMEM;
	}
	if (r == 0)
		r = ask(a, all, &ref);
	if (r == 0 && a->state == GV_VERIFY_REF_UNASKED) {
		vault_of(all, ref.vault)->values++;
		/* what is sealed beside it can be held to its id */
		if (!alone)
			a->state = GV_VERIFY_REF_FINE;
	}
	return r;
}

static int
need_refs(struct gv_verify_run *run)
{
	int r;

	if (run->refs)
		return 0;
	run->refs = calloc(1, sizeof(*run->refs));
	if (run->refs == NULL)
		return gv_err_nomem();
	/* without a policy no vault is known, which is said of each */
	r = gv_team_load(&run->refs->policy, run->repo);
	return r == GV_EREFUSED ? 0 : r;
}

int
gv_verify_ref(enum gv_verify_ref *state, const char **why,
    struct gv_verify_run *run, const struct gv_withheld_entry *e)
{
	char key[GV_WITHHELD_SCOPE_MAX + GV_DIGEST_BYTES + 2], *kept;
	size_t n = strlen(e->scope), len = n + 1 + GV_DIGEST_BYTES;
	struct answer *a;
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
		r = look_at(a, run, e);
		if (r == 0)
			r = gv_map_put(&run->refs->known, kept, len, a);
	}
	*state = a->state;
	*why = a->why;
	return r;
}

void
gv_verify_refs_free(struct gv_verify_run *run)
{
	struct gv_verify_refs *all = run->refs;
	size_t i;

	if (all == NULL)
		return;
	for (i = 0; i < all->n; i++) {
		const struct vault *v = &all->vaults[i];

		if (v->values && run->opts->unasked)
			run->opts->unasked(
			    run->opts->fault_ctx, v->name, v->why, v->values);
		gv_backend_close(v->backend);
	}
	free(all->vaults);
	free(all->scopes);
	gv_map_release(&all->known);
	gv_policy_release(&all->policy);
	gv_arena_release(&all->arena);
	free(all);
	run->refs = NULL;
}
