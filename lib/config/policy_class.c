#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "config/policy_hold_internal.h"
#include "config/policy_internal.h"
#include "format/yaml.h"
#include "infra/makeup.h"

#define MINUTE ((int64_t)60)
#define DAY    ((int64_t)24 * 60 * MINUTE)
/* The longest, so that nothing goes too early. */
#define MONTH (31 * DAY)

const char *const gv_policy_class_keys[] = { "every", "languages", "paths",
	"retention", NULL };

const char *const gv_policy_class_limit_keys[] = { "keep-within",
	"keep-within-daily", "keep-within-hourly", "keep-within-weekly", NULL };

static const enum gv_policy_period periods[GV_POLICY_CLASS_PERIODS] = {
	GV_POLICY_LAST,
	GV_POLICY_HOURLY,
	GV_POLICY_DAILY,
	GV_POLICY_WEEKLY,
};

/* ---- reading ------------------------------------------------------------- */

static int
read_paths(struct gv_policy_texts *out, const struct gv_policy_place *at)
{
	const struct gv_yaml_node *v = at->value;
	size_t i;
	int r = 0;

	if (v->kind != GV_YAML_LIST) {
		r = gv_policy_check_pattern(at, v);
		return r < 0 ? r : gv_policy_add_text(out, v->text);
	}
	for (i = 0; r == 0 && i < v->n; i++)
		if ((r = gv_policy_check_pattern(at, v->values[i])) == 0)
			r = gv_policy_add_text(out, v->values[i]->text);
	return r;
}

static int
check_language(const struct gv_policy_place *at, const char *name)
{
	struct gv_near near = gv_near_to(name, strlen(name));
	const char *language;
	size_t i;

	for (i = 0; (language = gv_makeup_language_at(i)) != NULL; i++) {
		if (strcmp(language, name) == 0)
			return 0;
		gv_near_add(&near, language, strlen(language));
	}
	return near.name
	    ? gv_err(GV_EREFUSED,
		  "%s:%u: there is no language '%.64s'; the nearest is '%s'",
		  at->file, at->value->line, name, near.name)
	    : gv_err(GV_EREFUSED,
		  "%s:%u: there is no language '%.64s'; there are such as "
		  "Terraform, Go, Python, YAML and Markdown",
		  at->file, at->value->line, name);
}

static int
read_languages(struct gv_policy_texts *out, const struct gv_policy_place *at)
{
	size_t i;
	int r = gv_policy_read_texts(out, at, false);

	for (i = 0; r == 0 && i < out->n; i++)
		r = check_language(at, out->items[i]);
	return r;
}

static int
read_every(int64_t *out, const struct gv_policy_place *at)
{
	const int r = gv_policy_read_time(out, at);

	return r == 0 && (*out < MINUTE || *out > DAY)
	    ? gv_policy_wrong(at, "a time of one minute (1M) to one day (1d)")
	    : r;
}

static int
read_limit(void *limits, const struct gv_policy_place *at)
{
	if (!gv_policy_is_known(gv_policy_class_limit_keys, at->key->text))
		return gv_policy_unknown_key(at, gv_policy_class_limit_keys);
	return gv_policy_read_limit(limits, at);
}

static int
read_class_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_class *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_class_keys, key))
		return gv_policy_unknown_key(at, gv_policy_class_keys);
	if (strcmp(key, "every") == 0)
		return read_every(&out->every, at);
	if (strcmp(key, "languages") == 0)
		return read_languages(&out->languages, at);
	if (strcmp(key, "paths") == 0)
		return read_paths(&out->paths, at);
	return gv_policy_each(at, "a map of rules such as keep-within",
	    read_limit, &out->retention);
}

static int
read_class(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_class *classes = data;
	const enum gv_class class =
	    gv_class_find(at->key->text, strlen(at->key->text));

	if (class == GV_CLASSES)
		return gv_policy_unknown_key(at, gv_class_words);
	return gv_policy_each(at,
	    "a map with 'paths:', 'languages:', 'every:' or 'retention:'",
	    read_class_key, &classes[class]);
}

int
gv_policy_read_classes(struct gv_policy_class classes[GV_CLASSES],
    const struct gv_policy_place *at)
{
	return gv_policy_each(at, "a map with 'critical:', 'normal:' or 'low:'",
	    read_class, classes);
}

void
gv_policy_classes_release(struct gv_policy_class classes[GV_CLASSES])
{
	int i;

	for (i = 0; i < GV_CLASSES; i++) {
		free(classes[i].paths.items);
		free(classes[i].languages.items);
	}
}

/* ---- what holds ---------------------------------------------------------- */

int64_t
gv_policy_class_every(const struct gv_policy_class *of, enum gv_class class)
{
	static const int64_t by_default[GV_CLASSES] = { 5 * MINUTE, 5 * MINUTE,
		15 * MINUTE };

	return of->every ? of->every : by_default[class];
}

static void
complete(struct gv_policy_limits *limits)
{
	if (limits->is_set)
		return;
	limits->is_set = true;
	limits->within[GV_POLICY_LAST].days = 1;
	limits->within[GV_POLICY_HOURLY].days = 7;
	limits->within[GV_POLICY_DAILY].days = 30;
	limits->within[GV_POLICY_WEEKLY].days = (int64_t)26 * 7;
}

void
gv_policy_class_keep(
    int64_t out[GV_POLICY_CLASS_PERIODS], const struct gv_policy_class *of)
{
	struct gv_policy_limits limits = of->retention;
	size_t i;

	complete(&limits);
	for (i = 0; i < GV_POLICY_CLASS_PERIODS; i++) {
		const struct gv_policy_span *s = &limits.within[periods[i]];

		out[i] = s->months * MONTH + s->days * DAY + s->seconds;
	}
}

/* ---- what counts before it is accepted ----------------------------------- */

static bool
has_all(const struct gv_policy_texts *list, const struct gv_policy_texts *in,
    const struct gv_policy_texts *or_in)
{
	size_t i, k;

	for (i = 0; i < list->n; i++) {
		for (k = 0; k < in->n + or_in->n; k++)
			if (strcmp(list->items[i],
				k < in->n ? in->items[k]
					  : or_in->items[k - in->n]) == 0)
				break;
		if (k == in->n + or_in->n)
			return false;
	}
	return true;
}

/* Whether no file is in a lower class than before. What is critical may grow,
 * and what is low may shrink; what is normal may take from the low, and give to
 * the critical. */
static bool
is_as_high(const struct gv_policy_texts *was[GV_CLASSES],
    const struct gv_policy_texts *now[GV_CLASSES])
{
	static const struct gv_policy_texts none;

	return has_all(was[GV_CLASS_CRITICAL], now[GV_CLASS_CRITICAL], &none) &&
	    has_all(was[GV_CLASS_NORMAL], now[GV_CLASS_NORMAL],
		now[GV_CLASS_CRITICAL]) &&
	    has_all(now[GV_CLASS_NORMAL], was[GV_CLASS_NORMAL],
		was[GV_CLASS_LOW]) &&
	    has_all(now[GV_CLASS_LOW], was[GV_CLASS_LOW], &none);
}

static bool
are_as_high(
    const struct gv_policy_class *was, const struct gv_policy_class *now)
{
	const struct gv_policy_texts *a[2][GV_CLASSES], *b[2][GV_CLASSES];
	int i;

	for (i = 0; i < GV_CLASSES; i++) {
		a[0][i] = &was[i].paths;
		a[1][i] = &was[i].languages;
		b[0][i] = &now[i].paths;
		b[1][i] = &now[i].languages;
	}
	return is_as_high(a[0], b[0]) && is_as_high(a[1], b[1]);
}

/* The more frequent, the longer, and for each file the higher class of both:
 * which that is depends on the path, so both lists are kept. */
void
gv_policy_hold_classes(struct gv_policy_hold *h)
{
	struct gv_policy_snapshots *out = &h->out->snapshots;
	struct gv_policy_class *present = h->present->snapshots.classes;
	bool waits = !are_as_high(out->classes, present);
	int i;

	for (i = 0; i < GV_CLASSES; i++) {
		struct gv_policy_class *a = &out->classes[i], *b = &present[i];
		const int64_t was = gv_policy_class_every(a, (enum gv_class)i);
		const int64_t now = gv_policy_class_every(b, (enum gv_class)i);

		waits |= now > was;
		a->every = now > was ? was : now;
		complete(&a->retention);
		complete(&b->retention);
		waits |= gv_policy_hold_limits(&a->retention, &b->retention);
	}
	memcpy(out->classes_also, present, sizeof(out->classes_also));
	memset(present, 0, sizeof(out->classes_also));
	out->is_class_double = true;
	if (waits)
		gv_policy_hold_wait(h, "snapshots.classes");
}
