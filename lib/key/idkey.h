#ifndef GV_IDKEY_H
#define GV_IDKEY_H
/*
 * The key under which secrets are named: with it a value has the same digest
 * in every clone, and nobody without it can test a guess. Where there is a
 * keyring, that has it, sealed for its recipients: see safe.h, which is who to
 * ask. Until then it stands in refs/vault/idkey, so it goes where the snapshots
 * go and not into a plain clone.
 *
 *	r = gv_idkey_get(&key, repo, now);
 *	gv_idkey_value(&digest, &key, value, len);
 *	gv_idkey_format(text, &key, &digest);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_IDKEY_BYTES  32
#define GV_IDKEY_NAME   8 /* digits */
#define GV_IDKEY_DIGEST 20
#define GV_IDKEY_SUM    32 /* bytes of what names a key in full */
#define GV_IDKEY_FILE   (2 * GV_IDKEY_BYTES + 1)
#define GV_IDKEY_TEXT   (GV_IDKEY_NAME + 1 + 2 * GV_IDKEY_DIGEST)

struct gv_repo;

struct gv_idkey {
	unsigned char bytes[GV_IDKEY_BYTES];
	char name[GV_IDKEY_NAME + 1]; /* by which digests tell which key */
};

struct gv_idkey_digest {
	unsigned char bytes[GV_IDKEY_DIGEST];
};

/* The key of the repository. 0; GV_ENOTFOUND without a message where there is
 * none yet; GV_ECORRUPT. */
int gv_idkey_load(struct gv_idkey *out, struct gv_repo *repo);

/* The same, and where there is none a new one. 0, or why it could not be
 * written: GV_ELOCKED, GV_EREFUSED, GV_ERROR. */
int gv_idkey_get(struct gv_idkey *out, struct gv_repo *repo, int64_t now);

/* The key that gv_idkey_get() is to make: for who may make no ref and names
 * secrets for this clone alone, such as in its facts. It stands in
 * .git/vault/idkey, until it is the key of the repository. Where there is none,
 * one is drawn if `make`. 0; GV_ENOTFOUND without a message; GV_ERROR. */
int
gv_idkey_expect(struct gv_idkey *out, const struct gv_repo *repo, bool make);

/* The key that the first keyring takes in: that of the repository, else that of
 * gv_idkey_expect(), else a new one. Nothing is written. 0 or a failure. */
int gv_idkey_choose(struct gv_idkey *out, struct gv_repo *repo);

/* The keyring has it now: remove the plaintext copy, as far as that can be done
 * now. A failure is ignored. */
void gv_idkey_retire(struct gv_repo *repo);

/* What names the key itself, and tells nothing of it; out->name is its first
 * bytes. */
void gv_idkey_sum(unsigned char out[GV_IDKEY_SUM], const struct gv_idkey *key);

/* The key of these bytes. */
void
gv_idkey_set(struct gv_idkey *out, const unsigned char bytes[GV_IDKEY_BYTES]);

/* The key as it stands in a file: digits and a newline, no NUL. The caller
 * wipes them. And back: 0, or GV_ECORRUPT. */
void gv_idkey_write(char out[GV_IDKEY_FILE], const struct gv_idkey *key);
int gv_idkey_read(struct gv_idkey *out, const void *text, size_t len);

/* The same from the digits alone, as $GIT_VAULT_ID_KEY has them. */
int gv_idkey_read_digits(struct gv_idkey *out, const char *digits);

/* What names a value wherever it stands. */
void gv_idkey_value(struct gv_idkey_digest *out, const struct gv_idkey *key,
    const void *value, size_t len);

/* What names a value as found by a rule in a file, whatever line it is on: told
 * by the value's digest, so that nobody needs to have the value. */
void gv_idkey_finding(struct gv_idkey_digest *out, const struct gv_idkey *key,
    const char *rule, const char *path, const struct gv_idkey_digest *value);

/* Read such a text. 0 with its key's name, or GV_ERROR without a message where
 * it is invalid. */
int gv_idkey_parse(struct gv_idkey_digest *out, char name[GV_IDKEY_NAME + 1],
    const char *text);

/* As text: NAME-DIGEST. */
void gv_idkey_format(char out[GV_IDKEY_TEXT + 1], const struct gv_idkey *key,
    const struct gv_idkey_digest *digest);

#endif
