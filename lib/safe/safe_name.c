#include "base/err.h"
#include "safe/safe_internal.h"
#include "safe/safe_writer.h"
#include "seal/seal.h"

/*
 * When a reader was removed, values get their ids by a new key, so that nobody
 * who has the old one learns what comes later. A value that is stored already
 * keeps its id: the one who was removed knew it, and wherever it is used it
 * stays among the secrets to be replaced. So a file whose bytes are the same
 * has the same placeholders before and after.
 */

static bool
is_stored(struct gv_safe_scope *scope, const struct gv_digest *id)
{
	const struct gv_safe_entry *e;
	bool is;

	pthread_mutex_lock(&scope->lock);
	e = gv_safe_scope_find(scope, id);
	is = (e && !e->is_part && !gv_oid_is_zero(&e->object)) ||
	    gv_safe_scope_ref(scope, id);
	pthread_mutex_unlock(&scope->lock);
	return is;
}

int
gv_safe_name_key(const unsigned char **key, struct gv_safe *safe,
    const char *name, const void *p, size_t len)
{
	const struct gv_safe_keys *keys;
	struct gv_safe_scope *scope;
	struct gv_digest id;
	size_t i;
	int r;

	if ((keys = gv_safe_keys_of(&r, safe, name)) == NULL)
		return r;
	*key = keys->list.p;
	if (!keys->is_reader || keys->n_trusted < 2 || len > GV_SEAL_WHOLE)
		return 0;
	if ((scope = gv_safe_scope_get(&r, safe, name)) == NULL)
		return r;
	for (i = 0; i < keys->n_trusted; i++) {
		const unsigned char *at = keys->list.p + i * GV_DIGEST_KEY;

		if ((r = gv_seal_name(&id, at, name, p, len)) < 0)
			return r;
		if (is_stored(scope, &id)) {
			*key = at;
			return 0;
		}
	}
	return 0;
}

int
gv_safe_name(struct gv_digest *out, struct gv_safe *safe, const char *scope,
    const void *p, size_t len)
{
	const unsigned char *key = NULL;
	int r = gv_safe_name_key(&key, safe, scope, p, len);

	return r < 0 ? r : gv_seal_name(out, key, scope, p, len);
}
