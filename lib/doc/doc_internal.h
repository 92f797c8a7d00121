#ifndef GV_DOC_INTERNAL_H
#define GV_DOC_INTERNAL_H
/*
 * What the readers share: they add nodes in the order of the text, open and
 * close what holds others, and record what they cannot read. A call that
 * returns GV_EREFUSED has recorded why; the reader then ends, and what it has
 * read so far stays.
 */

#include <string.h>

#include "base/err.h"
#include "doc/doc.h"

/* libyaml takes quadratic time by depth; recursion has an end, too. */
#define GV_DOC_DEPTH_NESTED 200

/* The bytes between two stored pairs of line and column. */
#define GV_DOC_PLACE_EVERY ((size_t)4096)

struct gv_doc_place {
	uint32_t line, column;
};

struct gv_doc_builder {
	struct gv_doc *doc;
	const struct gv_memory *memory;
	uint32_t ref_node; /* has the references; GV_DOC_NONE: the last node */
	size_t depth, depth_max;
	struct gv_doc_level {
		uint32_t node, n; /* an open node, and how many are in it */
	} levels[GV_DOC_DEPTH_MAX + 1]; /* the first is the file */
};

/* Add a node without others in it. 0; GV_EREFUSED if there are too many;
 * GV_ENOMEM. */
int gv_doc_add(struct gv_doc_builder *b, const struct gv_doc_node *node);

/* Add a node and open it. The same; GV_EREFUSED also if it is too deep. */
int gv_doc_open(struct gv_doc_builder *b, const struct gv_doc_node *node);

/* Close the innermost open node, which ends before this byte. */
void gv_doc_close(struct gv_doc_builder *b, size_t end);

/* Close those that are deeper than `depth`. */
void gv_doc_close_to(struct gv_doc_builder *b, size_t depth, size_t end);

/* Record an error; more than GV_DOC_ERRORS_MAX are forgotten. 0, GV_ENOMEM. */
int gv_doc_add_error(struct gv_doc_builder *b, size_t at, const char *what);

/* Record an error (NULL: one that is recorded already), and the part that
 * cannot be read for it as a node. 0; GV_EREFUSED, GV_ENOMEM. */
int gv_doc_add_broken(struct gv_doc_builder *b, size_t from, size_t to,
    size_t at, const char *what);

/* Add what the names say. 0, GV_EREFUSED, GV_ENOMEM. */
int gv_doc_add_ref(
    struct gv_doc_builder *b, enum gv_doc_ref_kind kind, size_t at, size_t len);
int gv_doc_add_comment(struct gv_doc_builder *b, size_t at, size_t end);
int gv_doc_add_mark(struct gv_doc_builder *b, const struct gv_doc_mark *mark);
int gv_doc_add_part(
    struct gv_doc_builder *b, uint32_t first, size_t at, size_t end);

/* Fill in the places of a text that was read. 0, GV_ENOMEM. */
int gv_doc_find_places(struct gv_doc *doc);

/* The node that was added last. */
static inline uint32_t
gv_doc_last(const struct gv_doc_builder *b)
{
	return (uint32_t)b->doc->n - 1;
}

/* Append what a node adds to the path that begins at `begin`. */
struct gv_buf;
void gv_doc_add_step(
    struct gv_buf *out, size_t begin, const struct gv_doc *doc, uint32_t node);

static inline bool
gv_doc_has_key(const struct gv_doc_node *n)
{
	return n->key_at || n->key_len;
}

/* The readers of the formats. 0 or GV_ENOMEM; GV_EREFUSED where they ended
 * early, and the file is one broken part from there on. */
int gv_doc_read_json(struct gv_doc_builder *b, size_t from);
int gv_doc_read_hcl_json(struct gv_doc_builder *b, size_t from);
int gv_doc_read_yaml(struct gv_doc_builder *b, size_t from);
int gv_doc_read_hcl(struct gv_doc_builder *b, size_t from);
int gv_doc_read_env(struct gv_doc_builder *b, size_t from);
int gv_doc_read_ini(struct gv_doc_builder *b, size_t from);
int gv_doc_read_properties(struct gv_doc_builder *b, size_t from);
int gv_doc_read_toml(struct gv_doc_builder *b, size_t from);
int gv_doc_read_docker(struct gv_doc_builder *b, size_t from);
int gv_doc_read_xml(struct gv_doc_builder *b, size_t from);

/* Read the templates in the texts of a document of JSON. */
int gv_doc_read_hcl_texts(struct gv_doc_builder *b);

/* ---- texts --------------------------------------------------------------- */

/* Decode a part of the text that is written in this style: at most `len` * 3 /
 * 2 bytes to `out`; how many they are. `p` includes the quotes of the style. */
size_t gv_doc_decode(char *out, const struct gv_doc *doc,
    enum gv_doc_style style, const char *p, size_t len);
size_t gv_doc_decode_yaml(char *out, const struct gv_doc *doc,
    enum gv_doc_style style, const char *p, size_t len);
size_t gv_doc_decode_hcl(
    char *out, enum gv_doc_style style, const char *p, size_t len);

/* The value of up to `n` hexadecimal digits at `p`; *used of them are some. */
uint32_t gv_doc_hex(const char *p, size_t n, size_t *used);

/* The type of a plain scalar of YAML or TOML. */
enum gv_doc_type gv_doc_type_of_yaml(const char *p, size_t len);

/* ---- templates ----------------------------------------------------------- */

/* Replace the templates of `text` in its mask of the same length, so that what
 * is left is YAML: one that is a line becomes a comment, one in a line a word.
 */
void gv_doc_template_mask(char *mask, const char *text, size_t len);

/* Replace the placeholders of secrets in it by words. */
void gv_doc_placeholder_mask(char *mask, const char *text, size_t len);

/* Add the templates in a part of the text as references of the node that was
 * added last. 1 if there are any, 0, GV_EREFUSED, GV_ENOMEM. */
int gv_doc_template_refs(struct gv_doc_builder *b, size_t at, size_t len);

/* The same of $NAME and ${NAME:-default}. */
int gv_doc_variable_refs(struct gv_doc_builder *b, size_t at, size_t len);

/* ---- signs --------------------------------------------------------------- */

static inline bool
gv_doc_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool
gv_doc_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline bool
gv_doc_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
gv_doc_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters, digits and '_'. */
static inline bool
gv_doc_is_word(char c)
{
	return gv_doc_is_letter(c) || gv_doc_is_digit(c) || c == '_';
}

/* The end of the line that `at` is in, at its newline or the end of all. */
static inline size_t
gv_doc_line_end(const struct gv_doc *doc, size_t at)
{
	const char *nl =
	    at < doc->len ? memchr(doc->text + at, '\n', doc->len - at) : NULL;

	return nl ? (size_t)(nl - doc->text) : doc->len;
}

/* Append a new value as a file of this format has it, in a style, or
 * (is_quoted) as a text that is surely one. (doc_value.c) */
struct gv_buf;
void gv_doc_add_value(struct gv_buf *out, const struct gv_doc *doc,
    uint8_t style, const char *text, bool is_quoted);
/* Append a text between double quotes, as JSON and YAML have it; in HCL "${"
 * and
 * "%{" are escaped, too. */
void gv_doc_add_escaped(struct gv_buf *out, const char *text, bool is_hcl);

/* Append the end of a line as the file has them. */
void gv_doc_add_line_end(struct gv_buf *out, const struct gv_doc *doc);

#endif
