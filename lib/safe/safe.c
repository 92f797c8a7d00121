#include "safe/safe.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "safe/safe_internal.h"
#include "safe/safe_scopes.h"
#include "safe/safe_who.h"
#include "safe/safe_writer.h"
#include "seal/seal.h"

static int
load(struct gv_safe *safe)
{
	struct gv_keyring_kept kept;
	int r = gv_keyring_load(&kept, safe->repo);

	if (r != GV_ENOTFOUND)
		safe->was_seen = true;
	if (r < 0)
		return r;
	gv_keyring_kept_release(&safe->kept);
	safe->kept = kept;
	safe->has_keyring = true;
	gv_safe_keys_forget(safe);
	safe->news.is_first_seen |= kept.is_new;
	safe->news.print = safe->kept.print;
	return 0;
}

/* A keyring that is gone or was set back may have come with a fetch. */
static int
begin(struct gv_safe *safe)
{
	char *why;
	int r = gv_repo_odb(safe->repo, &safe->odb), merged;

	if (r < 0 || (r = gv_safe_find_files(safe)) < 0)
		return r;
	r = load(safe);
	if (r == GV_ENOMEM)
		return r;
	why = gv_err_save();
	merged = gv_safe_merge(safe);
	gv_err_restore(why);
	if (merged < 0)
		return gv_err_nomem();
	return safe->has_keyring || r == GV_ENOTFOUND ? 0 : r;
}

int
gv_safe_open(
    struct gv_safe **out, struct gv_repo *repo, const struct gv_safe_opts *opts)
{
	struct gv_safe *safe = calloc(1, sizeof(*safe));
	int r;

	if (safe == NULL)
		return gv_err_nomem();
	safe->repo = repo;
	safe->opts = *opts;
	safe->arena = (struct gv_arena)GV_ARENA_INIT;
	gv_plugin_dialog_init(&safe->talk, repo, gv_safe_has_plugin, safe);
	pthread_mutex_init(&safe->lock, NULL);
	pthread_mutex_init(&safe->key_lock, NULL);
	pthread_mutex_init(&safe->vault_lock, NULL);
	r = begin(safe);
	safe->opts.given = NULL;
	if (r == 0)
		*out = safe;
	else
		gv_safe_close(safe);
	return r;
}

void
gv_safe_forget_scopes(struct gv_safe *safe)
{
	while (safe->n_scopes > 0)
		gv_safe_scope_free(safe->scopes[--safe->n_scopes]);
	gv_refs_release(&safe->refs);
	memset(&safe->refs, 0, sizeof(safe->refs));
	safe->refs_found = false;
}

int
gv_safe_reload(struct gv_safe *safe)
{
	int r = gv_odb_refresh(safe->odb);

	if (r == 0 && (r = load(safe)) == 0)
		gv_safe_forget_scopes(safe);
	return r;
}

int
gv_safe_look_again(bool *is_outdated, struct gv_safe *safe)
{
	static const struct gv_oid none;
	const struct gv_oid had =
	    safe->has_keyring ? safe->kept.ledger.tip : none;
	struct gv_oid tip;
	int r = gv_repo_odb(safe->repo, &safe->odb);

	gv_safe_forget_scopes(safe);
	if (r == 0 && (r = gv_safe_merge(safe)) == 0)
		r = gv_keyring_tip(&tip, safe->repo);
	if (r == GV_ENOTFOUND) {
		tip = none;
		r = 0;
	}
	/* also where the merge has loaded it: the key of ids may be another */
	*is_outdated = r == 0 && !gv_oid_equal(&tip, &had);
	return r;
}

void
gv_safe_close(struct gv_safe *safe)
{
	if (safe == NULL)
		return;
	gv_safe_forget_scopes(safe);
	free(safe->scopes);
	gv_safe_release_files(safe);
	gv_secret_release(&safe->idkey);
	gv_safe_keys_free(safe);
	gv_keyring_kept_release(&safe->kept);
	gv_plugin_dialog_release(&safe->talk);
	gv_arena_release(&safe->arena);
	pthread_mutex_destroy(&safe->lock);
	pthread_mutex_destroy(&safe->key_lock);
	gv_safe_release_vaults(safe);
	pthread_mutex_destroy(&safe->vault_lock);
	free(safe);
}

const struct gv_keyring_kept *
gv_safe_keyring(const struct gv_safe *safe)
{
	return safe->has_keyring ? &safe->kept : NULL;
}

const struct gv_safe_news *
gv_safe_news(const struct gv_safe *safe)
{
	return &safe->news;
}

int
gv_safe_note_untold(struct gv_safe *safe, const char *done)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_buf_addf(&text, "%s, but %s", done, gv_err_message());
	safe->news.untold = gv_buf_check(&text) < 0
	    ? NULL
	    : gv_arena_copy(&safe->arena, text.p, text.len);
	gv_buf_release(&text);
	return safe->news.untold ? 0 : gv_err_nomem();
}

int
gv_safe_is_of_one(bool *out, struct gv_safe *safe)
{
	const struct gv_keyring *k = &safe->kept.keyring;
	const char *const *scopes;
	size_t i, n, readers = 0;
	int r = gv_safe_scopes(&scopes, &n, safe);

	for (i = 0; safe->has_keyring && i < k->n_recipients; i++)
		readers += k->recipients[i].role != GV_KEYRING_WRITER;
	if (r == 0)
		*out = n > 0 && readers == 1;
	return r;
}

uint64_t
gv_safe_sealed(const struct gv_safe *safe)
{
	return safe->sealed;
}

int
gv_safe_prepare(struct gv_safe *safe)
{
	int r = safe->has_keyring ? 0 : gv_safe_make(safe);

	safe->makes_key = true;
	return r < 0 ? r : gv_safe_need_idkey(safe, true);
}

int
gv_safe_prepare_names(struct gv_safe *safe)
{
	return gv_safe_need_idkey(safe, false);
}
