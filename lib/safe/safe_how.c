#include <stdlib.h>
#include <string.h>

#include "safe/safe_internal.h"
#include "seal/seal.h"

_Static_assert(GV_SAFE_READERS == GV_SAFE_SUM, "one digest of readers");

int
gv_safe_how(struct gv_seal *out, unsigned char readers[GV_SAFE_READERS],
    struct gv_safe *safe, const char *scope)
{
	int r = 0;
	struct gv_safe_scope *s = gv_safe_scope_get(&r, safe, scope);

	if (s == NULL)
		return r;
	r = gv_safe_scope_ready(s, safe);
	if (r < 0)
		return r;
	*out = (struct gv_seal){ .key = safe->idkey.p,
		.scope = s->name,
		.to = s->to,
		.n_to = s->n_to };
	memcpy(readers, s->sum, GV_SAFE_READERS);
	return 0;
}

int
gv_safe_naming_key(const unsigned char **out, struct gv_safe *safe)
{
	int r = gv_safe_seek_idkey(safe);

	*out = r == 0 && safe->has_idkey ? safe->idkey.p : NULL;
	return r;
}

int
gv_safe_readers_sum(unsigned char readers[GV_SAFE_READERS],
    struct gv_safe *safe, const char *scope)
{
	int r = 0;
	struct gv_safe_scope *s = gv_safe_scope_get(&r, safe, scope);

	if (s)
		r = gv_safe_scope_ready(s, safe);
	if (r == 0)
		memcpy(readers, s->sum, GV_SAFE_READERS);
	return r;
}

int
gv_safe_key_named(const unsigned char **out, struct gv_safe *safe,
    const char *scope, const char *name)
{
	struct gv_idkey named;
	struct gv_safe_scope *s;
	const unsigned char *key;
	size_t i;
	int r = gv_safe_seek_idkey(safe);

	*out = NULL;
	s = r < 0 ? NULL : gv_safe_scope_get(&r, safe, scope);
	if (s == NULL)
		return r;
	for (i = 0; *out == NULL && gv_safe_scope_key(&key, s, i, safe); i++) {
		if (key == NULL)
			continue;
		gv_idkey_set(&named, key);
		if (strcmp(named.name, name) == 0)
			*out = key;
		explicit_bzero(&named, sizeof(named));
	}
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
	r = gv_safe_identities_at_hand(&with, &n_with, safe);
	if (r == 0)
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
