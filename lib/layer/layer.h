#ifndef GV_LAYER_H
#define GV_LAYER_H
/*
 * Configuration in layers: documents that are merged in an order into one tree,
 * in which each value knows the layer, line and column that it comes from. A
 * later layer wins, maps are merged deeply, scalars and lists are replaced;
 * rules by path say otherwise. No files, no Git, no clock.
 *
 *	r = gv_layer_read(&layers[0], "config/base.yaml", format, text, len);
 *	r = gv_layer_merge(&tree, layers, n, &opts);
 *	v = gv_layer_find(tree.root, "database.host");
 *	gv_layer_tree_release(&tree);
 *
 * Values are immutable to all but the tree that owns them, so trees share what
 * they do not change: a tree must not outlive the layers it was merged from.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "doc/doc.h"

#define GV_LAYER_NONE      UINT32_MAX
#define GV_LAYER_DEPTH_MAX 1024
#define GV_LAYER_CLASHES   1000 /* that are named; all are counted */

struct gv_buf;

enum gv_layer_kind {
	GV_LAYER_NULL,
	GV_LAYER_BOOL,
	GV_LAYER_INT,
	GV_LAYER_FLOAT,
	GV_LAYER_TEXT,
	GV_LAYER_LIST,
	GV_LAYER_MAP,
};

/* The key is that of the map that has the value; NULL in a list. */
struct gv_layer_value {
	const char *key, *text; /* of a scalar: what it says */
	struct gv_layer_value **items;
	struct gv_map *index; /* keys to items, once wanted */
	const void *owner;    /* the token of the tree that may change it */
	uint32_t key_len, len;
	uint32_t n, cap, front; /* `front` free places before the items */
	uint32_t layer;         /* which it comes from, or GV_LAYER_NONE */
	uint32_t line, column;  /* from 1 */
	uint32_t at, size;      /* its bytes in the layer's text */
	uint8_t kind, style;    /* `style` as the document has it */
	bool is_code;           /* the format computes it: taken as written */
	bool has_holes;         /* while it is merged */
	bool is_veiled;         /* layer_template.h: names in it stood for what
				   must not be shown */
};

struct gv_layer_tree {
	struct gv_arena arena;
	const void *token;  /* a new one makes all values of before immutable */
	const void *before; /* the one of before substitution; NULL: none */
	struct gv_layer_index *indices;
	struct gv_layer_value *root; /* NULL: nothing in it */
	struct gv_layer_clash *clashes;
	size_t n_clashes, cap_clashes; /* `n` of all that there were */
};

/* A document as a layer. */
struct gv_layer {
	const char *name; /* the caller's: mostly a path */
	const char *text; /* the caller's */
	size_t len;
	enum gv_doc_format format;
	bool is_missing; /* there is no such file: nothing is in it */
	struct gv_layer_tree tree;
};

/* ---- reading ------------------------------------------------------------- */

struct gv_layer_read_opts {
	uint32_t layer; /* the number that its values get */
	const char
	    *profile; /* documents of other profiles are left out (Spring);
			 NULL: these documents count, whatever they say */
	bool nests;   /* keys with dots are paths (layer_nest.h) */
};

/* Read a text, which must outlive *out, as a layer; name, text and format are
 * set by the caller before. 0; GV_EREFUSED with "NAME: line L, column C: " and
 * what cannot be read, or where it is too deep or its aliases repeat too much;
 * GV_ENOMEM. Release *out after 0. */
int gv_layer_read(struct gv_layer *out, const struct gv_layer_read_opts *opts);

/* Free; zeroed ok. */
void gv_layer_release(struct gv_layer *layer);
void gv_layer_tree_release(struct gv_layer_tree *tree);

/* Have a layer have no such key at its top. 0 or GV_ENOMEM. */
int gv_layer_drop(struct gv_layer *layer, const char *key);

/* ---- merging ------------------------------------------------------------- */

enum gv_layer_way {
	GV_LAYER_DEFAULT, /* maps deep, all else replaces */
	GV_LAYER_REPLACE,
	GV_LAYER_APPEND,
	GV_LAYER_PREPEND,
	GV_LAYER_UNIQUE, /* appended, where it is not there yet */
	GV_LAYER_BY,     /* maps in a list, known by the value of a key */
};

extern const char *const gv_layer_ways[]; /* their names */

/* How values at a path are merged. */
struct gv_layer_rule {
	const char *path; /* steps; '*' is any one, '**' any number of them, []
			     an element of a list */
	const char *by;   /* of GV_LAYER_BY */
	enum gv_layer_way way;
	int null_deletes; /* -1: as the dialect has it */
	const char *from; /* what set it, for explanations: a file and line */
};

struct gv_layer_opts {
	const struct gv_layer_rule *rules;
	size_t n_rules;
	bool null_deletes;   /* Helm, RFC 7396 */
	bool takes_any_type; /* a value of another type is no finding */
};

/* A map, list or scalar that replaces one of another kind. */
struct gv_layer_clash {
	const char *path;
	const struct gv_layer_value *below, *above;
};

/* Merge layers, the first being the lowest. 0; GV_EREFUSED for what no rule can
 * merge, GV_ENOMEM. Release *out after 0. */
int
gv_layer_merge(struct gv_layer_tree *out, const struct gv_layer *const *layers,
    size_t n, const struct gv_layer_opts *opts);

/* The rule for a path as gv_layer_find() takes it: the one with most steps that
 * are names, then the one with fewest "**", then the last; NULL: none. */
const struct gv_layer_rule *
gv_layer_rule_of(const struct gv_layer_opts *opts, const char *path);

/* The rule of a list that merges what an element, or what is in it, comes from:
 * NULL where no list on the path is merged. Set *list to the path of it. */
const struct gv_layer_rule *gv_layer_rule_of_list(
    struct gv_buf *list, const struct gv_layer_opts *opts, const char *path);

/* ---- looking up ---------------------------------------------------------- */

/* The value at a path (a.b[2]["c.d"]); NULL if it is missing. "" is the root. A
 * key that has dots itself is found without quotes, too, where the steps that
 * it seems to be lead nowhere. */
const struct gv_layer_value *
gv_layer_find(const struct gv_layer_value *root, const char *path);

/* The value of a key of a map, or NULL. */
const struct gv_layer_value *
gv_layer_get(const struct gv_layer_value *map, const char *key, size_t len);

/* Append a step for a key, or for an element. */
void gv_layer_add_key(struct gv_buf *path, const char *key, size_t len);
void gv_layer_add_element(struct gv_buf *path, size_t i);

/* Each scalar, empty list and empty map below a value, in order, until fn()
 * returns other than 0, which is returned. */
typedef int gv_layer_leaf_fn(
    void *ctx, const char *path, const struct gv_layer_value *value);
int gv_layer_each(
    const struct gv_layer_value *root, gv_layer_leaf_fn *fn, void *ctx);

/* Whether both say the same; maps in any order, numbers by their value. */
bool gv_layer_is_equal(
    const struct gv_layer_value *a, const struct gv_layer_value *b);

/* Append a text that two values have only if they are equal. */
void gv_layer_add_canonical(struct gv_buf *out, const struct gv_layer_value *v);

/* Whether a BOOL is true. */
bool gv_layer_is_true(const struct gv_layer_value *v);

/* ---- explaining ---------------------------------------------------------- */

enum gv_layer_state {
	GV_LAYER_ABSENT, /* "not there" */
	GV_LAYER_FOUND,
	GV_LAYER_NO_FILE, /* "file missing" */
	GV_LAYER_DELETES, /* a null that removes what is below */
	GV_LAYER_HIDES,   /* a value of another kind on the way to it */
};

/* What one layer has at a path. */
struct gv_layer_told {
	enum gv_layer_state state;
	const struct gv_layer_value *value; /* of FOUND, DELETES and HIDES */
	bool wins; /* some of the merged value comes from it */
};

/* Tell what each of n layers has at a path, out[i] being of layers[i]; the
 * rule for it is gv_layer_rule_of(). */
void gv_layer_explain(struct gv_layer_told *out,
    const struct gv_layer *const *layers, size_t n,
    const struct gv_layer_tree *merged, const char *path,
    const struct gv_layer_opts *opts);

/* ---- patches ------------------------------------------------------------- */

/* RFC 7396: merge the patch into the tree. 0 or GV_ENOMEM. */
int gv_layer_merge_patch(
    struct gv_layer_tree *tree, const struct gv_layer_value *patch);

/* RFC 6902: apply a list of operations to the tree, all or none. 0;
 * GV_EREFUSED with the number of the operation and why; GV_ENOMEM. */
int
gv_layer_patch(struct gv_layer_tree *tree, const struct gv_layer_value *patch);

#endif
