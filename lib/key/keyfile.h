#ifndef GV_KEYFILE_H
#define GV_KEYFILE_H
/*
 * Files of identities on this host: where they are looked for, read into memory
 * that nobody else sees, and made; in clear, or wrapped by a service's key.
 * What is in one is for crypto/identity.h, what a wrapped one says for
 * backend_wrapped.h.
 *
 *	r = gv_keyfile_default(&path);
 *	r = gv_keyfile_read(&ids, &look, path.p, &with);
 *	r = gv_keyfile_make(&id, path.p, now, NULL);
 */

#include <stdbool.h>
#include <stdint.h>

#include "crypto/identity.h"

struct gv_buf;
struct gv_keyring;
struct gv_policy_vault;

#define GV_KEYFILE_MAX ((size_t)256 * 1024) /* bytes of a file */

#define GV_KEYFILE_NAME "git-vault/identity" /* in ~/.config */
#define GV_KEYFILE_SSH  "~/.ssh/id_ed25519"
#define GV_KEYFILE_OLD  ".old-" /* behind a path, before a time */
#define GV_KEYFILE_NEW  ".new"  /* behind a path */

/* Append the path of this host's own. 0; GV_ENOTFOUND where there is no home.
 */
int gv_keyfile_default(struct gv_buf *out);

/* Append the paths of those that `path` has replaced, PATH.old-TIME, and of the
 * one that is about to replace it, PATH.new, a NUL behind each. 0, also where
 * there are none, or GV_ENOMEM. */
int gv_keyfile_others(struct gv_buf *out, const char *path);

/* Append the bytes of a file that holds secrets ("-": of stdin, which is read
 * once in one run of the program, however often it is named). 0;
 * GV_ENOTFOUND, GV_EREFUSED where it is too large, GV_ERROR, GV_ENOMEM. */
int gv_keyfile_bytes(struct gv_secret *out, bool *exposed, const char *path);

/* What is seen of a file that is read, also where it is not opened. */
struct gv_keyfile_look {
	bool is_exposed; /* others than its owner can read it */
	bool is_wrapped;
};

/* By what one is opened that is not in clear. */
struct gv_keyfile_with {
	gv_identity_ask *ask; /* for a passphrase; NULL: there is nobody */
	void *ctx;
	bool services; /* ask the one that wrapped it */
};

/* Append the identities of a file; with NULL only of one in clear. As
 * gv_identity_list_read(), GV_ENOKEY where it takes what there is not;
 * GV_ENOTFOUND, GV_EREFUSED, GV_ERROR where the file cannot be read; of a
 * wrapped one as gv_keyfile_unwrap(). Messages begin with the path. Those
 * of plugins have no runner. */
int gv_keyfile_read(struct gv_identity_list *out, struct gv_keyfile_look *look,
    const char *path, const struct gv_keyfile_with *with);

/* Append the file that is wrapped in a text. In one run of the program the
 * service is asked once for each, from any thread. As
 * gv_backend_wrapped_open(). */
int gv_keyfile_unwrap(struct gv_secret *out, const struct gv_secret *wrapped);

/* Append what came in on stdin; from any thread. As gv_keyfile_bytes(). */
int gv_keyfile_input(struct gv_secret *out);

/* Wipe what was unwrapped, and what came in. */
void gv_keyfile_forget(void);

/* Write a secret text to a new file that nobody else can read, in a directory
 * of which the same is true where it is new, durably. 0; GV_EEXISTS where
 * something has that name, which stays; GV_EREFUSED where it cannot be made
 * there; GV_ENOMEM. */
int gv_keyfile_put(const char *path, const struct gv_secret *text);

/* Write an identity of X25519 so, wrapped by a vault; NULL: in clear. Also as
 * gv_backend_wrapped_make(), and no file is there then. */
int gv_keyfile_write(const char *path, const struct gv_identity *id,
    int64_t now, const struct gv_policy_vault *vault);

/* The same with a new identity, which *out is set to. */
int gv_keyfile_make(struct gv_identity *out, const char *path, int64_t now,
    const struct gv_policy_vault *vault);

/* Append the key that the user's word stands for: a recipient or a line of an
 * ssh key, or else the first line of that file that is not a comment. 0;
 * GV_ENOTFOUND, GV_ECORRUPT, GV_EREFUSED, GV_ENOMEM. */
int gv_keyfile_key(struct gv_buf *out, const char *word);

/* Append what a keyring calls this user on this host: user@host, in characters
 * that a name may have. 0 or GV_ENOMEM. */
int gv_keyfile_name(struct gv_buf *out);

/* Whether the vault went with a key: this user on this host, by that name, is
 * the only one of its keyring who decrypts, apart from an escrow, and no
 * identity file is here, nor a key of ssh that is in the keyring. Nobody is
 * asked. 0 with the answer, or GV_ENOMEM. (keyfile_lost.c) */
int gv_keyfile_is_lost(bool *out, const struct gv_keyring *keyring);

/* Append the command by which an owner adds this host to the keyring, by the
 * address that git has of its user, else by the name above: its recipient, and
 * the key that it signs by (NULL or "": none). 0 or
 * GV_ENOMEM. */
int
gv_keyfile_add_command(struct gv_buf *out, const char *key, const char *signer);

#endif
