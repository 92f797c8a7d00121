#ifndef GV_AUDIT_SIGNERS_H
#define GV_AUDIT_SIGNERS_H
/*
 * Whose keys the signatures of an audit chain are: those that the keyring has,
 * or had once, those of this host, and those that the caller knows. An owner
 * signs by what a line 'signer' names, a key of ssh signs by itself, and of who
 * reads by a key of age a line 'verifier' says by what.
 *
 *	r = gv_audit_signers_load(&all, repo);
 *	r = gv_audit_signers_add(&all, "ssh-ed25519 AAAA…");
 *	who = gv_audit_signers_find(&all, e->key);
 *	gv_audit_signers_release(&all);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "crypto/sign.h"
#include "key/keyring.h"

struct gv_audit_entry;
struct gv_repo;

enum gv_audit_who {
	GV_AUDIT_WHO_KEYRING, /* the keyring has it */
	GV_AUDIT_WHO_FORMER,  /* it had it, until a time */
	GV_AUDIT_WHO_HOST,    /* this host signs by it */
	GV_AUDIT_WHO_GIVEN,   /* the caller named it */
	GV_AUDIT_WHO_NOBODY,  /* never found */
};

struct gv_audit_signer {
	unsigned char key[GV_SIGN_PUBLIC];
	enum gv_audit_who who;
	const char *name;  /* in the keyring; else NULL */
	bool is_writer;    /* the keyring has it as a write-only key */
	const char *voice; /* for which scopes they decide; see keyring.h */
	int64_t until;     /* of GV_AUDIT_WHO_FORMER: seconds since 1970 */
};

struct gv_audit_signers {
	struct gv_audit_signer *all;
	size_t n, cap;
	const char *why; /* why the keyring is not trusted; NULL: it is */
	/* of the keyring, each with a blank after it; or NULL */
	const char *scopes;
	/* the fingerprint of the keyring, by which events name the vault; ""
	 * where there is none, or none that is trusted */
	char print[GV_KEYRING_PRINT];
	struct gv_arena arena;
	int64_t newer; /* private: the time of the version above */
};

#define GV_AUDIT_SIGNERS_INIT                                                  \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* Find those of the keyring, all its versions, and of this host. A keyring that
 * is refused is no failure, but `why`. 0; GV_ENOMEM; GV_ERROR. */
int gv_audit_signers_load(struct gv_audit_signers *out, struct gv_repo *repo);

/* Add a key that the caller knows: a line of an ssh key, or a file of such
 * lines. As gv_keyfile_key(), and GV_EUSAGE if the key cannot sign. */
int gv_audit_signers_add(struct gv_audit_signers *to, const char *word);

/* Who it is; NULL: nobody. */
const struct gv_audit_signer *gv_audit_signers_find(
    const struct gv_audit_signers *of, const unsigned char key[GV_SIGN_PUBLIC]);

/* Whether a member decides about an environment: owners do, and those who may
 * read its secrets. */
bool gv_audit_signers_speaks(const struct gv_audit_signers *of,
    const struct gv_audit_signer *who, const char *env);

/* Whether an event says that it is of this vault: it names the keyring, or one
 * that this clone has used before. One person signs with one key in several
 * vaults, so the key does not tell. Without a keyring every event is. */
bool gv_audit_signers_is_here(const struct gv_audit_signers *of,
    const struct gv_repo *repo, const struct gv_audit_entry *e);

/* Whether an event says that its clone has adopted the keyring of this vault,
 * signed by somebody whom that has: all before it in the chain is of this
 * vault, too. */
bool gv_audit_signers_is_adoption(
    const struct gv_audit_signers *of, const struct gv_audit_entry *e);

/* The key by which this host signs what it tells: that of the first identity at
 * hand. False: it signs by none. */
bool gv_audit_signers_own(unsigned char key[GV_SIGN_PUBLIC]);

/* Append the GV_SIGN_KEY bytes of that identity, which is at hand without
 * asking anybody; nothing where there is none. (audit_signer.c) */
void gv_audit_signer_find(struct gv_secret *out);

/* Free; NULL-safe, zeroed ok. */
void gv_audit_signers_release(struct gv_audit_signers *of);

/* The fingerprint of a key, as ssh-keygen -l shows it. */
void gv_audit_signers_print(
    char out[GV_KEYRING_PRINT], const unsigned char key[GV_SIGN_PUBLIC]);

#endif
