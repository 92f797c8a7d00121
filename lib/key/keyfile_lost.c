#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/identity.h"
#include "key/keyfile.h"
#include "key/keyring.h"
#include "sys/env.h"
#include "sys/file.h"

/* The name of an escrow in a keyring, as secret/escrow.h, which is further
 * down, gives it. */
#define ESCROW "escrow"

/* Whether this user on this host, by that name, is the only one who decrypts,
 * apart from an escrow. */
static bool
is_alone(const struct gv_keyring *keyring)
{
	struct gv_buf name = GV_BUF_INIT;
	bool is = gv_keyfile_name(&name) == 0;
	size_t i, n = 0;

	for (i = 0; is && i < keyring->n_recipients; i++) {
		const struct gv_keyring_recipient *who =
		    &keyring->recipients[i];

		if (who->role == GV_KEYRING_WRITER ||
		    strcmp(who->name, ESCROW) == 0)
			continue;
		is = n++ == 0 && strcmp(who->name, name.p) == 0;
	}
	gv_buf_release(&name);
	return is && n == 1;
}

/* Whether a file that is made for this vault's kind of keys is there: the one
 * that was named, else the default and those that it has replaced. */
static int
has_file(bool *has)
{
	const char *named = gv_env_get("GIT_VAULT_IDENTITY");
	struct gv_buf path = GV_BUF_INIT, others = GV_BUF_INIT;
	int r = 0;

	if (named)
		gv_buf_addstr(&path, named);
	else
		r = gv_keyfile_default(&path);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_keyfile_others(&others, path.p);
	*has = r < 0 || others.len || gv_file_exists(AT_FDCWD, path.p);
	gv_buf_release(&path);
	gv_buf_release(&others);
	return r == GV_ENOMEM ? r : 0;
}

/* Whether the keyring has this user's key of ssh, which nearly everybody has
 * and few use for this. One with a passphrase says nothing, so it may. */
static int
has_ssh(bool *has, const struct gv_keyring *k)
{
	const struct gv_keyring_recipient *who = NULL;
	struct gv_identity_list ids = GV_IDENTITY_LIST_INIT;
	struct gv_keyfile_look look;
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r = gv_env_expand(&path, GV_KEYFILE_SSH);

	*has = false;
	if (r == 0)
		r = gv_keyfile_read(&ids, &look, path.p, NULL);
	*has = r == GV_ENOKEY;
	for (i = 0; r == 0 && who == NULL && i < ids.n; i++)
		r = gv_keyring_identify(&who, k, &ids.all[i]);
	*has = *has || who;
	gv_identity_list_release(&ids);
	gv_buf_release(&path);
	return r == GV_ENOMEM ? r : 0;
}

int
gv_keyfile_is_lost(bool *out, const struct gv_keyring *keyring)
{
	char *before;
	bool has = false;
	int r;

	*out = false;
	if (!is_alone(keyring))
		return 0;
	before = gv_err_save();
	if ((r = has_file(&has)) == 0 && !has)
		r = has_ssh(&has, keyring);
	if (r == GV_ENOMEM) {
		free(before);
		return r;
	}
	gv_err_restore(before);
	*out = !has;
	return 0;
}
