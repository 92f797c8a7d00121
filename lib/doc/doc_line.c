#include <string.h>

#include "doc/doc.h"

size_t
gv_doc_line_begin(const struct gv_doc *doc, size_t at)
{
	while (at > 0 && doc->text[at - 1] != '\n')
		at--;
	return at;
}

size_t
gv_doc_after_line(const struct gv_doc *doc, size_t at)
{
	const char *end;

	if (at > 0 && doc->text[at - 1] == '\n')
		return at;
	end = memchr(doc->text + at, '\n', doc->len - at);
	return end ? (size_t)(end - doc->text) + 1 : doc->len;
}

size_t
gv_doc_end(const struct gv_doc *doc, uint32_t node)
{
	const uint32_t next = doc->nodes[node].next;
	size_t end = 0, one;
	uint32_t i;

	for (i = node; i < next && i < doc->n; i++) {
		const struct gv_doc_node *n = &doc->nodes[i];

		one = (size_t)n->at + n->len;
		end = one > end ? one : end;
		one = (size_t)n->key_at + n->key_len;
		end = one > end ? one : end;
	}
	return end;
}
