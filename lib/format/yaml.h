#ifndef GV_YAML_H
#define GV_YAML_H
/*
 * A YAML document as a small tree, each node with its line. Every scalar is
 * text: what it means is for its reader to say. One document; keys are
 * scalars, and each stands once; aliases are followed, but what they add up
 * to is bounded, as are depth and size.
 *
 *	r = gv_yaml_parse(&yaml, "policy.yaml", data, len);
 *	node = gv_yaml_get(gv_yaml_root(yaml), "retention");
 *	gv_yaml_free(yaml);
 */

#include <stdbool.h>
#include <stddef.h>

#define GV_YAML_MAX_SIZE  ((size_t)4 * 1024 * 1024) /* bytes of a document */
#define GV_YAML_MAX_DEPTH 64
#define GV_YAML_MAX_NODES 100000 /* also counting what aliases repeat */

struct gv_yaml;

enum gv_yaml_kind {
	GV_YAML_SCALAR,
	GV_YAML_LIST,
	GV_YAML_MAP,
};

struct gv_yaml_node {
	enum gv_yaml_kind kind;
	unsigned line;    /* from 1 */
	const char *text; /* of a scalar; NUL behind it, none within */
	size_t len;
	bool plain; /* a scalar without quotes */
	/* of a list the values, of a map keys[i] and values[i] */
	const struct gv_yaml_node **keys, **values;
	size_t n;
};

/* Read a document. 0; GV_EREFUSED with "NAME:LINE: " and what is wrong with
 * it; GV_ENOMEM. */
int gv_yaml_parse(
    struct gv_yaml **out, const char *name, const char *data, size_t len);

/* The version of the library behind it. */
const char *gv_yaml_version(void);

/* Free; NULL-safe. Nodes go with it. */
void gv_yaml_free(struct gv_yaml *yaml);

/* The outermost node; NULL where the document is empty. */
const struct gv_yaml_node *gv_yaml_root(const struct gv_yaml *yaml);

/* The value of a key, or NULL where there is none, or `map` is NULL or no
 * map. */
const struct gv_yaml_node *
gv_yaml_get(const struct gv_yaml_node *map, const char *key);

/* Whether it is a scalar that stands for nothing: empty, ~ or null, and not
 * in quotes. */
bool gv_yaml_is_null(const struct gv_yaml_node *node);

#endif
