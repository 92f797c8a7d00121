#include "symbol/symbol_internal.h"

#include <string.h>

/*
 * Values in clear next to encrypted ones: variables of Ansible with "!vault",
 * settings of a Pulumi stack with "secure". Whether one of them is a
 * secret, its name says, which is for who asks.
 */

#define VALUE_LEAST 4 /* bytes; fewer are no secret */

static bool
is_vault(const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_mark *mark =
	    doc->n_marks ? gv_doc_mark(doc, node) : NULL;

	return mark && mark->tag_len == 6 &&
	    memcmp(doc->text + mark->tag_at, "!vault", 6) == 0;
}

bool
gv_symbol_clear_is_sealed(const struct gv_doc *doc, uint32_t node)
{
	return is_vault(doc, node) ||
	    gv_doc_get(doc, node, "secure") != GV_DOC_NONE;
}

/* Whether a text is a value as it is: no path, nothing that is computed, and no
 * place in a vault. */
static bool
is_literal(const struct gv_buf *text)
{
	static const char *const begins[] = { "/", "~", "<", "!",
		"vault:", "ref+", "ENC[", "GITVAULT[", "secret:", "arn:" };
	static const char *const words[] = { "null", "true", "false", "none",
		"None", "True", "False" };
	size_t i;

	if (text->len < VALUE_LEAST || strpbrk(text->p, "{}$%\n"))
		return false;
	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (strncmp(text->p, begins[i], strlen(begins[i])) == 0)
			return false;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text->p, words[i]) == 0)
			return false;
	return true;
}

static bool
has_sealed(const struct gv_doc *doc, uint32_t map)
{
	uint32_t i;

	for (i = gv_doc_first(doc, map); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i))
		if (gv_symbol_clear_is_sealed(doc, i))
			return true;
	return false;
}

static void
tell(struct gv_symbols *out, const struct gv_doc *doc, uint32_t node)
{
	struct gv_buf key = GV_BUF_INIT, text = GV_BUF_INIT;

	if (doc->nodes[node].kind == GV_DOC_SCALAR && !is_vault(doc, node) &&
	    gv_symbol_key(&key, doc, node) &&
	    gv_symbol_scalar(&text, doc, node) && is_literal(&text))
		gv_symbol_add(out,
		    &(struct gv_symbol_row){ .kind = GV_SYMBOL_VALUE,
			.word = GV_SYMBOL_VALUE_CLEAR,
			.line = gv_symbol_line(doc, node),
			.in = GV_SYMBOL_NONE,
			.name = key.p,
			.name_len = key.len });
	out->failed |= key.failed || text.failed;
	gv_buf_release(&key);
	gv_buf_release(&text);
}

/* Only next to an encrypted one: what is in another map may be of another
 * kind. */
void
gv_symbol_clear(struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	uint32_t map, i;

	for (map = root; map < doc->nodes[root].next; map++) {
		if (doc->nodes[map].kind != GV_DOC_MAP || !has_sealed(doc, map))
			continue;
		for (i = gv_doc_first(doc, map); i != GV_DOC_NONE;
		     i = gv_doc_next(doc, i))
			tell(out, doc, i);
	}
}
