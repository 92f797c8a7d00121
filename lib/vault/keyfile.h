#ifndef GV_KEYFILE_H
#define GV_KEYFILE_H
/*
 * Files of identities on this host: where they are looked for, read into memory
 * that nobody else sees, and made. What is in one is for crypto/identity.h.
 *
 *	r = gv_keyfile_default(&path);
 *	r = gv_keyfile_read(&ids, &exposed, path.p, ask, ctx);
 *	r = gv_keyfile_make(&id, path.p, now);
 */

#include <stdbool.h>
#include <stdint.h>

#include "crypto/identity.h"

struct gv_buf;

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

/* Append the bytes of a file that holds secrets ("-": of stdin). 0;
 * GV_ENOTFOUND, GV_EREFUSED where it is too large, GV_ERROR, GV_ENOMEM. */
int gv_keyfile_bytes(struct gv_secret *out, bool *exposed, const char *path);

/* Append the identities of a file; `exposed` says whether others than its owner
 * can read it. As gv_identity_list_read(), GV_ENOKEY where it needs a
 * passphrase and there is no `ask`; and GV_ENOTFOUND, GV_EREFUSED, GV_ERROR
 * where the file cannot be read. Messages name the path. */
int gv_keyfile_read(struct gv_identity_list *out, bool *exposed,
    const char *path, gv_identity_ask *ask, void *ctx);

/* Write an identity of X25519 to a new file that nobody else can read, in a
 * directory of which the same is true where it is new, durably. 0; GV_EEXISTS
 * where something has that name, which stays; GV_EREFUSED where it cannot be
 * made there; GV_ENOMEM. */
int
gv_keyfile_write(const char *path, const struct gv_identity *id, int64_t now);

/* Write any secret text so. */
int gv_keyfile_put(const char *path, const struct gv_secret *text);

/* The same with a new one, which *out is set to. */
int gv_keyfile_make(struct gv_identity *out, const char *path, int64_t now);

#endif
