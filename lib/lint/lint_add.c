#include "lint/lint_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"

/*
 * How findings are collected. A tree may have hundreds of thousands, so a
 * finding is a row without memory of its own: its places are rows, too, until
 * gv_lint_settle() puts those of each finding together, and a sentence is made
 * only where the severity is one that is shown.
 */

struct slot {
	uint32_t hash, at; /* the finding's number + 1; 0: free */
};

struct row {
	uint32_t finding;
	struct gv_lint_place place;
};

/* What is known of a rule, by the address of its id where it is named. */
struct known {
	const char *id;
	const struct gv_lint_rule *rule; /* NULL: not wanted */
	bool is_shown, is_note_shown;
};

#define KNOWN       64 /* a power of two */
#define SLOTS_LEAST 1024

struct gv_lint_adding {
	struct slot *slots;
	size_t n_slots; /* a power of two, or 0 */
	struct row *rows;
	size_t n, cap;
	struct gv_buf text;
	uint32_t last; /* the finding that was added last, or NONE */
	struct known known[KNOWN];
};

/* ---- rules --------------------------------------------------------------- */

static bool
is_wanted(const struct gv_lint *c, const struct gv_lint_rule *rule)
{
	enum gv_lint_severity severity;
	size_t i;

	if (!gv_lint_level(&severity, c, rule, rule->severity))
		return false;
	for (i = 0; i < c->opts->n_rules; i++)
		if (gv_lint_rule_is(rule, c->opts->rules[i]))
			return true;
	return c->opts->n_rules == 0;
}

static bool
is_shown(const struct gv_lint *c, const struct gv_lint_rule *rule,
    enum gv_lint_severity by_default)
{
	enum gv_lint_severity severity;

	return gv_lint_level(&severity, c, rule, by_default) &&
	    severity >= c->opts->least;
}

static const struct known *
know(const struct gv_lint *c, const char *id)
{
	struct known *known =
	    &c->adding
		 ->known[((uintptr_t)id ^ (uintptr_t)id >> 6) & (KNOWN - 1)];
	const struct gv_lint_rule *rule;

	if (known->id == id)
		return known;
	rule = gv_lint_rule(id);
	*known = (struct known){ .id = id };
	if (rule == NULL || !is_wanted(c, rule))
		return known;
	known->rule = rule;
	known->is_shown = is_shown(c, rule, rule->severity);
	known->is_note_shown = is_shown(c, rule, GV_LINT_INFO);
	return known;
}

bool
gv_lint_is_shown(const struct gv_lint *c, const char *rule)
{
	return know(c, rule)->is_shown;
}

/* ---- findings by rule and subject ---------------------------------------- */

static uint32_t
hash_of(const struct gv_lint_rule *rule, const char *subject, size_t len)
{
	const uint64_t hash = gv_map_hash(subject, len) +
	    (uintptr_t)rule * (uint64_t)0x9e3779b97f4a7c15;

	return (uint32_t)(hash ^ hash >> 32);
}

static int
grow(struct gv_lint_adding *a, size_t n_findings)
{
	const size_t n = a->n_slots ? 2 * a->n_slots : SLOTS_LEAST;
	struct slot *slots;
	size_t i, k;

	if (n_findings < a->n_slots / 4 * 3)
		return 0;
	if ((slots = calloc(n, sizeof(*slots))) == NULL)
		return GV_ENOMEM;
	for (i = 0; i < a->n_slots; i++) {
		if (a->slots[i].at == 0)
			continue;
		for (k = a->slots[i].hash & (n - 1); slots[k].at;)
			k = (k + 1) & (n - 1);
		slots[k] = a->slots[i];
	}
	free(a->slots);
	a->slots = slots;
	a->n_slots = n;
	return 0;
}

/* Where the finding is, or the free slot for it. */
static struct slot *
find(const struct gv_lint *c, const struct gv_lint_rule *rule,
    const char *subject, uint32_t hash)
{
	struct gv_lint_adding *a = c->adding;
	const struct gv_lint_finding *f;
	size_t i = hash & (a->n_slots - 1);

	for (; a->slots[i].at; i = (i + 1) & (a->n_slots - 1)) {
		if (a->slots[i].hash != hash)
			continue;
		f = &c->report->findings[a->slots[i].at - 1];
		if (f->rule == rule && strcmp(f->subject, subject) == 0)
			break;
	}
	return &a->slots[i];
}

/* The number of the finding, which may be new; GV_DEPGRAPH_NONE without memory.
 */
static uint32_t
number_of(
    struct gv_lint *c, const struct gv_lint_rule *rule, const char *subject)
{
	struct gv_lint_report *report = c->report;
	const size_t len = strlen(subject);
	const uint32_t hash = hash_of(rule, subject, len);
	struct slot *slot;
	const char *kept;

	if (grow(c->adding, report->n) < 0)
		return GV_DEPGRAPH_NONE;
	slot = find(c, rule, subject, hash);
	if (slot->at)
		return slot->at - 1;
	kept = gv_arena_copy(&report->arena, subject, len);
	if (kept == NULL || report->n >= GV_DEPGRAPH_NONE - 1 ||
	    GV_GROW(report->findings, report->n, report->cap) < 0)
		return GV_DEPGRAPH_NONE;
	report->findings[report->n] = (struct gv_lint_finding){
		.rule = rule, .severity = rule->severity, .subject = kept
	};
	*slot = (struct slot){ hash, (uint32_t)++report->n };
	return slot->at - 1;
}

/* ---- sentences ----------------------------------------------------------- */

static const char *
sentence(struct gv_lint *c, const char *fmt, va_list ap)
{
	struct gv_buf *text = &c->adding->text;

	gv_buf_reset(text);
	gv_buf_vaddf(text, fmt, ap);
	if (gv_buf_check(text) < 0)
		return NULL;
	return gv_arena_copy(&c->report->arena, text->p, text->len);
}

/* ---- adding -------------------------------------------------------------- */

struct told {
	const char *id, *subject;
	struct gv_lint_place place;
	bool is_note;
};

static void
add(struct gv_lint *c, const struct told *told, const char *fmt, va_list ap)
{
	const struct known *known = know(c, told->id);
	struct gv_lint_finding *f;
	uint32_t i;

	c->adding->last = GV_DEPGRAPH_NONE;
	if (known->rule == NULL || c->failed)
		return;
	i = number_of(c, known->rule, told->subject);
	if (i == GV_DEPGRAPH_NONE) {
		c->failed = true;
		return;
	}
	gv_lint_add_to(c, i, told->place);
	f = &c->report->findings[i];
	if (told->is_note)
		f->severity = GV_LINT_INFO;
	if (f->text)
		return;
	if (told->is_note ? known->is_note_shown : known->is_shown)
		c->failed |= (f->text = sentence(c, fmt, ap)) == NULL;
	else
		f->text = "";
}

void
gv_lint_add(struct gv_lint *c, const char *rule, const char *subject,
    struct gv_lint_place place, const char *fmt, ...)
{
	const struct told told = { rule, subject, place, false };
	va_list ap;

	va_start(ap, fmt);
	add(c, &told, fmt, ap);
	va_end(ap);
}

void
gv_lint_add_place(struct gv_lint *c, const char *rule, const char *subject,
    struct gv_lint_place place)
{
	gv_lint_add(c, rule, subject, place, "%s", "");
}

uint32_t
gv_lint_last(const struct gv_lint *c)
{
	return c->adding->last;
}

void
gv_lint_add_to(struct gv_lint *c, uint32_t finding, struct gv_lint_place place)
{
	struct gv_lint_adding *a = c->adding;

	a->last = finding;
	if (finding == GV_DEPGRAPH_NONE || c->failed)
		return;
	if (GV_GROW(a->rows, a->n, a->cap) < 0) {
		c->failed = true;
		return;
	}
	a->rows[a->n++] = (struct row){ finding, place };
	c->report->findings[finding].n++;
	gv_lint_saw(c, place.file);
}

void
gv_lint_note(struct gv_lint *c, const char *rule, const char *subject,
    struct gv_lint_place place, const char *fmt, ...)
{
	const struct told told = { rule, subject, place, true };
	va_list ap;

	va_start(ap, fmt);
	add(c, &told, fmt, ap);
	va_end(ap);
}

/* ---- remedies ------------------------------------------------------------ */

static bool
is_plain_name(const char *p)
{
	return *p &&
	    p[strspn(p,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789._-")] == '\0';
}

/* What both begin with says nothing new: "var.a" is replaced by its end. */
static size_t
common_len(const char *was, const char *now)
{
	size_t i, n = 0;

	for (i = 0; was[i] && was[i] == now[i]; i++)
		if (strchr("./:#", was[i]))
			n = i + 1;
	return n;
}

void
gv_lint_fix(struct gv_lint *c, const char *was, const char *now)
{
	struct gv_lint_report *report = c->report;
	const uint32_t last = c->adding->last;
	const size_t n = common_len(was, now);
	struct gv_lint_fix fix;

	/* where memory failed, the finding itself may be missing */
	if (c->failed || last == GV_DEPGRAPH_NONE ||
	    report->findings[last].fix || !is_plain_name(was + n) ||
	    !is_plain_name(now + n))
		return;
	fix.was = gv_arena_copy(&report->arena, was + n, strlen(was + n));
	fix.now = gv_arena_copy(&report->arena, now + n, strlen(now + n));
	if (!fix.was || !fix.now ||
	    GV_GROW(report->fixes, report->n_fixes, report->cap_fixes) < 0) {
		c->failed = true;
		return;
	}
	report->fixes[report->n_fixes++] = fix;
	report->findings[last].fix = (uint32_t)report->n_fixes;
}

/* ---- what two have found ------------------------------------------------- */

/* The number that a finding of another one gets. Only of rules that both have
 * found something of it may be there. */
static uint32_t
take(struct gv_lint *c, const struct gv_lint_finding *f, bool may_be_there)
{
	struct gv_lint_report *report = c->report;
	struct gv_lint_finding *own;
	uint32_t i;

	if (!may_be_there) {
		if (report->n >= GV_DEPGRAPH_NONE - 1 ||
		    GV_GROW(report->findings, report->n, report->cap) < 0)
			return GV_DEPGRAPH_NONE;
		report->findings[report->n] = *f;
		return (uint32_t)report->n++;
	}
	i = number_of(c, f->rule, f->subject);
	if (i == GV_DEPGRAPH_NONE)
		return i;
	own = &report->findings[i];
	own->n += f->n;
	own->text = own->text ? own->text : f->text;
	own->fix = own->fix ? own->fix : f->fix;
	if (f->severity == GV_LINT_INFO)
		own->severity = GV_LINT_INFO;
	return i;
}

static int
take_findings(uint32_t *numbers, struct gv_lint *c, struct gv_lint *from)
{
	const uint32_t fixes = (uint32_t)c->report->n_fixes;
	const struct gv_lint_rule *rules;
	size_t i, n_rules;
	bool *is_shared;

	rules = gv_lint_rules(&n_rules);
	if ((is_shared = calloc(n_rules, sizeof(*is_shared))) == NULL)
		return GV_ENOMEM;
	for (i = 0; i < c->report->n; i++)
		is_shared[c->report->findings[i].rule - rules] = true;
	for (i = 0; i < from->report->n; i++) {
		struct gv_lint_finding *f = &from->report->findings[i];

		f->fix += f->fix ? fixes : 0;
		numbers[i] = take(c, f, is_shared[f->rule - rules]);
		if (numbers[i] == GV_DEPGRAPH_NONE)
			break;
	}
	free(is_shared);
	return i < from->report->n ? GV_ENOMEM : 0;
}

static int
take_fixes(struct gv_lint_report *to, const struct gv_lint_report *from)
{
	if (gv_vec_grow((void **)&to->fixes, &to->cap_fixes,
		to->n_fixes + from->n_fixes, sizeof(*to->fixes)) < 0)
		return GV_ENOMEM;
	if (from->n_fixes)
		memcpy(to->fixes + to->n_fixes, from->fixes,
		    from->n_fixes * sizeof(*to->fixes));
	to->n_fixes += from->n_fixes;
	return 0;
}

static int
take_rows(struct gv_lint_adding *to, const struct gv_lint_adding *from,
    const uint32_t *numbers)
{
	size_t i;

	if (gv_vec_grow((void **)&to->rows, &to->cap, to->n + from->n,
		sizeof(*to->rows)) < 0)
		return GV_ENOMEM;
	for (i = 0; i < from->n; i++)
		to->rows[to->n++] =
		    (struct row){ numbers[from->rows[i].finding],
			    from->rows[i].place };
	return 0;
}

void
gv_lint_close(struct gv_lint *c)
{
	free(c->adding->slots);
	c->adding->slots = NULL;
	c->adding->n_slots = 0;
}

int
gv_lint_join(struct gv_lint *c, struct gv_lint *from)
{
	uint32_t *numbers = calloc(from->report->n + 1, sizeof(*numbers));
	int r = GV_ENOMEM;

	if (numbers && take_findings(numbers, c, from) == 0 &&
	    take_fixes(c->report, from->report) == 0 &&
	    take_rows(c->adding, from->adding, numbers) == 0)
		r = 0;
	free(numbers);
	if (from->report->until < c->report->until)
		c->report->until = from->report->until;
	c->report->is_private |= from->report->is_private;
	gv_arena_join(&c->report->arena, &from->report->arena);
	gv_lint_release(from->report);
	return r;
}

/* ---- begin and end ------------------------------------------------------- */

int
gv_lint_begin(struct gv_lint *c)
{
	c->adding = calloc(1, sizeof(*c->adding));
	return c->adding ? 0 : GV_ENOMEM;
}

static int
compare(const void *a, const void *b)
{
	return gv_lint_compare_places(a, b);
}

/* By file and line, each once. */
static void
sort_places(struct gv_lint_finding *f)
{
	bool is_sorted = true;
	uint32_t i, n = 0;

	for (i = 1; is_sorted && i < f->n; i++)
		is_sorted = gv_lint_compare_places(
				&f->places[i - 1], &f->places[i]) < 0;
	if (is_sorted)
		return;
	qsort(f->places, f->n, sizeof(*f->places), compare);
	for (i = 0; i < f->n; i++)
		if (n == 0 ||
		    gv_lint_compare_places(&f->places[n - 1], &f->places[i]) !=
			0)
			f->places[n++] = f->places[i];
	f->n = n;
}

int
gv_lint_settle(struct gv_lint *c)
{
	struct gv_lint_report *report = c->report;
	struct gv_lint_adding *a = c->adding;
	struct gv_lint_place *at;
	size_t i;

	gv_lint_close(c);
	report->places = calloc(a->n + 1, sizeof(*report->places));
	if (report->places == NULL)
		return GV_ENOMEM;
	for (i = 0, at = report->places; i < report->n; i++) {
		report->findings[i].places = at;
		at += report->findings[i].n;
		report->findings[i].n = 0;
	}
	for (i = 0; i < a->n; i++) {
		struct gv_lint_finding *f =
		    &report->findings[a->rows[i].finding];

		f->places[f->n++] = a->rows[i].place;
	}
	for (i = 0; i < report->n; i++)
		sort_places(&report->findings[i]);
	return 0;
}

void
gv_lint_end(struct gv_lint *c)
{
	if (c->adding) {
		free(c->adding->slots);
		free(c->adding->rows);
		gv_buf_release(&c->adding->text);
	}
	free(c->adding);
	c->adding = NULL;
}

uint32_t
gv_lint_first(struct gv_lint *c, struct gv_map *first, const char *key,
    size_t len, uint32_t symbol)
{
	/* a number + 1: NULL: no other */
	const uintptr_t other = (uintptr_t)gv_map_get(first, key, len);
	const char *kept;

	if (other)
		return (uint32_t)(other - 1);
	kept = gv_arena_copy(&c->report->arena, key, len);
	c->failed |= kept == NULL ||
	    gv_map_put(first, kept, len, (void *)((uintptr_t)symbol + 1)) < 0;
	return symbol;
}
