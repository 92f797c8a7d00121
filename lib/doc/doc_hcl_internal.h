#ifndef GV_DOC_HCL_INTERNAL_H
#define GV_DOC_HCL_INTERNAL_H
/*
 * The reader of HCL in its parts: bodies (doc_hcl.c), values
 * (doc_hcl_value.c), expressions (doc_hcl_code.c), texts and templates
 * (doc_hcl_text.c). Functions return 0; GV_EREFUSED with `wrong` set, or when
 * the tree is full; GV_ENOMEM.
 */

#include "doc/doc_internal.h"

#define GV_DOC_HCL_NAMES 32

/* What an expression is that is one literal. */
enum gv_doc_hcl_literal {
	GV_DOC_HCL_NO_LITERAL,
	GV_DOC_HCL_NUMBER,
	GV_DOC_HCL_TEXT,
	GV_DOC_HCL_HEREDOC,
	GV_DOC_HCL_BOOL,
	GV_DOC_HCL_NULL,
};

struct gv_doc_hcl {
	struct gv_doc_builder *b;
	const char *at, *end;
	const char *last; /* behind the last thing that was read */
	const char *wrong, *wrong_at;
	size_t wasted;   /* bytes that were read and have to be read again */
	bool goes_on;    /* lines end nothing: a bracket is open */
	bool is_json;    /* in a text of JSON: a quote has a backslash */
	unsigned nested; /* brackets, texts and templates */
	/* the literal that was read last, and where it is */
	enum gv_doc_hcl_literal literal;
	const char *literal_at, *literal_end;
	const char *text_at, *text_end; /* the last text, also with templates */
	/* names that `for` introduces, which are no references */
	struct gv_doc_span names[GV_DOC_HCL_NAMES];
	size_t n_names;
};

int gv_doc_hcl_refuse(struct gv_doc_hcl *h, const char *at, const char *what);

/* Go into brackets, a text or a template, and out again. */
int gv_doc_hcl_enter(struct gv_doc_hcl *h);

/* Skip blanks and comments; where lines end nothing, those, too. */
int gv_doc_hcl_skip(struct gv_doc_hcl *h);

/* A word at the cursor, which is moved behind it; its length, 0 if none. */
size_t gv_doc_hcl_word(struct gv_doc_hcl *h);

/* Read an expression as the value of a node with this key; node->next is its
 * number then. */
int gv_doc_hcl_value(struct gv_doc_hcl *h, struct gv_doc_node *node);

/* Read an expression whose references are the last node's. */
int gv_doc_hcl_code(struct gv_doc_hcl *h);

/* Parts of it: what follows an operand, as operators; what follows a primary,
 * *n steps; the length of the operator at the cursor; a sign that has to be
 * here; whether "for" is, behind a bracket, and all up to its `close`. */
int gv_doc_hcl_rest(struct gv_doc_hcl *h);
int gv_doc_hcl_steps(struct gv_doc_hcl *h, size_t *n);
size_t gv_doc_hcl_operator(const struct gv_doc_hcl *h);
int gv_doc_hcl_expect(struct gv_doc_hcl *h, char c, const char *what);
bool gv_doc_hcl_is_for(const struct gv_doc_hcl *h);
int gv_doc_hcl_for(struct gv_doc_hcl *h, char close);

/* Read a list or map within an expression: it has no nodes. */
int gv_doc_hcl_inner(struct gv_doc_hcl *h);

/* Read a text from its quote on; "<<EOT" from its sign on. */
int gv_doc_hcl_text(struct gv_doc_hcl *h);
int gv_doc_hcl_heredoc(struct gv_doc_hcl *h);

/* Note a name that an expression introduces. */
void gv_doc_hcl_name(struct gv_doc_hcl *h, const char *p, size_t len);

static inline bool
gv_doc_hcl_is(const struct gv_doc_hcl *h, const char *text, size_t len)
{
	return (size_t)(h->end - h->at) >= len && memcmp(h->at, text, len) == 0;
}

#define GV_DOC_HCL_IS(h, text) gv_doc_hcl_is(h, text, sizeof(text) - 1)

static inline char
gv_doc_hcl_peek(const struct gv_doc_hcl *h)
{
	return h->at < h->end ? *h->at : '\0';
}

/* Whether a line, or all, ends here. */
static inline bool
gv_doc_hcl_is_line_end(const struct gv_doc_hcl *h)
{
	const char c = gv_doc_hcl_peek(h);

	return c == '\n' || c == '\0' || c == '#' ||
	    (c == '\r' && GV_DOC_HCL_IS(h, "\r\n")) ||
	    (c == '/' && GV_DOC_HCL_IS(h, "//"));
}

static inline size_t
gv_doc_hcl_offset(const struct gv_doc_hcl *h, const char *p)
{
	return (size_t)(p - h->b->doc->text);
}

#endif
