#include <stdlib.h>
#include <string.h>

#include "safe/safe_internal.h"
#include "safe/safe_who.h"
#include "safe/safe_writer.h"
#include "seal/seal.h"

_Static_assert(GV_SAFE_READERS == GV_SAFE_SUM, "one digest of readers");

int
gv_safe_how(struct gv_seal *out, unsigned char readers[GV_SAFE_READERS],
    struct gv_safe *safe, const char *scope)
{
	int r = 0;
	struct gv_safe_scope *s = gv_safe_scope_get(&r, safe, scope);
	const struct gv_safe_keys *keys;

	if (s == NULL)
		return r;
	r = gv_safe_scope_ready(s, safe);
	if (r < 0)
		return r;
	keys = gv_safe_keys_of(&r, safe, scope);
	if (keys == NULL)
		return r;
	*out = (struct gv_seal){ .key = keys->list.p,
		.scope = s->name,
		.to = s->to,
		.n_to = s->n_to };
	memcpy(readers, s->sum, GV_SAFE_READERS);
	return 0;
}

int
gv_safe_naming_key(
    const unsigned char **out, struct gv_safe *safe, const char *scope)
{
	const struct gv_safe_keys *keys;
	int r = gv_safe_seek_idkey(safe);

	*out = NULL;
	keys = r == 0 ? gv_safe_keys_of(&r, safe, scope) : NULL;
	if (keys && !keys->is_random)
		*out = keys->list.p;
	return r;
}

static bool
is_named(const unsigned char *key, const char *name)
{
	struct gv_idkey named;
	bool is;

	gv_idkey_set(&named, key);
	is = strcmp(named.name, name) == 0;
	explicit_bzero(&named, sizeof(named));
	return is;
}

int
gv_safe_trusted_key(const unsigned char **out, bool *is_reader,
    struct gv_safe *safe, const char *scope, const char *name)
{
	const struct gv_safe_keys *keys;
	size_t i;
	int r = gv_safe_seek_idkey(safe);

	*out = NULL;
	*is_reader = false;
	keys = r == 0 ? gv_safe_keys_of(&r, safe, scope) : NULL;
	if (keys == NULL)
		return r;
	*is_reader = keys->is_reader;
	for (i = 0; *out == NULL && i < keys->n_trusted; i++)
		if (is_named(keys->list.p + i * GV_DIGEST_KEY, name))
			*out = keys->list.p + i * GV_DIGEST_KEY;
	return 0;
}

int
gv_safe_readers_sum(unsigned char readers[GV_SAFE_READERS],
    struct gv_safe *safe, const char *scope)
{
	int r = 0;
	struct gv_safe_scope *s = gv_safe_scope_get(&r, safe, scope);

	if (s == NULL)
		return r;
	if ((r = gv_safe_scope_ready(s, safe)) == 0)
		memcpy(readers, s->sum, GV_SAFE_READERS);
	return r;
}

int
gv_safe_key_named(const unsigned char **out, struct gv_safe *safe,
    const char *scope, const char *name)
{
	struct gv_safe_scope *s;
	const unsigned char *key;
	size_t i;
	int r = gv_safe_seek_idkey(safe);

	*out = NULL;
	s = r < 0 ? NULL : gv_safe_scope_get(&r, safe, scope);
	if (s == NULL)
		return r;
	for (i = 0; *out == NULL && gv_safe_scope_key(&key, s, i, safe); i++)
		if (key && is_named(key, name))
			*out = key;
	return 0;
}

int
gv_safe_may_read(bool *out, struct gv_safe *safe, const char *scope)
{
	const struct gv_keyring *k = &safe->kept.keyring;
	const struct gv_keyring_recipient **readers = NULL, *own;
	const struct gv_identity *const *with;
	size_t i, j, n = 0, n_with;
	int r;

	*out = false;
	if (!safe->has_keyring)
		return 0;
	if ((r = gv_safe_identities_at_hand(&with, &n_with, safe)) == 0)
		r = gv_safe_readers(&readers, &n, k, scope);
	for (i = 0; r == 0 && i < n_with; i++) {
		own = NULL;
		if (with[i]->kind == GV_IDENTITY_X25519 ||
		    with[i]->kind == GV_IDENTITY_SSH)
			r = gv_keyring_identify(&own, k, with[i]);
		for (j = 0; own && j < n; j++)
			*out = *out || readers[j] == own;
	}
	free(readers);
	return r;
}
