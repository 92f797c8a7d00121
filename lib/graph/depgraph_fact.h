#ifndef GV_DEPGRAPH_FACT_H
#define GV_DEPGRAPH_FACT_H
/*
 * The symbols of files, kept by the ids of their bytes or read from these. For
 * depgraph_load.c alone.
 *
 *	r = gv_depgraph_fill(&filled, g, repo, blobs, 0, true);
 */

#include <stdbool.h>

#include "graph/depgraph.h"
#include "repo/oid.h"

struct gv_buf;
struct gv_repo;

/* Larger files are not read for what they define. */
#define GV_DEPGRAPH_FILE_MOST ((size_t)8 * 1024 * 1024)

struct gv_depgraph_blob {
	struct gv_oid id; /* zero: unknown */
	bool is_file;     /* a regular file, which can be read */
	bool is_stored;   /* in the object database, not in the working tree */
};

struct gv_depgraph_filled {
	uint32_t n_read; /* files whose symbols were not kept yet */
	/* a file could not be read, or was not what its id says: the next
	 * reading may find something else */
	bool is_unsure;
};

/* Give each file of the graph its symbols, and keep new ones where it `keeps`
 * them; blobs[file.given] is of that file, read from the working tree or from
 * the object database. 0; GV_ECANCELED, GV_ECORRUPT, GV_ENOMEM. */
int gv_depgraph_fill(struct gv_depgraph_filled *out, struct gv_depgraph *g,
    struct gv_repo *repo, const struct gv_depgraph_blob *blobs, int threads,
    bool keeps);

/* Append all of a file, up to one byte more than is wanted. Whether that
 * worked. */
bool gv_depgraph_read_all(struct gv_buf *out, int fd);

/* ---- depgraph_follow.c --------------------------------------------------- */

struct gv_odb;

struct gv_depgraph_following {
	const struct gv_depgraph *g;
	const struct gv_depgraph_blob *blobs;
	int root;           /* of the working tree; -1: all are stored */
	struct gv_odb *odb; /* NULL: none is */
};

/* Give each link that is followed the bytes of its file, once those are there.
 * One that leads nowhere stays without. */
void gv_depgraph_follow(
    struct gv_depgraph_bytes *all, const struct gv_depgraph_following *f);

#endif
