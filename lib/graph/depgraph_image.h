#ifndef GV_DEPGRAPH_IMAGE_H
#define GV_DEPGRAPH_IMAGE_H
/*
 * A linked graph as bytes, which are read where they are: nothing of a graph
 * that was linked before is made again. It is of one program on one machine,
 * and of the files that a key names. What it holds is looked over before it is
 * used, and damaged bytes are refused.
 *
 *	r = gv_depgraph_image_make(&image, &g, key);
 *	write(image.parts, GV_DEPGRAPH_IMAGE_PARTS);
 *	gv_depgraph_image_release(&image);
 *	…
 *	r = gv_depgraph_image_read(&g, p, len, key);
 */

#include "graph/depgraph.h"
#include "worktree/cache.h"

#define GV_DEPGRAPH_KEY         32 /* bytes of a key */
#define GV_DEPGRAPH_IMAGE_PARTS 8

struct gv_depgraph_image {
	struct gv_cache_part parts[GV_DEPGRAPH_IMAGE_PARTS];
	/* private */
	struct gv_depgraph_image_head *head;
	struct gv_depgraph_image_row *rows;
	unsigned char *folders;
	unsigned char end[GV_CACHE_SUM];
};

/* Make the bytes of a graph that is linked and stays as it is meanwhile. 0 or
 * GV_ENOMEM. The caller releases *out. */
int gv_depgraph_image_make(struct gv_depgraph_image *out,
    const struct gv_depgraph *g, const unsigned char key[GV_DEPGRAPH_KEY]);

/* Free; zeroed ok. */
void gv_depgraph_image_release(struct gv_depgraph_image *image);

/* Link a graph, which gv_depgraph_sort() has ordered and to which nothing else
 * was done, by bytes that must outlive it and begin at an address that is a
 * multiple of 8. 0; GV_ECORRUPT without a message where they are of another
 * key or damaged, and the graph is as it was; GV_ENOMEM. */
int gv_depgraph_image_read(struct gv_depgraph *g, const void *p, size_t len,
    const unsigned char key[GV_DEPGRAPH_KEY]);

#endif
