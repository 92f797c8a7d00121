#include "scan/scan_internal.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "lex/ascii.h"
#include "lex/seek.h"

#define DEPTH    48  /* deeper levels are left out */
#define TEXT_MAX 256 /* bytes of a path, about */
#define KEY_MAX  120 /* bytes of one key; a longer one is cut */
#define LINE_MAX 512 /* in front of a finding, to its name */

/* One level: a key, or the place in a list. */
struct step {
	size_t at, len; /* of the key; of 0 bytes: none yet */
	size_t indent;  /* YAML */
	size_t index;
	bool is_list;
	bool is_found; /* where the key at `asked` - 1 was looked for */
	size_t asked;
	size_t end; /* of what was written of it and those above */
};

/* One pass forward, whatever the number of findings: what is in front of one
 * has been read when the next one asks. */
struct walk {
	const char *p;
	size_t len, at; /* read up to there */
	struct step steps[DEPTH];
	size_t depth;   /* may be more than DEPTH: those are only counted */
	size_t written; /* of them, that have not changed since */
	size_t block;   /* YAML: indent of the key of a block scalar, + 1 */
	size_t line;    /* HCL: where the head of a block may begin */
	/* what was written last: up to the name, and that, if any */
	size_t stem, name, name_len;
};

static struct step *
top(struct walk *w)
{
	return w->depth && w->depth <= DEPTH ? &w->steps[w->depth - 1] : NULL;
}

/* Level `depth` and what is below is not as it was written. */
static void
change(struct walk *w, size_t depth)
{
	if (w->written > depth)
		w->written = depth;
}

static void
push(struct walk *w, const struct step *step)
{
	change(w, w->depth);
	if (w->depth < DEPTH)
		w->steps[w->depth] = *step;
	w->depth++;
}

static size_t
line_end(const struct walk *w, size_t at)
{
	return gv_seek(w->p, at, w->len, '\n');
}

static size_t
skip_blanks(const struct walk *w, size_t at, size_t end)
{
	while (at < end && gv_ascii_is_blank(w->p[at]))
		at++;
	return at;
}

/* --- YAML: by indentation --- */

/* Whether a key without quotes may end there: ':', or any of #{" as none has
 * it. */
static inline bool
may_end_key(char ch)
{
	static const char table[256] = "0000000000000000"
				       "0000000000000000"
				       "0011000000000000"
				       "0000000000100000"
				       "0000000000000000"
				       "0000000000000000"
				       "0000000000000000"
				       "0000000000010000";

	return table[(unsigned char)ch] & 1;
}

/* The key at `at`, up to its colon; where the value is then, or 0. */
static size_t
read_key(const struct walk *w, size_t at, size_t end, struct step *key)
{
	char quote = at < end ? w->p[at] : '\0';
	size_t from = at, i;

	if (quote == '"' || quote == '\'') {
		for (i = ++from; i < end && w->p[i] != quote; i++)
			;
		key->at = from;
		key->len = i - from;
		i = i < end ? i + 1 : i;
	} else {
		for (i = from; i < end; i++) {
			if (!may_end_key(w->p[i]))
				continue;
			if (w->p[i] != ':')
				return 0;
			if (i + 1 == end || gv_ascii_is_space(w->p[i + 1]))
				break;
		}
		key->at = from;
		key->len = i - from;
	}
	i = skip_blanks(w, i, end);
	return i < end && w->p[i] == ':' && key->len ? i + 1 : 0;
}

static void
yaml_item(struct walk *w, size_t indent)
{
	struct step list = { .indent = indent, .is_list = true };
	struct step *last;

	while ((last = top(w)) && last->indent > indent)
		w->depth--;
	if (last && last->is_list && last->indent == indent) {
		change(w, w->depth - 1);
		last->index++;
	} else {
		push(w, &list);
	}
}

static void
yaml_line(struct walk *w, size_t from, size_t end)
{
	size_t at = skip_blanks(w, from, end), value;
	struct step key = { 0 };

	if (at == end || w->p[at] == '#' || w->p[at] == '\r')
		return;
	if (w->block && at - from >= w->block)
		return;
	w->block = 0;
	if (end - from >= 3 && memcmp(w->p + from, "---", 3) == 0) {
		w->depth = 0;
		return;
	}
	while (at + 1 < end && w->p[at] == '-' &&
	    gv_ascii_is_blank(w->p[at + 1])) {
		yaml_item(w, at - from);
		at = skip_blanks(w, at + 1, end);
	}
	key.indent = at - from;
	value = read_key(w, at, end, &key);
	if (value == 0)
		return;
	while (top(w) && top(w)->indent >= key.indent)
		w->depth--;
	push(w, &key);
	value = skip_blanks(w, value, end);
	if (value < end && (w->p[value] == '|' || w->p[value] == '>'))
		w->block = key.indent + 1;
}

static void
walk_yaml(struct walk *w, size_t to)
{
	while (w->at <= to && w->at < w->len) {
		size_t end = line_end(w, w->at);

		if (w->depth > DEPTH)
			w->depth = DEPTH;
		yaml_line(w, w->at, end);
		w->at = end + 1;
	}
}

/* --- INI, TOML: by sections --- */

static void
walk_ini(struct walk *w, size_t to)
{
	while (w->at <= to && w->at < w->len) {
		size_t end = line_end(w, w->at);
		size_t from = skip_blanks(w, w->at, end), i;
		struct step section = { 0 };

		if (from < end && w->p[from] == '[') {
			while (from < end && w->p[from] == '[')
				from++;
			for (i = from; i < end && w->p[i] != ']'; i++)
				;
			section.at = from;
			section.len = i - from;
			w->depth = 0;
			push(w, &section);
		}
		w->at = end + 1;
	}
}

/* --- XML: by elements --- */

static void
xml_tag(struct walk *w)
{
	const char *stop;
	struct step name = { .at = w->at + 1 };
	size_t i = w->at + 1, end;

	if (w->len - w->at > 4 && memcmp(w->p + w->at, "<!--", 4) == 0) {
		stop = memmem(w->p + w->at, w->len - w->at, "-->", 3);
		w->at = stop ? (size_t)(stop - w->p) + 3 : w->len;
		return;
	}
	stop = memchr(w->p + i, '>', w->len - i);
	end = stop ? (size_t)(stop - w->p) : w->len;
	while (i < end && (gv_ascii_is_name(w->p[i]) || w->p[i] == ':'))
		i++;
	name.len = i - name.at;
	if (w->p[w->at + 1] == '/') {
		w->depth -= w->depth > 0;
	} else if (name.len && !(stop && w->p[end - 1] == '/')) {
		push(w, &name);
	}
	w->at = end < w->len ? end + 1 : end;
}

static void
walk_xml(struct walk *w, size_t to)
{
	while (w->at <= to && w->at + 1 < w->len) {
		const char *tag = memchr(w->p + w->at, '<', w->len - w->at);

		w->at = tag ? (size_t)(tag - w->p) : w->len;
		if (w->at > to || w->at + 1 >= w->len)
			break;
		xml_tag(w);
	}
}

/* --- JSON, HCL: by brackets --- */

static size_t
end_of_string(const struct walk *w, size_t at)
{
	at = gv_seek_any(w->p, at + 1, w->len, '"', '\\', '"');
	while (at < w->len && w->p[at] == '\\')
		at = at + 2 < w->len
		    ? gv_seek_any(w->p, at + 2, w->len, '"', '\\', '"')
		    : w->len;
	return at;
}

/* What stands at w->at may be the key of this level; it is one if an operator
 * follows. */
static void
take_key(struct walk *w, size_t at, size_t end, size_t behind)
{
	struct step *last = top(w);
	size_t i = behind;

	while (i < w->len && gv_ascii_is_blank(w->p[i]))
		i++;
	if (i < w->len && (w->p[i] == ':' || w->p[i] == '=') && last &&
	    !last->is_list) {
		change(w, w->depth - 1);
		last->at = at;
		last->len = end - at;
	}
}

/* resource "a" "b" {: its words are the key of what is around. */
static void
take_head(struct walk *w, size_t brace)
{
	struct step *last = top(w);
	size_t from = skip_blanks(w, w->line, brace), to = brace;

	while (to > from && gv_ascii_is_blank(w->p[to - 1]))
		to--;
	if (last == NULL || to == from || w->p[to - 1] == '=' ||
	    w->p[to - 1] == ':' || !gv_ascii_is_name(w->p[from]))
		return;
	change(w, w->depth - 1);
	last->at = from;
	last->len = to - from;
}

static void
bracket(struct walk *w, char ch, bool is_hcl)
{
	struct step step = { .is_list = ch == '[' };

	switch (ch) {
	case '{':
		if (is_hcl)
			take_head(w, w->at);
		push(w, &step);
		break;
	case '[':
		push(w, &step);
		break;
	case '}':
	case ']':
		/* the outermost level of HCL has no bracket */
		w->depth -= w->depth > (is_hcl ? 1 : 0);
		break;
	case ',':
		if (top(w)) {
			change(w, w->depth - 1);
			top(w)->index++;
		}
		break;
	default:
		return;
	}
	w->line = w->at + 1;
}

static void
walk_brackets(struct walk *w, size_t to, bool is_hcl)
{
	struct step outer = { 0 };
	size_t end;

	if (is_hcl && w->depth == 0)
		push(w, &outer);
	while (w->at <= to && w->at < w->len) {
		char ch = w->p[w->at];

		if (ch == '"') {
			end = end_of_string(w, w->at);
			take_key(w, w->at + 1, end, end + 1);
			w->at = end;
		} else if (is_hcl && ch == '#') {
			w->at = line_end(w, w->at) - 1;
		} else if (is_hcl && gv_ascii_is_name(ch)) {
			for (end = w->at;
			     end < w->len && gv_ascii_is_name(w->p[end]); end++)
				;
			take_key(w, w->at, end, end);
			w->at = end - 1;
		} else if (ch == '\n') {
			w->line = w->at + 1;
		} else {
			bracket(w, ch, is_hcl);
		}
		w->at++;
	}
}

/* --- the text of a path --- */

static bool
is_plain(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (gv_ascii_is_word(p[i]))
			continue;
		if (p[i] != '-' && p[i] != '/' && !(p[i] & 0x80))
			return false;
	}
	return len > 0;
}

static void
add_key(struct gv_buf *out, const char *p, size_t len)
{
	size_t i;

	if (len > KEY_MAX)
		len = KEY_MAX;
	if (out->len)
		gv_buf_addch(out, '.');
	if (is_plain(p, len)) {
		gv_buf_add(out, p, len);
		return;
	}
	/* of resource "a" "b" the words; what has a dot in it in quotes */
	if (memchr(p, '"', len)) {
		for (i = 0; i < len; i++)
			if (p[i] == ' ' && out->len &&
			    out->p[out->len - 1] != '.')
				gv_buf_addch(out, '.');
			else if (p[i] != '"' && p[i] != ' ')
				gv_buf_addch(out, p[i]);
		return;
	}
	gv_buf_addch(out, '"');
	gv_buf_add(out, p, len);
	gv_buf_addch(out, '"');
}

/* [12]; printf would be a twentieth of what a finding in a list takes. */
static void
add_index(struct gv_buf *out, size_t index)
{
	char digits[24];
	size_t i = sizeof(digits);

	digits[--i] = ']';
	do
		digits[--i] = (char)('0' + index % 10);
	while ((index /= 10) > 0);
	digits[--i] = '[';
	gv_buf_add(out, digits + i, sizeof(digits) - i);
}

static void
walk_to(struct walk *w, enum gv_syntax syntax, size_t to)
{
	switch (syntax) {
	case GV_SYNTAX_YAML:
		walk_yaml(w, to);
		break;
	case GV_SYNTAX_JSON:
		walk_brackets(w, to, false);
		break;
	case GV_SYNTAX_HCL:
		walk_brackets(w, to, true);
		break;
	case GV_SYNTAX_INI:
	case GV_SYNTAX_TOML:
		walk_ini(w, to);
		break;
	case GV_SYNTAX_XML:
		walk_xml(w, to);
		break;
	default:
		break;
	}
}

/* The name that the line of a finding assigns to, of files that have one a
 * line; its length, 0: none. Long lines have none. */
static size_t
name_of_line(const struct walk *w, size_t at, size_t *from)
{
	const size_t low = at > LINE_MAX ? at - LINE_MAX : 0;
	size_t i = gv_seek_back(w->p, low, at, '\n', '\n'), n = 0;

	i = skip_blanks(w, i, at);
	if (at - i > 7 && memcmp(w->p + i, "export ", 7) == 0)
		i = skip_blanks(w, i + 7, at);
	while (i + n < at && gv_ascii_is_name(w->p[i + n]))
		n++;
	*from = i;
	i = skip_blanks(w, i + n, at);
	return i < at && (w->p[i] == '=' || w->p[i] == ':') ? n : 0;
}

static bool
has_name_a_line(enum gv_syntax syntax)
{
	return syntax == GV_SYNTAX_ENV || syntax == GV_SYNTAX_SHELL ||
	    syntax == GV_SYNTAX_INI || syntax == GV_SYNTAX_TOML;
}

/* Whether some finding is, in part, what stands there: no path tells that. Most
 * ask from finding number `i` of what stands right in front of it. */
static bool
is_found(const struct gv_scan *scan, size_t i, size_t at, size_t len)
{
	const struct gv_scan_finding *f = scan->findings;
	size_t from = 0, to = scan->n, back = 1;

	/* what is asked for stands close in front, or right behind */
	if (f[i].at + f[i].len > at) {
		while (back <= i && f[i - back].at + f[i - back].len > at)
			back *= 2;
		from = back <= i ? i - back + 1 : 0;
		to = i - back / 2;
	} else {
		from = i + 1;
	}
	/* the first that ends behind `at`: they are in order, and apart */
	while (from < to) {
		i = from + (to - from) / 2;
		if (f[i].at + f[i].len <= at)
			from = i + 1;
		else
			to = i;
	}
	return from < scan->n && f[from].at < at + len;
}

/* The same of a key, which all findings below it ask for. */
static bool
is_step_found(const struct gv_scan *scan, size_t i, struct step *s)
{
	if (s->asked != s->at + 1) {
		s->asked = s->at + 1;
		s->is_found = is_found(scan, i, s->at, s->len);
	}
	return s->is_found;
}

/* Behind the last key that is written. */
static size_t
end_of_written(const struct walk *w)
{
	size_t i;

	for (i = w->written; i > 0; i--)
		if (w->steps[i - 1].len)
			return w->steps[i - 1].at + w->steps[i - 1].len;
	return 0;
}

/* The name of the finding, if it is no part of the path yet: the levels do not
 * know it, and it is on the same line, behind them. Its length, 0: none. */
static size_t
name_of(const struct walk *w, enum gv_syntax syntax, const struct gv_scan *scan,
    size_t number, size_t *from)
{
	const struct gv_scan_finding *f = &scan->findings[number];
	size_t len = f->name_len;

	*from = f->name;
	if (len == 0 && has_name_a_line(syntax))
		len = name_of_line(w, f->at, from);
	return len == 0 || is_found(scan, number, *from, len) ? 0 : len;
}

/* The levels that are still as they were for the finding before are written
 * already, and so may be the name. Whether anything else is. */
static bool
write_path(struct gv_buf *out, struct walk *w, enum gv_syntax syntax,
    const struct gv_scan *scan, size_t number)
{
	size_t i, last, stem, name, len;
	bool is_same;

	change(w, w->depth);
	last = end_of_written(w);
	stem = w->written ? w->steps[w->written - 1].end : 0;
	is_same = w->written == w->depth && stem == w->stem;
	if (!is_same)
		gv_buf_truncate(out, stem);
	for (i = w->written; i < w->depth && i < DEPTH && out->len < TEXT_MAX;
	     i++) {
		struct step *s = &w->steps[i];

		if (s->is_list)
			add_index(out, s->index);
		else if (s->len && !is_step_found(scan, number, s))
			add_key(out, w->p + s->at, s->len);
		last = s->len ? s->at + s->len : last;
		stem = s->end = out->len;
	}
	w->written = i;
	w->stem = stem;
	len = name_of(w, syntax, scan, number, &name);
	if (stem > 0 && (name < last || name >= scan->findings[number].at))
		len = 0;
	is_same = is_same && len == w->name_len &&
	    memcmp(w->p + w->name, w->p + name, len) == 0;
	w->name = name;
	w->name_len = len;
	if (is_same)
		return false;
	gv_buf_truncate(out, stem);
	if (len)
		add_key(out, w->p + name, len);
	return true;
}

static bool
is_text(const char *text, const struct gv_buf *path)
{
	return strlen(text) == path->len &&
	    memcmp(text, path->p, path->len) == 0;
}

int
gv_scan_paths(struct gv_scan_run *run)
{
	struct gv_scan *scan = run->scan;
	enum gv_syntax syntax = gv_scan_syntax(run);
	struct walk w = { .p = run->lex.text, .len = run->lex.len };
	struct gv_buf path = GV_BUF_INIT;
	const char *last = "";
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < scan->n; i++) {
		struct gv_scan_finding *f = &scan->findings[i];

		if (f->encodings[0] == GV_SCAN_UTF16)
			continue; /* its own scan has told */
		walk_to(&w, syntax, f->at);
		if (write_path(&path, &w, syntax, scan, i) && path.len &&
		    !is_text(last, &path)) {
			last = gv_arena_copy(&scan->keys, path.p, path.len);
			r = last ? 0 : GV_ENOMEM;
		}
		if (path.len)
			f->key = last;
	}
	gv_buf_release(&path);
	return r;
}
