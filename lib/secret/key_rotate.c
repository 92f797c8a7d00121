#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "key/backend_wrapped.h"
#include "key/keyfile.h"
#include "safe/safe_internal.h"
#include "safe/safe_who.h"
#include "secret/key.h"
#include "sys/entry.h"
#include "sys/file.h"

/*
 * Before the keyring names the new key it is on disk, as PATH.new; and before
 * the old one leaves its place it has another name, PATH.old-TIME, by which it
 * is found as long as it is there. So a kill at any point leaves both, and the
 * same command goes on. One that a service wrapped has been opened by it, too,
 * before anything hangs on it.
 */

struct rotation {
	char *path;               /* what a link leads to, not the link */
	bool is_wrapped;          /* what is there now */
	struct gv_buf fresh, old; /* paths */
	struct gv_identity_list ids;
	struct gv_buf key, signer;
};

static int
find_path(struct rotation *rot, struct gv_safe *safe)
{
	const struct gv_safe_file *file = safe->n_files ? safe->files : NULL;
	const struct gv_identity *const *with;
	size_t n;
	int r;

	if (file == NULL || file->is_ssh)
		return gv_err(GV_EREFUSED, "this host has no identity file");
	if ((r = gv_safe_identities_at_hand(&with, &n, safe)) == 0 &&
	    file->is_wrapped)
		r = gv_safe_ask(safe);
	if (r < 0)
		return r;
	if (file->why)
		return gv_err(GV_ENOKEY,
		    "nothing is changed, since the identity %s is not opened: "
		    "%s",
		    file->path, file->why);
	if (!file->is_wrapped && (file->is_sealed || file->was_asked))
		return gv_err(GV_EREFUSED,
		    "%s is encrypted by a passphrase: create the new key by "
		    "`git vault key generate`, encrypt it, and ask an owner to "
		    "add it",
		    file->path);
	rot->is_wrapped = file->is_wrapped;
	return gv_file_target(&rot->path, file->path,
	    "store the identity in a file to replace it");
}

/* Wrapped by what wrapped the one that is there. */
static int
make_fresh(const struct rotation *rot, int64_t now)
{
	struct gv_backend_wrapped *wrapped = malloc(sizeof(*wrapped));
	struct gv_identity id = GV_IDENTITY_INIT;
	struct gv_secret text = GV_SECRET_INIT;
	bool is_exposed;
	int r = wrapped ? 0 : gv_err_nomem();

	if (r < 0)
		goto out;
	if (rot->is_wrapped) {
		if ((r = gv_keyfile_bytes(&text, &is_exposed, rot->path)) < 0)
			goto out;
		r = gv_backend_wrapped_parse(wrapped, text.p, text.len);
		if (r < 0)
			goto out;
	}
	r = gv_keyfile_make(
	    &id, rot->fresh.p, now, rot->is_wrapped ? &wrapped->vault : NULL);
out:
	gv_identity_release(&id);
	gv_secret_release(&text);
	free(wrapped);
	return r;
}

static int
read_fresh(struct rotation *rot)
{
	static const struct gv_keyfile_with services = { .services = true };
	struct gv_keyfile_look look;
	int r = gv_keyfile_read(&rot->ids, &look, rot->fresh.p, &services);

	if (r == 0 && rot->is_wrapped && !look.is_wrapped)
		r = gv_err(GV_EREFUSED,
		    "%s is in clear, and %s is not: remove it, and a new one "
		    "is made that is not either",
		    rot->fresh.p, rot->path);
	return r;
}

/* The new one, which an earlier try may have left. */
static int
need_fresh(struct rotation *rot, int64_t now)
{
	bool is_made = !gv_file_exists(AT_FDCWD, rot->fresh.p);
	int r = is_made ? make_fresh(rot, now) : 0;

	if (r < 0)
		return r;
	r = read_fresh(rot);
	if (r < 0 && is_made)
		(void)gv_entry_unlink(AT_FDCWD, rot->fresh.p);
	if (r < 0)
		return r;
	return gv_key_describe(&rot->key, &rot->signer, &rot->ids.all[0]);
}

static int
change(struct rotation *rot, struct gv_safe *safe)
{
	const struct gv_keyring_recipient *who;
	struct gv_keyring_change c = { .verb = GV_KEYRING_REKEY,
		.key = rot->key.p };
	char *name;
	int r;

	if (gv_keyring_find_key(&safe->kept.keyring, rot->key.p))
		return 0;
	if ((r = gv_key_own(&who, safe)) < 0)
		return r;
	if (who == NULL)
		return gv_err(GV_EREFUSED,
		    "%s is no recipient of the keyring, so there is nothing "
		    "to replace",
		    rot->path);
	name = strdup(who->name);
	if (name == NULL)
		return gv_err_nomem();
	c.name = name;
	if (who->role == GV_KEYRING_OWNER)
		c.signer = rot->signer.p;
	r = gv_key_change(safe, &c, 1);
	free(name);
	return r;
}

static bool
is_same(const char *a, const char *b)
{
	struct stat x, y;

	return gv_entry_stat(AT_FDCWD, a, &x) == 0 &&
	    gv_entry_stat(AT_FDCWD, b, &y) == 0 && x.st_dev == y.st_dev &&
	    x.st_ino == y.st_ino;
}

/* The name may be there from an earlier try, or be that of another key, which
 * was replaced in the same second. */
static int
keep(struct rotation *rot)
{
	size_t stem = rot->old.len;
	unsigned n = 2;
	int r = 0;

	while (r == 0 &&
	    gv_entry_link(AT_FDCWD, rot->path, AT_FDCWD, rot->old.p) < 0) {
		if (errno != EEXIST)
			return gv_err_sys(
			    "cannot keep %s as %s", rot->path, rot->old.p);
		if (is_same(rot->path, rot->old.p))
			return 0;
		gv_buf_truncate(&rot->old, stem);
		gv_buf_addf(&rot->old, "-%u", n++);
		r = gv_buf_check(&rot->old);
	}
	return r;
}

static int
exchange(struct rotation *rot)
{
	int r = keep(rot);

	if (r < 0)
		return r;
	if (gv_entry_rename(AT_FDCWD, rot->fresh.p, AT_FDCWD, rot->path) < 0)
		return gv_err_sys("cannot put %s in the place of %s",
		    rot->fresh.p, rot->path);
	return gv_file_sync_parent(AT_FDCWD, rot->path);
}

int
gv_key_rotate(struct gv_buf *old, struct gv_safe *safe)
{
	struct rotation rot = { .fresh = GV_BUF_INIT,
		.old = GV_BUF_INIT,
		.key = GV_BUF_INIT,
		.signer = GV_BUF_INIT };
	char time[GV_TIME_MAX];
	int r = safe->has_keyring
	    ? find_path(&rot, safe)
	    : gv_err(GV_EREFUSED, "there is no keyring yet");

	gv_time_compact(time, safe->opts.now);
	gv_buf_addf(&rot.fresh, "%s" GV_KEYFILE_NEW, rot.path ? rot.path : "");
	gv_buf_addf(
	    &rot.old, "%s" GV_KEYFILE_OLD "%s", rot.path ? rot.path : "", time);
	if (r == 0 && (r = gv_buf_check(&rot.fresh)) == 0 &&
	    (r = gv_buf_check(&rot.old)) == 0 &&
	    (r = need_fresh(&rot, safe->opts.now)) == 0 &&
	    (r = change(&rot, safe)) == 0 && (r = exchange(&rot)) == 0)
		gv_buf_addstr(old, rot.old.p);
	free(rot.path);
	gv_identity_list_release(&rot.ids);
	gv_buf_release(&rot.fresh);
	gv_buf_release(&rot.old);
	gv_buf_release(&rot.key);
	gv_buf_release(&rot.signer);
	return r < 0 ? r : gv_buf_check(old);
}
