/*
 * Values that vaults of others keep, by what the policy says of their scope. In
 * the tree of a scope <aa>/<id>.ref stands for one, in place of <aa>/<id>.age
 * or beside it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "key/backend.h"
#include "key/backend_ref.h"
#include "object/odb.h"
#include "object/pack.h"
#include "policy/team.h"
#include "safe/safe_internal.h"
#include "safe/safe_reader.h"
#include "seal/seal.h"

#define ID_HEX (2 * GV_DIGEST_BYTES + 1)

/* One that was opened. */
struct gv_safe_vault {
	const struct gv_policy_vault *policy;
	struct gv_backend *backend;
};

/* ---- the policy -------------------------------------------------------- */

int
gv_safe_read_policy(struct gv_safe *safe)
{
	int r = 0;

	pthread_mutex_lock(&safe->vault_lock);
	if (!safe->has_policy) {
		r = gv_team_load(&safe->policy, safe->repo);
		safe->has_policy = r == 0;
	}
	pthread_mutex_unlock(&safe->vault_lock);
	return r;
}

enum gv_policy_where
gv_safe_keep(const struct gv_safe *safe, const char *scope)
{
	const struct gv_policy_scope *said =
	    gv_policy_scope(&safe->policy, scope);

	return said ? said->keep : GV_POLICY_IN_GIT;
}

void
gv_safe_release_vaults(struct gv_safe *safe)
{
	size_t i;

	for (i = 0; i < safe->n_vaults; i++)
		gv_backend_close(safe->vaults[i].backend);
	free(safe->vaults);
	gv_policy_release(&safe->policy);
}

/* The vault, opened; by who has its lock. */
static int
reach(struct gv_backend **out, struct gv_safe *safe,
    const struct gv_policy_vault *vault)
{
	size_t i;
	int r;

	for (i = 0; i < safe->n_vaults; i++)
		if (safe->vaults[i].policy == vault) {
			*out = safe->vaults[i].backend;
			return 0;
		}
	r = GV_GROW(safe->vaults, safe->n_vaults, safe->cap_vaults);
	if (r < 0 || (r = gv_backend_open(out, vault)) < 0)
		return r;
	safe->vaults[safe->n_vaults++] = (struct gv_safe_vault){ vault, *out };
	return 0;
}

/* What a reference leads to. */
static int
fetch(struct gv_secret *out, struct gv_safe *safe,
    const struct gv_backend_ref *ref, const char *scope)
{
	const struct gv_policy_vault *vault =
	    gv_policy_vault(&safe->policy, ref->vault);
	struct gv_backend *b;
	int r;

	if (vault == NULL)
		return gv_err(GV_EREFUSED,
		    "a secret of %s is stored in the vault %.64s, which the "
		    "policy does not name",
		    scope, ref->vault);
	pthread_mutex_lock(&safe->vault_lock);
	if ((r = reach(&b, safe, vault)) == 0)
		r = gv_backend_fetch(b, out, ref->path, ref->version);
	pthread_mutex_unlock(&safe->vault_lock);
	if (r == GV_ERROR)
		return gv_err(r,
		    "a value of %s in the vault %s: %s; git does not have it, "
		    "so try again when the vault answers",
		    scope, ref->vault, gv_err_message());
	return r < 0
	    ? gv_err_in(r, "a value of %s in the vault %s", scope, ref->vault)
	    : 0;
}

/* ---- references in a scope --------------------------------------------- */

struct gv_safe_entry *
gv_safe_scope_ref(const struct gv_safe_scope *scope, const struct gv_digest *id)
{
	return gv_map_get(&scope->refs, id->bytes, sizeof(id->bytes));
}

struct gv_safe_entry *
gv_safe_scope_add_ref(struct gv_safe_scope *scope, const struct gv_digest *id)
{
	struct gv_safe_entry *ref = gv_arena_alloc(&scope->arena, sizeof(*ref));

	if (ref == NULL ||
	    GV_GROW(scope->ref_list, scope->n_refs, scope->cap_refs) < 0)
		return NULL;
	ref->id = *id;
	ref->is_ref = true;
	if (gv_map_put(
		&scope->refs, ref->id.bytes, sizeof(ref->id.bytes), ref) < 0)
		return NULL;
	scope->ref_list[scope->n_refs++] = ref;
	return ref;
}

/* ---- in ---------------------------------------------------------------- */

/* Have the vault keep it; what is to be remembered is the text. */
static int
store(struct gv_buf *text, struct gv_safe *safe, const char *scope,
    const struct gv_digest *id, const struct gv_safe_bytes *value)
{
	const struct gv_policy_scope *said =
	    gv_policy_scope(&safe->policy, scope);
	struct gv_backend_version version;
	struct gv_backend_ref ref;
	struct gv_buf path = GV_BUF_INIT;
	struct gv_backend *b;
	char hex[ID_HEX];
	int r;

	gv_enc_hex(hex, id->bytes, GV_DIGEST_BYTES);
	pthread_mutex_lock(&safe->vault_lock);
	if ((r = reach(&b, safe, said->vault)) == 0 &&
	    (r = gv_backend_path(&path, b, scope, hex)) == 0)
		r = gv_backend_store(b, &version, path.p, value->p, value->len);
	pthread_mutex_unlock(&safe->vault_lock);
	if (r == 0) {
		snprintf(ref.vault, sizeof(ref.vault), "%s", said->vault->name);
		snprintf(ref.path, sizeof(ref.path), "%s", path.p);
		snprintf(ref.version, sizeof(ref.version), "%s", version.text);
		r = gv_backend_ref_format(text, &ref);
	}
	gv_buf_release(&path);
	return r < 0 ? gv_err_in(r, "a value of %s", scope) : 0;
}

int
gv_safe_give(struct gv_safe *safe, struct gv_pack_lane *lane,
    struct gv_safe_scope *scope, const struct gv_digest *id,
    const struct gv_safe_bytes *value)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_safe_entry *ref;
	struct gv_oid object;
	bool has_ref;
	int r;

	pthread_mutex_lock(&scope->lock);
	ref = gv_safe_scope_ref(scope, id);
	has_ref = ref && !gv_oid_is_zero(&ref->object);
	pthread_mutex_unlock(&scope->lock);
	if (has_ref)
		return 0;
	if ((r = store(&text, safe, scope->name, id, value)) == 0)
		r = gv_pack_add(
		    lane, &object, GV_OTYPE_BLOB, text.p, text.len, NULL);
	gv_buf_release(&text);
	if (r < 0)
		return r;
	/* two threads may have stored it: that is one version of it */
	pthread_mutex_lock(&scope->lock);
	ref = gv_safe_scope_ref(scope, id);
	if (ref == NULL)
		ref = gv_safe_scope_add_ref(scope, id);
	if (ref && gv_oid_is_zero(&ref->object)) {
		ref->object = object;
		scope->n_new += !ref->is_new;
		ref->is_new = true;
	}
	pthread_mutex_unlock(&scope->lock);
	return ref ? 1 : GV_ENOMEM;
}

/* What the vault gives for a reference is what it was given. */
static int
read_back(struct gv_safe *safe, const struct gv_buf *text, const char *scope,
    const struct gv_safe_bytes *value)
{
	struct gv_secret back = GV_SECRET_INIT;
	struct gv_backend_ref ref;
	int r;

	if ((r = gv_backend_ref_parse(&ref, text->p, text->len)) < 0 ||
	    (r = fetch(&back, safe, &ref, scope)) < 0)
		goto out;
	if (!gv_secret_is(&back, value->p, value->len))
		r = gv_err(GV_ECORRUPT,
		    "the vault %s returns another value of %s than the one "
		    "stored",
		    ref.vault, scope);
out:
	gv_secret_release(&back);
	return r;
}

static int
fits(struct gv_safe *safe, const char *scope, size_t len)
{
	struct gv_backend *b;
	int r;

	pthread_mutex_lock(&safe->vault_lock);
	if ((r = reach(
		 &b, safe, gv_policy_scope(&safe->policy, scope)->vault)) == 0)
		r = gv_backend_check_size(b, len) == 0;
	pthread_mutex_unlock(&safe->vault_lock);
	return r;
}

int
gv_safe_entrust(struct gv_oid *object, struct gv_safe *safe,
    struct gv_pack_lane *lane, const char *scope, const struct gv_digest *id,
    const struct gv_safe_bytes *value)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = fits(safe, scope, value->len);

	if (r <= 0)
		return r;
	if ((r = store(&text, safe, scope, id, value)) == 0 &&
	    (r = read_back(safe, &text, scope, value)) == 0)
		r = gv_pack_add(
		    lane, object, GV_OTYPE_BLOB, text.p, text.len, NULL);
	gv_buf_release(&text);
	return r < 0 ? r : 1;
}

/* The first failure of a kind is shown to the user. */
static void
note(struct gv_safe *safe, const char **news)
{
	const char *why = gv_err_message();

	pthread_mutex_lock(&safe->lock);
	if (*news == NULL)
		*news = gv_arena_copy(&safe->arena, why, strlen(why));
	pthread_mutex_unlock(&safe->lock);
}

void
gv_safe_note_unreached(struct gv_safe *safe)
{
	note(safe, &safe->news.unreached);
}

/* ---- out --------------------------------------------------------------- */

/* Whether an object is a reference; an unreadable one is not. */
static bool
is_reference(struct gv_odb *odb, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	char *before = gv_err_save();
	uint64_t size;
	bool is;

	is = gv_odb_read_size(odb, &size, oid) == 0 &&
	    size <= GV_BACKEND_REF_MAX &&
	    gv_odb_read_type(odb, &obj, oid, GV_OTYPE_BLOB) == 0 &&
	    gv_backend_ref_is(obj.data, obj.len);
	gv_object_release(&obj);
	gv_err_restore(before);
	return is;
}

enum gv_safe_where
gv_safe_where(
    struct gv_oid *ref, struct gv_safe *safe, const struct gv_safe_place *place)
{
	enum gv_safe_where where = GV_SAFE_SEALED;
	const struct gv_safe_entry *found, *entry;
	struct gv_safe_scope *scope;
	bool sealed;
	int r;

	scope = gv_safe_scope_get(&r, safe, place->scope);
	if (scope == NULL)
		return where;
	pthread_mutex_lock(&scope->lock);
	found = gv_safe_scope_ref(scope, &place->id);
	entry = gv_safe_scope_find(scope, &place->id);
	sealed = entry && !gv_oid_is_zero(&entry->object);
	if (found) {
		*ref = found->object;
		where = sealed ? GV_SAFE_BOTH : GV_SAFE_ELSEWHERE;
	}
	pthread_mutex_unlock(&scope->lock);
	if (!found && !sealed && !gv_oid_is_zero(&place->object) &&
	    is_reference(safe->odb, &place->object)) {
		*ref = place->object;
		where = GV_SAFE_ELSEWHERE;
	}
	return where;
}

/* Whoever may push can write a reference: it must be to a path of this value,
 * and what is there must be this value as far as that can be known. */
static int
check_path(const struct gv_backend_ref *ref, const struct gv_safe_place *place)
{
	struct gv_buf end = GV_BUF_INIT;
	char hex[ID_HEX];
	size_t len = strlen(ref->path);
	int r;

	gv_enc_hex(hex, place->id.bytes, GV_DIGEST_BYTES);
	gv_buf_addf(&end, "/%s/%s", place->scope, hex);
	if ((r = gv_buf_check(&end)) == 0 &&
	    (len < end.len || strcmp(ref->path + len - end.len, end.p) != 0))
		r = gv_err(GV_ECORRUPT,
		    "the reference to a secret of %s leads to another one",
		    place->scope);
	gv_buf_release(&end);
	return r;
}

static int
is_of_key(bool *is, const unsigned char *key, const struct gv_safe_place *place,
    const struct gv_secret *value)
{
	struct gv_digest id;
	int r = gv_seal_name(&id, key, place->scope, value->p, value->len);

	*is = r == 0 && gv_digest_equal(&id, &place->id);
	return r;
}

/* It may have been named by another key that the scope has. */
static int
check_value(struct gv_safe *safe, const struct gv_safe_place *place,
    const struct gv_backend_ref *ref, const struct gv_secret *value)
{
	const struct gv_safe_keys *keys;
	struct gv_safe_scope *scope;
	const unsigned char *key;
	bool is = false;
	size_t i;
	int r;

	keys = gv_safe_keys_of(&r, safe, place->scope);
	if (keys == NULL || !keys->is_reader)
		return r;
	scope = gv_safe_scope_get(&r, safe, place->scope);
	if (scope == NULL)
		return r;
	for (i = 0; r == 0 && !is && gv_safe_scope_key(&key, scope, i, safe);
	     i++)
		if (key)
			r = is_of_key(&is, key, place, value);
	if (r == 0 && !is)
		r = gv_err(GV_ECORRUPT,
		    "the vault %s has another value at %s than expected",
		    ref->vault, ref->path);
	return r;
}

int
gv_safe_take(struct gv_safe *safe, const struct gv_oid *object,
    const struct gv_safe_place *place, gv_age_sink *sink, void *ctx)
{
	struct gv_secret value = GV_SECRET_INIT;
	struct gv_object obj = { 0 };
	struct gv_backend_ref ref;
	int r = gv_safe_read_policy(safe);

	if (r == 0)
		r = gv_odb_read_type(safe->odb, &obj, object, GV_OTYPE_BLOB);
	if (r == 0 &&
	    (r = gv_backend_ref_parse(&ref, obj.data, obj.len)) == 0 &&
	    (r = check_path(&ref, place)) == 0)
		r = fetch(&value, safe, &ref, place->scope);
	if (r == GV_ENOKEY)
		note(safe, &safe->news.barred);
	if (r < 0 || (r = check_value(safe, place, &ref, &value)) < 0)
		goto out;
	if (value.len)
		r = sink(ctx, value.p, value.len);
out:
	gv_secret_release(&value);
	gv_object_release(&obj);
	return r;
}
