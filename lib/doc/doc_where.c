#include <stdlib.h>

#include "base/err.h"
#include "doc/doc_internal.h"

/*
 * A node has no line, since few are asked for one: line and column are kept of
 * every 4096th byte, and counted on from there.
 */

static void
count(struct gv_doc_place *at, const char *p, const char *end)
{
	const char *nl;

	while (p < end && (nl = memchr(p, '\n', (size_t)(end - p)))) {
		at->line++;
		at->column = 1;
		p = nl + 1;
	}
	for (; p < end; p++)
		at->column += ((unsigned char)*p & 0xc0) != 0x80;
}

int
gv_doc_find_places(struct gv_doc *doc)
{
	const size_t n = doc->len / GV_DOC_PLACE_EVERY;
	struct gv_doc_place at = { 1, 1 };
	size_t i;

	if (n == 0)
		return 0;
	doc->places = calloc(n, sizeof(*doc->places));
	if (doc->places == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++) {
		const char *p = doc->text + i * GV_DOC_PLACE_EVERY;

		count(&at, p, p + GV_DOC_PLACE_EVERY);
		doc->places[i] = at;
	}
	doc->n_places = n;
	return 0;
}

void
gv_doc_where(const struct gv_doc *doc, size_t at, size_t *line, size_t *column)
{
	struct gv_doc_place place = { 1, 1 };
	size_t i, from = 0;

	if (at > doc->len)
		at = doc->len;
	i = at / GV_DOC_PLACE_EVERY;
	if (i > doc->n_places)
		i = doc->n_places;
	if (i) {
		place = doc->places[i - 1];
		from = i * GV_DOC_PLACE_EVERY;
	}
	if (at > from)
		count(&place, doc->text + from, doc->text + at);
	*line = place.line;
	*column = place.column;
}

int
gv_doc_check(const struct gv_doc *doc)
{
	size_t line, column;

	if (doc->n_errors == 0)
		return 0;
	gv_doc_where(doc, doc->errors[0].at, &line, &column);
	return gv_err(GV_EREFUSED, "line %zu, column %zu: %s", line, column,
	    doc->errors[0].what);
}
