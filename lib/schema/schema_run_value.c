#include <string.h>

#include "base/buf.h"
#include "base/near.h"
#include "schema/schema_internal.h"

/*
 * Values that are said in full, numbers and texts.
 */

#define NAMED_MAX 8 /* values of an enum that a finding names */

/* ---- enum and const ------------------------------------------------------ */

static bool
is_listed(const struct gv_instance_node *list, const struct gv_instance_node *n)
{
	const struct gv_instance_node *i;

	for (i = list + 1; i < list + list->span; i += i->span)
		if (i->kind == n->kind && gv_instance_equal(i, n))
			return true;
	return false;
}

static void
add_value(struct gv_buf *out, const struct gv_instance_node *n)
{
	switch (n->kind) {
	case GV_INSTANCE_INT:
		gv_buf_addf(out, "%lld", (long long)n->is.whole);
		break;
	case GV_INSTANCE_NUMBER:
		gv_buf_add(out, n->is.text, n->len);
		break;
	case GV_INSTANCE_TEXT:
		gv_buf_addf(out, "'%.*s'", (int)n->len, n->is.text);
		break;
	case GV_INSTANCE_TRUE:
		gv_buf_addstr(out, "true");
		break;
	case GV_INSTANCE_FALSE:
		gv_buf_addstr(out, "false");
		break;
	case GV_INSTANCE_NULL:
		gv_buf_addstr(out, "null");
		break;
	default:
		gv_buf_addf(out, "%s of %u", gv_schema_type_name(n), n->n);
		break;
	}
}

/* The text that is allowed and nearest to the one that is there. */
static const struct gv_instance_node *
nearest(const struct gv_instance_node *list, const struct gv_instance_node *n)
{
	const struct gv_instance_node *i, *found = NULL;
	struct gv_near near;

	if (n->kind != GV_INSTANCE_TEXT)
		return NULL;
	near = gv_near_to(n->is.text, n->len);
	for (i = list + 1; i < list + list->span; i += i->span)
		if (i->kind == GV_INSTANCE_TEXT &&
		    gv_near_add(&near, i->is.text, i->len))
			found = i;
	return found;
}

static enum gv_schema_verdict
wrong_enum(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	const struct gv_instance_node *const end = s->values + s->values->span;
	const struct gv_instance_node *i, *near;
	struct gv_buf b = GV_BUF_INIT;
	unsigned k = 0;

	if (gv_schema_is_quick(e))
		return GV_SCHEMA_INVALID;
	gv_buf_addstr(&b, s->values->n == 1 ? "must be " : "must be one of ");
	for (i = s->values + 1; i < end && k < NAMED_MAX; i += i->span) {
		if (k++)
			gv_buf_addstr(&b, ", ");
		add_value(&b, i);
	}
	if (i < end)
		gv_buf_addf(&b, " and %u others", s->values->n - k);
	if ((near = nearest(s->values, n)) != NULL) {
		gv_buf_addstr(&b, "; did you mean ");
		add_value(&b, near);
		gv_buf_addch(&b, '?');
	}
	(void)gv_schema_wrong(e, s, n, "enum", "%s", gv_schema_text(e, &b));
	gv_buf_release(&b);
	return GV_SCHEMA_INVALID;
}

static enum gv_schema_verdict
wrong_const(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	struct gv_buf b = GV_BUF_INIT;

	if (gv_schema_is_quick(e))
		return GV_SCHEMA_INVALID;
	add_value(&b, s->value);
	(void)gv_schema_wrong(
	    e, s, n, "const", "must be %s", gv_schema_text(e, &b));
	gv_buf_release(&b);
	return GV_SCHEMA_INVALID;
}

enum gv_schema_verdict
gv_schema_eval_values(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	enum gv_schema_verdict v = GV_SCHEMA_VALID;

	if (s->values)
		e->steps += s->values->n / 16;
	if (s->values && !is_listed(s->values, n))
		v = n->is_vague ? gv_schema_unsure(e, s, n, "enum",
				      "a part of it is not known yet")
				: wrong_enum(e, s, n);
	if (s->value && !gv_instance_equal(s->value, n))
		v = gv_schema_both(v,
		    n->is_vague ? gv_schema_unsure(e, s, n, "const",
				      "a part of it is not known yet")
				: wrong_const(e, s, n));
	return v;
}

/* ---- numbers ------------------------------------------------------------- */

static void
read_number(struct gv_decimal *out, const struct gv_instance_node *n)
{
	if (n->kind == GV_INSTANCE_INT)
		gv_decimal_set(out, n->is.whole);
	else
		(void)gv_decimal_read(out, n->is.text, n->len);
}

/* Whether a number is within a bound, which is a least one or not. */
static bool
is_within(const struct gv_instance_node *n, const struct gv_schema_bound *b,
    bool is_least)
{
	struct gv_decimal d = { 0 };
	int r;

	if (n->kind == GV_INSTANCE_INT && b->fits) {
		r = (n->is.whole > b->whole) - (n->is.whole < b->whole);
	} else {
		read_number(&d, n);
		if (d.is_nan)
			return false;
		r = gv_decimal_compare(&d, &b->decimal);
	}
	if (r == 0)
		return !b->is_exclusive;
	return is_least ? r > 0 : r < 0;
}

static enum gv_schema_verdict
eval_bound(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, const struct gv_schema_bound *b)
{
	const struct gv_schema_numbers *m = s->numbers;
	const bool is_least = b == &m->minimum || b == &m->least;
	struct gv_buf limit = GV_BUF_INIT;

	if (!b->is_set || is_within(n, b, is_least))
		return GV_SCHEMA_VALID;
	if (gv_schema_is_quick(e))
		return GV_SCHEMA_INVALID;
	add_value(&limit, b->from);
	(void)gv_schema_wrong(e, s, n,
	    b == &m->minimum       ? "minimum"
		: b == &m->maximum ? "maximum"
		: b == &m->least   ? "exclusiveMinimum"
				   : "exclusiveMaximum",
	    "must be %s %s",
	    is_least              ? b->is_exclusive ? "above" : "at least"
		: b->is_exclusive ? "below"
				  : "at most",
	    gv_schema_text(e, &limit));
	gv_buf_release(&limit);
	return GV_SCHEMA_INVALID;
}

static enum gv_schema_verdict
eval_multiple(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	const struct gv_schema_bound *b = &s->numbers->multiple;
	struct gv_buf of = GV_BUF_INIT;
	struct gv_decimal d = { 0 };
	int r;

	if (!b->is_set)
		return GV_SCHEMA_VALID;
	if (n->kind == GV_INSTANCE_INT && b->fits) {
		r = n->is.whole % b->whole == 0;
	} else {
		read_number(&d, n);
		r = gv_decimal_is_multiple(&d, &b->decimal);
	}
	if (r == 1)
		return GV_SCHEMA_VALID;
	if (r < 0)
		return gv_schema_unsure(
		    e, s, n, "multipleOf", "has too many digits to be divided");
	if (gv_schema_is_quick(e))
		return GV_SCHEMA_INVALID;
	add_value(&of, b->from);
	(void)gv_schema_wrong(e, s, n, "multipleOf", "must be a multiple of %s",
	    gv_schema_text(e, &of));
	gv_buf_release(&of);
	return GV_SCHEMA_INVALID;
}

static enum gv_schema_verdict
eval_number(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	const struct gv_schema_numbers *m = s->numbers;
	enum gv_schema_verdict v = eval_bound(e, s, n, &m->minimum);

	v = gv_schema_both(v, eval_bound(e, s, n, &m->maximum));
	v = gv_schema_both(v, eval_bound(e, s, n, &m->least));
	v = gv_schema_both(v, eval_bound(e, s, n, &m->most));
	return gv_schema_both(v, eval_multiple(e, s, n));
}

/* ---- texts --------------------------------------------------------------- */

static uint64_t
count_characters(const char *p, size_t len)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < len; i++)
		n += ((unsigned char)p[i] & 0xc0) != 0x80;
	return n;
}

static enum gv_schema_verdict
eval_length(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	const struct gv_schema_strings *t = s->strings;
	uint64_t length = n->len;

	/* a character has one to four bytes */
	if (length / 4 >= t->min && length <= t->max)
		return GV_SCHEMA_VALID;
	length = count_characters(n->is.text, n->len);
	if (length < t->min)
		return gv_schema_wrong(e, s, n, "minLength",
		    "must have at least %llu characters, but has %llu",
		    (unsigned long long)t->min, (unsigned long long)length);
	if (length > t->max)
		return gv_schema_wrong(e, s, n, "maxLength",
		    "must have at most %llu characters, but has %llu",
		    (unsigned long long)t->max, (unsigned long long)length);
	return GV_SCHEMA_VALID;
}

static enum gv_schema_verdict
eval_text(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	const struct gv_schema_strings *t = s->strings;
	enum gv_schema_verdict v = eval_length(e, s, n);

	if (t->pattern_text && t->pattern == NULL)
		v = gv_schema_both(v,
		    gv_schema_unsure(
			e, s, n, "pattern", "%s", t->pattern_text));
	else if (t->pattern &&
	    !gv_pattern_matches(t->pattern, n->is.text, n->len))
		v = gv_schema_wrong(e, s, n, "pattern",
		    "must match the pattern '%s'", t->pattern_text);
	if (t->format && !t->format(n->is.text, n->len))
		v = gv_schema_wrong(e, s, n, "format",
		    "must be written as a %s", t->format_name);
	return v;
}

enum gv_schema_verdict
gv_schema_eval_scalar(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n)
{
	if (n->kind == GV_INSTANCE_TEXT)
		return s->strings ? eval_text(e, s, n) : GV_SCHEMA_VALID;
	if (s->numbers &&
	    (n->kind == GV_INSTANCE_INT || n->kind == GV_INSTANCE_NUMBER))
		return eval_number(e, s, n);
	return GV_SCHEMA_VALID;
}
