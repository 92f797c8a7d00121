#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"
#include "key/keyfile.h"
#include "key/keyring_store.h"
#include "safe/safe.h"
#include "safe/safe_internal.h"
#include "safe/safe_who.h"
#include "sys/env.h"
#include "sys/file.h"

#define MANY_OTHERS ((size_t)64) /* more of them are not looked at */

/* Each file has a list of its own, which never moves once it is filled: readers
 * of other threads look at it. */

/* ---- which files ------------------------------------------------------- */

static int
add_file(struct gv_safe *safe, const char *path, bool is_default)
{
	struct gv_safe_file *file = &safe->files[safe->n_files];

	*file = (struct gv_safe_file){ .is_default = is_default };
	file->path = gv_arena_copy(&safe->arena, path, strlen(path));
	if (file->path == NULL)
		return GV_ENOMEM;
	safe->n_files++;
	return 0;
}

/* For one more, and then all that were named. */
static bool
has_room(const struct gv_safe *safe)
{
	return safe->n_files + safe->opts.n_identities + 2 < safe->room;
}

/* Beside a link, and beside what it leads to. */
static int
list_others(struct gv_buf *out, const char *path)
{
	char *before = gv_err_save(), *target = NULL;
	int r = gv_file_target(&target, path, "");

	/* what it leads to may be missing */
	r = gv_err_settle(r == GV_ENOMEM ? r : 0, before);
	if (r == 0)
		r = gv_keyfile_others(out, path);
	if (r == 0 && target && strcmp(target, path) != 0)
		r = gv_keyfile_others(out, target);
	free(target);
	return r;
}

/* One and those that it has replaced, which may be all that opens what others
 * have not sealed again yet; and the one that a killed rotation has put into
 * the keyring, but not in its place. */
static int
add_with_others(struct gv_safe *safe, const char *path, bool is_default)
{
	struct gv_buf others = GV_BUF_INIT;
	const char *p;
	int r = add_file(safe, path, is_default);

	if (r == 0)
		r = list_others(&others, path);
	for (p = others.p;
	     r == 0 && p < others.p + others.len && has_room(safe);
	     p += strlen(p) + 1) {
		if ((r = add_file(safe, p, true)) == 0)
			safe->files[safe->n_files - 1].is_other = true;
	}
	gv_buf_release(&others);
	return r;
}

/* Without a home there are none. */
static int
add_defaults(struct gv_safe *safe)
{
	struct gv_buf own = GV_BUF_INIT, ssh = GV_BUF_INIT;
	char *before = gv_err_save();
	int r = gv_keyfile_default(&own);

	if (r == 0)
		r = add_with_others(safe, own.p, true);
	if (r == 0 || r == GV_ENOTFOUND)
		r = gv_env_expand(&ssh, GV_KEYFILE_SSH);
	if (r == 0) {
		if ((r = add_file(safe, ssh.p, true)) == 0)
			safe->files[safe->n_files - 1].is_ssh = true;
	}
	if (r == GV_ENOTFOUND) {
		gv_err_restore(before);
		r = 0;
	} else {
		free(before);
	}
	gv_buf_release(&own);
	gv_buf_release(&ssh);
	return r;
}

int
gv_safe_find_files(struct gv_safe *safe)
{
	const struct gv_safe_opts *o = &safe->opts;
	const char *named = gv_env_get("GIT_VAULT_IDENTITY");
	size_t i;
	int r = 0;

	safe->room = o->n_identities + 2 + MANY_OTHERS;
	safe->files =
	    gv_arena_alloc(&safe->arena, safe->room * sizeof(*safe->files));
	if (safe->files == NULL)
		return GV_ENOMEM;
	for (i = 0; r == 0 && i < o->n_identities; i++)
		r = add_with_others(safe, o->identities[i], false);
	if (r == 0 && o->n_identities == 0)
		r = named ? add_with_others(safe, named, false)
			  : add_defaults(safe);
	return r;
}

/* ---- what is in them --------------------------------------------------- */

static int
gather(struct gv_safe *safe)
{
	const struct gv_identity **with;
	size_t i, j, n = 0;

	for (i = 0; i < safe->n_files; i++) {
		n += safe->files[i].ids.n;
		for (j = 0; j < safe->files[i].ids.n; j++)
			safe->files[i].ids.all[j].runner = &safe->talk.runner;
	}
	with = gv_arena_alloc(&safe->arena, (n + 1) * sizeof(*with));
	if (with == NULL)
		return GV_ENOMEM;
	for (n = i = 0; i < safe->n_files; i++)
		for (j = 0; j < safe->files[i].ids.n; j++)
			with[n++] = &safe->files[i].ids.all[j];
	safe->with = with;
	safe->n_with = n;
	return 0;
}

/* That one opens nothing is reported, and no failure where a service has
 * wrapped it: what can be done without the key is done. Of one that was
 * replaced it is not told: it may be of a service that is gone. */
static int
note_shut(struct gv_safe *safe, struct gv_safe_file *file)
{
	const char *why = gv_err_message();
	struct gv_buf text = GV_BUF_INIT;
	size_t len = strlen(file->path);

	if (strncmp(why, file->path, len) == 0 &&
	    strncmp(why + len, ": ", 2) == 0)
		why += len + 2;
	gv_buf_addf(
	    &text, "the identity %s opens nothing: %s", file->path, why);
	if (gv_buf_check(&text) == 0) {
		file->why = gv_arena_copy(&safe->arena, why, strlen(why));
		if (safe->news.shut == NULL && !file->is_other)
			safe->news.shut =
			    gv_arena_copy(&safe->arena, text.p, text.len);
	}
	gv_buf_release(&text);
	return file->why ? 0 : gv_err_nomem();
}

/* What is wrong with a file must not be taken for what is wrong with a value;
 * for the one that nobody has named it is reported, in case it is not needed.
 */
static int
bad_file(struct gv_safe *safe, struct gv_safe_file *file, int r)
{
	if (r == GV_ENOTFOUND || !file->is_default)
		return r == GV_ENOMEM || r == GV_ECANCELED ? r : GV_ERROR;
	if (r == GV_ECORRUPT || r == GV_EREFUSED)
		return note_shut(safe, file) < 0 ? GV_ENOMEM : r;
	return r;
}

/* A key of ssh that nobody has named is no fault where it does not serve. */
static int
read_file(struct gv_safe *safe, struct gv_safe_file *file)
{
	char *before = gv_err_save();
	struct gv_keyfile_look look = { .is_exposed = false };
	int r = gv_keyfile_read(&file->ids, &look, file->path, NULL);

	file->is_wrapped = look.is_wrapped;
	if (r == GV_ENOKEY)
		file->is_sealed = true;
	if (look.is_exposed && (r == 0 || file->is_sealed) &&
	    safe->news.exposed == NULL)
		safe->news.exposed = file->path;
	if (r == GV_ENOKEY ||
	    (file->is_default && !gv_file_exists(AT_FDCWD, file->path)) ||
	    ((file->is_ssh || file->is_other) && r != GV_ENOMEM))
		r = 0;
	if (r == 0)
		gv_err_restore(before);
	else
		free(before);
	return r < 0 ? bad_file(safe, file, r) : r;
}

static int
read_files(struct gv_safe *safe)
{
	size_t i;
	int r = 0;

	if (safe->files_found)
		return 0;
	for (i = 0; r == 0 && i < safe->n_files; i++)
		if (safe->files[i].ids.n == 0 && !safe->files[i].is_sealed)
			r = read_file(safe, &safe->files[i]);
	if (r == 0)
		r = gather(safe);
	safe->files_found = r == 0;
	return r;
}

int
gv_safe_identities_at_hand(
    const struct gv_identity *const **out, size_t *n, struct gv_safe *safe)
{
	int r;

	pthread_mutex_lock(&safe->lock);
	r = read_files(safe);
	*out = safe->with;
	*n = safe->n_with;
	pthread_mutex_unlock(&safe->lock);
	return r;
}

struct question {
	const struct gv_safe_opts *opts;
	const char *path;
};

static int
ask(void *ctx, struct gv_secret *out)
{
	const struct question *q = ctx;

	return q->opts->ask(q->opts->ctx, out, q->path);
}

static int
open_file(struct gv_safe *safe, struct gv_safe_file *file)
{
	struct question q = { &safe->opts, file->path };
	const struct gv_keyfile_with with = {
		.ask = safe->opts.ask ? ask : NULL, .ctx = &q, .services = true
	};
	struct gv_keyfile_look look;
	char *before = gv_err_save();
	int r = gv_keyfile_read(&file->ids, &look, file->path, &with);

	file->was_asked = true;
	file->is_sealed = r < 0;
	if (r < 0 && file->is_wrapped && r != GV_ENOMEM && r != GV_ECANCELED)
		r = note_shut(safe, file);
	if (r == 0)
		gv_err_restore(before);
	else
		free(before);
	return r;
}

/* Each file is asked for once. */
static int
ask_all(struct gv_safe *safe)
{
	size_t i, before = safe->n_with;
	bool has_more = false;
	int r = 0;

	for (i = 0; r == 0 && i < safe->n_files; i++) {
		struct gv_safe_file *file = &safe->files[i];

		if (!file->is_sealed || file->was_asked ||
		    (!file->is_wrapped && safe->opts.ask == NULL))
			continue;
		r = open_file(safe, file);
		has_more |= !file->is_sealed;
	}
	if (r == 0 && has_more)
		r = gather(safe);
	return r < 0 ? r : safe->n_with > before;
}

int
gv_safe_ask(struct gv_safe *safe)
{
	int r;

	pthread_mutex_lock(&safe->lock);
	r = ask_all(safe);
	pthread_mutex_unlock(&safe->lock);
	return r;
}

/* ---- for commands ------------------------------------------------------ */

static int
say_where(const struct gv_safe *safe)
{
	struct gv_buf where = GV_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < safe->n_files; i++) {
		const struct gv_safe_file *file = &safe->files[i];

		gv_buf_addf(&where, "%s%s", i ? ", " : "", file->path);
		if (file->why)
			gv_buf_addf(&where, " (%s)", file->why);
		else if (file->is_sealed)
			gv_buf_addstr(&where,
			    " (which needs a passphrase, and there is nobody "
			    "to ask for it)");
	}
	r = gv_err(GV_ENOKEY,
	    "there is no identity to decrypt with: none in %s",
	    where.len ? where.p : "a home directory, since there is none");
	gv_buf_release(&where);
	return r;
}

int
gv_safe_identities(
    const struct gv_identity *const **out, size_t *n, struct gv_safe *safe)
{
	int r = gv_safe_identities_at_hand(out, n, safe);

	if (r == 0)
		r = gv_safe_ask(safe);
	if (r < 0)
		return r;
	r = gv_safe_identities_at_hand(out, n, safe);
	return r == 0 && *n == 0 ? say_where(safe) : r;
}

int
gv_safe_own(struct gv_buf *key, const struct gv_keyring_recipient **who,
    struct gv_safe *safe)
{
	const struct gv_keyring_kept *kept = gv_safe_keyring(safe);
	const struct gv_identity *const *ids;
	struct gv_recipient own = GV_RECIPIENT_INIT;
	size_t i, n = 0;
	int r = gv_safe_identities_at_hand(&ids, &n, safe);

	*who = NULL;
	for (i = 0; r == 0 && i < n; i++) {
		/* passphrases and plugins do not show their recipient */
		if (gv_identity_recipient(&own, ids[i]) < 0)
			continue;
		r = gv_recipient_format(key, &own);
		gv_recipient_release(&own);
		if (r == 0 && kept)
			r = gv_keyring_identify(who, &kept->keyring, ids[i]);
		return r < 0 ? r : 1;
	}
	return r;
}

int
gv_safe_add_command(struct gv_buf *out, struct gv_safe *safe)
{
	const struct gv_keyring_recipient *who;
	struct gv_buf key = GV_BUF_INIT;
	int r = gv_safe_own(&key, &who, safe);

	if (r == 1)
		r = gv_keyfile_add_command(out, key.p, NULL);
	else if (r == 0)
		r = GV_ENOTFOUND;
	gv_buf_release(&key);
	if (r == GV_ENOTFOUND)
		return 0;
	return r < 0 ? r : 1;
}

void
gv_safe_signer(struct gv_secret *out, struct gv_safe *safe, bool asks)
{
	const struct gv_identity *const *ids;
	char *before = gv_err_save();
	size_t i, n = 0;
	int r = asks ? gv_safe_identities(&ids, &n, safe)
		     : gv_safe_identities_at_hand(&ids, &n, safe);

	for (i = 0; r == 0 && i < n && out->len == 0; i++)
		if (gv_identity_signer(out, ids[i]) < 0)
			gv_secret_reset(out);
	gv_err_restore(before);
}

int
gv_safe_signer_as_named(struct gv_secret *out, struct gv_safe *safe)
{
	const bool is_named = safe->opts.n_identities > 0;
	const struct gv_identity *const *ids;
	size_t n;
	int r;

	gv_safe_signer(out, safe, is_named);
	if (out->len || !is_named)
		return 0;
	r = gv_safe_identities(&ids, &n, safe);
	return r < 0 ? r
		     : gv_err(GV_ENOKEY,
			   "none of the identities that --identity names "
			   "signs; name one of age or ssh that can be opened "
			   "here");
}

int
gv_safe_check_signer(struct gv_safe *safe)
{
	struct gv_secret signer = GV_SECRET_INIT;
	int r = gv_safe_signer_as_named(&signer, safe);

	gv_secret_release(&signer);
	return r;
}

static const struct gv_identity *
find_signer(const struct gv_safe_file *file)
{
	size_t i;

	for (i = 0; i < file->ids.n; i++)
		if (file->ids.all[i].kind == GV_IDENTITY_X25519 ||
		    file->ids.all[i].kind == GV_IDENTITY_SSH)
			return &file->ids.all[i];
	return NULL;
}

/* Not an ssh key by itself: people replace those without a thought, and all
 * would hang on it. */
int
gv_safe_own_identity(
    const struct gv_identity **out, const char **path, struct gv_safe *safe)
{
	const struct gv_identity *const *with;
	size_t i, n;
	int r = gv_safe_identities_at_hand(&with, &n, safe);

	*out = NULL;
	*path = NULL;
	for (i = 0; r == 0 && *out == NULL && i < safe->n_files; i++) {
		struct gv_safe_file *file = &safe->files[i];

		if (file->is_ssh || file->is_other)
			continue;
		if (file->is_sealed)
			r = gv_safe_ask(safe);
		if (r >= 0)
			r = file->is_sealed ? say_where(safe) : 0;
		*out = find_signer(file);
		if (file->is_default && file->ids.n == 0)
			*path = file->path;
	}
	if (r < 0 || *out || *path)
		return r;
	return gv_err(GV_EREFUSED,
	    safe->n_files
		? "%s has no age or ssh key that can sign a keyring; name "
		  "another file by GIT_VAULT_IDENTITY"
		: "there is no %s for an identity; name an identity file by "
		  "GIT_VAULT_IDENTITY",
	    safe->n_files ? safe->files[0].path : "home");
}

int
gv_safe_add_identity(
    struct gv_safe *safe, const char *path, struct gv_identity *id)
{
	size_t i;
	int r = GV_ENOMEM;

	pthread_mutex_lock(&safe->lock);
	for (i = 0; i < safe->n_files; i++)
		if (safe->files[i].path == path)
			break;
	safe->files[i].ids.all = malloc(sizeof(*id));
	if (safe->files[i].ids.all) {
		safe->files[i].ids.all[0] = *id;
		safe->files[i].ids.n = safe->files[i].ids.cap = 1;
		memset(id, 0, sizeof(*id));
		r = gather(safe);
	} else {
		gv_err_nomem();
	}
	pthread_mutex_unlock(&safe->lock);
	return r;
}

void
gv_safe_release_files(struct gv_safe *safe)
{
	size_t i;

	for (i = 0; i < safe->n_files; i++)
		gv_identity_list_release(&safe->files[i].ids);
}

/* What cannot be read now has no plugin that the user is known to use. */
bool
gv_safe_has_plugin(void *ctx, const char *name)
{
	const struct gv_identity *const *ids;
	char *before = gv_err_save();
	size_t i, n;
	bool has = false;

	if (gv_safe_identities_at_hand(&ids, &n, ctx) == 0)
		for (i = 0; i < n && !has; i++)
			has =
			    ids[i]->plugin && strcmp(ids[i]->plugin, name) == 0;
	gv_err_restore(before);
	return has;
}
