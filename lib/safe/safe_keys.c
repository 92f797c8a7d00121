#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "key/keyfile.h"
#include "key/keyring_ids.h"
#include "safe/safe_internal.h"
#include "safe/safe_who.h"
#include "sys/clock.h"

/*
 * Chooses the keys that name the values of a scope. Readers of a scope have the
 * scope's keys, and those by which others name values in it. Anybody else names
 * values by a key of their own, which the keyring has for its recipients: so
 * nobody can test guesses of values that they may not read.
 */

_Static_assert(GV_DIGEST_KEY == GV_IDKEY_BYTES, "keys of one size");

/* What to search for keys. */
struct source {
	struct gv_safe *safe;
	const char *scope;
	struct gv_keyring_ids ids;
	const struct gv_identity *const *with;
	size_t n_with;
	struct gv_safe_keys *out;
};

static int
open_file(struct gv_secret *out, size_t *own, const struct source *s,
    const char *prefix, const char *name)
{
	char file[GV_KEYRING_IDS_NAME];

	snprintf(file, sizeof(file), "%s%s.age", prefix, name);
	return gv_keyring_ids_open(out, own, &s->ids, file, s->with, s->n_with);
}

/* Add the keys of the scope that are derived from these keys. */
static int
derive_all(const struct source *s, const struct gv_secret *from)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < from->len; i += GV_DIGEST_KEY)
		r = gv_keyring_ids_derive(
		    &s->out->list, from->p + i, "scope", s->scope, 0);
	return r;
}

/* Add the key by which a recipient names values that it may not read. A file
 * that cannot be opened is skipped. */
static int
add_own(void *ctx, const char *name)
{
	const struct source *s = ctx;
	struct gv_secret keys = GV_SECRET_INIT;
	char *before = gv_err_save();
	size_t own;
	int r = open_file(&keys, &own, s, "idkey-", name);

	if (r == 0)
		r = derive_all(s, &keys);
	gv_secret_release(&keys);
	gv_err_restore(before);
	return r == GV_ENOMEM ? r : 0;
}

/* For a scope that the keyring does not name, derive keys from the master. */
static int
use_master(const struct source *s)
{
	struct gv_secret master = GV_SECRET_INIT;
	size_t own;
	int r = open_file(&master, &own, s, "master", "");

	if (r == 0)
		r = derive_all(s, &master);
	gv_secret_release(&master);
	return r < 0 ? r
		     : gv_keyring_ids_each(
			   &s->ids, "idkey-", add_own, (void *)(size_t)s);
}

/* Use the own key of the recipient that one of our identities is. */
static int
use_own(const struct source *s)
{
	const struct gv_keyring_recipient *who;
	struct gv_secret keys = GV_SECRET_INIT;
	size_t i, own;
	int r = GV_ENOKEY;

	for (i = 0; r == GV_ENOKEY && i < s->safe->kept.keyring.n_recipients;
	     i++) {
		who = &s->safe->kept.keyring.recipients[i];
		r = open_file(&keys, &own, s, "idkey-", who->name);
		r = r == GV_ENOTFOUND ? GV_ENOKEY : r;
	}
	if (r == 0)
		r = derive_all(s, &keys);
	gv_secret_release(&keys);
	return r;
}

/* Note the command with which an owner gives this host access. */
static int
note_add(struct gv_safe *safe)
{
	struct gv_buf command = GV_BUF_INIT;
	int r = safe->news.add ? 0 : gv_safe_add_command(&command, safe);

	if (r > 0) {
		pthread_mutex_lock(&safe->lock);
		safe->news.add =
		    gv_arena_copy(&safe->arena, command.p, command.len);
		pthread_mutex_unlock(&safe->lock);
		r = safe->news.add ? 0 : GV_ENOMEM;
	}
	gv_buf_release(&command);
	/* an identity that cannot be read is reported where it is needed */
	return r == GV_ENOMEM ? gv_err_nomem() : 0;
}

/* Use a key of this host. If the host has none and must not store one, use a
 * random key for the life of this safe. */
static int
use_random(const struct source *s)
{
	struct gv_secret key = GV_SECRET_INIT;
	struct gv_idkey host = { .name = "" };
	int r = gv_idkey_expect(&host, s->safe->repo, s->safe->makes_key);

	if (r == GV_ENOTFOUND)
		r = gv_clock_random(host.bytes, sizeof(host.bytes));
	if (r == 0 &&
	    (r = gv_secret_add(&key, host.bytes, sizeof(host.bytes))) == 0)
		r = derive_all(s, &key);
	explicit_bzero(&host, sizeof(host));
	gv_secret_release(&key);
	s->out->is_random = true;
	s->out->is_kept = s->safe->makes_key;
	/* a command that only reads encrypts nothing again */
	if (r == 0 && s->safe->has_keyring && s->safe->makes_key) {
		s->safe->news.is_random = true;
		r = gv_keyfile_is_lost(
		    &s->safe->news.is_lost, &s->safe->kept.keyring);
		if (r == 0)
			r = note_add(s->safe);
	}
	return r;
}

static int
find_keys(const struct source *s)
{
	struct gv_safe_keys *out = s->out;
	char *before = gv_err_save();
	size_t own;
	int r = open_file(&out->list, &own, s, "scope-", s->scope);

	if (r == GV_ENOTFOUND)
		r = use_master(s);
	out->is_reader = r == 0;
	if (r == GV_ENOKEY || r == GV_ENOTFOUND)
		r = use_own(s);
	if (r == 0)
		out->n_trusted = out->list.len / GV_DIGEST_KEY;
	if (r == GV_ENOKEY)
		r = use_random(s);
	out->n = out->list.len / GV_DIGEST_KEY;
	if (r == 0)
		gv_err_restore(before);
	else
		free(before);
	return r;
}

static int
load(struct gv_safe_keys *out, struct gv_safe *safe)
{
	struct source s = { .safe = safe, .scope = out->scope, .out = out };
	int r = 0;

	s.ids.text = (struct gv_buf)GV_BUF_INIT;
	if (safe->has_keyring)
		r = gv_keyring_ids_load(&s.ids, safe->repo, &safe->kept);
	if (r == GV_ENOTFOUND)
		r = gv_err(GV_ECORRUPT,
		    "version %u of the keyring lacks its list of id keys, so "
		    "values cannot be named; fetch it again, or have an owner "
		    "make the next version: git vault key rotate",
		    safe->kept.keyring.version);
	if (r == 0) {
		r = gv_safe_identities_at_hand(&s.with, &s.n_with, safe);
		/* a damaged identity file that the user did not name is skipped
		 */
		if (r == GV_ECORRUPT && safe->opts.n_identities == 0)
			r = s.n_with = 0;
	}
	out->n_with = s.n_with;
	if (r == 0)
		r = find_keys(&s);
	gv_keyring_ids_release(&s.ids);
	return r;
}

static struct gv_safe_keys *
make(struct gv_safe *safe, const char *scope)
{
	struct gv_safe_keys *keys;

	if (GV_GROW(safe->keys, safe->n_keys, safe->cap_keys) < 0)
		return NULL;
	keys = calloc(1, sizeof(*keys));
	if (keys == NULL)
		return NULL;
	keys->scope = strdup(scope);
	if (keys->scope)
		return keys;
	free(keys);
	return NULL;
}

static void
release(struct gv_safe_keys *keys)
{
	gv_secret_release(&keys->list);
	free((char *)(size_t)keys->scope);
	free(keys);
}

/* Whether the loaded keys can be used. They are loaded again if another
 * identity was opened since, or if a host key may now be stored. */
static bool
is_good(const struct gv_safe_keys *keys, struct gv_safe *safe)
{
	const struct gv_identity *const *with;
	size_t n;

	if (keys->is_reader)
		return true;
	if (keys->is_random && safe->makes_key && !keys->is_kept)
		return false;
	return gv_safe_identities_at_hand(&with, &n, safe) < 0 ||
	    n == keys->n_with;
}

const struct gv_safe_keys *
gv_safe_keys_of(int *r, struct gv_safe *safe, const char *scope)
{
	struct gv_safe_keys *keys = NULL;
	size_t i;

	*r = 0;
	pthread_mutex_lock(&safe->key_lock);
	/* the newest first */
	for (i = safe->n_keys; keys == NULL && i-- > safe->first_keys;)
		if (strcmp(safe->keys[i]->scope, scope) == 0)
			keys = safe->keys[i];
	if (keys == NULL || !is_good(keys, safe)) {
		keys = make(safe, scope);
		*r = keys ? load(keys, safe) : gv_err_nomem();
		if (*r == 0)
			safe->keys[safe->n_keys++] = keys;
		else if (keys)
			release(keys);
	}
	pthread_mutex_unlock(&safe->key_lock);
	return *r == 0 ? keys : NULL;
}

void
gv_safe_keys_forget(struct gv_safe *safe)
{
	pthread_mutex_lock(&safe->key_lock);
	safe->first_keys = safe->n_keys;
	pthread_mutex_unlock(&safe->key_lock);
}

void
gv_safe_keys_free(struct gv_safe *safe)
{
	while (safe->n_keys > 0)
		release(safe->keys[--safe->n_keys]);
	free(safe->keys);
}
