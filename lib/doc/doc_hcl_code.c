#include "doc/doc_hcl_internal.h"

/*
 * Expressions. Nothing is worked out: what they refer to is noted.
 *
 *	value	= operand { operator operand } [ "?" value ":" value ]
 *	operand	= { "-" | "!" } primary { "." name | "[" value "]" }
 */

static bool
is_word(const char *p, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(p, word, len) == 0;
}

static bool
begins_word(char c)
{
	return gv_doc_is_letter(c) || c == '_' || (signed char)c < 0;
}

size_t
gv_doc_hcl_word(struct gv_doc_hcl *h)
{
	const char *from = h->at;

	if (h->at < h->end && begins_word(*h->at))
		while (h->at < h->end &&
		    (begins_word(*h->at) || gv_doc_is_digit(*h->at) ||
			*h->at == '-'))
			h->at++;
	if (h->at > from)
		h->last = h->at;
	return (size_t)(h->at - from);
}

/* Take a sign that has to be here. */
int
gv_doc_hcl_expect(struct gv_doc_hcl *h, char c, const char *what)
{
	int r = gv_doc_hcl_skip(h);

	if (r < 0)
		return r;
	if (gv_doc_hcl_peek(h) != c)
		return gv_doc_hcl_refuse(h, h->at, what);
	h->last = ++h->at;
	return 0;
}

/* ---- references ---------------------------------------------------------- */

static enum gv_doc_ref_kind
kind_of(const char *p, size_t len)
{
	static const struct {
		const char *word;
		enum gv_doc_ref_kind kind;
	} roots[] = {
		{ "var", GV_DOC_REF_VAR },
		{ "local", GV_DOC_REF_LOCAL },
		{ "module", GV_DOC_REF_MODULE },
		{ "data", GV_DOC_REF_DATA },
		{ "each", GV_DOC_REF_EACH },
		{ "count", GV_DOC_REF_EACH },
		{ "self", GV_DOC_REF_EACH },
		{ "path", GV_DOC_REF_PATH },
		{ "terraform", GV_DOC_REF_PATH },
		{ "dependency", GV_DOC_REF_DEPENDENCY },
	};
	size_t i;

	for (i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (*p == roots[i].word[0] && is_word(p, len, roots[i].word))
			return roots[i].kind;
	return GV_DOC_REF_NAME;
}

static bool
is_introduced(const struct gv_doc_hcl *h, const char *p, size_t len)
{
	size_t i;

	for (i = h->n_names; i-- > 0;)
		if (h->names[i].len == len &&
		    memcmp(h->b->doc->text + h->names[i].at, p, len) == 0)
			return true;
	return false;
}

void
gv_doc_hcl_name(struct gv_doc_hcl *h, const char *p, size_t len)
{
	if (h->n_names < GV_DOC_HCL_NAMES)
		h->names[h->n_names++] =
		    (struct gv_doc_span){ (uint32_t)gv_doc_hcl_offset(h, p),
			    (uint32_t)len };
}

/* [expression], [*] */
static int
read_index(struct gv_doc_hcl *h)
{
	const bool went_on = h->goes_on;
	int r = gv_doc_hcl_enter(h);

	if (r < 0)
		return r;
	h->at++;
	h->goes_on = true;
	if ((r = gv_doc_hcl_skip(h)) == 0 && gv_doc_hcl_peek(h) == '*')
		h->at++;
	else if (r == 0)
		r = gv_doc_hcl_code(h);
	if (r == 0)
		r = gv_doc_hcl_expect(h, ']', "an index is not closed");
	h->goes_on = went_on;
	h->nested--;
	return r;
}

/* .name, .0, .* */
static int
read_attribute(struct gv_doc_hcl *h)
{
	int r;

	h->at++;
	r = gv_doc_hcl_skip(h);
	if (r < 0)
		return r;
	if (gv_doc_hcl_peek(h) == '*') {
		h->last = ++h->at;
		return 0;
	}
	if (gv_doc_is_digit(gv_doc_hcl_peek(h))) {
		while (gv_doc_is_digit(gv_doc_hcl_peek(h)))
			h->at++;
		h->last = h->at;
		return 0;
	}
	return gv_doc_hcl_word(h)
	    ? 0
	    : gv_doc_hcl_refuse(h, h->at, "a name should follow the dot");
}

/* What is behind a primary: *n steps. */
int
gv_doc_hcl_steps(struct gv_doc_hcl *h, size_t *n)
{
	int r;

	for (*n = 0;; ++*n) {
		r = gv_doc_hcl_skip(h);
		if (r < 0)
			return r;
		if (gv_doc_hcl_peek(h) == '[')
			r = read_index(h);
		else if (gv_doc_hcl_peek(h) == '.' && !GV_DOC_HCL_IS(h, "..."))
			r = read_attribute(h);
		else
			return 0;
		if (r < 0)
			return r;
	}
}

/* A name and the steps after it. It is listed before the references in its
 * brackets, and removed again if it turns out not to be a reference. */
static int
read_reference(struct gv_doc_hcl *h, const char *from, size_t len)
{
	struct gv_doc *d = h->b->doc;
	const bool is_own = is_introduced(h, from, len);
	const size_t at = d->n_refs;
	size_t n = 0;
	int r = 0;

	if (!is_own)
		r = gv_doc_add_ref(
		    h->b, kind_of(from, len), gv_doc_hcl_offset(h, from), len);
	if (r == 0)
		r = gv_doc_hcl_steps(h, &n);
	if (r < 0 || is_own)
		return r;
	d->refs[at].len = (uint32_t)(h->last - from);
	if (n == 0)
		d->n_refs = at;
	return 0;
}

/* ---- calls --------------------------------------------------------------- */

static int
read_arguments(struct gv_doc_hcl *h)
{
	int r = gv_doc_hcl_skip(h);

	while (r == 0 && gv_doc_hcl_peek(h) != ')') {
		if ((r = gv_doc_hcl_code(h)) == 0 && GV_DOC_HCL_IS(h, "...")) {
			h->at += 3;
			r = gv_doc_hcl_skip(h);
			break;
		}
		if (r < 0 || gv_doc_hcl_peek(h) == ')')
			break;
		if ((r = gv_doc_hcl_expect(
			 h, ',', "a comma or a ) should be here")) == 0)
			r = gv_doc_hcl_skip(h);
	}
	return r < 0 ? r : gv_doc_hcl_expect(h, ')', "a bracket is not closed");
}

/* From its '(' on. */
static int
read_call(struct gv_doc_hcl *h, const char *from)
{
	struct gv_doc *d = h->b->doc;
	const bool went_on = h->goes_on;
	const size_t at = d->n_refs;
	size_t n;
	int r = gv_doc_add_ref(h->b, GV_DOC_REF_CALL,
	    gv_doc_hcl_offset(h, from), (size_t)(h->last - from));

	if (r == 0)
		r = gv_doc_hcl_enter(h);
	if (r < 0)
		return r;
	h->at++;
	h->goes_on = true;
	r = read_arguments(h);
	h->goes_on = went_on;
	h->nested--;
	if (r < 0)
		return r;
	d->refs[at].len = (uint32_t)(h->last - from);
	return gv_doc_hcl_steps(h, &n);
}

/* ---- for ----------------------------------------------------------------- */

/* Whether "for" is at the cursor, which is behind a bracket and blanks. */
bool
gv_doc_hcl_is_for(const struct gv_doc_hcl *h)
{
	return GV_DOC_HCL_IS(h, "for") &&
	    (h->end - h->at == 3 || gv_doc_is_space(h->at[3]));
}

/* A name that `for` introduces. */
static int
read_name(struct gv_doc_hcl *h)
{
	const char *from;
	size_t len;
	int r = gv_doc_hcl_skip(h);

	if (r < 0)
		return r;
	from = h->at;
	len = gv_doc_hcl_word(h);
	if (len == 0)
		return gv_doc_hcl_refuse(
		    h, h->at, "a name should follow 'for'");
	gv_doc_hcl_name(h, from, len);
	return gv_doc_hcl_skip(h);
}

/* "for k, v in list :"; what is looped over does not know the names. */
static int
read_intro(struct gv_doc_hcl *h)
{
	const size_t before = h->n_names;
	size_t n;
	int r;

	h->at += strlen("for");
	if ((r = read_name(h)) == 0 && gv_doc_hcl_peek(h) == ',') {
		h->at++;
		r = read_name(h);
	}
	if (r < 0)
		return r;
	if (!(GV_DOC_HCL_IS(h, "in") && gv_doc_hcl_word(h) == 2))
		return gv_doc_hcl_refuse(h, h->at, "'in' should be here");
	n = h->n_names;
	h->n_names = before;
	r = gv_doc_hcl_code(h);
	h->n_names = n;
	return r < 0 ? r : gv_doc_hcl_expect(h, ':', "a : should be here");
}

int
gv_doc_hcl_for(struct gv_doc_hcl *h, char close)
{
	const size_t before = h->n_names;
	int r = read_intro(h);

	if (r == 0 && (r = gv_doc_hcl_code(h)) == 0 && close == '}') {
		if (!GV_DOC_HCL_IS(h, "=>"))
			return gv_doc_hcl_refuse(
			    h, h->at, "a => should be here");
		h->at += 2;
		if ((r = gv_doc_hcl_code(h)) == 0 && GV_DOC_HCL_IS(h, "..."))
			h->at += 3;
		if (r == 0)
			r = gv_doc_hcl_skip(h);
	}
	if (r == 0 && GV_DOC_HCL_IS(h, "if") && gv_doc_hcl_word(h) == 2)
		r = gv_doc_hcl_code(h);
	h->n_names = before;
	return r < 0 ? r
		     : gv_doc_hcl_expect(h, close, "a bracket is not closed");
}

/* ---- operands ------------------------------------------------------------ */

static int
read_number(struct gv_doc_hcl *h)
{
	h->literal = GV_DOC_HCL_NUMBER;
	h->literal_at = h->at;
	while (gv_doc_is_digit(gv_doc_hcl_peek(h)))
		h->at++;
	if (gv_doc_hcl_peek(h) == '.' && h->end - h->at > 1 &&
	    gv_doc_is_digit(h->at[1]))
		for (h->at++; gv_doc_is_digit(gv_doc_hcl_peek(h));)
			h->at++;
	if (gv_doc_hcl_peek(h) == 'e' || gv_doc_hcl_peek(h) == 'E') {
		h->at++;
		h->at += gv_doc_hcl_peek(h) == '+' || gv_doc_hcl_peek(h) == '-';
		if (!gv_doc_is_digit(gv_doc_hcl_peek(h)))
			return gv_doc_hcl_refuse(
			    h, h->at, "an exponent without a number");
		while (gv_doc_is_digit(gv_doc_hcl_peek(h)))
			h->at++;
	}
	if (begins_word(gv_doc_hcl_peek(h)))
		return gv_doc_hcl_refuse(
		    h, h->at, "a name begins with a digit");
	h->last = h->literal_end = h->at;
	return 0;
}

static int
read_name_or_call(struct gv_doc_hcl *h)
{
	const char *from = h->at;
	size_t len = gv_doc_hcl_word(h);
	int r;

	while (GV_DOC_HCL_IS(h, "::")) {
		h->at += 2;
		if (gv_doc_hcl_word(h) == 0)
			return gv_doc_hcl_refuse(
			    h, h->at, "a name should follow '::'");
	}
	if ((size_t)(h->at - from) == len &&
	    (is_word(from, len, "true") || is_word(from, len, "false") ||
		is_word(from, len, "null"))) {
		h->literal = *from == 'n' ? GV_DOC_HCL_NULL : GV_DOC_HCL_BOOL;
		h->literal_at = from;
		h->literal_end = h->at;
	}
	r = gv_doc_hcl_skip(h);
	if (r < 0)
		return r;
	if (gv_doc_hcl_peek(h) == '(')
		return read_call(h, from);
	return read_reference(h, from, len);
}

static int
read_round(struct gv_doc_hcl *h)
{
	const bool went_on = h->goes_on;
	int r = gv_doc_hcl_enter(h);

	if (r < 0)
		return r;
	h->at++;
	h->goes_on = true;
	r = gv_doc_hcl_code(h);
	h->goes_on = went_on;
	if (r == 0) {
		h->goes_on = true;
		r = gv_doc_hcl_expect(h, ')', "a bracket is not closed");
		h->goes_on = went_on;
	}
	h->nested--;
	return r;
}

static int
read_primary(struct gv_doc_hcl *h)
{
	const char c = gv_doc_hcl_peek(h);

	if (begins_word(c))
		return read_name_or_call(h);
	if (gv_doc_is_digit(c))
		return read_number(h);
	switch (c) {
	case '"':
		return gv_doc_hcl_text(h);
	case '\\':
		if (h->is_json && GV_DOC_HCL_IS(h, "\\\""))
			return gv_doc_hcl_text(h);
		break;
	case '<':
		if (GV_DOC_HCL_IS(h, "<<"))
			return gv_doc_hcl_heredoc(h);
		break;
	case '(':
		return read_round(h);
	case '[':
	case '{':
		return gv_doc_hcl_inner(h);
	default:
		break;
	}
	return gv_doc_hcl_refuse(h, h->at,
	    h->at == h->end || c == '\n' ? "a value should be here"
					 : "no value begins with this sign");
}

static int
read_operand(struct gv_doc_hcl *h)
{
	size_t n;
	int r = gv_doc_hcl_skip(h);

	while (r == 0 &&
	    (gv_doc_hcl_peek(h) == '-' || gv_doc_hcl_peek(h) == '!')) {
		h->at++;
		r = gv_doc_hcl_skip(h);
	}
	if (r == 0)
		r = read_primary(h);
	return r < 0 ? r : gv_doc_hcl_steps(h, &n);
}

/* ---- operators ----------------------------------------------------------- */

/* How long the operator at the cursor is; 0 if none is there. */
size_t
gv_doc_hcl_operator(const struct gv_doc_hcl *h)
{
	const char c = gv_doc_hcl_peek(h);
	const char next = h->end - h->at > 1 ? h->at[1] : '\0';

	switch (c) {
	case '+':
	case '-':
	case '*':
	case '%':
		return 1;
	case '/':
		return next != '/' && next != '*';
	case '<':
	case '>':
		return next == '=' ? 2 : 1;
	case '=':
	case '!':
		return next == '=' ? 2 : 0;
	case '&':
	case '|':
		return next == c ? 2 : 0;
	default:
		return 0;
	}
}

/* What is behind an operand. */
int
gv_doc_hcl_rest(struct gv_doc_hcl *h)
{
	size_t n;
	int r = gv_doc_hcl_skip(h);

	while (r == 0 && (n = gv_doc_hcl_operator(h))) {
		h->at += n;
		r = read_operand(h);
	}
	if (r < 0 || gv_doc_hcl_peek(h) != '?')
		return r;
	h->at++;
	if ((r = gv_doc_hcl_enter(h)) == 0 && (r = gv_doc_hcl_code(h)) == 0 &&
	    (r = gv_doc_hcl_expect(h, ':', "a : should follow a ?")) == 0)
		r = gv_doc_hcl_code(h);
	h->nested--;
	return r;
}

int
gv_doc_hcl_code(struct gv_doc_hcl *h)
{
	int r = read_operand(h);

	return r < 0 ? r : gv_doc_hcl_rest(h);
}
