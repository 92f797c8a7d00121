#ifndef GV_DEPGRAPH_SEALED_H
#define GV_DEPGRAPH_SEALED_H
/*
 * A kept graph of a tree with private files, encrypted: only who has those
 * files as they were, and the secret key of this clone, can read it. For
 * depgraph_kept.c alone.
 *
 *	gv_depgraph_sealed_save(repo, key, seal, image.parts, n);
 *	if (gv_depgraph_sealed_load(&bytes, repo, key, seal) == 0)
 *		r = gv_depgraph_image_read(g, bytes.p, bytes.len, key);
 */

#include "crypto/age.h"
#include "graph/depgraph_image.h"

struct gv_buf;
struct gv_repo;

#define GV_DEPGRAPH_SEAL GV_AGE_KEY /* bytes of a key to encrypt by */

/* Keep these parts under a key. The seal must be of that key alone. No failure
 * tells. */
void gv_depgraph_sealed_save(const struct gv_repo *repo,
    const unsigned char key[GV_DEPGRAPH_KEY],
    const unsigned char seal[GV_DEPGRAPH_SEAL],
    const struct gv_cache_part *parts, size_t n);

/* Append what was kept under a key. 0; GV_ENOTFOUND without a message where
 * nothing was, or it is damaged, and `out` is empty then; GV_ENOMEM. */
int gv_depgraph_sealed_load(struct gv_buf *out, const struct gv_repo *repo,
    const unsigned char key[GV_DEPGRAPH_KEY],
    const unsigned char seal[GV_DEPGRAPH_SEAL]);

#endif
