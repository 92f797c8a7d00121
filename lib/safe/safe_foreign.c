#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/age.h"
#include "object/odb.h"
#include "safe/safe_internal.h"

/*
 * Who has not the key of ids that the keyring names, names values by a key of
 * his own. That others can hold such a value to its id, the key stands at the
 * top of the scope's tree, sealed for who reads the scope:
 *
 *	idkey-<name>.age	64 digits and a newline, in a file of age
 *
 * Whoever can push may put one there, which is no harm: to make another value
 * fit an id that is there, he would have to find a key under which the digest
 * of 160 bits comes out as that id.
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
    const struct gv_safe_scope *scope, const unsigned char *bytes)
{
	struct gv_buf file = GV_BUF_INIT;
	char text[GV_IDKEY_FILE];
	struct gv_idkey key;
	int r;

	gv_idkey_set(&key, bytes);
	gv_idkey_write(text, &key);
	r = gv_age_seal(&file, scope->to, scope->n_to, text, sizeof(text));
	explicit_bzero(text, sizeof(text));
	explicit_bzero(&key, sizeof(key));
	if (r == 0)
		r = gv_ledger_blob(edit, &f->object, file.p, file.len);
	f->is_new = r == 0;
	gv_buf_release(&file);
	return r;
}

int
gv_safe_foreign_put(struct gv_ledger_edit *edit, struct gv_safe_scope *scope,
    const unsigned char *bytes)
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
	return f ? seal(edit, f, scope, bytes) : 0;
}

int
gv_safe_foreign_add(struct gv_ledger_edit *edit, struct gv_safe_scope *scope,
    const struct gv_safe *safe)
{
	return safe->news.is_random
	    ? gv_safe_foreign_put(edit, scope, safe->idkey.p)
	    : 0;
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

	if (r == 0)
		r = gv_odb_read_size(safe->odb, &size, &f->object);
	if (r == 0 && size > SEALED_MAX)
		r = GV_ECORRUPT;
	if (r == 0)
		r = gv_odb_read_type(
		    safe->odb, &obj, &f->object, GV_OTYPE_BLOB);
	if (r == 0)
		r = gv_age_open(&text, with, n, obj.data, obj.len, NULL);
	if (r == 0)
		r = gv_idkey_read(&key, text.p, text.len);
	if (r == 0)
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
			r = seal(edit, &scope->foreign[i], scope, key);
	}
	return r;
}

bool
gv_safe_scope_key(const unsigned char **key, struct gv_safe_scope *scope,
    size_t i, struct gv_safe *safe)
{
	if (i == 0)
		*key = safe->has_idkey ? safe->idkey.p : NULL;
	else if (i <= scope->n_foreign)
		*key = gv_safe_foreign_key(scope, i - 1, safe);
	return i <= scope->n_foreign;
}
