#include "drift/drift_internal.h"
#include "drift/meaning.h"
#include "drift/measure.h"
#include "drift/version.h"

/*
 * Two texts that differ: whether the key is one whose values are meant to.
 */

#define SHOWN 44 /* bytes of a value in a sentence */

struct texts {
	struct gv_drift_judged *out;
	const struct gv_drift_pair *pair;
	const char *key;
	size_t key_len;
	struct gv_drift_text low, high;
};

static int
shown(struct gv_drift_text text)
{
	const char *end = memchr(text.p, '\n', text.len);
	const size_t n = end ? (size_t)(end - text.p) : text.len;

	return (int)(n < SHOWN ? n : SHOWN);
}

static void
intend(const struct texts *t, enum gv_drift_class class, const char *says)
{
	gv_drift_set(
	    t->out, GV_DRIFT_INTENDED, class, GV_DRIFT_NO_SEVERITY, "%s", says);
}

/* "30 in staging, 10 in prod" */
static void
drift(const struct texts *t, enum gv_drift_class class,
    enum gv_drift_severity severity, const char *why)
{
	gv_drift_set(t->out, GV_DRIFT_DRIFT, class, severity,
	    "%.*s in %s, %.*s in %s%s%s", shown(t->low), t->low.p,
	    gv_drift_low(t->pair), shown(t->high), t->high.p,
	    gv_drift_high(t->pair), *why ? ": " : "", why);
}

/* ---- versions ------------------------------------------------------------ */

static struct gv_drift_text
text_of(struct gv_version_span span)
{
	return (struct gv_drift_text){ span.p ? span.p : "", span.len };
}

static void
skip_operator(struct gv_drift_text *text)
{
	while (text->len && strchr("~^<>=! ", *text->p)) {
		text->p++;
		text->len--;
	}
}

static bool
is_latest(struct gv_drift_text text)
{
	return text.len == 6 && memcmp(text.p, "latest", 6) == 0;
}

static void
judge_versions(
    const struct texts *t, struct gv_drift_text low, struct gv_drift_text high)
{
	const bool is_low = gv_version_is_range(low.p, low.len);
	const bool is_high = gv_version_is_range(high.p, high.len);
	unsigned long steps;
	int order;

	if (is_low != is_high) {
		drift(t, GV_DRIFT_VERSION, GV_DRIFT_NORMAL,
		    "a range and a fixed version");
		return;
	}
	if (gv_version_is_moving(low.p, low.len) && !is_latest(low) &&
	    !gv_version_is_moving(high.p, high.len)) {
		intend(t, GV_DRIFT_VERSION, "follows a branch before it");
		return;
	}
	if (gv_version_is_moving(low.p, low.len) ||
	    gv_version_is_moving(high.p, high.len)) {
		drift(
		    t, GV_DRIFT_VERSION, GV_DRIFT_NORMAL, "one of them moves");
		return;
	}
	skip_operator(&low);
	skip_operator(&high);
	if (!gv_version_compare(
		&order, &steps, low.p, low.len, high.p, high.len)) {
		intend(t, GV_DRIFT_VERSION, "versions without an order");
	} else if (order == 0) {
		drift(t, GV_DRIFT_VERSION, GV_DRIFT_LOW,
		    "one version, two texts");
	} else if (order < 0) {
		gv_drift_set(t->out, GV_DRIFT_DRIFT, GV_DRIFT_VERSION,
		    GV_DRIFT_NORMAL, "%s has %.*s, newer than %.*s in %s",
		    gv_drift_high(t->pair), (int)high.len, high.p, (int)low.len,
		    low.p, gv_drift_low(t->pair));
	} else {
		intend(t, GV_DRIFT_VERSION, "");
		snprintf(t->out->says, sizeof(t->out->says),
		    "%s ahead of %s by %lu version%s", gv_drift_low(t->pair),
		    gv_drift_high(t->pair), steps, steps == 1 ? "" : "s");
	}
}

static bool
is_same(
    const struct texts *t, struct gv_version_span a, struct gv_version_span b)
{
	return gv_drift_is_text(text_of(a), text_of(b)) ||
	    gv_drift_is_folded(t->pair, text_of(a), text_of(b));
}

/* True if both are images. */
static bool
judge_images(const struct texts *t)
{
	struct gv_version_image a, b;

	if (!gv_version_image(&a, t->low.p, t->low.len) ||
	    !gv_version_image(&b, t->high.p, t->high.len))
		return false;
	if (!is_same(t, a.name, b.name))
		drift(
		    t, GV_DRIFT_STRUCTURE, GV_DRIFT_NORMAL, "two repositories");
	else if (!gv_drift_is_text(text_of(a.tag), text_of(b.tag)))
		judge_versions(t, text_of(a.tag), text_of(b.tag));
	else if (a.digest.len && b.digest.len &&
	    !gv_drift_is_text(text_of(a.digest), text_of(b.digest)))
		gv_drift_set(t->out, GV_DRIFT_DRIFT, GV_DRIFT_VERSION,
		    GV_DRIFT_NORMAL, "the tag %.*s moved: two digests",
		    (int)a.tag.len, a.tag.len ? a.tag.p : "");
	else if (a.digest.len != b.digest.len)
		gv_drift_set(t->out, GV_DRIFT_NOTE, GV_DRIFT_VERSION,
		    GV_DRIFT_NO_SEVERITY, "only %s names a digest",
		    a.digest.len ? gv_drift_low(t->pair)
				 : gv_drift_high(t->pair));
	else
		intend(t, GV_DRIFT_NAME, "a registry of its own for each");
	return true;
}

/* One image on both sides whose tag says nothing. */
static void
judge_one_image(const struct texts *t)
{
	struct gv_version_image image;

	if (gv_version_image(&image, t->low.p, t->low.len) &&
	    image.digest.len == 0 &&
	    gv_version_is_moving(text_of(image.tag).p, text_of(image.tag).len))
		gv_drift_set(t->out, GV_DRIFT_DRIFT, GV_DRIFT_VERSION,
		    GV_DRIFT_LOW,
		    "the tag %.*s moves: both may run another image",
		    (int)image.tag.len, image.tag.p);
}

/* Addresses of modules: true if both are. */
static bool
judge_refs(const struct texts *t)
{
	struct gv_version_span a, b, a_version, b_version;

	if (!gv_version_ref(&a, &a_version, t->low.p, t->low.len) ||
	    !gv_version_ref(&b, &b_version, t->high.p, t->high.len))
		return false;
	if (!is_same(t, a, b))
		drift(t, GV_DRIFT_STRUCTURE, GV_DRIFT_NORMAL, "two sources");
	else
		judge_versions(t, text_of(a_version), text_of(b_version));
	return true;
}

/* ---- guards, sizes, switches --------------------------------------------- */

/* How much a value protects: more is safer. */
static bool
compare_safety(int *order, const struct texts *t)
{
	const int a = gv_meaning_is_on(t->low.p, t->low.len);
	const int b = gv_meaning_is_on(t->high.p, t->high.len);

	if (a >= 0 && b >= 0) {
		*order = a - b;
		return true;
	}
	return gv_measure_compare(
	    order, t->low.p, t->low.len, t->high.p, t->high.len);
}

static void
judge_guards(const struct texts *t, bool is_risk)
{
	int order;

	if (!compare_safety(&order, t)) {
		drift(t, GV_DRIFT_VALUE, GV_DRIFT_NORMAL, "");
		return;
	}
	if (is_risk)
		order = -order;
	if (order > 0)
		drift(
		    t, GV_DRIFT_GUARD, GV_DRIFT_HIGH, "weaker than before it");
	else
		intend(t, GV_DRIFT_VALUE, "stronger than before it");
}

/* True if they are sizes. */
static bool
judge_sizes(const struct texts *t, enum gv_meaning meaning)
{
	double a, b;
	int order;

	if ((meaning != GV_MEANING_SIZE &&
		!(gv_measure_is_bytes(t->low.p, t->low.len) &&
		    gv_measure_is_bytes(t->high.p, t->high.len)) &&
		!(gv_measure_machine(&a, t->low.p, t->low.len) &&
		    gv_measure_machine(&b, t->high.p, t->high.len))) ||
	    !gv_measure_compare(
		&order, t->low.p, t->low.len, t->high.p, t->high.len))
		return false;
	if (order > 0) {
		drift(t, GV_DRIFT_SIZE, GV_DRIFT_LOW, "");
		snprintf(t->out->says, sizeof(t->out->says),
		    "%s has less than %s: %.*s, not %.*s",
		    gv_drift_high(t->pair), gv_drift_low(t->pair),
		    shown(t->high), t->high.p, shown(t->low), t->low.p);
	} else {
		intend(t, GV_DRIFT_SIZE, "");
	}
	return true;
}

/* True if they are switches. On below and off above is on its way. */
static bool
judge_switches(const struct texts *t)
{
	const int a = gv_meaning_is_on(t->low.p, t->low.len);
	const int b = gv_meaning_is_on(t->high.p, t->high.len);

	if (a < 0 || b < 0 || a == b)
		return false;
	if (a > b)
		intend(t, GV_DRIFT_VALUE, "switched on, promotion pending");
	else
		drift(t, GV_DRIFT_VALUE, GV_DRIFT_NORMAL,
		    "on where it never was before");
	return true;
}

/* Of one environment, before and after: whatever changed. */
static void
judge_change(const struct texts *t, enum gv_meaning meaning)
{
	drift(t,
	    meaning == GV_MEANING_SIZE ? GV_DRIFT_SIZE
		: meaning == GV_MEANING_VERSION || meaning == GV_MEANING_IMAGE
		? GV_DRIFT_VERSION
		: GV_DRIFT_VALUE,
	    GV_DRIFT_NORMAL, "");
}

static void
judge_others(const struct texts *t, enum gv_meaning meaning)
{
	if (t->pair->d->opts->in_time && meaning != GV_MEANING_GUARD &&
	    meaning != GV_MEANING_RISK) {
		judge_change(t, meaning);
		return;
	}
	if (meaning == GV_MEANING_IMAGE && judge_images(t))
		return;
	if (judge_refs(t))
		return;
	if (meaning == GV_MEANING_VERSION)
		judge_versions(t, t->low, t->high);
	else if (meaning == GV_MEANING_GUARD || meaning == GV_MEANING_RISK)
		judge_guards(t, meaning == GV_MEANING_RISK);
	else if (gv_measure_is_network(t->low.p, t->low.len) &&
	    gv_measure_is_network(t->high.p, t->high.len))
		intend(t, GV_DRIFT_NAME, "a network of its own for each");
	else if (!judge_sizes(t, meaning) && !judge_switches(t))
		drift(t, GV_DRIFT_VALUE, GV_DRIFT_NORMAL, "");
}

void
gv_drift_judge_texts(struct gv_drift_judged *out,
    const struct gv_drift_pair *pair, const struct gv_drift_key *key,
    struct gv_drift_text low, struct gv_drift_text high)
{
	const struct texts t = { out, pair, key->show, strlen(key->show), low,
		high };
	const enum gv_meaning meaning = gv_meaning_of(t.key, t.key_len);

	gv_drift_set(
	    out, GV_DRIFT_SAME, GV_DRIFT_NONE, GV_DRIFT_NO_SEVERITY, "%s", "");
	if (gv_drift_is_text(low, high)) {
		if (meaning == GV_MEANING_IMAGE && !pair->d->opts->in_time)
			judge_one_image(&t);
		return;
	}
	if (meaning != GV_MEANING_VERSION && meaning != GV_MEANING_IMAGE &&
	    gv_measure_is_same(low.p, low.len, high.p, high.len))
		return;
	if (gv_drift_is_folded(pair, low, high))
		intend(&t, GV_DRIFT_NAME, "");
	else if (gv_drift_is_elsewhere(pair, low, high))
		intend(&t, GV_DRIFT_NAME, "a region or account of its own");
	else
		judge_others(&t, meaning);
}
