/*
 * Any bytes as a document of each format, which the first byte names: nodes lie
 * in the text and in what they are in, references and comments are in order,
 * each part that could not be read has an error, and every question ends. The
 * path of a node finds a node of the same path.
 */
#include "fuzz.h"

#include "base/err.h"
#include "doc/doc.h"

#define FORMATS (GV_DOC_FORMAT_XML + 1)
#define ASKED   64 /* nodes that are asked for one by one */

static void
must_lie_within(size_t at, size_t len, size_t end)
{
	must(at <= end && len <= end - at);
}

static void
look_at_node(const struct gv_doc *d, uint32_t i)
{
	const struct gv_doc_node *n = &d->nodes[i];
	const struct gv_doc_node *up;

	must_lie_within(n->key_at, n->key_len, d->len);
	must_lie_within(n->at, n->len, d->len);
	must(n->next > i && n->next <= d->n);
	must(n->kind <= GV_DOC_BROKEN && n->type <= GV_DOC_TYPE_TIME);
	if (n->parent == GV_DOC_NONE)
		return;
	must(n->parent < i);
	up = &d->nodes[n->parent];
	must(up->next >= n->next);
	must(up->kind == GV_DOC_LIST || up->kind == GV_DOC_MAP ||
	    up->kind == GV_DOC_BLOCK);
}

static void
look_at_tables(const struct gv_doc *d)
{
	size_t i;

	for (i = 0; i < d->n_refs; i++) {
		must_lie_within(d->refs[i].at, d->refs[i].len, d->len);
		must(d->refs[i].len > 0 && d->refs[i].node < d->n);
		must(i == 0 || d->refs[i].node >= d->refs[i - 1].node);
	}
	for (i = 0; i < d->n_marks; i++) {
		must(d->marks[i].node < d->n);
		must(d->marks[i].target == GV_DOC_NONE ||
		    d->marks[i].target < d->marks[i].node);
		must(i == 0 || d->marks[i].node > d->marks[i - 1].node);
	}
	for (i = 0; i < d->n_comments; i++) {
		must_lie_within(d->comments[i].at, d->comments[i].len, d->len);
		must(i == 0 ||
		    d->comments[i].at >=
			d->comments[i - 1].at + d->comments[i - 1].len);
	}
	for (i = 0; i < d->n_errors; i++)
		must(d->errors[i].at <= d->len && d->errors[i].what);
	for (i = 0; i < d->n_parts; i++)
		must_lie_within(d->parts[i].at, d->parts[i].len, d->len);
}

static void
ask(const struct gv_doc *d, uint32_t i)
{
	struct gv_buf path = GV_BUF_INIT, again = GV_BUF_INIT;
	size_t line, column, n;
	uint32_t found;

	gv_doc_path(&path, d, i);
	must(gv_buf_check(&path) == 0);
	found = path.len && memchr(path.p, '\0', path.len) == NULL
	    ? gv_doc_find(d, GV_DOC_NONE, path.p)
	    : GV_DOC_NONE;
	if (found != GV_DOC_NONE && d->n_marks == 0) {
		gv_doc_path(&again, d, found);
		must_be(&again, path.p, path.len);
	}
	gv_buf_reset(&path);
	gv_doc_text(&path, d, i);
	must(path.len <= d->nodes[i].len + d->nodes[i].len / 2 + 1);
	(void)gv_doc_is(d, i, "Secret");
	(void)gv_doc_get(d, i, "kind");
	(void)gv_doc_refs(d, i, &n);
	gv_doc_where(d, d->nodes[i].at, &line, &column);
	must(line > 0 && column > 0);
	gv_buf_release(&path);
	gv_buf_release(&again);
}

static int
count_value(void *ctx, const struct gv_buf *path, uint32_t node)
{
	size_t *n = ctx;

	must(gv_buf_check(path) == 0 && node != GV_DOC_NONE);
	++*n;
	return 0;
}

static void
look(const struct gv_doc *d)
{
	size_t i, n = 0, broken = 0;
	int r;

	for (i = 0; i < d->n; i++) {
		look_at_node(d, (uint32_t)i);
		broken += d->nodes[i].kind == GV_DOC_BROKEN;
		if (i < ASKED)
			ask(d, (uint32_t)i);
	}
	look_at_tables(d);
	must(broken == 0 || d->n_errors > 0);
	for (i = 0; i < d->n_parts && i < ASKED; i++) {
		r = gv_doc_each(d, d->parts[i].node, count_value, &n);
		must(r == 0 || r == GV_EREFUSED);
	}
	must(gv_doc_check(d) == (d->n_errors ? GV_EREFUSED : 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum gv_doc_format format;
	struct gv_doc d;
	char *exact;

	if (len == 0)
		return 0;
	format = (enum gv_doc_format)((data[0] - 'a' + 252) % FORMATS);
	data++;
	len--;
	exact = malloc(len ? len : 1);
	must(exact != NULL);
	if (len)
		memcpy(exact, data, len);
	must(gv_doc_read(&d, format, exact, len, NULL) == 0);
	look(&d);
	gv_doc_release(&d);
	free(exact);
	return 0;
}
