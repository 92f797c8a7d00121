#include "audit/audit_signers.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/audit_internal.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "crypto/sha.h"
#include "crypto/ssh.h"
#include "key/keyfile.h"
#include "key/keyring_store.h"

const struct gv_audit_signer *
gv_audit_signers_find(
    const struct gv_audit_signers *of, const unsigned char key[GV_SIGN_PUBLIC])
{
	size_t i;

	for (i = 0; i < of->n; i++)
		if (memcmp(of->all[i].key, key, GV_SIGN_PUBLIC) == 0)
			return &of->all[i];
	return NULL;
}

/* The first who has it is who it is. */
static int
add(struct gv_audit_signers *to, const struct gv_audit_signer *who)
{
	struct gv_audit_signer one = *who;
	int r;

	if (gv_audit_signers_find(to, who->key))
		return 0;
	if ((r = GV_GROW(to->all, to->n, to->cap)) < 0)
		return r;
	if (who->name) {
		one.name =
		    gv_arena_copy(&to->arena, who->name, strlen(who->name));
		if (one.name == NULL)
			return GV_ENOMEM;
	}
	to->all[to->n++] = one;
	return 0;
}

/* All keys that a recipient may sign with: the keyring names the key with which
 * an owner signs versions; they may sign events with another of their keys. */
static int
add_recipient(struct gv_audit_signers *to,
    const struct gv_keyring_recipient *who, struct gv_audit_signer *one)
{
	const char *const keys[] = { who->signer, who->verifier, who->key };
	size_t i;
	int r = 0;

	one->name = who->name;
	one->is_writer = who->role == GV_KEYRING_WRITER;
	one->voice = gv_keyring_voice(&to->arena, who);
	if (one->voice == NULL)
		return GV_ENOMEM;
	for (i = 0; r == 0 && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i] && gv_ssh_is_public(keys[i], strlen(keys[i])) &&
		    gv_ssh_public(one->key, keys[i], strlen(keys[i])) == 0)
			r = add(to, one);
	return r;
}

static int
keep_scopes(struct gv_audit_signers *to, const struct gv_keyring *k)
{
	const struct gv_keyring_recipient all = { .role = GV_KEYRING_READER,
		.scopes = k->scopes,
		.n_scopes = k->n_scopes };

	to->scopes = gv_keyring_voice(&to->arena, &all);
	return to->scopes ? 0 : GV_ENOMEM;
}

static int
add_version(void *ctx, const struct gv_keyring *k)
{
	struct gv_audit_signers *to = ctx;
	struct gv_audit_signer one = { .who = to->newer ? GV_AUDIT_WHO_FORMER
							: GV_AUDIT_WHO_KEYRING,
		.until = to->newer };
	size_t i;
	int r = to->scopes ? 0 : keep_scopes(to, k);

	for (i = 0; r == 0 && i < k->n_recipients; i++)
		r = add_recipient(to, &k->recipients[i], &one);
	to->newer = k->time;
	/* the last that comes is version 1 */
	gv_keyring_print(to->print, k->digest);
	return r;
}

bool
gv_audit_signers_is_here(const struct gv_audit_signers *of,
    const struct gv_repo *repo, const struct gv_audit_entry *e)
{
	if (*of->print == '\0')
		return true;
	return e->keyring &&
	    (strcmp(e->keyring, of->print) == 0 ||
		gv_keyring_pin_was(repo, e->keyring));
}

bool
gv_audit_signers_is_adoption(
    const struct gv_audit_signers *of, const struct gv_audit_entry *e)
{
	const struct gv_audit_signer *who;

	if (*of->print == '\0' || !e->is_signed || e->keyring == NULL ||
	    strcmp(e->what, GV_AUDIT_KEY_ADOPT) != 0 ||
	    strcmp(e->keyring, of->print) != 0)
		return false;
	who = gv_audit_signers_find(of, e->key);
	return who &&
	    (who->who == GV_AUDIT_WHO_KEYRING ||
		who->who == GV_AUDIT_WHO_FORMER);
}

bool
gv_audit_signers_speaks(const struct gv_audit_signers *of,
    const struct gv_audit_signer *who, const char *env)
{
	const bool is_scope =
	    of->scopes && gv_keyring_voice_has(of->scopes, env);

	return who->voice &&
	    gv_keyring_voice_has(
		who->voice, is_scope ? env : GV_KEYRING_SHARED);
}

bool
gv_audit_signers_own(unsigned char key[GV_SIGN_PUBLIC])
{
	struct gv_secret own = GV_SECRET_INIT;
	bool signs;

	gv_audit_signer_find(&own);
	signs = own.len > 0;
	if (signs)
		gv_sign_public(key, &own);
	gv_secret_release(&own);
	return signs;
}

static int
add_own(struct gv_audit_signers *to)
{
	struct gv_audit_signer one = { .who = GV_AUDIT_WHO_HOST };

	return gv_audit_signers_own(one.key) ? add(to, &one) : 0;
}

int
gv_audit_signers_load(struct gv_audit_signers *out, struct gv_repo *repo)
{
	char *before = gv_err_save();
	int r = gv_keyring_each(repo, add_version, out);

	if (r == GV_EREFUSED || r == GV_ECORRUPT) {
		const char *why = gv_err_message();

		out->print[0] = '\0';
		out->why = gv_arena_copy(&out->arena, why, strlen(why));
		r = out->why ? 0 : GV_ENOMEM;
	}
	if (r == 0 || r == GV_ENOTFOUND) {
		gv_err_restore(before);
		return add_own(out);
	}
	free(before);
	return r;
}

int
gv_audit_signers_add(struct gv_audit_signers *to, const char *word)
{
	struct gv_audit_signer one = { .who = GV_AUDIT_WHO_GIVEN };
	struct gv_buf line = GV_BUF_INIT;
	int r = gv_keyfile_key(&line, word);

	if (r == 0 && !gv_ssh_is_public(line.p, line.len))
		r = gv_err(GV_EUSAGE,
		    "%s cannot sign: give the second line that `git vault key "
		    "generate` prints, ssh-ed25519 …",
		    line.p);
	if (r == 0 && (r = gv_ssh_public(one.key, line.p, line.len)) == 0)
		r = add(to, &one);
	gv_buf_release(&line);
	return r;
}

void
gv_audit_signers_release(struct gv_audit_signers *of)
{
	if (of == NULL)
		return;
	free(of->all);
	gv_arena_release(&of->arena);
	memset(of, 0, sizeof(*of));
}

void
gv_audit_signers_print(
    char out[GV_KEYRING_PRINT], const unsigned char key[GV_SIGN_PUBLIC])
{
	unsigned char wire[GV_SSH_WIRE], sum[GV_SHA_BYTES];

	gv_ssh_wire(wire, key);
	gv_sha_sum(sum, wire, sizeof(wire));
	gv_keyring_print(out, sum);
}
