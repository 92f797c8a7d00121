#include "schema/pattern.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cre2.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Most expressions of schemas are a row of classes, ^[a-z][a-z0-9-]*$, and most
 * texts are ASCII. Where no class shares a byte with what may follow it, each
 * takes all it can, and there is nothing to go back to: such a row is matched
 * here, in a tenth of the time that RE2 takes to begin.
 */

#define MAX_MEM ((int64_t)8 * 1024 * 1024)
#define STEPS   12
#define MANY    UINT16_MAX

struct step {
	uint64_t set[2]; /* bytes below 128 */
	uint16_t min, max;
};

struct gv_pattern {
	cre2_regexp_t *re;
	struct step steps[STEPS];
	size_t n;
	bool is_simple;
	bool is_closed; /* it ends in $ */
	bool is_always; /* it is in every text */
};

struct parse {
	const char *p, *end;
	uint64_t set[2];
};

static bool
holds(const uint64_t set[2], unsigned char c)
{
	return set[c >> 6] >> (c & 63) & 1;
}

static void
add_range(uint64_t set[2], unsigned from, unsigned to)
{
	for (; from <= to; from++)
		set[from >> 6] |= (uint64_t)1 << (from & 63);
}

/* ---- finding out whether it is simple ------------------------------------ */

/* Only what the engine took is looked at: no escape is cut off, and each
 * bracket is closed. */

/* A class of several bytes after a backslash; whether it is one. */
static bool
add_escape(uint64_t set[2], char c)
{
	if (c == 'd') {
		add_range(set, '0', '9');
	} else if (c == 'w') {
		add_range(set, '0', '9');
		add_range(set, 'a', 'z');
		add_range(set, 'A', 'Z');
		add_range(set, '_', '_');
	} else if (c == 's') {
		add_range(set, '\t', '\r');
		add_range(set, ' ', ' ');
	} else {
		return false;
	}
	return true;
}

/* A byte that stands for itself at the cursor, or behind a backslash. */
static bool
take_byte(struct parse *s, unsigned *c)
{
	bool is_escaped = *s->p == '\\';

	s->p += is_escaped;
	*c = (unsigned char)*s->p++;
	return *c < 0x80 && *c > 0 &&
	    (!is_escaped || strchr("^$\\.*+?()[]{}|/-_@:\"' ", (int)*c));
}

static bool
take_class(struct parse *s)
{
	const bool is_negated = s->end - s->p > 1 && s->p[1] == '^';
	unsigned from, to;

	s->p += 1 + is_negated;
	if (s->p < s->end && *s->p == ']')
		return false;
	while (s->p < s->end && *s->p != ']') {
		if (*s->p == '\\' && s->end - s->p > 1 &&
		    add_escape(s->set, s->p[1])) {
			s->p += 2;
			continue;
		}
		if (!take_byte(s, &from))
			return false;
		to = from;
		if (s->end - s->p > 1 && *s->p == '-' && s->p[1] != ']') {
			s->p++;
			if (!take_byte(s, &to) || to < from)
				return false;
		}
		add_range(s->set, from, to);
	}
	s->p++;
	if (is_negated) {
		s->set[0] = ~s->set[0];
		s->set[1] = ~s->set[1];
	}
	return true;
}

static bool
take_set(struct parse *s)
{
	unsigned c;

	s->set[0] = s->set[1] = 0;
	if (*s->p == '[')
		return take_class(s);
	if (*s->p == '.') {
		s->p++;
		add_range(s->set, 0, 127);
		s->set[0] &= ~((uint64_t)1 << '\n' | (uint64_t)1 << '\r');
		return true;
	}
	if (*s->p == '\\' && s->end - s->p > 1 && add_escape(s->set, s->p[1])) {
		s->p += 2;
		return true;
	}
	if (strchr("()|*+?{}^$", *s->p) || !take_byte(s, &c))
		return false;
	add_range(s->set, c, c);
	return true;
}

static bool
take_number(struct parse *s, uint16_t *out)
{
	unsigned value = 0;
	const char *from = s->p;

	for (; s->p < s->end && *s->p >= '0' && *s->p <= '9' && value < 1000;
	     s->p++)
		value = value * 10 + (unsigned)(*s->p - '0');
	*out = (uint16_t)value;
	return s->p > from && value <= 1000;
}

static bool
take_count(struct parse *s, struct step *out)
{
	out->min = out->max = 1;
	if (s->p == s->end)
		return true;
	if (*s->p == '*' || *s->p == '+' || *s->p == '?') {
		out->min = *s->p == '+';
		out->max = *s->p == '?' ? 1 : MANY;
		s->p++;
	} else if (*s->p == '{') {
		s->p++;
		if (!take_number(s, &out->min) || s->p == s->end)
			return false;
		out->max = out->min;
		if (*s->p == ',') {
			s->p++;
			if (s->p < s->end && *s->p == '}')
				out->max = MANY;
			else if (!take_number(s, &out->max))
				return false;
		}
		if (s->p == s->end || *s->p++ != '}' || out->max < out->min)
			return false;
	}
	/* a second sign makes it lazy */
	return s->p == s->end || !strchr("*+?{", *s->p);
}

/* Whether no step shares a byte with one that may follow it at once. */
static bool
is_clear(const struct gv_pattern *p)
{
	size_t i, j;

	for (i = 0; i < p->n; i++) {
		if (p->steps[i].min == p->steps[i].max)
			continue;
		for (j = i + 1; j < p->n; j++) {
			if (p->steps[i].set[0] & p->steps[j].set[0] ||
			    p->steps[i].set[1] & p->steps[j].set[1])
				return false;
			if (p->steps[j].min)
				break;
		}
	}
	return true;
}

static void
simplify(struct gv_pattern *p, const char *pattern, size_t len)
{
	struct parse s = { .p = pattern, .end = pattern + len };
	const bool is_open = len == 0 || *pattern != '^';
	bool is_empty = true;

	s.p += !is_open;
	while (s.p < s.end && !p->is_closed) {
		struct step *step = &p->steps[p->n];

		if (*s.p == '$') {
			p->is_closed = true;
			s.p++;
			break;
		}
		if (p->n == STEPS || !take_set(&s) || !take_count(&s, step))
			return;
		memcpy(step->set, s.set, sizeof(s.set));
		is_empty = is_empty && step->min == 0;
		p->n++;
	}
	if (s.p < s.end)
		return;
	p->is_always = is_empty && !p->is_closed;
	p->is_simple = p->is_always || (!is_open && is_clear(p));
}

/* ---- matching ------------------------------------------------------------ */

static bool
is_ascii(const char *p, size_t len)
{
	uint64_t word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		if (word & 0x8080808080808080U)
			return false;
	}
	for (; len; p++, len--)
		if ((unsigned char)*p >= 0x80)
			return false;
	return true;
}

static bool
match_steps(const struct gv_pattern *p, const char *text, size_t len)
{
	const struct step *s = p->steps, *const end = s + p->n;
	size_t i = 0, n, most;

	for (; s < end; s++) {
		most = s->max == MANY || s->max > len - i ? len - i : s->max;
		for (n = 0;
		     n < most && holds(s->set, (unsigned char)text[i + n]); n++)
			;
		if (n < s->min)
			return false;
		i += n;
	}
	return !p->is_closed || i == len;
}

bool
gv_pattern_matches(const struct gv_pattern *p, const char *text, size_t len)
{
	if (p->is_always)
		return true;
	if (p->is_simple && is_ascii(text, len))
		return match_steps(p, text, len);
	/* cre2 counts in int; no document has such a text */
	if (len > INT_MAX)
		return false;
	return cre2_match(p->re, text, (int)len, 0, (int)len, CRE2_UNANCHORED,
		   NULL, 0) != 0;
}

bool
gv_pattern_is_simple(const struct gv_pattern *p)
{
	return p->is_simple;
}

/* ---- life ---------------------------------------------------------------- */

static cre2_regexp_t *
compile(const char *pattern, size_t len)
{
	cre2_options_t *opt = cre2_opt_new();
	cre2_regexp_t *re = NULL;

	if (opt) {
		cre2_opt_set_log_errors(opt, 0);
		cre2_opt_set_max_mem(opt, MAX_MEM);
		re = cre2_new(pattern, (int)len, opt);
		cre2_opt_delete(opt);
	}
	if (re == NULL)
		(void)gv_err_nomem();
	return re;
}

/* RE2 bounds repeats and sizes, and knows fewer properties of characters. */
static enum gv_ecma_result
judge(const char **why, const cre2_regexp_t *re, const struct gv_buf *pattern)
{
	const char *what = cre2_error_string(re);

	if (strstr(what, "repetition size") || strstr(what, "too large")) {
		*why = "it repeats more than 1000 times, or is too large";
		return GV_ECMA_UNSUPPORTED;
	}
	if (strstr(what, "character class range") &&
	    (strstr(pattern->p, "\\p{") || strstr(pattern->p, "\\P{"))) {
		*why = "it names a property of characters that is not known";
		return GV_ECMA_UNSUPPORTED;
	}
	*why = "it is not a valid regular expression";
	return GV_ECMA_INVALID;
}

int
gv_pattern_new(struct gv_pattern **out, const char *pattern, size_t len,
    enum gv_ecma_result *result, const char **why)
{
	struct gv_buf re = GV_BUF_INIT;
	struct gv_pattern *p = NULL;
	int r;

	*out = NULL;
	*result = gv_ecma_translate(&re, pattern, len, why);
	if ((r = gv_buf_check(&re)) < 0 || *result != GV_ECMA_OK)
		goto out;
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	p->re = compile(re.p, re.len);
	if (p->re == NULL) {
		r = GV_ENOMEM;
		goto out;
	}
	if (cre2_error_code(p->re)) {
		*result = judge(why, p->re, &re);
		goto out;
	}
	simplify(p, pattern, len);
	*out = p;
	p = NULL;
out:
	gv_pattern_free(p);
	gv_buf_release(&re);
	return r;
}

void
gv_pattern_free(struct gv_pattern *p)
{
	if (p == NULL)
		return;
	if (p->re)
		cre2_delete(p->re);
	free(p);
}
