#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/age.h"
#include "crypto/recipient.h"
#include "crypto/secret.h"
#include "key/idkey.h"
#include "key/keyring_store_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"

struct recipients {
	struct gv_recipient *all;
	const struct gv_recipient **to;
	size_t n;
};

static void
release(struct recipients *rs)
{
	size_t i;

	for (i = 0; i < rs->n; i++)
		gv_recipient_release(&rs->all[i]);
	free(rs->all);
	free(rs->to);
}

static int
read_recipients(struct recipients *rs, const struct gv_keyring *k,
    const struct gv_plugin_runner *runner)
{
	int r = 0;

	rs->all = calloc(k->n_recipients, sizeof(*rs->all));
	rs->to = calloc(k->n_recipients, sizeof(*rs->to));
	if (rs->all == NULL || rs->to == NULL)
		return gv_err_nomem();
	while (r == 0 && rs->n < k->n_recipients) {
		const struct gv_keyring_recipient *who = &k->recipients[rs->n];
		struct gv_recipient *to = &rs->all[rs->n];

		r = gv_recipient_parse(to, who->key, strlen(who->key));
		if (r == 0) {
			to->runner = runner;
			rs->to[rs->n++] = to;
		}
		if (r < 0 && r != GV_ENOMEM)
			r = gv_err_in(r, "the recipient %s", who->name);
	}
	return r;
}

static bool
is_named(const struct gv_keyring *k, const struct gv_idkey *key)
{
	unsigned char sum[GV_IDKEY_SUM];

	gv_idkey_sum(sum, key);
	return memcmp(sum, k->idkey, sizeof(sum)) == 0;
}

int
gv_keyring_seal_idkey(struct gv_buf *out, const struct gv_keyring *k,
    const struct gv_idkey *key, const struct gv_plugin_runner *runner)
{
	struct recipients rs = { NULL, NULL, 0 };
	char text[GV_IDKEY_FILE];
	int r;

	if (!is_named(k, key))
		return gv_err(GV_EUSAGE,
		    "version %u of the keyring names another id key than %s",
		    k->version, key->name);
	r = read_recipients(&rs, k, runner);
	gv_idkey_write(text, key);
	if (r == 0)
		r = gv_age_seal(out, rs.to, rs.n, text, sizeof(text));
	explicit_bzero(text, sizeof(text));
	release(&rs);
	return r;
}

int
gv_keyring_open_idkey(struct gv_idkey *out, struct gv_repo *repo,
    const struct gv_keyring_kept *kept, const struct gv_identity *const *with,
    size_t n)
{
	struct gv_secret text = GV_SECRET_INIT;
	struct gv_object file = { 0 };
	struct gv_idkey key = { .name = "" };
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0 && gv_oid_is_zero(&kept->sealed))
		r = gv_err(GV_ECORRUPT, "it is not there");
	if (r == 0)
		r = gv_keyring_object(&file, odb, &kept->sealed, GV_OTYPE_BLOB,
		    GV_KEYRING_SEALED_MAX);
	if (r == GV_ENOTFOUND)
		r = gv_err(GV_ECORRUPT, "its object is missing");
	if (r == 0 &&
	    (r = gv_age_open(&text, with, n, file.data, file.len, NULL)) == 0 &&
	    (r = gv_idkey_read(&key, text.p, text.len)) == 0 &&
	    !is_named(&kept->keyring, &key))
		r = gv_err(GV_EREFUSED,
		    "it is not the one that version %u names: it was "
		    "exchanged; an owner must encrypt it again in a new "
		    "version",
		    kept->keyring.version);
	if (r == 0)
		*out = key;
	else if (r != GV_ENOMEM)
		r = gv_err_in(r, "the id key in the keyring");
	explicit_bzero(&key, sizeof(key));
	gv_object_release(&file);
	gv_secret_release(&text);
	return r;
}
