#ifndef GV_DEPGROUP_H
#define GV_DEPGROUP_H
/*
 * A graph, or a part of it, folded until a picture of it can be read: files
 * while they are few, else directories, of which the fullest are opened as far
 * as there is room. What is not of the tree is a box of its own, or one for all
 * of a scheme; what is missing then is a number, not a box.
 *
 *	struct gv_depgroup d = GV_DEPGROUP_INIT;
 *
 *	r = gv_depgroup_fold(&d, &g, nodes, edges, GV_DEPGROUP_MOST);
 *	for (i = 0; i < d.n_boxes; i++)
 *		draw(&d.boxes[i]);
 *	gv_depgroup_release(&d);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "graph/depgraph.h"

#define GV_DEPGROUP_MOST 80 /* boxes that a person can take in */

enum gv_depgroup_kind {
	GV_DEPGROUP_FILE,
	GV_DEPGROUP_FOLDER, /* with all below it that is in no other box */
	GV_DEPGROUP_EXTERNAL,
	GV_DEPGROUP_MISSING,
	GV_DEPGROUP_COMPUTED,
};

struct gv_depgroup_box {
	enum gv_depgroup_kind kind;
	uint32_t place;     /* of a file or folder: its number */
	const char *name;   /* of others: "image:postgres"; "image" for all */
	const char *env;    /* of all its files; NULL: of none */
	bool is_shared;     /* its files are of several environments */
	uint32_t n_files;   /* of a folder: how many it stands for */
	uint32_t n_edges;   /* of others: how many lead to it */
	uint32_t n_missing; /* edges to what is missing, if that has no box */
};

/* Edges of one kind between two boxes; those of an arrow follow each other. */
struct gv_depgroup_part {
	uint32_t from, to;
	uint16_t kind;
	uint8_t target;
	bool is_pattern; /* all of them are */
	uint32_t n;
};

struct gv_depgroup {
	const struct gv_depgraph *g;
	struct gv_depgroup_box *boxes;
	uint32_t n_boxes;
	struct gv_depgroup_part *parts; /* by from, to and kind */
	uint32_t n_parts;
	uint32_t *box_of;  /* of each file, then folder; NONE: in none */
	uint32_t n_places; /* files and folders in boxes */
	/* private */
	size_t cap_boxes, cap_parts;
	struct gv_arena arena;
	struct gv_map names; /* of boxes that are not of the tree */
};

#define GV_DEPGROUP_INIT                                                       \
	{                                                                      \
		.arena = GV_ARENA_INIT, .names = GV_MAP_INIT                   \
	}

/* Fold what `nodes` and `edges` mark, by the numbers of the graph, into at most
 * `most` boxes, some more for what is not of the tree. 0 or GV_ENOMEM; to be
 * released in any case. */
int gv_depgroup_fold(struct gv_depgroup *out, const struct gv_depgraph *g,
    const bool *nodes, const bool *edges, uint32_t most);

/* Free; zeroed ok. */
void gv_depgroup_release(struct gv_depgroup *d);

#endif
