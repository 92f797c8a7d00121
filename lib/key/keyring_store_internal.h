#ifndef GV_KEYRING_STORE_INTERNAL_H
#define GV_KEYRING_STORE_INTERNAL_H
/*
 * What the parts of keyring_store.h share: a version as it is kept, and the
 * pin.
 *
 *	r = gv_keyring_pin_load(&pin, repo);
 *	r = gv_keyring_chain_check(first, odb, &tip, r == 0 ? &pin : NULL);
 */

#include "key/keyring_store.h"

struct gv_object;
struct gv_odb;

#define GV_KEYRING_SIG_MAX ((size_t)4096) /* bytes of a signature */
#define GV_KEYRING_SEALED_MAX                                                  \
	((size_t)1024 * 1024) /* of the sealed id key: 6,000 recipients */

/* Read an object of at most `max` bytes, which is known before it is read. 0;
 * GV_EREFUSED for a larger one; GV_ENOTFOUND, GV_ECORRUPT, GV_ENOMEM. */
int gv_keyring_object(struct gv_object *out, struct gv_odb *odb,
    const struct gv_oid *id, enum gv_otype type, size_t max);

/* One commit of the chain. */
struct gv_keyring_link {
	struct gv_keyring k;
	struct gv_sign by;
	struct gv_oid commit, tree, parent; /* parent: zero for none */
	struct gv_oid sealed;               /* zero where it is missing */
};

/* Read the version of a commit and check its signature, not whose it is. 0;
 * GV_ECORRUPT, GV_EREFUSED, GV_ENOMEM. */
int gv_keyring_link_read(struct gv_keyring_link *out, struct gv_odb *odb,
    const struct gv_oid *commit);

/* NULL-safe, zeroed ok. */
void gv_keyring_link_release(struct gv_keyring_link *link);

/* What was seen. */
struct gv_keyring_pin {
	unsigned char first[GV_KEYRING_DIGEST];  /* of version 1 */
	unsigned version;                        /* the highest */
	unsigned char digest[GV_KEYRING_DIGEST]; /* of it */
};

/* Check the chain that ends in `tip`, down to the version of the pin, or to
 * version 1 where that is NULL; first[] is the digest of version 1. 0;
 * GV_EREFUSED with what is wrong and what to do; GV_ECORRUPT; GV_ENOMEM. */
int gv_keyring_chain_check(unsigned char first[GV_KEYRING_DIGEST],
    struct gv_odb *odb, const struct gv_keyring_link *tip,
    const struct gv_keyring_pin *pin);

/* The version of a chain that ends in the commit `tip`, all above it being
 * checked, and version 1 by itself. 0; GV_EREFUSED; GV_ECORRUPT; GV_ENOMEM. The
 * caller releases *out. */
int gv_keyring_chain_at(struct gv_keyring_link *out, struct gv_odb *odb,
    const struct gv_oid *tip, unsigned version);

/* The pin as text, and back: 0, or GV_ECORRUPT. */
int gv_keyring_pin_format(struct gv_buf *out, const struct gv_keyring_pin *pin);
int
gv_keyring_pin_parse(struct gv_keyring_pin *out, const char *text, size_t len);

/* 0; GV_ENOTFOUND without a message where nothing was seen yet; GV_ECORRUPT
 * where it is damaged, which is not the same. */
int gv_keyring_pin_load(struct gv_keyring_pin *out, const struct gv_repo *repo);

/* Remember this, durably, unless a higher version was seen meanwhile. 0;
 * GV_EREFUSED where another keyring was, or another text of this version;
 * GV_ECORRUPT; GV_ENOMEM; GV_ELOCKED or GV_ERROR where it cannot be written. */
int gv_keyring_pin_raise(
    const struct gv_keyring_pin *pin, const struct gv_repo *repo);

/* Remember this in place of whatever was seen, and expect nothing any more. 0,
 * or as raising it. */
int gv_keyring_pin_replace(
    const struct gv_keyring_pin *pin, const struct gv_repo *repo);

/* Remember, durably, that this one is about to take the place of what was seen.
 * 0, or as raising it. */
int gv_keyring_pin_expect(
    const struct gv_keyring_pin *pin, const struct gv_repo *repo);

/* As gv_keyring_pin_load(), of the one that is expected. */
int
gv_keyring_pin_expected(struct gv_keyring_pin *out, const struct gv_repo *repo);

/* Note the known-good records that are here, before the first version of a
 * keyring is made: none of them can name it. 0; GV_ERROR; GV_ENOMEM.
 * (keyring_pin.c) */
int gv_keyring_pin_keep_records(const struct gv_repo *repo);

#endif
