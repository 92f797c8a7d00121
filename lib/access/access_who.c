#include "access/access_who.h"

#include <stdlib.h>
#include <string.h>

#include "audit/receipt_commit.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "key/keyring_store.h"
#include "object/odb.h"
#include "repo/repo.h"
#include "safe/safe_who.h"

static int
add_people(struct gv_access_who *out, const struct gv_keyring *k)
{
	struct gv_access_person *one;
	size_t i;

	for (i = 0; i < k->n_recipients; i++) {
		const struct gv_keyring_recipient *who = &k->recipients[i];

		if (GV_GROW(out->people, out->n, out->cap) < 0)
			return gv_err_nomem();
		one = &out->people[out->n];
		one->role = who->role;
		one->name =
		    gv_arena_copy(&out->arena, who->name, strlen(who->name));
		if (one->name == NULL)
			return gv_err_nomem();
		out->n++;
	}
	return 0;
}

static int
load_people(struct gv_access_who *out, struct gv_repo *repo)
{
	struct gv_keyring_kept kept;
	char *before = gv_err_save();
	int r = gv_keyring_load(&kept, repo);

	if (r == 0) {
		r = add_people(out, &kept.keyring);
		gv_keyring_kept_release(&kept);
	} else if (r == GV_ENOTFOUND || r == GV_EREFUSED || r == GV_ECORRUPT) {
		const char *why = r == GV_ENOTFOUND ? "there is no keyring here"
						    : gv_err_message();

		out->why = gv_arena_copy(&out->arena, why, strlen(why));
		r = out->why ? 0 : GV_ENOMEM;
	}
	return gv_err_settle(r, before);
}

static const char *
name_of(const struct gv_access_who *who, const unsigned char *key)
{
	const struct gv_audit_signer *s =
	    gv_audit_signers_find(&who->signers, key);

	return s && s->who == GV_AUDIT_WHO_KEYRING ? s->name : NULL;
}

int
gv_access_who_load(struct gv_access_who *out, struct gv_repo *repo)
{
	unsigned char own[GV_SIGN_PUBLIC];
	int r;

	*out = (struct gv_access_who){ .signers = GV_AUDIT_SIGNERS_INIT,
		.arena = GV_ARENA_INIT };
	if ((r = load_people(out, repo)) < 0 ||
	    (r = gv_audit_signers_load(&out->signers, repo)) < 0)
		return r;
	if (out->why == NULL && gv_audit_signers_own(own))
		out->self = name_of(out, own);
	return 0;
}

int
gv_access_who_signed(const char **name, const struct gv_access_who *who,
    struct gv_odb *odb, const struct gv_oid *commit)
{
	struct gv_receipt_commit c = GV_RECEIPT_COMMIT_INIT;
	struct gv_object obj = { 0 };
	struct gv_sign sign;
	char *before = gv_err_save();
	int r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT);

	*name = NULL;
	if (r == 0)
		r = gv_receipt_commit_parse(
		    &c, (const char *)obj.data, obj.len);
	if (r == 0 && c.signature.len &&
	    gv_sign_parse(&sign, "git", c.signature.p, c.signature.len) == 0 &&
	    gv_sign_check(&sign, "git", c.bytes.p, c.bytes.len) == 0)
		*name = name_of(who, sign.key);
	gv_receipt_commit_release(&c);
	gv_object_release(&obj);
	return gv_err_settle(r, before);
}

int
gv_access_who_named(
    const char **name, const struct gv_access_who *who, struct gv_safe *safe)
{
	struct gv_secret signer = GV_SECRET_INIT;
	unsigned char key[GV_SIGN_PUBLIC];
	int r;

	*name = who->self;
	if (safe == NULL)
		return 0;
	r = gv_safe_signer_as_named(&signer, safe);
	*name = NULL;
	if (r == 0 && signer.len) {
		gv_sign_public(key, &signer);
		*name = name_of(who, key);
	}
	gv_secret_release(&signer);
	return r;
}

void
gv_access_who_release(struct gv_access_who *who)
{
	if (who == NULL)
		return;
	free(who->people);
	gv_audit_signers_release(&who->signers);
	gv_arena_release(&who->arena);
	memset(who, 0, sizeof(*who));
}
