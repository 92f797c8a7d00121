#ifndef GV_KEYRING_IDS_H
#define GV_KEYRING_IDS_H
/*
 * The id keys of a version of the keyring. Values are stored under keyed
 * digests; whoever has the key can test guesses of the values. So each id key
 * is encrypted only for those who may read these values.
 *
 *	master.age		of the master, for owners and for who reads all
 *				scopes: those of scopes are derived from it
 *	scope-NAME.age		of a scope, for its readers
 *	idkey-NAME.age		of a recipient who does not have the master, and
 *				names by it what it may not read, such as CI
 *	idkeys, idkeys.sig	which files these are, signed by the owner who
 *				signed the version
 *
 * Each file holds keys of 32 bytes, the newest first, a line of 64 digits each.
 * In the file of a scope, the keys follow by which other recipients name values
 * of the scope, each with "+" before it. When a recipient is removed or gets
 * another key, every id key that the old one had is replaced by a new one.
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

/* The name of a key file: the longest prefix, a name, and ".age". */
#define GV_KEYRING_IDS_NAME (6 + GV_KEYRING_NAME_MAX + sizeof(".age"))

struct gv_identity;
struct gv_keyring_kept;
struct gv_plugin_runner;
struct gv_repo;
struct gv_secret;

/* The key files of a version. */
struct gv_keyring_ids {
	struct gv_repo *repo;
	struct gv_oid tree; /* of the version */
	struct gv_buf text; /* the list; empty: there is no list */
};

/* Read the list of a version, which must be signed by the version's own signer.
 * 0; GV_ENOTFOUND if there is no list; GV_EREFUSED; GV_ECORRUPT; GV_ENOMEM. The
 * caller releases *out in any case. */
int gv_keyring_ids_load(struct gv_keyring_ids *out, struct gv_repo *repo,
    const struct gv_keyring_kept *kept);

/* Free; zeroed ok. */
void gv_keyring_ids_release(struct gv_keyring_ids *ids);

/* Whether the list has this file. */
bool gv_keyring_ids_has(const struct gv_keyring_ids *ids, const char *name);

/* Append the keys of a file, 32 bytes each, the newest first. After those of a
 * scope come the keys by which other recipients name values of the scope; *own
 * is how many keys come before these. 0; GV_ENOTFOUND if the list does not have
 * the file; GV_ENOKEY; GV_EREFUSED if the file is not the one that the list
 * says; GV_ECORRUPT; GV_ENOMEM. */
int gv_keyring_ids_open(struct gv_secret *out, size_t *own,
    const struct gv_keyring_ids *ids, const char *name,
    const struct gv_identity *const *with, size_t n);

/* Visit the files whose names begin with this prefix: fn(ctx, name), with the
 * name of the scope or the recipient. 0, or fn's negative value. */
int gv_keyring_ids_each(const struct gv_keyring_ids *ids, const char *prefix,
    int (*fn)(void *ctx, const char *name), void *ctx);

/* Append the key of a scope or a recipient that is derived from another key.
 * Version 0 is for the first key of a scope that no keyring names. 0 or
 * GV_ENOMEM. */
int gv_keyring_ids_derive(struct gv_secret *out, const unsigned char *from,
    const char *kind, const char *name, unsigned version);

/* A file to store. */
struct gv_keyring_entry {
	char name[GV_KEYRING_IDS_NAME];
	struct gv_buf bytes;
};

struct gv_keyring_entries {
	struct gv_keyring_entry *list;
	size_t n, cap;
};

/* What the files of the next version are made from. */
struct gv_keyring_ids_make {
	struct gv_repo *repo;
	/* NULL: the next version is the first */
	const struct gv_keyring_kept *was;
	const struct gv_keyring *next;
	const struct gv_secret *sign; /* of the owner who signs the version */
	const struct gv_identity *const *with;
	size_t n_with;
	const struct gv_plugin_runner *runner;
};

/* Make the files and the list. 0; GV_ENOKEY if the previous master cannot be
 * opened; GV_EREFUSED; GV_ECORRUPT; GV_ENOMEM; GV_ERROR. The caller releases
 * *out in any case. */
int gv_keyring_ids_next(
    struct gv_keyring_entries *out, const struct gv_keyring_ids_make *make);

void gv_keyring_entries_release(struct gv_keyring_entries *e);

#endif
