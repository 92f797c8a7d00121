#include <stdarg.h>
#include <stdlib.h>

#include "drift/drift_internal.h"
#include "drift/meaning.h"

void
gv_drift_set(struct gv_drift_judged *out, enum gv_drift_verdict verdict,
    enum gv_drift_class class, enum gv_drift_severity severity, const char *fmt,
    ...)
{
	va_list ap;

	out->verdict = verdict;
	out->class = class;
	out->severity = severity;
	va_start(ap, fmt);
	vsnprintf(out->says, sizeof(out->says), fmt, ap);
	va_end(ap);
}

/* ---- types --------------------------------------------------------------- */

static bool
is_number(const struct gv_drift_key *key)
{
	return key->type == GV_DOC_TYPE_INT || key->type == GV_DOC_TYPE_FLOAT;
}

static bool
is_null(const struct gv_drift_key *key)
{
	return key->kind == GV_DRIFT_SCALAR && key->type == GV_DOC_TYPE_NULL;
}

/* What a reader makes of a number: 1.10 is 1.1, 010 is 8. */
static double
number_of(const struct gv_drift_key *key)
{
	char text[64];
	const char *p = key->text.p;

	if (key->text.len >= sizeof(text))
		return 0;
	memcpy(text, p, key->text.len);
	text[key->text.len] = '\0';
	if (text[0] == '0' && text[1] == 'o')
		return (double)strtoll(text + 2, NULL, 8);
	if (text[0] == '0' && text[1] >= '0' && text[1] <= '9' &&
	    strchr(text, '.') == NULL)
		return (double)strtoll(text, NULL, 8);
	return strtod(text, NULL);
}

/* Whether a number is read as one that is written otherwise. */
static bool
is_ambiguous(char out[32], const struct gv_drift_key *key)
{
	if (key->type == GV_DOC_TYPE_WORD_BOOL) {
		snprintf(out, 32, "bool %s",
		    gv_meaning_is_on(key->text.p, key->text.len) == 1
			? "true"
			: "false");
		return true;
	}
	if (!is_number(key))
		return false;
	snprintf(out, 32, "number %.12g", number_of(key));
	return strlen(out) - 7 != key->text.len ||
	    memcmp(out + 7, key->text.p, key->text.len) != 0;
}

static const char *
type_name(const struct gv_drift_key *key)
{
	static const char *const names[] = { "string", "null", "bool", "word",
		"number", "number", "time" };

	return names[key->type];
}

static bool
is_yaml(const struct gv_drift_key *key)
{
	const enum gv_doc_format format = key->of->doc.format;

	return format == GV_DOC_FORMAT_YAML ||
	    format == GV_DOC_FORMAT_COMPOSE || format == GV_DOC_FORMAT_TEMPLATE;
}

/* One text, and two types. */
static void
judge_types(struct gv_drift_judged *out, const struct gv_drift_key *low,
    const struct gv_drift_key *high)
{
	const size_t len = strlen(low->show);
	char what[32];

	if ((is_ambiguous(what, low) && is_yaml(low)) ||
	    (is_ambiguous(what, high) && is_yaml(high)))
		gv_drift_set(out, GV_DRIFT_DRIFT, GV_DRIFT_TYPE,
		    GV_DRIFT_NORMAL, "%.*s is the %s for a YAML reader",
		    (int)low->text.len, low->text.p, what);
	else if (gv_meaning_is_number(low->show, len, low->in_object) ||
	    low->is_number || high->is_number)
		gv_drift_set(out, GV_DRIFT_DRIFT, GV_DRIFT_TYPE,
		    GV_DRIFT_NORMAL, "%s and %s, where only a number is taken",
		    type_name(low), type_name(high));
	else
		gv_drift_set(out, GV_DRIFT_NOTE, GV_DRIFT_TYPE,
		    GV_DRIFT_NO_SEVERITY, "same value, %s and %s",
		    type_name(low), type_name(high));
}

/* Two texts that a reader may take for one value, or not: true if they are. */
static bool
is_other_spelling(struct gv_drift_judged *out, const struct gv_drift_key *low,
    const struct gv_drift_key *high)
{
	const struct gv_drift_key *null = is_null(low) ? low : high;
	const struct gv_drift_key *other = null == low ? high : low;
	const int a = gv_meaning_is_on(low->text.p, low->text.len);
	const int b = gv_meaning_is_on(high->text.p, high->text.len);

	if (is_null(null) && other->kind == GV_DRIFT_SCALAR &&
	    other->text.len == 0 && other->type == GV_DOC_TYPE_TEXT) {
		gv_drift_set(out, GV_DRIFT_DRIFT, GV_DRIFT_TYPE,
		    GV_DRIFT_NORMAL, "null and an empty string");
		return true;
	}
	if (low->type == GV_DOC_TYPE_BOOL && high->type == GV_DOC_TYPE_BOOL &&
	    a == b) {
		gv_drift_set(out, GV_DRIFT_SAME, GV_DRIFT_NONE,
		    GV_DRIFT_NO_SEVERITY, "%s", "");
		return true;
	}
	if ((low->type == GV_DOC_TYPE_WORD_BOOL ||
		high->type == GV_DOC_TYPE_WORD_BOOL) &&
	    a == b && a >= 0) {
		gv_drift_set(out, GV_DRIFT_DRIFT, GV_DRIFT_TYPE,
		    GV_DRIFT_NORMAL,
		    "%.*s and %.*s are the same for some YAML readers only",
		    (int)low->text.len, low->text.p, (int)high->text.len,
		    high->text.p);
		return true;
	}
	if (is_number(low) && is_number(high) && is_yaml(low) &&
	    !(number_of(low) < number_of(high)) &&
	    !(number_of(low) > number_of(high))) {
		gv_drift_set(out, GV_DRIFT_DRIFT, GV_DRIFT_TYPE,
		    GV_DRIFT_NORMAL, "%.*s and %.*s are one number, two texts",
		    (int)low->text.len, low->text.p, (int)high->text.len,
		    high->text.p);
		return true;
	}
	return false;
}

/* ---- whom it is encrypted for -------------------------------------------- */

static bool
has_item(const struct gv_drift_key *key, struct gv_drift_text item)
{
	size_t i;

	for (i = 0; i < key->n_items; i++)
		if (gv_drift_is_text(key->items[i], item))
			return true;
	return false;
}

static bool
is_recipients(const struct gv_drift_key *key)
{
	const size_t len = strlen(key->show);

	return key->kind == GV_DRIFT_SET && len >= 15 &&
	    memcmp(key->show + len - 15, "sops.recipients", 15) == 0;
}

/* A key of its own for each environment is as it should be; some in common and
 * some not is not. */
static void
judge_recipients(struct gv_drift_judged *out, const struct gv_drift_pair *pair,
    const struct gv_drift_key *low, const struct gv_drift_key *high)
{
	size_t i, shared = 0;

	for (i = 0; i < low->n_items; i++)
		shared += has_item(high, low->items[i]);
	if (shared == low->n_items && shared == high->n_items)
		gv_drift_set(out, GV_DRIFT_SAME, GV_DRIFT_NONE,
		    GV_DRIFT_NO_SEVERITY, "%s", "");
	else if (shared == 0 && low->n_items == high->n_items)
		gv_drift_set(out, GV_DRIFT_INTENDED, GV_DRIFT_NAME,
		    GV_DRIFT_NO_SEVERITY, "a key of its own for each");
	else
		gv_drift_set(out, GV_DRIFT_DRIFT, GV_DRIFT_RECIPIENTS,
		    GV_DRIFT_NORMAL,
		    "encrypted for %zu recipient%s in %s, %zu in %s, %zu of "
		    "them the same",
		    low->n_items, low->n_items == 1 ? "" : "s",
		    gv_drift_low(pair), high->n_items, gv_drift_high(pair),
		    shared);
}

/* ---- two keys ------------------------------------------------------------ */

static bool
is_list(const struct gv_drift_key *key)
{
	return key->kind == GV_DRIFT_SET || key->kind == GV_DRIFT_SEQUENCE ||
	    key->kind == GV_DRIFT_LIST;
}

/* What has to be computed is the same only if its text is. */
static void
judge_code(struct gv_drift_judged *out, const struct gv_drift_pair *pair,
    const struct gv_drift_key *low, const struct gv_drift_key *high)
{
	const struct gv_drift_key *code =
	    low->kind == GV_DRIFT_CODE ? low : high;
	const bool is_template = code->of->doc.format == GV_DOC_FORMAT_TEMPLATE;

	if (gv_drift_is_equal(pair->d, low, high))
		gv_drift_set(out, GV_DRIFT_SAME, GV_DRIFT_NONE,
		    GV_DRIFT_NO_SEVERITY, "%s", "");
	else if (!low->is_hidden && !high->is_hidden &&
	    low->kind == high->kind &&
	    (gv_drift_is_folded(pair, low->text, high->text) ||
		gv_drift_is_elsewhere(pair, low->text, high->text)))
		gv_drift_set(out, GV_DRIFT_INTENDED, GV_DRIFT_NAME,
		    GV_DRIFT_NO_SEVERITY, "%s", "");
	else
		gv_drift_set(out, GV_DRIFT_UNKNOWN, GV_DRIFT_VALUE,
		    GV_DRIFT_NO_SEVERITY, "%s",
		    is_template ? "a template has to be filled in"
				: "an expression has to be computed");
}

static bool
is_secret(const struct gv_drift_key *key)
{
	return key->guise != GV_DRIFT_CLEAR || key->is_hidden;
}

/* Whose keys are missing, or that what a provider makes is its own: true where
 * nothing is left to be judged. */
static bool
judge_state(struct gv_drift_judged *out, const struct gv_drift_pair *pair,
    const struct gv_drift_key *low, const struct gv_drift_key *high)
{
	const bool is_shut_low = low->of->file.is_shut;
	const bool is_shut_high = high->of->file.is_shut;

	if (is_shut_low && is_shut_high)
		gv_drift_set(out, GV_DRIFT_UNKNOWN, GV_DRIFT_VALUE,
		    GV_DRIFT_NO_SEVERITY, "needs the keys of %s and %s",
		    gv_drift_low(pair), gv_drift_high(pair));
	else if (is_shut_low || is_shut_high)
		gv_drift_set(out, GV_DRIFT_UNKNOWN, GV_DRIFT_VALUE,
		    GV_DRIFT_NO_SEVERITY, "needs the key of %s",
		    is_shut_low ? gv_drift_low(pair) : gv_drift_high(pair));
	else if (gv_meaning_is_own(low->show, strlen(low->show)) &&
	    !gv_drift_is_equal(pair->d, low, high))
		gv_drift_set(out, GV_DRIFT_INTENDED, GV_DRIFT_NAME,
		    GV_DRIFT_NO_SEVERITY, "a value of its own for each");
	else
		return false;
	return true;
}

void
gv_drift_judge(struct gv_drift_judged *out, const struct gv_drift_pair *pair,
    const struct gv_drift_key *low, const struct gv_drift_key *high)
{
	gv_drift_set(
	    out, GV_DRIFT_SAME, GV_DRIFT_NONE, GV_DRIFT_NO_SEVERITY, "%s", "");
	if (low->of->file.is_state && judge_state(out, pair, low, high))
		return;
	if (is_recipients(low) && is_recipients(high)) {
		judge_recipients(out, pair, low, high);
	} else if (gv_meaning_of(low->show, strlen(low->show)) ==
	    GV_MEANING_VOLATILE) {
		return;
	} else if (is_secret(low) || is_secret(high)) {
		gv_drift_judge_secrets(out, pair, low, high);
	} else if (low->kind == GV_DRIFT_CODE || high->kind == GV_DRIFT_CODE) {
		judge_code(out, pair, low, high);
	} else if (is_list(low) != is_list(high) ||
	    (low->kind == GV_DRIFT_EMPTY) != (high->kind == GV_DRIFT_EMPTY)) {
		gv_drift_set(out, GV_DRIFT_DRIFT, GV_DRIFT_STRUCTURE,
		    GV_DRIFT_NORMAL, "%s in %s, %s in %s",
		    is_list(low) ? "a list" : "a value", gv_drift_low(pair),
		    is_list(high) ? "a list" : "a value", gv_drift_high(pair));
	} else if (low->kind == GV_DRIFT_EMPTY) {
		return;
	} else if (gv_drift_is_text(low->text, high->text) &&
	    low->type != high->type) {
		judge_types(out, low, high);
	} else if (gv_drift_is_text(low->text, high->text) ||
	    !is_other_spelling(out, low, high)) {
		gv_drift_judge_texts(out, pair, low, low->text, high->text);
	}
}
