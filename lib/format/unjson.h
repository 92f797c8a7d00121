#ifndef GV_UNJSON_H
#define GV_UNJSON_H
/*
 * A JSON document (RFC 8259) as a small tree, strictly: no comments, no comma
 * too many, no key twice, nothing behind the document, valid UTF-8 only.
 * Numbers stay text, since no type holds them all. No byte is copied: texts are
 * decoded where they stand, so that what is secret in a document lies in the
 * memory it came in and nowhere else. Messages quote none of it.
 *
 *	r = gv_unjson_parse(&doc, "reply of host", body.p, body.len);
 *	version = gv_unjson_get(gv_unjson_root(doc), "version");
 *	gv_unjson_free(doc);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_UNJSON_MAX_DEPTH 128
#define GV_UNJSON_MAX_NODES ((size_t)4 * 1024 * 1024)

struct gv_unjson;

enum gv_unjson_kind {
	GV_UNJSON_NULL,
	GV_UNJSON_FALSE,
	GV_UNJSON_TRUE,
	GV_UNJSON_NUMBER,
	GV_UNJSON_TEXT,
	GV_UNJSON_LIST,
	GV_UNJSON_MAP,
};

struct gv_unjson_node {
	enum gv_unjson_kind kind;
	const char *key; /* of a value in a map; NUL behind it */
	size_t key_len;
	const char *text; /* of a text, and of a number; NUL behind it, and a
			     text may hold more */
	size_t len;
	const struct gv_unjson_node *first; /* of a list or a map, in order */
	const struct gv_unjson_node *next;  /* after this one */
};

/* Read a document; `name` is for messages. `data` has one byte behind its
 * `len`, is changed, and must live as long as the tree. 0; GV_EREFUSED with
 * "NAME:LINE: " and what is wrong with it; GV_ENOMEM. */
int gv_unjson_parse(
    struct gv_unjson **out, const char *name, char *data, size_t len);

/* Free; NULL-safe. Nodes go with it. */
void gv_unjson_free(struct gv_unjson *doc);

/* The outermost node; never NULL. */
const struct gv_unjson_node *gv_unjson_root(const struct gv_unjson *doc);

/* The value of a key, or NULL where there is none, or `map` is NULL or no map.
 */
const struct gv_unjson_node *
gv_unjson_get(const struct gv_unjson_node *map, const char *key);

/* The same, where it is a text without NUL; else NULL. */
const char *
gv_unjson_get_text(const struct gv_unjson_node *map, const char *key);

/* The whole number, from 0 to INT64_MAX, that a node is; -1 for another
 * node, or NULL. */
int64_t gv_unjson_count(const struct gv_unjson_node *node);

#endif
