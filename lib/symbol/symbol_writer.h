#ifndef GV_SYMBOL_WRITER_H
#define GV_SYMBOL_WRITER_H
/*
 * What an extractor writes its symbols with. It takes the text of a node, and
 * then adds what that text is: a definition, a reference, a value. Computed
 * parts of it become '*', and the symbol a PATTERN.
 *
 *	gv_symbol_writer_init(&w, out, doc);
 *	for (i = gv_symbol_first(&w, list); i != GV_DOC_NONE;
 *	     i = gv_symbol_next(&w, list, i))
 *		if (gv_symbol_take(&w, i))
 *			gv_symbol_refer_name(&w, EDGE, SPACE, 0);
 *	gv_symbol_writer_release(&w);
 *
 * Aliases are followed, and a bounded number of nodes is visited: a file in
 * which lists of aliases repeat each other ends early.
 */

#include "symbol/symbol_internal.h"

struct gv_symbol_writer {
	struct gv_symbols *out;
	const struct gv_doc *doc;
	uint32_t in;         /* the definition that is being read */
	uint32_t line;       /* of `text` */
	struct gv_buf text;  /* what gv_symbol_take() found */
	struct gv_buf extra; /* goes with the next symbol, then it is empty */
	size_t visits;       /* that are left */
	bool is_shell;       /* $X and $(…) are computed, too */
};

void gv_symbol_writer_init(struct gv_symbol_writer *w, struct gv_symbols *out,
    const struct gv_doc *doc);

/* Free, and keep in out->failed that memory ran out. */
void gv_symbol_writer_release(struct gv_symbol_writer *w);

/* The items of a list, or the values of a map; a scalar is an item of its own.
 * What is merged into a map by "<<" is not among them. GV_DOC_NONE at the end,
 * and where `list` is GV_DOC_NONE. */
uint32_t gv_symbol_first(struct gv_symbol_writer *w, uint32_t list);
uint32_t
gv_symbol_next(struct gv_symbol_writer *w, uint32_t list, uint32_t item);

/* Whether a node is, after aliases, a map; a list; a scalar. */
bool gv_symbol_is_map(const struct gv_symbol_writer *w, uint32_t node);
bool gv_symbol_is_list(const struct gv_symbol_writer *w, uint32_t node);
bool gv_symbol_is_scalar(const struct gv_symbol_writer *w, uint32_t node);

/* Whether the value of a key says true (false). */
bool gv_symbol_switch_is(
    const struct gv_symbol_writer *w, uint32_t map, const char *key, bool what);

/* Make `text` and `line` those of a scalar, of a key, of the scalar that is the
 * value of `key` in a map. Whether there is a text that is not empty. */
bool gv_symbol_take(struct gv_symbol_writer *w, uint32_t node);
bool gv_symbol_take_key(struct gv_symbol_writer *w, uint32_t node);
bool
gv_symbol_take_of(struct gv_symbol_writer *w, uint32_t map, const char *key);

/* Make `text` these bytes; `line` stays. */
void
gv_symbol_take_bytes(struct gv_symbol_writer *w, const char *p, size_t len);

/* Whether `text` is this word; whether it begins, or ends, with it. */
bool gv_symbol_text_is(const struct gv_symbol_writer *w, const char *word);
bool gv_symbol_text_begins(const struct gv_symbol_writer *w, const char *word);
bool gv_symbol_text_ends(const struct gv_symbol_writer *w, const char *word);

/* Replace each $X, ${…}, $(…) and `…` of a shell by one '*'. Whether there was
 * one. "$$" is no such part. */
bool gv_symbol_fold_shell(struct gv_buf *text);

/* Add what `text` is. A definition: its number. */
uint32_t gv_symbol_define(
    struct gv_symbol_writer *w, enum gv_symbol_space space, unsigned flags);
void gv_symbol_refer_name(struct gv_symbol_writer *w, enum gv_symbol_edge edge,
    enum gv_symbol_space space, unsigned flags);
void gv_symbol_refer_path(
    struct gv_symbol_writer *w, enum gv_symbol_edge edge, unsigned flags);
/* "SCHEME:text" */
void gv_symbol_refer_external(struct gv_symbol_writer *w,
    enum gv_symbol_edge edge, const char *scheme, unsigned flags);
void gv_symbol_refer_image(
    struct gv_symbol_writer *w, enum gv_symbol_edge edge, unsigned flags);
/* An address, as gv_symbol_source() takes it. */
void gv_symbol_refer_source(
    struct gv_symbol_writer *w, enum gv_symbol_edge edge, unsigned flags);
void gv_symbol_tell(struct gv_symbol_writer *w, enum gv_symbol_value value);

/* The definition of that name that was added last, or GV_SYMBOL_NONE. */
uint32_t gv_symbol_find(const struct gv_symbols *all,
    enum gv_symbol_space space, const char *name, size_t len);

/* ---- scripts ------------------------------------------------------------- */

struct gv_symbol_script {
	const char *text;
	size_t len;
	uint32_t line;    /* of its first byte */
	uint32_t in;      /* the definition that it stands in */
	unsigned flags;   /* of each path: GV_SYMBOL_TOP */
	const char *base; /* folder that it runs in, or NULL */
	bool is_make;     /* a Makefile: $(X) is a variable */
};

/* Add the files that the commands of a shell, or the recipes of a Makefile,
 * name. */
void gv_symbol_script_read(
    struct gv_symbols *out, const struct gv_symbol_script *script);

/* The same of a scalar of a document. */
void gv_symbol_script_node(struct gv_symbol_writer *w, uint32_t node,
    unsigned flags, const char *base);

#endif
