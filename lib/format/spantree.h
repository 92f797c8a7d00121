#ifndef GV_SPANTREE_H
#define GV_SPANTREE_H
/*
 * Documents of YAML or JSON as a tree of places in their bytes, for who looks
 * for what stands where and copies nothing: in any spelling that the grammar
 * allows, flow or block, with tags, anchors and aliases. What cannot be read is
 * left out, document by document.
 *
 *	r = gv_spantree_read(&tree, text, len, is_json);
 *	for (i = 0; i < tree.n; i++)
 *		if (gv_spantree_is(&tree, &tree.nodes[i], "Secret"))
 *			…
 *	gv_spantree_release(&tree);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_SPANTREE_DEPTH   100
#define GV_SPANTREE_NODES   ((size_t)1 << 20)
#define GV_SPANTREE_ANCHORS 1024 /* that aliases find; others lead nowhere */
#define GV_SPANTREE_NONE    SIZE_MAX

enum gv_spantree_kind {
	GV_SPANTREE_SCALAR,
	GV_SPANTREE_ALIAS,
	GV_SPANTREE_LIST,
	GV_SPANTREE_MAP,
};

/* A stretch of the text; of a text in quotes what is within them. */
struct gv_spantree_span {
	size_t at, len;
	char style; /* '"', '\'', '|' (also '>'), or 0: plain */
};

struct gv_spantree_node {
	enum gv_spantree_kind kind;
	size_t parent, next;           /* GV_SPANTREE_NONE: there is none */
	size_t first;                  /* of a list or map */
	struct gv_spantree_span key;   /* in a map */
	struct gv_spantree_span value; /* of a scalar; the name of an alias */
	size_t anchor, anchor_len;     /* its name; 0: it has none */
};

struct gv_spantree {
	const char *text;
	struct gv_spantree_node *nodes;
	size_t n, cap;
	struct gv_spantree_span *docs; /* that could be read */
	size_t n_docs, cap_docs;
	size_t anchors[GV_SPANTREE_ANCHORS]; /* nodes that have one */
	size_t n_anchors;
};

/* Read all documents. 0, also where none could be read; GV_ENOMEM. To be
 * released. */
int gv_spantree_read(
    struct gv_spantree *out, const char *text, size_t len, bool is_json);

/* Zeroed ok. */
void gv_spantree_release(struct gv_spantree *tree);

/* Whether a stretch is this text, once its escapes are read. */
bool gv_spantree_is(const struct gv_spantree *tree,
    const struct gv_spantree_span *span, const char *word);

/* The node of a key of a map, aliases followed; NULL. Of a key that stands
 * twice the last one. */
const struct gv_spantree_node *gv_spantree_get(const struct gv_spantree *tree,
    const struct gv_spantree_node *map, const char *key);

/* How far bytes have been asked for, which is in their order; zeroed first. */
struct gv_spantree_cursor {
	size_t doc, node;
};

/* Whether a byte is structure that was read: in a document, and not within the
 * text of a scalar. */
bool gv_spantree_knows(const struct gv_spantree *tree, size_t at,
    struct gv_spantree_cursor *cursor);

/* What an alias stands for; other nodes are themselves. NULL: nothing. */
const struct gv_spantree_node *gv_spantree_follow(
    const struct gv_spantree *tree, const struct gv_spantree_node *node);

/* ---- of its parts only ---- */

struct gv_spantree_builder {
	struct gv_spantree *tree;
	size_t open[GV_SPANTREE_DEPTH], last[GV_SPANTREE_DEPTH];
	size_t depth;
};

/* Add a node below the one that is open, which a list or a map then is. 0;
 * GV_EREFUSED where there are too many; GV_ENOMEM. */
int gv_spantree_add(
    struct gv_spantree_builder *b, const struct gv_spantree_node *node);
void gv_spantree_close(struct gv_spantree_builder *b);

/* Read one document. *used is behind it. 0; GV_EREFUSED; GV_ENOMEM. */
int gv_spantree_read_json(
    struct gv_spantree *tree, size_t from, size_t to, size_t *used);
int gv_spantree_read_yaml(struct gv_spantree *tree, size_t from, size_t to);

#endif
