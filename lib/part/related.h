#ifndef GV_RELATED_H
#define GV_RELATED_H
/*
 * Which files must go back together with some files: those that they depend
 * on, and those that depend on them, as far as these differ from what they go
 * back to. A file that does not differ pulls nothing after it. Only edges of
 * the class "sure" count. A pure function of a graph (lib/graph) and of an
 * answer to "does it differ"; it reads nothing.
 *
 *	r = gv_related_find(&related, &graph, &opts);
 *	for (i = 0; i < related.n; i++)
 *		print(graph.files[related.items[i].file].path);
 *	gv_related_release(&related);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_depgraph;

#define GV_RELATED_MOST  500 /* files that are listed */
#define GV_RELATED_STEPS 32  /* from the files that were chosen */

struct gv_related_opts {
	const bool *chosen; /* by file of the graph: goes back anyway */
	/* Set differs[i] for each files[i], a file that the graph has and that
	 * is not chosen. 0 or a failure. NULL: all differ. */
	int (*differ)(
	    void *ctx, bool *differs, const uint32_t *files, uint32_t n);
	void *ctx;
	/* what depends on a file and belongs to another environment than this
	 * one is left out; NULL: nothing is */
	const char *env;
	uint32_t steps; /* at most so far; 0: GV_RELATED_STEPS */
};

struct gv_related_item {
	uint32_t file;
	uint32_t of;    /* the file that it is related to */
	uint32_t edge;  /* the edge of the graph that says so */
	bool is_needed; /* `of` depends on it; else it depends on `of` */
};

struct gv_related {
	struct gv_related_item *items; /* the nearest first, then by file */
	size_t n, cap;
	bool is_cut; /* there are more */
};

/* Find them. 0; what `differ` returned; GV_ENOMEM. To be released in any case.
 */
int gv_related_find(struct gv_related *out, const struct gv_depgraph *graph,
    const struct gv_related_opts *opts);

/* Free; zeroed ok. */
void gv_related_release(struct gv_related *related);

#endif
