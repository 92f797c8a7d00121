#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/age.h"
#include "crypto/recipient.h"
#include "crypto/secret.h"
#include "key/keyring_store.h"
#include "safe/deposit.h"
#include "safe/safe.h"
#include "safe/safe_who.h"

static bool
reads_all(const struct gv_keyring *k, const struct gv_keyring_recipient *who,
    const char *const *scopes, size_t n)
{
	size_t i;

	if (who->role == GV_KEYRING_WRITER)
		return false;
	for (i = 0; i < n; i++)
		if (gv_keyring_has_scope(k, scopes[i])
			? !gv_keyring_reads(who, scopes[i])
			: !who->all)
			return false;
	return true;
}

int
gv_deposit_seal(struct gv_secret *out, const struct gv_safe *safe,
    const char *const *scopes, size_t n, const struct gv_secret *text)
{
	const struct gv_keyring_kept *kept = gv_safe_keyring(safe);
	const struct gv_recipient **to = NULL;
	struct gv_recipient *all = NULL;
	struct gv_buf file = GV_BUF_INIT;
	size_t i, n_to = 0;
	int r = 0;

	if (kept == NULL)
		return gv_err(
		    GV_EREFUSED, "there is no keyring to encrypt for");
	all = calloc(kept->keyring.n_recipients, sizeof(*all));
	to = calloc(kept->keyring.n_recipients, sizeof(*to));
	if (all == NULL || to == NULL)
		r = gv_err_nomem();
	for (i = 0; r == 0 && i < kept->keyring.n_recipients; i++) {
		const struct gv_keyring_recipient *who =
		    &kept->keyring.recipients[i];

		if (!reads_all(&kept->keyring, who, scopes, n))
			continue;
		r = gv_recipient_parse(&all[n_to], who->key, strlen(who->key));
		if (r == 0) {
			to[n_to] = &all[n_to];
			n_to++;
		}
	}
	if (r == 0 && n_to == 0)
		r = gv_err(GV_EREFUSED,
		    "nobody may read all of these scopes; export one at a "
		    "time");
	if (r == 0 &&
	    (r = gv_age_seal(&file, to, n_to, text->p, text->len)) == 0)
		r = gv_secret_add(out, file.p, file.len);
	for (i = 0; i < n_to; i++)
		gv_recipient_release(&all[i]);
	free(all);
	free(to);
	gv_buf_release(&file);
	return r;
}

int
gv_deposit_unseal(
    struct gv_secret *out, struct gv_safe *safe, const struct gv_secret *file)
{
	const struct gv_identity *const *ids;
	size_t n;
	int r = gv_safe_identities(&ids, &n, safe);

	return r < 0 ? r : gv_age_open(out, ids, n, file->p, file->len, NULL);
}
