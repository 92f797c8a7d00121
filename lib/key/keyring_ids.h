#ifndef GV_KEYRING_IDS_H
#define GV_KEYRING_IDS_H
/*
 * The keys by which values are named, as a version of the keyring has them: who
 * has one can test guesses of what was named by it, so each goes to those alone
 * who may read what that is.
 *
 *	master.age		of the master, for owners and for who reads all
 *				scopes: those of scopes are derived from it
 *	scope-NAME.age		of a scope, for its readers
 *	idkey-NAME.age		of a recipient who does not have the master, and
 *				names by it what it may not read, such as CI
 *	idkeys, idkeys.sig	which files these are, signed by the owner who
 *				signed the version
 *
 * Each file holds keys of 32 bytes, the newest first, a line of 64 digits each;
 * in that of a scope those by which others name what is in it follow, with "+"
 * before each. Where a recipient is removed, what it could name gets a new key.
 *
 *	r = gv_keyring_ids_load(&ids, repo, kept);
 *	r = gv_keyring_ids_open(&keys, &ids, "scope-prod.age", with, n);
 *	gv_keyring_ids_release(&ids);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "repo/oid.h"
#include "key/keyring.h"

#define GV_KEYRING_IDS     "idkeys"
#define GV_KEYRING_IDS_SIG "idkeys.sig"
#define GV_KEYRING_MASTER  "master.age"

/* A name of a file of keys: the longest prefix, a name, and ".age". */
#define GV_KEYRING_IDS_NAME (6 + GV_KEYRING_NAME_MAX + sizeof(".age"))

struct gv_identity;
struct gv_keyring_kept;
struct gv_plugin_runner;
struct gv_repo;
struct gv_secret;

/* What a version lists. */
struct gv_keyring_ids {
	struct gv_repo *repo;
	struct gv_oid tree; /* of the version */
	struct gv_buf text; /* of the list; empty: it has none */
};

/* Read the list of a version, which must be signed as the version is. 0;
 * GV_ENOTFOUND where it has none; GV_EREFUSED; GV_ECORRUPT; GV_ENOMEM. To be
 * released in any case. */
int gv_keyring_ids_load(struct gv_keyring_ids *out, struct gv_repo *repo,
    const struct gv_keyring_kept *kept);

/* Free; zeroed ok. */
void gv_keyring_ids_release(struct gv_keyring_ids *ids);

/* Whether the list has such a file. */
bool gv_keyring_ids_has(const struct gv_keyring_ids *ids, const char *name);

/* Append the keys of a file, 32 bytes each, the newest first, and behind these,
 * of a scope, those by which others name what is in it; *own is how many come
 * before them. 0; GV_ENOTFOUND where the list has none of that name; GV_ENOKEY;
 * GV_EREFUSED where it is another one than the list says; GV_ECORRUPT;
 * GV_ENOMEM. */
int gv_keyring_ids_open(struct gv_secret *out, size_t *own,
    const struct gv_keyring_ids *ids, const char *name,
    const struct gv_identity *const *with, size_t n);

/* Visit the names of files that begin so: fn(ctx, name), the name of the scope
 * or the recipient. 0 or fn's negative value. */
int gv_keyring_ids_each(const struct gv_keyring_ids *ids, const char *prefix,
    int (*fn)(void *ctx, const char *name), void *ctx);

/* Append the key that another one leads to: of a scope, or of a recipient; with
 * `version` 0 it is the first one of a scope that no keyring names. 0 or
 * GV_ENOMEM. */
int gv_keyring_ids_derive(struct gv_secret *out, const unsigned char *from,
    const char *kind, const char *name, unsigned version);

/* A file to be kept. */
struct gv_keyring_entry {
	char name[GV_KEYRING_IDS_NAME];
	struct gv_buf bytes;
};

struct gv_keyring_entries {
	struct gv_keyring_entry *list;
	size_t n, cap;
};

/* How the files of the next version are made. */
struct gv_keyring_ids_make {
	struct gv_repo *repo;
	const struct gv_keyring_kept *was; /* NULL: it is the first */
	const struct gv_keyring *next;
	const struct gv_secret *sign; /* the owner's who signs it */
	const struct gv_identity *const *with;
	size_t n_with;
	const struct gv_plugin_runner *runner;
};

/* Make them, and the list. 0; GV_ENOKEY where the master of before cannot be
 * opened; GV_EREFUSED; GV_ECORRUPT; GV_ENOMEM; GV_ERROR. To be released in any
 * case. */
int gv_keyring_ids_next(
    struct gv_keyring_entries *out, const struct gv_keyring_ids_make *make);

void gv_keyring_entries_release(struct gv_keyring_entries *e);

#endif
