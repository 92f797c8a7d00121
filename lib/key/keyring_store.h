#ifndef GV_KEYRING_STORE_H
#define GV_KEYRING_STORE_H
/*
 * Where the keyring is kept: refs/vault/keyring, a commit for each version.
 * Whoever may push can move that ref, so nothing in it is believed but what the
 * chain of signatures says, held against what this clone has seen before: the
 * pin in .git/vault/keyring.
 *
 *	r = gv_keyring_load(&kept, repo);
 *	if (kept.is_new)
 *		show kept.print, to be compared with what an owner sees
 *	r = gv_keyring_save(repo, &kept, &parts);
 *	gv_keyring_kept_release(&kept);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key/keyring.h"
#include "repo/oid.h"
#include "vault/ledger.h"

#define GV_KEYRING_PIN "vault/keyring" /* below the shared .git */

/* An accepted policy file is an entry of the commit's tree: this prefix and the
 * name of the file. */
#define GV_KEYRING_POLICY     "policy"
#define GV_KEYRING_POLICY_MAX ((size_t)1024 * 1024) /* bytes of one */
#define GV_KEYRING_FILES      8                     /* at most */

struct gv_buf;
struct gv_identity;
struct gv_keyring_entries;
struct gv_idkey;
struct gv_plugin_runner;
struct gv_repo;

struct gv_keyring_kept {
	struct gv_keyring keyring;              /* the newest version */
	unsigned char first[GV_KEYRING_DIGEST]; /* the digest of version 1 */
	char print[GV_KEYRING_PRINT];           /* and its fingerprint */
	bool is_new;                            /* it was pinned just now */
	bool is_unkept;          /* the pin could not be written */
	struct gv_ledger ledger; /* the commit of it, and its tree */
	struct gv_oid sealed;    /* the blob idkey.age */
};

/* The newest version, every version since the pin being checked, and without a
 * pin all from the first on. 0; GV_ENOTFOUND without a message where there is
 * no keyring and never was; GV_EREFUSED for one that is older than what was
 * seen, another one, unsigned, or signed by nobody who may; GV_ECORRUPT
 * for a damaged one, or a damaged pin; GV_ENOMEM; GV_ERROR where it could not
 * be looked for. `out` is set by success, and then to be released. */
int gv_keyring_load(struct gv_keyring_kept *out, struct gv_repo *repo);

/* Visit all versions of it, the newest first, each checked against the one
 * before: fn(ctx, version). As gv_keyring_load(), which it begins with; fn's
 * negative value. */
int gv_keyring_each(struct gv_repo *repo,
    int (*fn)(void *ctx, const struct gv_keyring *k), void *ctx);

/* The same from the version of a commit on, which was loaded or looked at
 * before; nothing is pinned. */
int gv_keyring_each_from(struct gv_repo *repo, const struct gv_oid *tip,
    int (*fn)(void *ctx, const struct gv_keyring *k), void *ctx);

/* NULL-safe, zeroed ok. */
void gv_keyring_kept_release(struct gv_keyring_kept *kept);

/* ---- what a fetch brought ---- */

/* The keyring whose newest version is the commit `tip`, whatever was seen here:
 * nothing is pinned. 0; GV_EREFUSED, GV_ECORRUPT, GV_ENOMEM. `out` is set by
 * success, and then to be released. */
int gv_keyring_look(struct gv_keyring_kept *out, struct gv_repo *repo,
    const struct gv_oid *tip);

/* The commit that refs/vault/keyring names. 0; GV_ENOTFOUND without a message;
 * GV_ERROR. */
int gv_keyring_tip(struct gv_oid *out, const struct gv_repo *repo);

/* Take a keyring that a fetch brought, if it goes on from where ours is; where
 * there is none and none was seen, whatever it is. `ours` is what
 * gv_keyring_load() gave, or NULL. 1 where refs/vault/keyring was moved: load
 * it again; 0 where theirs is ours, or behind it; GV_EREFUSED where it is
 * another, a fork, set back or not signed as it must be; GV_ECORRUPT;
 * GV_ENOMEM; GV_ERROR. */
int gv_keyring_merge(struct gv_repo *repo, const struct gv_keyring_kept *ours,
    const struct gv_oid *theirs);

/* Whether this clone used the keyring of that fingerprint until it adopted the
 * present one: what was signed under it here is of this vault. What cannot be
 * read is no. (keyring_pin.c) */
bool gv_keyring_pin_was(const struct gv_repo *repo, const char *print);

/* The same of a known-good record by its tag, as that function takes it: it was
 * here when the first version was made, and names no keyring for that reason.
 */
#define GV_KEYRING_TAG (4 + GV_OID_HEX + 1)
void gv_keyring_tag(char out[GV_KEYRING_TAG], const struct gv_oid *tag);

/* Append the fingerprint of the keyring that this clone has seen, by its pin
 * alone: what is signed names the vault by it. Nothing where none was seen. 0;
 * GV_ECORRUPT for a damaged pin; GV_ENOMEM. (keyring_pin.c) */
int gv_keyring_pin_add_print(struct gv_buf *out, const struct gv_repo *repo);

/* Whether a keyring may take the place of another one at the ref, by their
 * commits, whatever was seen here: each version is signed as it must be, and
 * the newest of `before` (NULL: there is none) is one of them. 0; GV_EREFUSED
 * with what is wrong; GV_ECORRUPT; GV_ENOMEM. */
int gv_keyring_follow(struct gv_repo *repo, const struct gv_oid *before,
    const struct gv_oid *after);

/* Have seen this keyring, and forget which one was seen before. 0 or a failure.
 */
int gv_keyring_trust(struct gv_repo *repo, const struct gv_keyring_kept *kept);

/* Have refs/vault/keyring name the other keyring, and see it. Killed in
 * between, whoever loads the keyring next goes on. 0; GV_EEXISTS where another
 * writer was quicker; GV_ELOCKED; GV_ENOMEM; GV_ERROR. */
int gv_keyring_adopt(struct gv_repo *repo, const struct gv_keyring_kept *ours,
    const struct gv_keyring_kept *theirs);

/* What a version is kept as. */
struct gv_keyring_parts {
	const char *text; /* as gv_keyring_next() made it */
	size_t len;
	const char *sig; /* of ssh-keygen's form, for GV_KEYRING_SPACE */
	size_t sig_len;
	const char *sealed; /* the id key for all, as a file of age */
	size_t sealed_len;
	/* with has_files, the contents that its lines 'policy' are of */
	const struct gv_keyring_file *files;
	size_t n_files;
	bool has_files;
	/* further entries of its tree: the files of id keys, see keyring_ids.h.
	 * NULL: none */
	const struct gv_keyring_entries *entries;
	int64_t now;    /* for the commit */
	bool is_locked; /* the caller has gv_repo_lock() */
};

/* Add a version behind the one that was loaded (NULL: there was none), and see
 * it. 0; GV_EEXISTS where another writer was quicker: load, and make the
 * change again; GV_EREFUSED for a version that gv_keyring_load() would refuse;
 * GV_ELOCKED; GV_ECORRUPT; GV_ENOMEM; GV_ERROR. */
int gv_keyring_save(struct gv_repo *repo, const struct gv_keyring_kept *was,
    const struct gv_keyring_parts *parts);

/* ---- the policies in it ---- */

/* Append the content of the i-th policy file that a version accepts. 0;
 * GV_EREFUSED where it is not the one that the owner has signed for;
 * GV_ECORRUPT where it is not here; GV_ENOMEM. (keyring_policy.c) */
int gv_keyring_read_policy(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_keyring_kept *kept, size_t i);

/* ---- the id key in it ---- */

/* Append the id key that a version names, encrypted for all of its recipients.
 * `runner` runs plugins (NULL: none is run). 0; GV_EUSAGE if the version names
 * another key; GV_EREFUSED for a recipient that cannot be encrypted for;
 * GV_ENOTFOUND if a plugin is not installed; GV_ENOMEM. */
int gv_keyring_seal_idkey(struct gv_buf *out, const struct gv_keyring *k,
    const struct gv_idkey *key, const struct gv_plugin_runner *runner);

/* Open it by one of these identities. 0; GV_ENOKEY where none opens it;
 * GV_EREFUSED where it is not the one that the keyring names, so that somebody
 * exchanged it; GV_ECORRUPT; GV_ENOMEM. */
int gv_keyring_open_idkey(struct gv_idkey *out, struct gv_repo *repo,
    const struct gv_keyring_kept *kept, const struct gv_identity *const *with,
    size_t n);

#endif
