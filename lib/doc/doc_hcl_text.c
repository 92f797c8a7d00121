#include "doc/doc_hcl_internal.h"

#include "base/utf8.h"

/*
 * Texts of HCL: "…" and <<EOT, with "${expression}" and "%{directive}" in them.
 */

static bool
is_sign(const struct gv_doc_hcl *h, size_t i)
{
	return (size_t)(h->end - h->at) > i;
}

/* ---- templates ----------------------------------------------------------- */

static int
read_for(struct gv_doc_hcl *h)
{
	const char *from;
	size_t len, i;
	int r;

	for (i = 0; i < 2; i++) {
		r = gv_doc_hcl_skip(h);
		if (r < 0)
			return r;
		from = h->at;
		len = gv_doc_hcl_word(h);
		if (len == 0)
			return gv_doc_hcl_refuse(
			    h, h->at, "a name should follow 'for'");
		gv_doc_hcl_name(h, from, len);
		r = gv_doc_hcl_skip(h);
		if (r < 0)
			return r;
		if (gv_doc_hcl_peek(h) != ',')
			break;
		h->at++;
	}
	if (!GV_DOC_HCL_IS(h, "in") || gv_doc_hcl_word(h) != 2)
		return gv_doc_hcl_refuse(h, h->at, "'in' should be here");
	return gv_doc_hcl_code(h);
}

static int
read_directive(struct gv_doc_hcl *h)
{
	const char *word;
	size_t len;
	int r = gv_doc_hcl_skip(h);

	if (r < 0)
		return r;
	word = h->at;
	len = gv_doc_hcl_word(h);
	if (len == 2 && memcmp(word, "if", 2) == 0)
		return gv_doc_hcl_code(h);
	if (len == 3 && memcmp(word, "for", 3) == 0)
		return read_for(h);
	if ((len == 4 && memcmp(word, "else", 4) == 0) ||
	    (len == 5 && memcmp(word, "endif", 5) == 0) ||
	    (len == 6 && memcmp(word, "endfor", 6) == 0))
		return 0;
	return gv_doc_hcl_refuse(
	    h, word, "if, else, endif, for or endfor should follow %{");
}

/* From "${" or "%{" on. */
static int
read_template(struct gv_doc_hcl *h)
{
	const bool went_on = h->goes_on, is_directive = *h->at == '%';
	const char *from = h->at;
	int r = gv_doc_hcl_enter(h);

	if (r < 0)
		return r;
	h->goes_on = true;
	h->at += 2;
	h->at += gv_doc_hcl_peek(h) == '~';
	r = is_directive ? read_directive(h) : gv_doc_hcl_code(h);
	if (r == 0 && (r = gv_doc_hcl_skip(h)) == 0) {
		h->at += gv_doc_hcl_peek(h) == '~';
		if (gv_doc_hcl_peek(h) == '}')
			h->at++;
		else
			r = gv_doc_hcl_refuse(
			    h, from, "a template is not closed");
	}
	h->goes_on = went_on;
	h->nested--;
	return r;
}

/* "$" or "%" at the cursor: *is_plain is cleared for a template. */
static int
step_sign(struct gv_doc_hcl *h, bool *is_plain)
{
	if (is_sign(h, 2) && h->at[1] == *h->at && h->at[2] == '{') {
		h->at += 3;
		return 0;
	}
	if (!is_sign(h, 1) || h->at[1] != '{') {
		h->at++;
		return 0;
	}
	*is_plain = false;
	return read_template(h);
}

/* ---- texts --------------------------------------------------------------- */

/* To the next byte that means anything in a text. */
static void
skip_plain(struct gv_doc_hcl *h)
{
	static const bool odd[256] = { ['"'] = true,
		['\\'] = true,
		['\n'] = true,
		['$'] = true,
		['%'] = true };

	while (h->at < h->end && !odd[(unsigned char)*h->at])
		h->at++;
}

/* A backslash: 1 if it ends a text within a text of JSON. */
static int
step_escape(struct gv_doc_hcl *h)
{
	if (!is_sign(h, 1))
		return gv_doc_hcl_refuse(
		    h, h->at, "a text does not end in its line");
	if (h->is_json && h->at[1] == '"') {
		h->at += 2;
		return 1;
	}
	if (!h->is_json && !memchr("nrt\"\\uU", h->at[1], 7))
		return gv_doc_hcl_refuse(
		    h, h->at, "a backslash before a character that needs none");
	h->at += 2;
	if (h->is_json && h->at[-1] == '\\' && GV_DOC_HCL_IS(h, "\\\""))
		h->at += 2;
	return 0;
}

static int
read_text(struct gv_doc_hcl *h, const char *from, bool *is_plain)
{
	int r = 0;

	while (r == 0) {
		skip_plain(h);
		if (h->at == h->end || *h->at == '\n')
			return gv_doc_hcl_refuse(
			    h, from, "a text does not end in its line");
		if (*h->at == '"') {
			h->at++;
			return 0;
		}
		r = *h->at == '\\' ? step_escape(h) : step_sign(h, is_plain);
	}
	return r < 0 ? r : 0;
}

static void
set_literal(struct gv_doc_hcl *h, const char *from, bool is_plain,
    enum gv_doc_hcl_literal literal)
{
	h->literal = is_plain ? literal : GV_DOC_HCL_NO_LITERAL;
	h->literal_at = from;
	h->last = h->at;
	h->literal_end = is_plain ? h->at : NULL;
}

int
gv_doc_hcl_text(struct gv_doc_hcl *h)
{
	const char *from = h->at;
	const size_t names = h->n_names;
	bool is_plain = true;
	int r = gv_doc_hcl_enter(h);

	if (r < 0)
		return r;
	h->at += *h->at == '\\' ? 2 : 1;
	r = read_text(h, from, &is_plain);
	h->n_names = names;
	h->nested--;
	if (r < 0)
		return r;
	set_literal(h, from, is_plain, GV_DOC_HCL_TEXT);
	h->text_at = from;
	h->text_end = h->at;
	return 0;
}

/* ---- heredocs ------------------------------------------------------------ */

/* Whether the line that begins here has nothing but the word: then the cursor
 * is moved behind it. */
static bool
take_end(struct gv_doc_hcl *h, const char *word, size_t len)
{
	const char *p = h->at, *q;

	while (p < h->end && gv_doc_is_blank(*p))
		p++;
	if ((size_t)(h->end - p) < len || memcmp(p, word, len) != 0)
		return false;
	q = p + len;
	while (q < h->end && (gv_doc_is_blank(*q) || *q == '\r'))
		q++;
	if (q < h->end && *q != '\n')
		return false;
	/* the end of the line is the expression's */
	h->at = p + len;
	return true;
}

static int
read_lines(struct gv_doc_hcl *h, const char *word, size_t len, bool *is_plain)
{
	bool begins = true;
	int r = 0;

	while (r == 0 && h->at < h->end) {
		if (begins && take_end(h, word, len))
			return 1;
		begins = false;
		skip_plain(h);
		if (h->at == h->end)
			break;
		if (*h->at == '$' || *h->at == '%')
			r = step_sign(h, is_plain);
		else
			begins = *h->at++ == '\n';
	}
	return r;
}

int
gv_doc_hcl_heredoc(struct gv_doc_hcl *h)
{
	const char *from = h->at, *word;
	const size_t names = h->n_names;
	bool is_plain = true;
	size_t len;
	int r = gv_doc_hcl_enter(h);

	if (r < 0)
		return r;
	h->at += 2;
	h->at += gv_doc_hcl_peek(h) == '-';
	word = h->at;
	len = gv_doc_hcl_word(h);
	h->at += gv_doc_hcl_peek(h) == '\r';
	if (len == 0 || gv_doc_hcl_peek(h) != '\n')
		return gv_doc_hcl_refuse(h, from,
		    "'<<' begins a heredoc, but no end marker follows");
	h->at++;
	r = read_lines(h, word, len, &is_plain);
	h->n_names = names;
	h->nested--;
	if (r < 0)
		return r;
	if (r == 0)
		return gv_doc_hcl_refuse(
		    h, from, "the last line of a text is missing");
	set_literal(h, from, is_plain, GV_DOC_HCL_HEREDOC);
	return 0;
}

/* ---- what they say ------------------------------------------------------- */

static size_t
decode_escape(char *out, const char *p, size_t len, size_t *i)
{
	const char c = *i + 1 < len ? p[*i + 1] : '\0';
	size_t digits = c == 'u' ? 4 : c == 'U' ? 8 : 0, used;
	uint32_t value;

	*i += 2;
	if (digits) {
		if (digits > len - *i)
			digits = len - *i;
		value = gv_doc_hex(p + *i, digits, &used);
		*i += used;
		return gv_utf8_put(out, value);
	}
	*out = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
	return 1;
}

static size_t
decode_text(char *out, const char *p, size_t len, bool has_escapes)
{
	size_t i = 0, n = 0;

	while (i < len) {
		if (has_escapes && p[i] == '\\' && i + 1 < len) {
			n += decode_escape(out + n, p, len, &i);
			continue;
		}
		if (len - i > 2 && (p[i] == '$' || p[i] == '%') &&
		    p[i + 1] == p[i] && p[i + 2] == '{')
			i++;
		out[n++] = p[i++];
	}
	return n;
}

/* The least blanks that a line begins with that has something in it. */
static size_t
find_indent(const char *p, const char *end)
{
	size_t least = SIZE_MAX, n;

	while (p < end) {
		for (n = 0; p + n < end && gv_doc_is_blank(p[n]); n++)
			;
		if (p + n < end && p[n] != '\n' && n < least)
			least = n;
		p = memchr(p, '\n', (size_t)(end - p));
		if (p == NULL)
			break;
		p++;
	}
	return least == SIZE_MAX ? 0 : least;
}

static size_t
decode_heredoc(char *out, const char *p, size_t len)
{
	const bool is_indented = len > 2 && p[2] == '-';
	const char *end = p + len, *nl = memchr(p, '\n', len);
	size_t indent, n = 0, i;

	if (nl == NULL)
		return 0;
	p = nl + 1;
	while (end > p && end[-1] != '\n') /* the last line has the word */
		end--;
	indent = is_indented ? find_indent(p, end) : 0;
	while (p < end) {
		for (i = 0; i < indent && p < end && gv_doc_is_blank(*p); i++)
			p++;
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl + 1 : end;
		n += decode_text(out + n, p, (size_t)(nl - p), false);
		p = nl;
	}
	return n;
}

size_t
gv_doc_decode_hcl(char *out, enum gv_doc_style style, const char *p, size_t len)
{
	if (style == GV_DOC_STYLE_HEREDOC)
		return decode_heredoc(out, p, len);
	if (style == GV_DOC_STYLE_DOUBLE && len >= 2)
		return decode_text(out, p + 1, len - 2, true);
	memcpy(out, p, len);
	return len;
}

/* ---- in JSON ------------------------------------------------------------- */

static bool
has_template(const char *p, size_t len)
{
	return memmem(p, len, "${", 2) || memmem(p, len, "%{", 2);
}

static int
read_node(struct gv_doc_builder *b, uint32_t i)
{
	const struct gv_doc_node *n = &b->doc->nodes[i];
	struct gv_doc_hcl h = { .b = b };
	bool is_plain = true;
	int r;

	if (n->style != GV_DOC_STYLE_DOUBLE || n->kind != GV_DOC_SCALAR ||
	    !has_template(b->doc->text + n->at, n->len))
		return 0;
	b->ref_node = i;
	h.is_json = true;
	h.at = b->doc->text + n->at + 1;
	h.end = b->doc->text + n->at + n->len - 1;
	for (r = 0; r == 0 && h.at < h.end;) {
		skip_plain(&h);
		if (h.at == h.end)
			break;
		if (*h.at == '$' || *h.at == '%')
			r = step_sign(&h, &is_plain);
		else
			h.at += *h.at == '\\' ? 2 : 1;
	}
	b->ref_node = GV_DOC_NONE;
	/* lists in templates were nodes for a while: the array has moved */
	if (!is_plain)
		b->doc->nodes[i].kind = GV_DOC_CODE;
	if (r == GV_EREFUSED && h.wrong)
		return gv_doc_add_error(
		    b, gv_doc_hcl_offset(&h, h.wrong_at), h.wrong);
	return r;
}

int
gv_doc_read_hcl_texts(struct gv_doc_builder *b)
{
	const size_t n = b->doc->n;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++)
		r = read_node(b, (uint32_t)i);
	return r;
}
