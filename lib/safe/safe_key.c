#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_internal.h"
#include "safe/safe_who.h"
#include "safe/safe_writer.h"
#include "sys/clock.h"
#include "sys/env.h"

#define VARIABLE "GIT_VAULT_ID_KEY"

_Static_assert(
    GV_IDKEY_BYTES == GV_DIGEST_KEY, "the key of ids is a key of digests");

static int
take(struct gv_safe *safe, const struct gv_idkey *key)
{
	gv_secret_reset(&safe->idkey);
	return gv_secret_add(&safe->idkey, key->bytes, sizeof(key->bytes));
}

/* Whether it is the one that the keyring names. */
static bool
is_named(const struct gv_safe *safe, const struct gv_idkey *key)
{
	unsigned char sum[GV_IDKEY_SUM];

	gv_idkey_sum(sum, key);
	return memcmp(sum, safe->kept.keyring.idkey, sizeof(sum)) == 0;
}

/* That nobody here is a recipient is no failure; that it was exchanged is. */
static int
open_it(struct gv_idkey *out, struct gv_safe *safe)
{
	const struct gv_identity *const *with;
	size_t n;
	int r = gv_safe_identities_at_hand(&with, &n, safe);

	if (r < 0)
		return r;
	return n ? gv_keyring_open_idkey(out, safe->repo, &safe->kept, with, n)
		 : GV_ENOKEY;
}

static int
read_variable(struct gv_idkey *out, const struct gv_safe *safe)
{
	const char *digits = gv_env_get(VARIABLE);
	int r;

	if (digits == NULL)
		return GV_ENOKEY;
	r = gv_idkey_read_digits(out, digits);
	if (r < 0)
		return gv_err_in(GV_EREFUSED, VARIABLE);
	if (safe->has_keyring && !is_named(safe, out))
		return gv_err(GV_EREFUSED,
		    VARIABLE
		    " is another key than the one that version %u of the "
		    "keyring names; ask an owner for that one",
		    safe->kept.keyring.version);
	return 0;
}

/* The ref of before the keyring may still be here. */
static int
read_ref(struct gv_idkey *out, const struct gv_safe *safe)
{
	int r = gv_idkey_load(out, safe->repo);

	if (r == GV_ENOTFOUND)
		return GV_ENOKEY;
	return r == 0 && !is_named(safe, out) ? GV_ENOKEY : r;
}

/* What asks the user or a service comes last. */
static int
seek(struct gv_idkey *out, struct gv_safe *safe)
{
	int r = open_it(out, safe);

	if (r == GV_ENOKEY)
		r = read_variable(out, safe);
	if (r == GV_ENOKEY)
		r = read_ref(out, safe);
	if (r == GV_ENOKEY) {
		r = gv_safe_ask(safe);
		r = r > 0 ? open_it(out, safe) : r < 0 ? r : GV_ENOKEY;
	}
	return r;
}

int
gv_safe_seek_idkey(struct gv_safe *safe)
{
	struct gv_idkey key = { .name = "" };
	char *before = gv_err_save();
	int r = 0;

	pthread_mutex_lock(&safe->key_lock);
	if (safe->has_keyring && !safe->sought_idkey) {
		if ((r = seek(&key, safe)) == 0)
			r = take(safe, &key);
		safe->has_idkey = r == 0;
		safe->sought_idkey = r == 0 || r == GV_ENOKEY;
		r = r == GV_ENOKEY ? 0 : r;
	}
	pthread_mutex_unlock(&safe->key_lock);
	if (r == 0)
		gv_err_restore(before);
	else
		free(before);
	explicit_bzero(&key, sizeof(key));
	return r;
}

/* Without a keyring, nothing but what there was before it. */
static int
look(struct gv_idkey *out, const struct gv_safe *safe)
{
	int r =
	    safe->has_keyring ? GV_ENOTFOUND : gv_idkey_load(out, safe->repo);

	if (r == GV_ENOTFOUND && !safe->has_keyring) {
		r = read_variable(out, safe);
		r = r == GV_ENOKEY ? GV_ENOTFOUND : r;
	}
	return r == GV_ENOTFOUND ? gv_idkey_expect(out, safe->repo, false) : r;
}

static int
find_or_make(struct gv_safe *safe, bool make)
{
	struct gv_idkey key = { .name = "" };
	int r = look(&key, safe);

	if (r == GV_ENOTFOUND)
		r = make ? gv_idkey_expect(&key, safe->repo, true)
			 : gv_clock_random(key.bytes, sizeof(key.bytes));
	if (r == 0)
		r = take(safe, &key);
	explicit_bzero(&key, sizeof(key));
	return r;
}

int
gv_safe_need_idkey(struct gv_safe *safe, bool make)
{
	int r = gv_safe_seek_idkey(safe);

	pthread_mutex_lock(&safe->key_lock);
	if (r == 0 && safe->idkey.len == 0)
		r = find_or_make(safe, make);
	pthread_mutex_unlock(&safe->key_lock);
	return r;
}

int
gv_safe_load_idkey(
    struct gv_idkey *out, bool *has_keyring, struct gv_repo *repo)
{
	const struct gv_safe_opts opts = { .now = gv_clock_now().tv_sec };
	struct gv_safe *safe;
	int r = gv_safe_open(&safe, repo, &opts);

	if (r < 0)
		return r;
	*has_keyring = safe->has_keyring;
	if (!safe->has_keyring)
		r = gv_idkey_load(out, repo);
	else
		r = gv_safe_seek_idkey(safe);
	if (r == 0 && safe->has_keyring) {
		if (safe->has_idkey)
			gv_idkey_set(out, safe->idkey.p);
		else
			r = safe->news.shut
			    ? gv_err(GV_ENOKEY, "%s", safe->news.shut)
			    : GV_ENOTFOUND;
	}
	gv_safe_close(safe);
	return r;
}
