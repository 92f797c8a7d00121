#include "symbol/symbol_writer.h"

#include <string.h>

/* How many nodes may be visited for each that a document has: aliases may show
 * some of them several times. */
#define VISITS_PER_NODE 8
#define VISITS_LEAST    1000

void
gv_symbol_writer_init(struct gv_symbol_writer *w, struct gv_symbols *out,
    const struct gv_doc *doc)
{
	*w = (struct gv_symbol_writer){ .out = out,
		.doc = doc,
		.in = GV_SYMBOL_NONE,
		.text = GV_BUF_INIT,
		.extra = GV_BUF_INIT,
		.visits = VISITS_LEAST + (doc ? doc->n * VISITS_PER_NODE : 0) };
}

void
gv_symbol_writer_release(struct gv_symbol_writer *w)
{
	w->out->failed |= w->text.failed | w->extra.failed;
	gv_buf_release(&w->text);
	gv_buf_release(&w->extra);
}

/* ---- nodes --------------------------------------------------------------- */

static bool
is_kind(const struct gv_symbol_writer *w, uint32_t node, enum gv_doc_kind kind)
{
	node = node == GV_DOC_NONE ? node : gv_doc_follow(w->doc, node);
	return node != GV_DOC_NONE && w->doc->nodes[node].kind == kind;
}

bool
gv_symbol_is_map(const struct gv_symbol_writer *w, uint32_t node)
{
	return is_kind(w, node, GV_DOC_MAP);
}

bool
gv_symbol_is_list(const struct gv_symbol_writer *w, uint32_t node)
{
	return is_kind(w, node, GV_DOC_LIST);
}

bool
gv_symbol_is_scalar(const struct gv_symbol_writer *w, uint32_t node)
{
	return is_kind(w, node, GV_DOC_SCALAR) || is_kind(w, node, GV_DOC_CODE);
}

/* The next node that counts: "<<" is no value of a map. */
static uint32_t
skip(struct gv_symbol_writer *w, uint32_t item)
{
	while (item != GV_DOC_NONE && gv_doc_key_is(w->doc, item, "<<"))
		item = gv_doc_next(w->doc, item);
	if (item == GV_DOC_NONE || w->visits == 0)
		return GV_DOC_NONE;
	w->visits--;
	return item;
}

uint32_t
gv_symbol_first(struct gv_symbol_writer *w, uint32_t list)
{
	list = list == GV_DOC_NONE ? list : gv_doc_follow(w->doc, list);
	if (list == GV_DOC_NONE)
		return list;
	if (w->doc->nodes[list].kind == GV_DOC_MAP ||
	    w->doc->nodes[list].kind == GV_DOC_LIST ||
	    w->doc->nodes[list].kind == GV_DOC_BLOCK)
		return skip(w, gv_doc_first(w->doc, list));
	return w->doc->nodes[list].type == GV_DOC_TYPE_NULL ? GV_DOC_NONE
							    : skip(w, list);
}

uint32_t
gv_symbol_next(struct gv_symbol_writer *w, uint32_t list, uint32_t item)
{
	if (item == list || item == gv_doc_follow(w->doc, list))
		return GV_DOC_NONE;
	return skip(w, gv_doc_next(w->doc, item));
}

bool
gv_symbol_switch_is(
    const struct gv_symbol_writer *w, uint32_t map, const char *key, bool what)
{
	const uint32_t value = gv_doc_get(w->doc, map, key);

	return value != GV_DOC_NONE &&
	    (gv_doc_is(w->doc, value, what ? "true" : "false") ||
		gv_doc_is(w->doc, value, what ? "yes" : "no") ||
		gv_doc_is(w->doc, value, what ? "True" : "False"));
}

/* ---- taking a text ------------------------------------------------------- */

bool
gv_symbol_take(struct gv_symbol_writer *w, uint32_t node)
{
	if (node == GV_DOC_NONE) {
		gv_buf_reset(&w->text);
		return false;
	}
	w->line = gv_symbol_line(w->doc, node);
	return gv_symbol_scalar(&w->text, w->doc, node);
}

bool
gv_symbol_take_key(struct gv_symbol_writer *w, uint32_t node)
{
	w->line = gv_symbol_line(w->doc, node);
	return gv_symbol_key(&w->text, w->doc, node);
}

bool
gv_symbol_take_of(struct gv_symbol_writer *w, uint32_t map, const char *key)
{
	return gv_symbol_take(w, gv_doc_get(w->doc, map, key));
}

void
gv_symbol_take_bytes(struct gv_symbol_writer *w, const char *p, size_t len)
{
	gv_buf_reset(&w->text);
	gv_buf_add(&w->text, p, len);
}

bool
gv_symbol_text_is(const struct gv_symbol_writer *w, const char *word)
{
	return w->text.len == strlen(word) &&
	    memcmp(w->text.p, word, w->text.len) == 0;
}

bool
gv_symbol_text_begins(const struct gv_symbol_writer *w, const char *word)
{
	const size_t n = strlen(word);

	return w->text.len >= n && memcmp(w->text.p, word, n) == 0;
}

bool
gv_symbol_text_ends(const struct gv_symbol_writer *w, const char *word)
{
	const size_t n = strlen(word);

	return w->text.len >= n &&
	    memcmp(w->text.p + w->text.len - n, word, n) == 0;
}

/* ---- computed parts ------------------------------------------------------ */

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

/* The end of what opens at `at`; the end of the text where it does not close.
 */
static size_t
closed_at(const struct gv_buf *text, size_t at, char open, char close)
{
	size_t depth = 0;

	for (; at < text->len; at++) {
		if (text->p[at] == open)
			depth++;
		else if (text->p[at] == close && --depth == 0)
			return at + 1;
	}
	return text->len;
}

/* Where the part that a shell computes, and that begins at `at`, ends; `at`
 * where none does. */
static size_t
shell_part_end(const struct gv_buf *text, size_t at)
{
	const char *p = text->p;
	const char *end;
	size_t i = at + 1;

	if (p[at] == '`') {
		end = memchr(p + i, '`', text->len - i);
		return end ? (size_t)(end - p) + 1 : text->len;
	}
	if (p[at] != '$' || i >= text->len)
		return at;
	if (p[i] == '{')
		return closed_at(text, i, '{', '}');
	if (p[i] == '(')
		return closed_at(text, i, '(', ')');
	if (strchr("@*#?$!", p[i]))
		return p[i] == '$' ? at : i + 1;
	while (i < text->len && is_word(p[i]))
		i++;
	return i == at + 1 ? at : i;
}

bool
gv_symbol_fold_shell(struct gv_buf *text)
{
	size_t from = 0, to = 0, end;
	bool found = false;

	while (from < text->len) {
		end = shell_part_end(text, from);
		if (end == from) {
			text->p[to++] = text->p[from++];
			continue;
		}
		found = true;
		from = end;
		if (to == 0 || text->p[to - 1] != '*')
			text->p[to++] = '*';
	}
	if (found)
		gv_buf_truncate(text, to);
	return found;
}

/* The flags with PATTERN where parts of the text are computed. */
static uint16_t
fold(struct gv_symbol_writer *w, unsigned flags)
{
	if (w->is_shell && gv_symbol_fold_shell(&w->text))
		flags |= GV_SYMBOL_PATTERN;
	if (gv_symbol_fold(&w->text))
		flags |= GV_SYMBOL_PATTERN;
	return (uint16_t)flags;
}

/* ---- adding -------------------------------------------------------------- */

static struct gv_symbol_row
row_of(struct gv_symbol_writer *w, enum gv_symbol_kind kind, unsigned word,
    unsigned flags)
{
	w->out->failed |= w->text.failed | w->extra.failed;
	return (struct gv_symbol_row){ .kind = (uint8_t)kind,
		.word = (uint16_t)word,
		.flags = (uint16_t)flags,
		.line = w->line,
		.in = w->in,
		.name = w->text.p,
		.name_len = w->text.len,
		.extra = w->extra.p,
		.extra_len = w->extra.len };
}

static uint32_t
add(struct gv_symbol_writer *w, const struct gv_symbol_row *row)
{
	const uint32_t id = gv_symbol_add(w->out, row);

	gv_buf_reset(&w->extra);
	return id;
}

uint32_t
gv_symbol_define(
    struct gv_symbol_writer *w, enum gv_symbol_space space, unsigned flags)
{
	const unsigned folded = fold(w, flags);
	const struct gv_symbol_row row =
	    row_of(w, GV_SYMBOL_DEFINITION, space, folded);

	return add(w, &row);
}

void
gv_symbol_refer_name(struct gv_symbol_writer *w, enum gv_symbol_edge edge,
    enum gv_symbol_space space, unsigned flags)
{
	const unsigned folded = fold(w, flags);
	struct gv_symbol_row row = row_of(w, GV_SYMBOL_REFERENCE, edge, folded);

	row.how = GV_SYMBOL_BY_NAME;
	row.space = (uint16_t)space;
	add(w, &row);
}

void
gv_symbol_refer_path(
    struct gv_symbol_writer *w, enum gv_symbol_edge edge, unsigned flags)
{
	struct gv_symbol_row row;

	if (w->is_shell && gv_symbol_fold_shell(&w->text))
		flags |= GV_SYMBOL_PATTERN;
	if (memchr(w->text.p, '*', w->text.len))
		flags |= GV_SYMBOL_PATTERN;
	row = row_of(w, GV_SYMBOL_REFERENCE, edge, flags);
	gv_symbol_path(w->out, &row, &w->text);
	gv_buf_reset(&w->extra);
}

void
gv_symbol_refer_external(struct gv_symbol_writer *w, enum gv_symbol_edge edge,
    const char *scheme, unsigned flags)
{
	const unsigned folded = fold(w, flags);
	struct gv_buf name = GV_BUF_INIT;
	struct gv_symbol_row row;

	gv_buf_addf(&name, "%s:", scheme);
	gv_buf_add(&name, w->text.p, w->text.len);
	w->out->failed |= name.failed;
	row = row_of(w, GV_SYMBOL_REFERENCE, edge, folded);
	row.how = GV_SYMBOL_EXTERNAL;
	row.name = name.p;
	row.name_len = name.len;
	add(w, &row);
	gv_buf_release(&name);
}

void
gv_symbol_refer_image(
    struct gv_symbol_writer *w, enum gv_symbol_edge edge, unsigned flags)
{
	const unsigned folded = fold(w, flags);
	const struct gv_symbol_row row =
	    row_of(w, GV_SYMBOL_REFERENCE, edge, folded);

	gv_symbol_image(w->out, &row, &w->text);
	gv_buf_reset(&w->extra);
}

void
gv_symbol_refer_source(
    struct gv_symbol_writer *w, enum gv_symbol_edge edge, unsigned flags)
{
	const unsigned folded = w->is_shell && gv_symbol_fold_shell(&w->text)
	    ? flags | GV_SYMBOL_PATTERN
	    : flags;
	const struct gv_symbol_row row =
	    row_of(w, GV_SYMBOL_REFERENCE, edge, folded);

	gv_symbol_source(w->out, &row, &w->text);
	gv_buf_reset(&w->extra);
}

void
gv_symbol_tell(struct gv_symbol_writer *w, enum gv_symbol_value value)
{
	const struct gv_symbol_row row = row_of(w, GV_SYMBOL_VALUE, value, 0);

	add(w, &row);
}

uint32_t
gv_symbol_find(const struct gv_symbols *all, enum gv_symbol_space space,
    const char *name, size_t len)
{
	size_t i;

	for (i = all->n; i > 0; i--) {
		const struct gv_symbol *s = &all->items[i - 1];

		if (s->kind == GV_SYMBOL_DEFINITION && s->word == space &&
		    s->name.len == len &&
		    memcmp(all->text.p + s->name.at, name, len) == 0)
			return (uint32_t)(i - 1);
	}
	return GV_SYMBOL_NONE;
}
