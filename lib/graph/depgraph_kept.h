#ifndef GV_DEPGRAPH_KEPT_H
#define GV_DEPGRAPH_KEPT_H
/*
 * The graph of the files as they were at the last run, kept in
 * .git/vault/graph: it counts only where nothing that it was made from has
 * changed since. For depgraph_load.c, and for who keeps what follows from a
 * graph, by the same key.
 *
 *	r = gv_depgraph_kept_key(&kept, g, repo, blobs);
 *	r = gv_depgraph_kept_load(&kept, g, repo);	1: it is linked
 *	gv_depgraph_kept_save(&kept, g, repo);
 *	gv_depgraph_kept_release(&kept);
 */

#include <stdbool.h>

#include "base/buf.h"
#include "graph/depgraph_sealed.h"
#include "sys/file.h"

struct gv_depgraph_blob;
struct gv_repo;

struct gv_depgraph_kept {
	unsigned char key[GV_DEPGRAPH_KEY];
	bool has_key;    /* all that counts is known: `key` says it */
	bool is_private; /* there are private files: it is encrypted */
	unsigned char seal[GV_DEPGRAPH_SEAL]; /* by this */
	struct gv_file_map map; /* of the bytes that a graph is linked by, … */
	struct gv_buf clear;    /* … or these, if it was encrypted */
};

/* Files that are read for a key where nobody knows what they hold; where there
 * are more, there is none. */
#define GV_DEPGRAPH_KEPT_READS 2000

/* Symbols from which on a graph is worth a file. */
#define GV_DEPGRAPH_KEPT_LEAST 20000

/* Find the key of a graph, which gv_depgraph_sort() has ordered and to which
 * nothing else was done: what they are called, where they belong, what they
 * hold, and which program reads them. What private files hold counts by a
 * digest under the secret key of this clone. Ids that were unknown are in
 * `blobs` afterwards. 0, also without a key; GV_ECANCELED, GV_ENOMEM. */
int
gv_depgraph_kept_key(struct gv_depgraph_kept *kept, const struct gv_depgraph *g,
    const struct gv_repo *repo, struct gv_depgraph_blob *blobs);

/* Link it by what was kept. 1; 0 where nothing of that key was, and it is as
 * it was; GV_ENOMEM. *kept must outlive the graph. */
int gv_depgraph_kept_load(struct gv_depgraph_kept *kept, struct gv_depgraph *g,
    const struct gv_repo *repo);

/* Keep it once it is linked, if that is worth it. No failure tells. */
void gv_depgraph_kept_save(const struct gv_depgraph_kept *kept,
    const struct gv_depgraph *g, const struct gv_repo *repo);

/* Wipe and free; zeroed ok. */
void gv_depgraph_kept_release(struct gv_depgraph_kept *kept);

#endif
