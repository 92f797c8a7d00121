#ifndef DOC_TOLD_H
#define DOC_TOLD_H
/*
 * What a document holds, as one line of text, for tests to compare:
 *
 *	a.b=1:int c=~"x" <var.y> !3:5 d[0]=
 *
 * "~": a value that is computed, as it is written; "<…>": its references;
 * "!LINE:COLUMN": a part that could not be read; "*": an alias.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "doc/doc.h"

static inline void
doc_told_type(struct gv_buf *out, const struct gv_doc_node *n)
{
	static const char *const types[] = { "", ":null", ":bool", ":word",
		":int", ":float", ":time" };

	gv_buf_addstr(out, types[n->type]);
}

static inline void
doc_told_refs(struct gv_buf *out, const struct gv_doc *d, uint32_t i)
{
	const struct gv_doc_ref *ref;
	size_t n, k;

	ref = gv_doc_refs(d, i, &n);
	for (k = 0; k < n; k++)
		gv_buf_addf(
		    out, "<%.*s> ", (int)ref[k].len, d->text + ref[k].at);
}

static inline void
doc_told_node(struct gv_buf *out, const struct gv_doc *d, uint32_t i)
{
	const struct gv_doc_node *n = &d->nodes[i];
	size_t line, column;

	if (n->kind == GV_DOC_LABEL ||
	    (n->next > i + 1 && n->kind != GV_DOC_SCALAR))
		return;
	if (n->kind == GV_DOC_BROKEN) {
		gv_doc_where(d, n->at, &line, &column);
		gv_buf_addf(out, "!%zu:%zu ", line, column);
		return;
	}
	gv_doc_path(out, d, i);
	gv_buf_addstr(out,
	    n->kind == GV_DOC_CODE        ? "=~"
		: n->kind == GV_DOC_MAP   ? "={"
		: n->kind == GV_DOC_LIST  ? "=["
		: n->kind == GV_DOC_BLOCK ? "=b"
					  : "=");
	if (n->kind == GV_DOC_SCALAR || n->kind == GV_DOC_CODE ||
	    n->kind == GV_DOC_ALIAS)
		gv_doc_text(out, d, i);
	doc_told_type(out, n);
	gv_buf_addch(out, ' ');
	doc_told_refs(out, d, i);
}

/* Read a text of a format and compare what it holds. */
static inline void
assert_doc(enum gv_doc_format format, const char *text, const char *want)
{
	struct gv_buf got = GV_BUF_INIT;
	struct gv_doc d;
	uint32_t i;

	assert_int_equal(gv_doc_read(&d, format, text, strlen(text), NULL), 0);
	for (i = 0; i < d.n; i++)
		doc_told_node(&got, &d, i);
	if (strcmp(got.p, want) != 0)
		fail_msg("%s\nis\t%s\nnot\t%s", text, got.p, want);
	gv_buf_release(&got);
	gv_doc_release(&d);
}

struct doc_row {
	const char *text, *want;
};

static inline void
assert_docs(enum gv_doc_format format, const struct doc_row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		assert_doc(format, rows[i].text, rows[i].want);
}

/* The first error of a text is this one, "line L, column C: what". */
static inline void
assert_doc_error(
    enum gv_doc_format format, const char *text, size_t len, const char *want)
{
	struct gv_doc d;

	assert_int_equal(gv_doc_read(&d, format, text, len, NULL), 0);
	assert_int_equal(gv_doc_check(&d), GV_EREFUSED);
	if (strncmp(gv_err_message(), want, strlen(want)) != 0)
		fail_msg("%s\nis\t%s\nnot\t%s", text, gv_err_message(), want);
	gv_doc_release(&d);
}

/* A text of `n` times `part`, between `before` and `after`. */
static inline char *
doc_repeat(const char *before, const char *part, size_t n, const char *after)
{
	struct gv_buf b = GV_BUF_INIT;

	gv_buf_addstr(&b, before);
	while (n-- > 0)
		gv_buf_addstr(&b, part);
	gv_buf_addstr(&b, after);
	return gv_buf_take(&b);
}

#define DOC_COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#endif
