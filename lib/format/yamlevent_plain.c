#include "format/yamlevent.h"

#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/err.h"

/*
 * Reads the plain part of YAML, which most documents keep to: block maps and
 * lists, scalars on one line, and blocks of text. libyaml takes six times as
 * long for each byte, so it reads only what has anything else in it: flow
 * style, tags, anchors, scalars over several lines. Where this reader answers,
 * libyaml would report the same events; t-yamlevent.c, t-spantree.c and
 * fuzz_spantree.c compare.
 */

#define OTHER     GV_YAMLEVENT_OTHER
#define END       2   /* of the document */
#define KEY_MAX   512 /* libyaml takes keys of up to 1,024 characters */
#define DEPTH_MAX 256

struct level {
	size_t indent;
	size_t pending_at; /* behind the key or dash without a value */
	bool is_map;
	bool is_pending; /* a key or a dash is still without its value */
};

struct plain {
	gv_yamlevent_fn *fn;
	void *ctx;
	const char *p;
	size_t at, end; /* of the line, without its break */
	size_t next, to;
	struct level levels[DEPTH_MAX];
	size_t n;
	bool has_document, has_root, has_tab;
};

static bool
is_blank_at(const struct plain *r, size_t at)
{
	return at >= r->end || r->p[at] == ' ';
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* Whether a scalar without quotes may begin with it, whatever follows. */
static bool
is_first(char c)
{
	return is_alnum(c) || (unsigned char)c >= 0x80 ||
	    (c && strchr("_./$<=+~^(;", c));
}

/* Whether a byte that goes on with a character has none in front: what libyaml
 * is shown counts it to the sign there. */
static bool
is_stray(const struct plain *r, size_t at)
{
	return ((unsigned char)r->p[at] & 0xc0) == 0x80 &&
	    (at == r->at || (unsigned char)r->p[at - 1] < 0x80);
}

static struct level *
top(struct plain *r)
{
	return r->n ? &r->levels[r->n - 1] : NULL;
}

/* Whether the line is nothing but ASCII that can be seen, as nearly all are;
 * false where that is not told sixteen bytes at a time. */
static bool
is_ascii(const struct plain *r)
{
#if defined(__SSE2__)
	size_t i;

	for (i = r->at; i < r->end; i += 16) {
		__m128i v;
		unsigned odd;

		if (r->to - i < 16)
			return false;
		v = _mm_loadu_si128((const __m128i *)(const void *)(r->p + i));
		/* bytes above 0x7f are negative */
		odd = (unsigned)_mm_movemask_epi8(
		    _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(' ')),
			_mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f))));
		if (r->end - i < 16)
			odd &= (1U << (r->end - i)) - 1;
		if (odd)
			return false;
	}
	return true;
#else
	(void)r;
	return false;
#endif
}

/* Step to the next line. 0; 1 at the end; OTHER if there are signs that libyaml
 * refuses or takes for the end of a line. */
static int
next_line(struct plain *r)
{
	const char *nl;
	size_t i;

	if (r->next >= r->to)
		return END;
	r->at = r->next;
	nl = memchr(r->p + r->at, '\n', r->to - r->at);
	r->end = nl ? (size_t)(nl - r->p) : r->to;
	r->next = nl ? r->end + 1 : r->to;
	if (nl && r->end > r->at && r->p[r->end - 1] == '\r')
		r->end--;
	r->has_tab = false;
	if (is_ascii(r))
		return 0;
	for (i = r->at; i < r->end; i++) {
		const unsigned char c = (unsigned char)r->p[i];

		if (c >= 0x20 && c < 0x7f)
			continue;
		if (c == '\t')
			r->has_tab = true;
		else if (c <= 0x7f || is_stray(r, i))
			return OTHER;
	}
	return 0;
}

static size_t
skip_spaces(const struct plain *r, size_t at)
{
	while (at < r->end && r->p[at] == ' ')
		at++;
	return at;
}

/* Nothing else, or a comment, which needs a space in front. */
static bool
is_over(const struct plain *r, size_t at)
{
	size_t i = skip_spaces(r, at);

	return i == r->end || (r->p[i] == '#' && (i > at || i == r->at));
}

static int
report(struct plain *r, enum gv_yamlevent_kind kind, size_t at, size_t end,
    char style)
{
	const struct gv_yamlevent event = {
		.kind = kind, .at = at, .end = end, .style = style
	};

	return r->fn(r->ctx, &event);
}

/* A value: nothing waits for it any more. */
static int
add(struct plain *r, size_t at, size_t end, char style)
{
	if (r->n)
		top(r)->is_pending = false;
	return report(r, GV_YAMLEVENT_SCALAR, at, end, style);
}

static int
open_level(struct plain *r, size_t at, bool is_map)
{
	if (r->n == DEPTH_MAX)
		return OTHER;
	if (r->n)
		top(r)->is_pending = false;
	r->levels[r->n++] =
	    (struct level){ .indent = at - r->at, .is_map = is_map };
	return report(r, is_map ? GV_YAMLEVENT_MAP : GV_YAMLEVENT_LIST, at,
	    is_map ? at : at + 1, '\0');
}

/* A key or a dash is waiting for its value, behind it. */
static void
wait_at(struct plain *r, size_t at)
{
	top(r)->is_pending = true;
	top(r)->pending_at = at;
}

/* A key or a dash without a value has an empty one. */
static int
add_empty(struct plain *r)
{
	const struct level *l = top(r);

	return l && l->is_pending ? add(r, l->pending_at, l->pending_at, '\0')
				  : 0;
}

static int
close_level(struct plain *r, size_t at)
{
	int rc = add_empty(r);

	r->n--;
	return rc ? rc : report(r, GV_YAMLEVENT_END, at, at, '\0');
}

/* Behind the quote that ends the text whose first one is at `at`; 0 if it does
 * not end on this line, or has an invalid escape. */
static size_t
skip_quoted(const struct plain *r, size_t at)
{
	const char quote = r->p[at];

	for (at++; at < r->end; at++) {
		if (quote == '"' && r->p[at] == '\\') {
			if (++at == r->end ||
			    !(is_alnum(r->p[at]) || strchr("\"/\\", r->p[at])))
				return 0;
			continue;
		}
		if (r->p[at] != quote)
			continue;
		if (quote == '"' || at + 1 == r->end || r->p[at + 1] != quote)
			return at + 1;
		at++;
	}
	return 0;
}

/* The key of a map: a place, without the blanks behind it. */
struct key {
	size_t at, end;
	char style;
};

/* Read "key:" at `at` and go behind its colon. 0 if there is no key that is
 * plain. */
static size_t
read_key(const struct plain *r, size_t at, struct key *key)
{
	size_t i = at;

	*key = (struct key){ .at = at };
	if (r->p[at] == '"' || r->p[at] == '\'') {
		i = skip_quoted(r, at);
		if (i == 0 || i - at > KEY_MAX)
			return 0;
		key->style = r->p[at];
		key->end = i;
		i = skip_spaces(r, i);
		return i < r->end && r->p[i] == ':' && is_blank_at(r, i + 1)
		    ? i + 1
		    : 0;
	}
	if (!is_first(r->p[at]))
		return 0;
	for (; i < r->end && i - at < KEY_MAX; i++) {
		if (r->p[i] == ':' && is_blank_at(r, i + 1))
			break;
		if (r->p[i] == '#' && r->p[i - 1] == ' ')
			return 0;
	}
	if (i == r->end || r->p[i] != ':')
		return 0;
	for (key->end = i; key->end > at && r->p[key->end - 1] == ' ';)
		key->end--;
	return i + 1;
}

/* Whether a line is one word without a colon, which no map may have. */
static bool
is_lone_word(const struct plain *r, size_t at)
{
	while (at < r->end && (is_alnum(r->p[at]) || r->p[at] == '_'))
		at++;
	return at == r->end;
}

/* The lines of a block below its header, all that are indented further, and the
 * empty ones behind them; *end is where the next line begins. */
static int
read_lines(struct plain *r, size_t least, size_t *end)
{
	size_t indent = 0, blanks = 0, line, in;
	int rc;

	for (line = r->next; (rc = next_line(r)) == 0; line = r->next) {
		in = skip_spaces(r, r->at) - r->at;
		if (r->at + in == r->end) {
			/* libyaml may or may not count it to the block */
			if (in && r->next == r->end)
				return OTHER;
			blanks = in > blanks ? in : blanks;
			continue;
		}
		/* nor may an empty line be longer than the first other one */
		if (r->p[r->at + in] == '\t' ||
		    (indent == 0 && in >= least && blanks > in))
			return OTHER;
		if (indent == 0)
			indent = in < least ? SIZE_MAX : in;
		if (in < indent)
			break;
	}
	if (rc == OTHER)
		return OTHER;
	*end = r->next = rc == END ? r->to : line;
	return 0;
}

/* What "|" or ">" begins. Leaves the reader in front of the line behind it. */
static int
read_block(struct plain *r, size_t at)
{
	const struct level *l = top(r);
	const char style = r->p[at];
	size_t i = at + 1, end;
	int rc;

	i += i < r->end && (r->p[i] == '+' || r->p[i] == '-');
	if (l == NULL || !is_over(r, i))
		return OTHER;
	rc = read_lines(r, l->indent + 1, &end);
	return rc ? rc : add(r, at, end, style);
}

/* "{}" or "[]". */
static int
add_nothing(struct plain *r, enum gv_yamlevent_kind kind, size_t at)
{
	int rc;

	if (r->n)
		top(r)->is_pending = false;
	rc = report(r, kind, at, at + 1, '[');
	return rc ? rc : report(r, GV_YAMLEVENT_END, at + 1, at + 2, '\0');
}

static int
read_quoted(struct plain *r, size_t at)
{
	size_t end = skip_quoted(r, at);

	return end == 0 || !is_over(r, end) ? OTHER : add(r, at, end, r->p[at]);
}

static int
read_scalar(struct plain *r, size_t at)
{
	const char first = r->p[at];
	size_t i = at;

	if (first == '"' || first == '\'')
		return read_quoted(r, at);
	if (first == '|' || first == '>')
		return read_block(r, at);
	if (r->end - at >= 2 && is_over(r, at + 2)) {
		if (memcmp(r->p + at, "{}", 2) == 0)
			return add_nothing(r, GV_YAMLEVENT_MAP, at);
		if (memcmp(r->p + at, "[]", 2) == 0)
			return add_nothing(r, GV_YAMLEVENT_LIST, at);
	}
	if (!is_first(first) && !(first == '-' && !is_blank_at(r, at + 1)))
		return OTHER;
	for (; i < r->end; i++) {
		if (r->p[i] == ':' && is_blank_at(r, i + 1))
			return OTHER;
		if (r->p[i] == '#' && r->p[i - 1] == ' ')
			break;
	}
	while (i > at && r->p[i - 1] == ' ')
		i--;
	return add(r, at, i, '\0');
}

static bool
is_item(const struct plain *r, size_t at)
{
	return r->p[at] == '-' && is_blank_at(r, at + 1);
}

/* Read what is at `at`, which is an item or a key of the top level, or the
 * first one of a new level, to the end of its line. */
static int
read_entry(struct plain *r, size_t at, bool is_new)
{
	struct key key;
	size_t from;
	int rc;

	for (; is_item(r, at); at = skip_spaces(r, at + 1), is_new = true) {
		if (is_new && (rc = open_level(r, at, false)) != 0)
			return rc;
		wait_at(r, at + 1);
		if (is_over(r, at + 1))
			return 0;
	}
	from = read_key(r, at, &key);
	if (from == 0)
		return is_new && r->n ? read_scalar(r, at) : OTHER;
	if ((is_new && (rc = open_level(r, at, true)) != 0) ||
	    (rc = report(r, GV_YAMLEVENT_SCALAR, key.at, key.end, key.style)) !=
		0)
		return rc;
	wait_at(r, from);
	return is_over(r, from) ? 0 : read_scalar(r, skip_spaces(r, from));
}

/* Close what the line at column `in` is no part of. */
static int
leave_levels(struct plain *r, size_t in, bool is_item)
{
	struct level *l;
	int rc = 0;

	while (rc == 0 && (l = top(r)) &&
	    (l->indent > in ||
		/* a list at the column of its key */
		(l->indent == in && !l->is_map && !is_item)))
		rc = close_level(r, r->at);
	return rc;
}

/* What is at `at`, the first of its line that is no space. */
static int
read_line(struct plain *r, size_t at)
{
	const size_t in = at - r->at;
	const bool item = is_item(r, at);
	struct level *l;
	int rc;

	if ((rc = leave_levels(r, in, item)) != 0)
		return rc;
	l = top(r);
	if (l == NULL && r->has_root)
		return OTHER;
	r->has_root = true;
	if (l == NULL || in > l->indent || (l->is_map && item))
		return l == NULL || l->is_pending ? read_entry(r, at, true)
						  : OTHER;
	if (l->is_map && is_lone_word(r, at))
		return GV_EREFUSED;
	if (!l->is_map && !item)
		return OTHER;
	rc = add_empty(r);
	return rc ? rc : read_entry(r, at, false);
}

static bool
is_marker(const struct plain *r)
{
	return r->end - r->at >= 3 &&
	    (memcmp(r->p + r->at, "---", 3) == 0 ||
		memcmp(r->p + r->at, "...", 3) == 0);
}

/* A document begins at a marker, or at the first thing in it. */
static int
begin_document(struct plain *r, size_t at, size_t end)
{
	if (r->has_document)
		return 0;
	r->has_document = true;
	return report(r, GV_YAMLEVENT_DOCUMENT, at, end, '\0');
}

int
gv_yamlevent_plain(
    const char *text, size_t from, size_t to, gv_yamlevent_fn *fn, void *ctx)
{
	struct plain r = {
		.fn = fn, .ctx = ctx, .p = text, .next = from, .to = to
	};
	size_t at;
	int rc;

	while ((rc = next_line(&r)) == 0) {
		at = skip_spaces(&r, r.at);
		if (at == r.end || r.p[at] == '#')
			continue;
		if (r.has_tab)
			return OTHER;
		if (!is_marker(&r)) {
			rc = begin_document(&r, at, at);
			if (rc == 0)
				rc = read_line(&r, at);
		} else if (r.at != from || r.p[r.at] != '-' ||
		    !is_over(&r, r.at + 3)) {
			rc = OTHER;
		} else {
			rc = begin_document(&r, r.at, r.at + 3);
		}
		if (rc)
			return rc;
	}
	rc = rc == END ? 0 : rc;
	/* "---" and nothing else */
	if (rc == 0 && r.has_document && !r.has_root)
		rc = add(&r, to, to, '\0');
	while (rc == 0 && r.n)
		rc = close_level(&r, to);
	return rc;
}
