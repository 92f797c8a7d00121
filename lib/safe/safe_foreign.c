#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/age.h"
#include "object/odb.h"
#include "safe/safe_internal.h"
#include "safe/safe_who.h"
#include "safe/safe_writer.h"
#include "seal/seal.h"

/*
 * A clone without the key of ids that the keyring names uses a key of its own
 * for the ids of its values. So that others can check such a value, that key is
 * at the top of the scope's tree, sealed for the scope's readers:
 *
 *	idkey-<name>.age	64 digits and a newline, in a file of age
 *
 * Whoever can push may put one there, which is no harm: to make another value
 * fit an id that is there, an attacker would have to find a key under which the
 * digest of 160 bits comes out as that id.
 */

#define SEALED_MAX ((uint64_t)1024 * 1024)

static const char prefix[] = "idkey-";
static const char suffix[] = ".age";

void
gv_safe_foreign_name(
    char out[GV_SAFE_FOREIGN_NAME], const struct gv_safe_foreign *f)
{
	snprintf(out, GV_SAFE_FOREIGN_NAME, "%s%s%s", prefix, f->name, suffix);
}

static struct gv_safe_foreign *
find(struct gv_safe_scope *scope, const char *name)
{
	size_t i;

	for (i = 0; i < scope->n_foreign; i++)
		if (strcmp(scope->foreign[i].name, name) == 0)
			return &scope->foreign[i];
	return NULL;
}

void
gv_safe_foreign_note(
    struct gv_safe_scope *scope, const char *name, const struct gv_oid *object)
{
	const size_t skip = sizeof(prefix) - 1;
	struct gv_safe_foreign *f;

	if (scope->n_foreign == GV_SAFE_KEYS ||
	    strlen(name) != GV_SAFE_FOREIGN_NAME - 1 ||
	    strncmp(name, prefix, skip) != 0 ||
	    strcmp(name + skip + GV_IDKEY_NAME, suffix) != 0)
		return;
	f = &scope->foreign[scope->n_foreign++];
	*f = (struct gv_safe_foreign){ .object = *object };
	memcpy(f->name, name + skip, GV_IDKEY_NAME);
}

static int
seal(struct gv_ledger_edit *edit, struct gv_safe_foreign *f,
    const struct gv_safe_scope *scope, const unsigned char *bytes,
    const struct gv_recipient *also)
{
	const struct gv_recipient **to = calloc(scope->n_to + 1, sizeof(*to));
	struct gv_buf file = GV_BUF_INIT;
	char text[GV_IDKEY_FILE];
	struct gv_idkey key;
	size_t n = scope->n_to;
	int r = to ? 0 : gv_err_nomem();

	gv_idkey_set(&key, bytes);
	gv_idkey_write(text, &key);
	if (r == 0) {
		memcpy(to, scope->to, n * sizeof(*to));
		if (also)
			to[n++] = also;
		r = gv_age_seal(&file, to, n, text, sizeof(text));
	}
	explicit_bzero(text, sizeof(text));
	explicit_bzero(&key, sizeof(key));
	if (r == 0)
		r = gv_ledger_blob(edit, &f->object, file.p, file.len);
	f->is_new = r == 0;
	gv_buf_release(&file);
	free(to);
	return r;
}

int
gv_safe_foreign_put(struct gv_ledger_edit *edit, struct gv_safe_scope *scope,
    const unsigned char *bytes, const struct gv_recipient *also)
{
	struct gv_safe_foreign *f;
	struct gv_idkey key;

	gv_idkey_set(&key, bytes);
	f = find(scope, key.name);
	if (f == NULL && scope->n_foreign < GV_SAFE_KEYS) {
		f = &scope->foreign[scope->n_foreign++];
		*f = (struct gv_safe_foreign){ .is_new = false };
		memcpy(f->name, key.name, sizeof(f->name));
	} else {
		f = NULL;
	}
	explicit_bzero(&key, sizeof(key));
	return f ? seal(edit, f, scope, bytes, also) : 0;
}

int
gv_safe_foreign_add(struct gv_ledger_edit *edit, struct gv_safe_scope *scope,
    struct gv_safe *safe)
{
	int r;
	const struct gv_safe_keys *keys =
	    gv_safe_keys_of(&r, safe, scope->name);

	if (keys && keys->is_random)
		r = gv_safe_foreign_put(edit, scope, keys->list.p, NULL);
	return r;
}

int
gv_safe_keep_key(
    struct gv_ledger_edit *edit, struct gv_safe *safe, const char *name)
{
	struct gv_safe_sealed_for now;
	const struct gv_safe_keys *keys;
	struct gv_safe_scope *scope;
	bool is_new = false;
	size_t i;
	int r;

	keys = gv_safe_keys_of(&r, safe, name);
	if (keys == NULL || !keys->is_random)
		return r;
	scope = gv_safe_scope_get(&r, safe, name);
	if (scope == NULL)
		return r;
	if ((r = gv_safe_scope_ready(scope, safe)) == 0)
		r = gv_safe_foreign_add(edit, scope, safe);
	for (i = 0; r == 0 && i < scope->n_foreign; i++)
		is_new = is_new || scope->foreign[i].is_new;
	if (r < 0 || !is_new)
		return r;
	gv_safe_say_for_whom(&now, scope);
	return gv_safe_publish_scope(edit, scope, &now, "seal");
}

/* ---- opening ---- */

static int
open_it(struct gv_safe_foreign *f, struct gv_safe *safe)
{
	const struct gv_identity *const *with;
	struct gv_secret text = GV_SECRET_INIT;
	struct gv_object obj = { 0 };
	struct gv_idkey key = { .name = "" };
	uint64_t size;
	size_t n;
	int r = gv_safe_identities_at_hand(&with, &n, safe);

	if (r == 0 &&
	    (r = gv_odb_read_size(safe->odb, &size, &f->object)) == 0 &&
	    size > SEALED_MAX)
		r = GV_ECORRUPT;
	if (r == 0 &&
	    (r = gv_odb_read_type(
		 safe->odb, &obj, &f->object, GV_OTYPE_BLOB)) == 0 &&
	    (r = gv_age_open(&text, with, n, obj.data, obj.len, NULL)) == 0 &&
	    (r = gv_idkey_read(&key, text.p, text.len)) == 0)
		r = gv_secret_add(&f->key, key.bytes, sizeof(key.bytes));
	explicit_bzero(&key, sizeof(key));
	gv_secret_release(&text);
	gv_object_release(&obj);
	return r;
}

const unsigned char *
gv_safe_foreign_key(struct gv_safe_scope *scope, size_t i, struct gv_safe *safe)
{
	struct gv_safe_foreign *f = &scope->foreign[i];
	char *before = gv_err_save();

	pthread_mutex_lock(&scope->lock);
	if (!f->was_opened)
		(void)open_it(f, safe);
	f->was_opened = true;
	pthread_mutex_unlock(&scope->lock);
	gv_err_restore(before);
	return f->key.len ? f->key.p : NULL;
}

int
gv_safe_foreign_reseal(struct gv_ledger_edit *edit, struct gv_safe_scope *scope,
    struct gv_safe *safe)
{
	const unsigned char *key;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < scope->n_foreign; i++) {
		key = gv_safe_foreign_key(scope, i, safe);
		if (key)
			r = seal(edit, &scope->foreign[i], scope, key, NULL);
	}
	return r;
}

bool
gv_safe_scope_key(const unsigned char **key, struct gv_safe_scope *scope,
    size_t i, struct gv_safe *safe)
{
	int r;
	const struct gv_safe_keys *keys =
	    gv_safe_keys_of(&r, safe, scope->name);
	size_t n = keys ? keys->n : 0;

	if (i < n)
		*key = keys->list.p + i * GV_DIGEST_KEY;
	else if (i - n < scope->n_foreign)
		*key = gv_safe_foreign_key(scope, i - n, safe);
	return i < n + scope->n_foreign;
}

bool
gv_safe_scope_claim(struct gv_seal_claim *claim, struct gv_safe_scope *scope,
    size_t i, struct gv_safe *safe)
{
	int r;
	const struct gv_safe_keys *keys =
	    gv_safe_keys_of(&r, safe, scope->name);
	size_t n = keys ? keys->n : 0;

	claim->n_keys = i == 0 ? n : 1;
	claim->key = NULL;
	if (i == 0 && n)
		claim->key = keys->list.p;
	else if (i && i - 1 < scope->n_foreign)
		claim->key = gv_safe_foreign_key(scope, i - 1, safe);
	return i == 0 || i - 1 < scope->n_foreign;
}
