#ifndef GV_DOC_H
#define GV_DOC_H
/*
 * A configuration file as a tree of places in its bytes, the same tree for
 * every format. No text is copied: a node has the bytes of its key and of its
 * value as they are written, so that a secret stays where it was, and a patch
 * can replace a value and leave all else alone. Readers do not stop at what
 * they cannot read: that part becomes a node of its own kind, with an error.
 *
 *	r = gv_doc_read(&doc, GV_DOC_FORMAT_YAML, text, len, NULL);
 *	i = gv_doc_find(&doc, GV_DOC_NONE, "spec.containers[0].image");
 *	gv_doc_where(&doc, doc.nodes[i].at, &line, &column);
 *	gv_doc_release(&doc);
 *
 * Nodes are in the order of the text, each before what is in it. A node is
 * named by its number.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_DOC_NONE      UINT32_MAX
#define GV_DOC_SIZE_MAX  ((size_t)256 * 1024 * 1024) /* bytes of a text */
#define GV_DOC_DEPTH_MAX 1024
/* nodes, references and comments together */
#define GV_DOC_ITEMS_MAX  ((uint32_t)4 * 1024 * 1024)
#define GV_DOC_ERRORS_MAX 100

struct gv_buf;
struct gv_memory;

enum gv_doc_format {
	GV_DOC_FORMAT_JSON,
	GV_DOC_FORMAT_YAML,
	GV_DOC_FORMAT_TEMPLATE, /* YAML with {{ }}, {% %} or {# #} in it */
	GV_DOC_FORMAT_COMPOSE,  /* YAML with ${VAR} */
	GV_DOC_FORMAT_HCL,
	GV_DOC_FORMAT_HCL_JSON, /* .tf.json: JSON with "${expression}" */
	GV_DOC_FORMAT_ENV,
	GV_DOC_FORMAT_INI,
	GV_DOC_FORMAT_PROPERTIES,
	GV_DOC_FORMAT_TOML,
	GV_DOC_FORMAT_DOCKERFILE,
	GV_DOC_FORMAT_XML,
};

enum gv_doc_kind {
	GV_DOC_SCALAR,
	GV_DOC_LIST,
	GV_DOC_MAP,
	GV_DOC_ALIAS,  /* of YAML: it stands for the node `target` */
	GV_DOC_BLOCK,  /* of HCL: its key is its type, its first children are
			  its labels; of a Dockerfile: an instruction */
	GV_DOC_LABEL,  /* of a block of HCL */
	GV_DOC_CODE,   /* a value that has to be computed: an expression, a
			  text with templates in it */
	GV_DOC_BROKEN, /* a part that could not be read */
};

enum gv_doc_style {
	GV_DOC_STYLE_PLAIN, /* of a list or map: a block without brackets */
	GV_DOC_STYLE_DOUBLE,
	GV_DOC_STYLE_SINGLE,
	GV_DOC_STYLE_LITERAL,       /* | of YAML */
	GV_DOC_STYLE_FOLDED,        /* > of YAML */
	GV_DOC_STYLE_HEREDOC,       /* <<EOT */
	GV_DOC_STYLE_TRIPLE,        /* """ of TOML */
	GV_DOC_STYLE_TRIPLE_SINGLE, /* ''' of TOML */
	GV_DOC_STYLE_FLOW,          /* a list or map in brackets */
	GV_DOC_STYLE_ITEM,      /* a map that is one of a list: [[x]] of TOML */
	GV_DOC_STYLE_ATTRIBUTE, /* of an element of XML */
};

/* What a scalar is by the rules of its format. */
enum gv_doc_type {
	GV_DOC_TYPE_TEXT,
	GV_DOC_TYPE_NULL,
	GV_DOC_TYPE_BOOL,
	GV_DOC_TYPE_WORD_BOOL, /* yes, no, on, off: a text by YAML 1.2, a bool
				  by YAML 1.1 */
	GV_DOC_TYPE_INT,
	GV_DOC_TYPE_FLOAT,
	GV_DOC_TYPE_TIME, /* of TOML */
};

/* Offsets are of bytes in the text. A span of no bytes with a key at 0 means
 * that the node has no key. */
struct gv_doc_node {
	uint32_t key_at, key_len; /* as written, with quotes; `key_style`
				     FLOW: it is no scalar, or an alias */
	uint32_t at, len;         /* the value as written, with quotes or
				     brackets, without tag and anchor */
	uint32_t parent;          /* or GV_DOC_NONE */
	uint32_t next;            /* the node behind all that is in this one */
	uint32_t index;           /* which one in its list or map it is */
	uint8_t kind, style, key_style, type;
};

/* One document of a file. */
struct gv_doc_part {
	uint32_t node; /* its root, or GV_DOC_NONE if it is empty */
	uint32_t at, len;
	bool is_broken; /* some of it could not be read */
};

enum gv_doc_ref_kind {
	GV_DOC_REF_NAME, /* TYPE.NAME of a resource, or a name of another kind
			  */
	GV_DOC_REF_VAR,  /* var.x; ${X} of an env file, Compose, a Dockerfile */
	GV_DOC_REF_LOCAL,
	GV_DOC_REF_MODULE,
	GV_DOC_REF_DATA,
	GV_DOC_REF_EACH,       /* each.key, count.index, self.id */
	GV_DOC_REF_PATH,       /* path.module, terraform.workspace */
	GV_DOC_REF_DEPENDENCY, /* dependency.x.outputs.y of Terragrunt */
	GV_DOC_REF_CALL,       /* a function with its arguments */
	GV_DOC_REF_TEMPLATE,   /* {{ … }} */
	GV_DOC_REF_VALUE,      /* .Values.x within one */
};

/* What a value refers to, as it is written: module.vpc.ids[0]. Names that an
 * expression itself introduces (for x in …) are left out. */
struct gv_doc_ref {
	uint32_t node, at, len;
	uint32_t kind;
};

/* An anchor or a tag of YAML in front of a node, or the node of an alias. */
struct gv_doc_mark {
	uint32_t node;
	uint32_t anchor_at, anchor_len; /* without '&' or '*' */
	uint32_t tag_at, tag_len;       /* with '!' */
	uint32_t target;                /* of an alias, else GV_DOC_NONE */
};

struct gv_doc_span {
	uint32_t at, len;
};

struct gv_doc_error {
	uint32_t at;
	const char *what; /* static */
};

struct gv_doc {
	const char *text; /* the caller's */
	size_t len;
	enum gv_doc_format format;
	struct gv_doc_node *nodes;
	struct gv_doc_part *parts;
	struct gv_doc_ref *refs;      /* in the order of their nodes */
	struct gv_doc_mark *marks;    /* the same */
	struct gv_doc_span *comments; /* in the order of the text */
	struct gv_doc_error *errors;  /* the same */
	struct gv_doc_place *places;  /* lines and columns now and then */
	size_t n, n_parts, n_refs, n_marks, n_comments, n_errors, n_places;
	size_t cap, cap_parts, cap_refs, cap_marks, cap_comments, cap_errors;
};

/* ---- reading ------------------------------------------------------------- */

/* Read a text, which must live as long as *out. 0, also where parts or all of
 * it cannot be read: out->errors says where and why. GV_ENOMEM. What has to be
 * copied for a while is in `memory` (NULL: plain). Release *out after 0. */
int gv_doc_read(struct gv_doc *out, enum gv_doc_format format, const char *text,
    size_t len, const struct gv_memory *memory);

/* Free; zeroed ok. */
void gv_doc_release(struct gv_doc *doc);

/* The format that a path and, for templates, the bytes speak for. Whether it
 * is one of those; *out is unchanged if not. */
bool gv_doc_format_of(
    enum gv_doc_format *out, const char *path, const char *text, size_t len);

/* 0 if all of it could be read, else GV_EREFUSED with the message
 * "line L, column C: " and the first error. */
int gv_doc_check(const struct gv_doc *doc);

/* Line and column, from 1, of an offset; columns count characters. */
void
gv_doc_where(const struct gv_doc *doc, size_t at, size_t *line, size_t *column);

/* Where the line begins that has the byte at an offset. (doc_line.c) */
size_t gv_doc_line_begin(const struct gv_doc *doc, size_t at);

/* Behind the end of the line that has the last byte before an offset. */
size_t gv_doc_after_line(const struct gv_doc *doc, size_t at);

/* Behind the last byte of a node and all that is in it. */
size_t gv_doc_end(const struct gv_doc *doc, uint32_t node);

/* ---- going through the tree ---------------------------------------------- */

/* The first node in one, and the next one in the same; GV_DOC_NONE at the end.
 * `node` GV_DOC_NONE: the first root; the next of a root is the next root. */
uint32_t gv_doc_first(const struct gv_doc *doc, uint32_t node);
uint32_t gv_doc_next(const struct gv_doc *doc, uint32_t node);

/* What an alias stands for, and any other node itself; GV_DOC_NONE where the
 * anchor does not exist or the alias is inside of what it names. */
uint32_t gv_doc_follow(const struct gv_doc *doc, uint32_t node);

/* The value of a key of a map, with aliases followed and what is merged into
 * it by "<<" searched, too; the last one of several. GV_DOC_NONE if there is
 * none, or `map` is no map or block. */
uint32_t gv_doc_get(const struct gv_doc *doc, uint32_t map, const char *key);

/* The node at a path as gv_doc_path() writes it, below `from` (GV_DOC_NONE: in
 * any document); the last one of several, or GV_DOC_NONE. */
uint32_t gv_doc_find(const struct gv_doc *doc, uint32_t from, const char *path);

/* Append the path of a node within its document: a.b[2].c; of a block its type
 * and its labels. A key that has other signs than letters, digits, '_', '-',
 * '/' or '$' is written ["a.b"]. */
void gv_doc_path(struct gv_buf *out, const struct gv_doc *doc, uint32_t node);

/* Whether the value of a node, or its key, is this text once its quotes and
 * escapes are read. */
bool gv_doc_is(const struct gv_doc *doc, uint32_t node, const char *text);
bool gv_doc_key_is(const struct gv_doc *doc, uint32_t node, const char *text);

/* Append what the value of a scalar, or a key, says: without quotes, with its
 * escapes, folds and indentation read, and with its templates as they are. Of
 * other kinds and of expressions of HCL the bytes as written. */
void gv_doc_text(struct gv_buf *out, const struct gv_doc *doc, uint32_t node);
void gv_doc_key(struct gv_buf *out, const struct gv_doc *doc, uint32_t node);

/* The same to `out`, which has room for half as many bytes again as the key or
 * the value has: how many they are. For who keeps secrets in memory of a kind.
 */
size_t gv_doc_read_text(char *out, const struct gv_doc *doc, uint32_t node);
size_t gv_doc_read_key(char *out, const struct gv_doc *doc, uint32_t node);

/* The references of a node and all that is in it: the first one, *n of them. */
const struct gv_doc_ref *
gv_doc_refs(const struct gv_doc *doc, uint32_t node, size_t *n);

/* The anchor, tag or alias of a node, or NULL. */
const struct gv_doc_mark *gv_doc_mark(const struct gv_doc *doc, uint32_t node);

/* A value as a program sees it that loads the document: aliases followed and
 * maps merged. Lists and maps without anything in them are values, too. */
typedef int
gv_doc_value_fn(void *ctx, const struct gv_buf *path, uint32_t node);

/* Report each value of one document to fn(), until it returns other than 0,
 * which is returned. 0; GV_EREFUSED with a message if aliases repeat more than
 * the document is large, or nest too deep; GV_ENOMEM. */
int gv_doc_each(
    const struct gv_doc *doc, uint32_t root, gv_doc_value_fn *fn, void *ctx);

/* ---- changing a value ---- */

/* Append the text of the document with another value at a scalar, written as
 * the old one is where that can be, and all else as it is. 0; GV_EREFUSED where
 * the node is no scalar, or the value cannot be written there; GV_ENOMEM. */
int gv_doc_set(struct gv_buf *out, const struct gv_doc *doc, uint32_t node,
    const char *text);

/* The same with the bytes that the value was written with once, quotes and all,
 * where these still say `text` there; else as gv_doc_set(). `raw` NULL: as
 * that.
 */
int gv_doc_set_as(struct gv_buf *out, const struct gv_doc *doc, uint32_t node,
    const char *text, const char *raw);

/* Append the text of the document with a key added behind those of a map (the
 * root of the document, for GV_DOC_NONE, where it is empty): `keys` lead to it,
 * each a map in the one before; it gets the text as it is, or in quotes. All
 * else stays. Callers read the result, since only that tells what it says. 0;
 * GV_EREFUSED where a format or a place takes no key; GV_ENOMEM. */
struct gv_doc_addition {
	const char *const *keys;
	size_t n;
	const char *text;
	bool is_quoted;
};
int gv_doc_extend(struct gv_buf *out, const struct gv_doc *doc, uint32_t map,
    const struct gv_doc_addition *added);

/* Append the text of the document without a member of a map, its key and what
 * is in it. As above. */
int gv_doc_drop(struct gv_buf *out, const struct gv_doc *doc, uint32_t node);

#endif
