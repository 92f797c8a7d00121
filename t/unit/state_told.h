#ifndef STATE_TOLD_H
#define STATE_TOLD_H
/*
 * What a run of gv_state_run() tells, as text.
 *
 *	assert_items("{\"version\": 4, …}", "output.a  …\n");
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "toolstate/state.h"

struct told {
	size_t len;
	unsigned level;
	size_t n_items;
	uint64_t sum; /* of the bytes */
};

struct listener {
	const char *text; /* that is read */
	size_t len, at, step;
	size_t fail_at;     /* read() fails from this offset on; 0: never */
	struct gv_buf file; /* all groups */
	struct gv_buf list; /* all items, one a line */
	struct told *groups;
	size_t n;
	size_t stop; /* after so many groups; 0: never */
};

static inline int64_t
give(void *ctx, void *data, size_t len)
{
	struct listener *l = ctx;
	size_t n = l->len - l->at;

	if (l->fail_at && l->at >= l->fail_at)
		return GV_ERROR;
	if (n > len)
		n = len;
	if (l->step && n > l->step)
		n = l->step;
	memcpy(data, l->text + l->at, n);
	l->at += n;
	return (int64_t)n;
}

static inline void
list_marks(struct gv_buf *out, unsigned marks)
{
	static const char letters[] = "STDPR"; /* R: read */
	size_t i;

	for (i = 0; letters[i]; i++)
		if (marks & (1U << i))
			gv_buf_addch(out, letters[i]);
}

/* ADDRESS MARKS TYPE PROVIDER @DEPOSED NAME=VALUE! … >NEED … */
static inline void
list_item(struct listener *l, const struct gv_state_group *g,
    const struct gv_state_item *item)
{
	size_t i;

	assert_int_equal(strlen(item->address), item->address_len);
	assert_true(item->text >= g->text);
	assert_true(item->text + item->len <= g->text + g->len);
	gv_buf_addf(&l->list, "%s ", item->address);
	list_marks(&l->list, item->marks);
	gv_buf_addf(&l->list, " %.*s %.*s", (int)item->type_len, item->type,
	    (int)item->provider_len, item->provider);
	if (item->deposed)
		gv_buf_addf(
		    &l->list, " @%.*s", (int)item->deposed_len, item->deposed);
	for (i = 0; i < item->n_attributes; i++) {
		const struct gv_state_attribute *a = &item->attributes[i];

		gv_buf_addf(&l->list, " %.*s=%.*s%s", (int)a->name_len, a->name,
		    (int)a->value_len, a->value, a->marks ? "!" : "");
	}
	for (i = 0; i < item->n_needs; i++)
		gv_buf_addf(&l->list, " >%s", item->needs[i]);
	gv_buf_addch(&l->list, '\n');
}

static inline int
listen(void *ctx, const struct gv_state_group *g)
{
	struct listener *l = ctx;
	struct told *told;
	size_t i;

	assert_true(g->len > 0 && g->level <= 2);
	gv_buf_add(&l->file, g->text, g->len);
	for (i = 0; i < g->n_items; i++)
		list_item(l, g, &g->items[i]);
	l->groups = realloc(l->groups, (l->n + 1) * sizeof(*l->groups));
	assert_non_null(l->groups);
	told = &l->groups[l->n++];
	*told = (struct told){ g->len, g->level, g->n_items, 0 };
	for (i = 0; i < g->len; i++)
		told->sum = told->sum * 31 + (unsigned char)g->text[i];
	return l->stop && l->n == l->stop ? GV_ECANCELED : 0;
}

static inline void
free_listener(struct listener *l)
{
	gv_buf_release(&l->file);
	gv_buf_release(&l->list);
	free(l->groups);
	l->groups = NULL;
	l->n = 0;
}

/* Cut as content, in a way that a test sees through: behind a ';'. */
static inline size_t
cut(const unsigned char *p, size_t len)
{
	const unsigned char *at = memchr(p, ';', len);

	return at ? (size_t)(at - p) + 1 : len;
}

/* Read a state; its groups are its bytes, whatever it is. */
static inline void
run_sized(struct gv_state_info *info, struct listener *l, const char *text,
    size_t len)
{
	struct gv_state_source source = { .read = give, .ctx = l, .cut = cut };

	l->text = text;
	l->len = len;
	l->at = 0;
	assert_int_equal(gv_state_run(info, &source, listen, l), 0);
	assert_int_equal(l->file.len, len);
	assert_memory_equal(l->file.p, text, len);
	assert_int_equal(info->size, len);
	assert_int_equal(info->groups, l->n);
}

static inline void
run(struct gv_state_info *info, struct listener *l, const char *text)
{
	run_sized(info, l, text, strlen(text));
}

#define LISTENER                                                               \
	{                                                                      \
		.file = GV_BUF_INIT, .list = GV_BUF_INIT                       \
	}

/* The items of a state. */
static inline void
assert_items(const char *text, const char *expect)
{
	struct listener l = LISTENER;
	struct gv_state_info info;

	run(&info, &l, text);
	assert_string_equal(l.list.p, expect);
	assert_string_equal(info.damage, "");
	free_listener(&l);
}

/* With " in the place of each ', which is easier to read here; the caller
 * frees. */
static inline char *
quoted(const char *text)
{
	char *p = strdup(text), *at = p;

	assert_non_null(p);
	while ((at = strchr(at, '\'')) != NULL)
		*at = '"';
	return p;
}

/* The tool and the items of a document, with ' for " in both; the same however
 * little is read at a time, and of each beginning of it something is told. */
static inline void
assert_told(const char *text, const char *tool, const char *items)
{
	char *document = quoted(text), *expect = quoted(items);
	struct gv_state_info info;
	size_t step, len = strlen(document);

	for (step = 0; step < 4; step++) {
		struct listener l = LISTENER;

		l.step = step;
		run(&info, &l, document);
		assert_string_equal(l.list.p, expect);
		assert_string_equal(info.tool, tool);
		assert_string_equal(info.damage, "");
		assert_false(info.has_serial);
		free_listener(&l);
	}
	while (len-- > 0) {
		struct listener l = LISTENER;
		char *part = malloc(len + 1);

		assert_non_null(part);
		memcpy(part, document, len);
		run_sized(&info, &l, part, len);
		free(part);
		free_listener(&l);
	}
	free(document);
	free(expect);
}

/* Whose a text is, and its items; it is whole. What it says of itself is given
 * where `out` is not NULL. */
static inline void
states_expect(struct gv_state_info *out, const char *tool, const char *text,
    const char *items)
{
	static const size_t steps[] = { 0, 1, 7 };
	struct gv_state_info info;
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct listener l = LISTENER;

		l.step = steps[i];
		run(&info, &l, text);
		if (strcmp(info.tool, tool) != 0 || info.damage[0])
			fail_msg("%s: %s %s", text, info.tool, info.damage);
		assert_string_equal(l.list.p, items);
		free_listener(&l);
	}
	if (out)
		*out = info;
}

/* What is wrong with a text, in these words; "": nothing. */
static inline void
states_damaged(const char *tool, const char *text, const char *words)
{
	struct listener l = LISTENER;
	struct gv_state_info info;

	run(&info, &l, text);
	if (strcmp(info.tool, tool) != 0 ||
	    strstr(info.damage, words) == NULL || (!*words && info.damage[0]))
		fail_msg("%s: %s %s", text, info.tool, info.damage);
	free_listener(&l);
}

/* What nobody takes for his, though it is JSON. */
static inline void
states_opaque(const char *text)
{
	states_damaged("opaque", text, "");
}

/* Every beginning of a text, and it with bytes of it changed, is told to its
 * end. */
static inline void
states_spoil(const char *text)
{
	static const char odd[] = "{}[]\",:\\0-te\n\xff";
	size_t len = strlen(text), i;
	struct gv_state_info info;
	uint32_t x = 1;

	for (i = 0; i < len; i++) {
		struct listener l = LISTENER;
		char *copy = malloc(len);

		assert_non_null(copy);
		memcpy(copy, text, len);
		run_sized(&info, &l, copy, i);
		free_listener(&l);
		x = x * 1664525 + 1013904223;
		copy[i] = odd[(x >> 16) % (sizeof(odd) - 1)];
		copy[(x >> 8) % len] = odd[(x >> 24) % (sizeof(odd) - 1)];
		l = (struct listener)LISTENER;
		run_sized(&info, &l, copy, len);
		free(copy);
		free_listener(&l);
	}
}

#endif
