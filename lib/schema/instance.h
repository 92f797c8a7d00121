#ifndef GV_INSTANCE_H
#define GV_INSTANCE_H
/*
 * A value as a schema sees it: what a program gets that loads a document, in
 * whatever format it was written, with the place of each part in its text. It
 * is made from one document, or put together from parts of several. Texts are
 * decoded, aliases followed, maps merged, numbers exact.
 *
 *	r = gv_instance_read(&in, "prod.yaml", &doc, doc.parts[0].node, NULL);
 *	gv_instance_where(&in, node, &place);
 *	gv_instance_release(&in);
 *
 * Nodes are in order, each before what is in it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doc/doc.h"

#define GV_INSTANCE_DEPTH_MAX 1024
#define GV_INSTANCE_NODES_MAX ((uint32_t)16 * 1024 * 1024)

struct gv_buf;
struct gv_memory;

enum gv_instance_kind {
	GV_INSTANCE_NULL,
	GV_INSTANCE_FALSE,
	GV_INSTANCE_TRUE,
	GV_INSTANCE_INT,    /* a whole number of 64 bits, however written */
	GV_INSTANCE_NUMBER, /* any other: its text */
	GV_INSTANCE_TEXT,
	GV_INSTANCE_LIST,
	GV_INSTANCE_MAP,
	GV_INSTANCE_OPAQUE,   /* not known yet: an expression, a template, a
				 sealed secret, a tag of a program */
	GV_INSTANCE_SHADOWED, /* its key is given again behind it */
};

struct gv_instance_node {
	uint8_t kind;
	bool has_key;
	bool is_vague;     /* OPAQUE, or something in it is */
	bool is_text;      /* OPAQUE, but it will be a text: a sealed secret */
	uint16_t source;   /* the document it is from */
	uint32_t at;       /* offset of the value in the text of the source */
	uint32_t key_at;   /* and of its key */
	uint32_t parent;   /* or GV_DOC_NONE */
	uint32_t span;     /* nodes of it and all that is in it */
	uint32_t n;        /* members or items; SHADOWED ones are not counted */
	uint32_t index;    /* which one in its list or map it is */
	uint32_t key_hash; /* of gv_map_hash() */
	uint32_t key_len;
	uint32_t len;
	const char *key; /* UTF-8, not NUL-terminated */
	union {
		const char *text; /* of TEXT, and of NUMBER its digits */
		int64_t whole;    /* of INT */
	} is;
};

struct gv_instance_source {
	/* NULL: the offsets of its nodes are lines, and those of their keys
	 * columns; a document of theirs was read elsewhere */
	const struct gv_doc *doc;
	const char *name;
};

struct gv_instance {
	struct gv_instance_node *nodes;
	struct gv_instance_source *sources;
	struct gv_instance_bytes *bytes; /* texts that had to be decoded */
	const struct gv_memory *memory;
	struct gv_instance_index *index; /* private; or NULL */
	uint32_t n, cap;
	uint16_t n_sources, cap_sources;
	uint32_t open[GV_INSTANCE_DEPTH_MAX];
	uint32_t n_open;
	/* yes, no, on, off of YAML are booleans, as in YAML 1.1 */
	bool has_word_bools;
};

struct gv_instance_place {
	const char *name; /* of the source */
	size_t line, column;
};

/* Make the value of one node of a document, which must live as long as *out, as
 * must `name`; GV_DOC_NONE: null. Texts that have to be copied are in `memory`
 * (NULL: plain). 0; GV_EREFUSED with a message if it repeats too much, is too
 * large or too deep, or a part of the document could not be read; GV_ENOMEM.
 * Release *out after 0 only. */
int gv_instance_read(struct gv_instance *out, const char *name,
    const struct gv_doc *doc, uint32_t node, const struct gv_memory *memory);

/* ---- putting one together ---- */

/* An empty one; release it in any case. */
void gv_instance_init(struct gv_instance *out, const struct gv_memory *memory);

/* Add a document that values are from: its number, GV_EREFUSED beyond 65,535,
 * or GV_ENOMEM. Both must live as long as the instance. */
int gv_instance_source(
    struct gv_instance *in, const char *name, const struct gv_doc *doc);

/* What is given of a value that is added: its kind, source, offsets, key and
 * text or number. Keys and texts are borrowed. All else is set here. Open adds
 * a list or map; what follows is in it until it is closed. The keys of a map
 * may repeat: the last one counts. */
int
gv_instance_add(struct gv_instance *in, const struct gv_instance_node *node);
int
gv_instance_open(struct gv_instance *in, const struct gv_instance_node *node);
void gv_instance_close(struct gv_instance *in);

/* Set kind and value of a number by its digits, which are borrowed; what is no
 * number is OPAQUE. */
void gv_instance_number(
    struct gv_instance_node *out, const char *digits, size_t len);

/* Add a node of a document of `source` and all that is in it, under this key
 * (only its key, key_len and key_at are looked at; NULL: in a list). */
int gv_instance_add_doc(struct gv_instance *in, uint16_t source,
    const struct gv_instance_node *key, uint32_t node);

/* Have the children of large maps and lists be found at once, for an instance
 * that is asked often and does not change any more. 0 or GV_ENOMEM. */
int gv_instance_make_index(struct gv_instance *in);

/* Free; zeroed ok. */
void gv_instance_release(struct gv_instance *in);

/* ---- asking ---- */

/* The first node in this one, and the one behind another, both of those that
 * are not SHADOWED; GV_DOC_NONE at the end. */
uint32_t gv_instance_first(const struct gv_instance *in, uint32_t node);
uint32_t gv_instance_next(const struct gv_instance *in, uint32_t node);

/* The value of a key, or GV_DOC_NONE. */
uint32_t gv_instance_get(
    const struct gv_instance *in, uint32_t map, const char *key, size_t len);

/* The node at a JSON pointer ("" or "/a/0") below `from`. 0; GV_ENOTFOUND
 * without a message; GV_ENOMEM. */
int gv_instance_find(uint32_t *out, const struct gv_instance *in, uint32_t from,
    const char *pointer, size_t len);

/* Append the JSON pointer of a node from the root. */
void gv_instance_pointer(
    struct gv_buf *out, const struct gv_instance *in, uint32_t node);

/* Line and column of a value, or of its key. */
void gv_instance_where(struct gv_instance_place *out,
    const struct gv_instance *in, uint32_t node, bool of_key);

/* Whether a TEXT is this one. */
bool gv_instance_is(const struct gv_instance_node *n, const char *text);

/* Whether two values are equal by JSON: 1 is 1.0, the order of keys does not
 * count; what is OPAQUE equals nothing. Equal values have equal hashes. */
bool gv_instance_equal(
    const struct gv_instance_node *a, const struct gv_instance_node *b);
uint64_t gv_instance_hash(const struct gv_instance_node *n);

#endif
