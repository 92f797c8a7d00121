#ifndef GV_COMPONENT_READER_H
#define GV_COMPONENT_READER_H
/*
 * Opens a stored dump and gives its bytes, a piece after the other: each is
 * decrypted, made from its chain of deltas, and held to its id before anybody
 * gets it.
 *
 *	r = gv_component_reader_open(&reader, repo, safe, &stored);
 *	while ((r = gv_component_reader_next(reader, &p, &len)) > 0)
 *		...
 *	gv_component_reader_close(reader);
 */

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include "component/component_index.h"

struct gv_component_reader;
struct gv_component_stored;
struct gv_oid;
struct gv_repo;
struct gv_safe;
struct gv_secret;

/* Open one; `stored` must outlive it. 0; GV_EREFUSED where the key of ids that
 * is known to this vault did not bind it: then nobody knows who made it;
 * GV_ENOKEY; GV_ECORRUPT; GV_ENOTFOUND. */
int
gv_component_reader_open(struct gv_component_reader **out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_component_stored *stored);

/* Whether a key of ids of this vault bound the dump: anybody who can push can
 * make another. False as well where we do not have that key. 0 or a failure. */
int gv_component_is_ours(
    bool *out, struct gv_safe *safe, const struct gv_component_stored *stored);

/* The next bytes of the dump: 1 with them, which last until the next call; 0
 * behind the last, when the sum was right; GV_ECORRUPT, GV_ENOTFOUND with the
 * number of the piece and what it is made from. */
int gv_component_reader_next(
    struct gv_component_reader *reader, const void **data, size_t *len);

/* Append the bytes that a part makes. The same failures. */
int gv_component_reader_part(
    struct gv_component_reader *reader, struct gv_secret *out, uint32_t part);

/* Whether a block is as it was stored: its object has the name that the bound
 * tree gives it. Each is read once. 0; GV_ENOTFOUND, GV_ECORRUPT. */
int
gv_component_reader_check(struct gv_component_reader *reader, uint32_t block);

/* What it reads by; borrowed. */
const struct gv_component_index *
gv_component_reader_index(const struct gv_component_reader *reader);
const struct gv_oid *gv_component_reader_block(
    const struct gv_component_reader *reader, uint32_t block);

/* The digests of a piece, and of all ids of pieces. */
void gv_component_piece_id(struct gv_digest *out,
    const unsigned char key[GV_DIGEST_KEY], const void *data, size_t len);
int
gv_component_sum(struct gv_digest *out, const unsigned char key[GV_DIGEST_KEY],
    const struct gv_component_index *index);

/* NULL-safe; wipes. */
void gv_component_reader_close(struct gv_component_reader *reader);

#endif
