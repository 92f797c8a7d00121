#ifndef GV_IDENTITY_H
#define GV_IDENTITY_H
/*
 * Who opens a file: a secret key of age or ssh, a passphrase, or what a plugin
 * looks for; and the files that such are kept in.
 *
 *	struct gv_identity id = GV_IDENTITY_INIT;
 *	r = gv_identity_parse(&id, line, len);
 *	gv_identity_release(&id);
 */

#include <stddef.h>

#include "crypto/age.h"
#include "crypto/secret.h"

struct gv_plugin_runner;
struct gv_recipient;

enum gv_identity_kind {
	GV_IDENTITY_NONE,
	GV_IDENTITY_X25519,
	GV_IDENTITY_SSH,
	GV_IDENTITY_PASSPHRASE,
	GV_IDENTITY_PLUGIN,
};

struct gv_identity {
	enum gv_identity_kind kind;
	/* by kind: a struct gv_x25519_own; the passphrase; the plugin's text */
	struct gv_secret secret;
	struct gv_secret ssh; /* of ssh: the GV_SSH_PRIVATE bytes, to sign by */
	unsigned most;        /* of a passphrase: work factor that is read */
	char *plugin;         /* the plugin's name */
	const struct gv_plugin_runner *runner; /* borrowed; NULL: nobody */
};

#define GV_IDENTITY_INIT                                                       \
	{                                                                      \
		.kind = GV_IDENTITY_NONE                                       \
	}

/* A new one of X25519. 0, GV_ENOMEM, GV_ERROR. */
int gv_identity_new(struct gv_identity *out);

/* Read `AGE-SECRET-KEY-1…` or `AGE-PLUGIN-NAME-1…`. 0; GV_EREFUSED for kinds
 * that we cannot open by; GV_ECORRUPT; GV_ENOMEM. Messages repeat nothing of
 * the text. `out` is set by success, and then to be released. */
int gv_identity_parse(struct gv_identity *out, const char *text, size_t len);

/* The private key in a file of ssh-keygen. As gv_ssh_private(). */
int gv_identity_ssh(struct gv_identity *out, const char *text, size_t len);

/* Whoever knows a passphrase; `most` is GV_SCRYPT_WORK_MAX or what the caller
 * bears. 0, GV_EUSAGE for an empty one, GV_ENOMEM. */
int gv_identity_passphrase(
    struct gv_identity *out, const void *passphrase, size_t len, unsigned most);

/* Append the text of one of X25519. 0; GV_EREFUSED for other kinds; GV_ENOMEM.
 */
int gv_identity_format(struct gv_secret *out, const struct gv_identity *id);

/* Whom to seal for so that this one opens it. 0; GV_EREFUSED for a passphrase
 * and a plugin, which only they themselves tell; GV_ENOMEM. */
int
gv_identity_recipient(struct gv_recipient *out, const struct gv_identity *id);

/* Append the GV_SIGN_KEY bytes that this one signs by (sign.h), so that who has
 * it needs no other key: those of an ssh key are its own, those of X25519 come
 * of the seed BLAKE2b-256("git-vault signer") keyed by the secret. 0;
 * GV_EREFUSED for other kinds; GV_ENOMEM. */
int gv_identity_signer(struct gv_secret *out, const struct gv_identity *id);

/* Open a stanza. 0; GV_ENOTFOUND without a message where it is not for this
 * one; GV_ECORRUPT where it is malformed; GV_EREFUSED, GV_ENOMEM. */
int gv_identity_unwrap(unsigned char key[GV_AGE_KEY],
    const struct gv_identity *id, const struct gv_stanza *s);

/* NULL-safe, zeroed ok; wipes. */
void gv_identity_release(struct gv_identity *id);

/* ---- files of them ---- */

struct gv_identity_list {
	struct gv_identity *all;
	size_t n, cap;
};

#define GV_IDENTITY_LIST_INIT                                                  \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

/* Asks for the passphrase of an identity file: appends it to `out` and returns
 * 0, or negative to give up, which the caller gets. */
typedef int gv_identity_ask(void *ctx, struct gv_secret *out);

/* Append those of a file: lines of identities, empty lines and comments after
 * #; or one private key of ssh; or such a file sealed by age with a passphrase,
 * in armor or not, for which `ask` is called once (GV_ENOKEY where it is NULL).
 * 0; GV_ECORRUPT and GV_EREFUSED with the line; GV_ENOKEY also for the wrong
 * passphrase; GV_ENOMEM; with `out` as it was. */
int gv_identity_list_read(struct gv_identity_list *out, const char *text,
    size_t len, gv_identity_ask *ask, void *ctx);

/* NULL-safe, zeroed ok; wipes. */
void gv_identity_list_release(struct gv_identity_list *ids);

#endif
