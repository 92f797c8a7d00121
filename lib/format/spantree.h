#ifndef GV_SPANTREE_H
#define GV_SPANTREE_H
/*
 * Documents of YAML or JSON as a tree of places in their bytes, without a copy
 * of their texts. All spellings of the grammar are read: flow and block style,
 * tags, anchors and aliases. A document that cannot be read is left out.
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

#define GV_SPANTREE_DEPTH 100
#define GV_SPANTREE_NODES ((size_t)1 << 20)
/* more anchors are ignored, and their aliases lead nowhere */
#define GV_SPANTREE_ANCHORS 1024
#define GV_SPANTREE_NONE    UINT32_MAX
#define GV_SPANTREE_BYTES   UINT32_MAX /* of a text; more are not read */

enum gv_spantree_kind {
	GV_SPANTREE_SCALAR,
	GV_SPANTREE_ALIAS,
	GV_SPANTREE_LIST,
	GV_SPANTREE_MAP,
};

/* A part of the text. For a quoted text the part between the quotes. A tree
 * takes more than its text, so these are no longer than they have to be. */
struct gv_spantree_span {
	uint32_t at, len;
	char style; /* '"', '\'', '|' (also '>'), or 0: plain */
};

struct gv_spantree_node {
	enum gv_spantree_kind kind;
	uint32_t next;                 /* beside it, or GV_SPANTREE_NONE */
	uint32_t first;                /* of a list or map */
	struct gv_spantree_span key;   /* in a map */
	struct gv_spantree_span value; /* of a scalar; the name of an alias */
	uint32_t anchor, anchor_len;   /* its name; 0: none */
};

struct gv_spantree {
	const char *text;
	struct gv_spantree_node *nodes;
	size_t n, cap;
	struct gv_spantree_span *docs; /* those that could be read */
	size_t n_docs, cap_docs;
	/* nodes with an anchor: few texts have one, and each part of a text
	 * that is decoded has a tree, which mostly stays empty */
	size_t *anchors;
	size_t n_anchors, cap_anchors;
};

/* Read all documents. 0, also if none could be read; GV_ENOMEM. The caller
 * releases *out. */
int gv_spantree_read(
    struct gv_spantree *out, const char *text, size_t len, bool is_json);

/* Zeroed ok. */
void gv_spantree_release(struct gv_spantree *tree);

/* Whether the span is this word, after its escapes are resolved. */
bool gv_spantree_is(const struct gv_spantree *tree,
    const struct gv_spantree_span *span, const char *word);

/* The node of a key of a map, with aliases followed, or NULL. If the key occurs
 * twice, the last one. */
const struct gv_spantree_node *gv_spantree_get(const struct gv_spantree *tree,
    const struct gv_spantree_node *map, const char *key);

/* Where the last question of gv_spantree_knows() ended; zeroed at first.
 * Questions must come in the order of the bytes. */
struct gv_spantree_cursor {
	size_t doc, node;
};

/* Whether the tree knows what this byte is: it is in a document that was read,
 * and not inside a scalar. */
bool gv_spantree_knows(const struct gv_spantree *tree, size_t at,
    struct gv_spantree_cursor *cursor);

/* The node that an alias stands for, or NULL. Other nodes are returned as they
 * are. */
const struct gv_spantree_node *gv_spantree_follow(
    const struct gv_spantree *tree, const struct gv_spantree_node *node);

/* ---- for its own parts only ---- */

static inline struct gv_spantree_span
gv_spantree_part(size_t at, size_t len, char style)
{
	return (struct gv_spantree_span){ (uint32_t)at, (uint32_t)len, style };
}

struct gv_spantree_builder {
	struct gv_spantree *tree;
	size_t open[GV_SPANTREE_DEPTH], last[GV_SPANTREE_DEPTH];
	size_t depth;
};

/* Add a node below the open one. A list or a map is then open itself. 0;
 * GV_EREFUSED if there are too many; GV_ENOMEM. */
int gv_spantree_add(
    struct gv_spantree_builder *b, const struct gv_spantree_node *node);
void gv_spantree_close(struct gv_spantree_builder *b);

/* Read one document; *used is the offset of its end. 0; GV_EREFUSED; GV_ENOMEM.
 */
int gv_spantree_read_json(
    struct gv_spantree *tree, size_t from, size_t to, size_t *used);
int gv_spantree_read_yaml(struct gv_spantree *tree, size_t from, size_t to);

/* The same without libyaml. 1 if the document has what this cannot read; the
 * tree may have nodes of it then, as on failure. */
int gv_spantree_read_plain(struct gv_spantree *tree, size_t from, size_t to);

#endif
