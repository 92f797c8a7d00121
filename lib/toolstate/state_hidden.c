#include "toolstate/state_hidden.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "toolstate/state.h"

/*
 * A group of JSON begins and ends between values, not with a whole document, so
 * no parser reads it. It is gone through for its texts and numbers, past what
 * the handler has read as attributes. One that is found there is of something
 * that no handler knows, or has another form than it expects: it is hidden,
 * unless its key is one of those that say what a thing is called, and it stands
 * in nothing but lists and maps that every state has.
 */

static const char *const plain_keys[] = { "OutputKey", "ParameterKey",
	"apiVersion", "dependencies", "depends_on", "deposed", "each",
	"index_key", "kind", "lineage", "mode", "module", "name", "namespace",
	"parent", "provider", "schema_version", "serial", "status",
	"terraform_version", "type", "urn", "version", NULL };

/* Lists whose elements are as plain as their key. */
static const char *const plain_lists[] = { "dependencies", "depends_on", NULL };

/* Lists and maps that are gone into. */
static const char *const known[] = { "dependencies", "depends_on", "deployment",
	"instances", "items", "metadata", "outputs", "resources", NULL };

struct look {
	struct gv_state_hidden *out;
	const char *text;
	size_t len, at;
	size_t next;     /* of what was read */
	const char *key; /* of what comes; NULL: there is none */
	size_t key_len;
	size_t strange; /* levels of what is not known that are open */
};

/* ---- spans -------------------------------------------------------------- */

static int
add(struct gv_state_span **list, size_t *n, size_t *cap, size_t at, size_t len)
{
	int r = gv_vec_grow((void **)list, cap, *n + 1, sizeof(**list));

	if (r == 0)
		(*list)[(*n)++] = (struct gv_state_span){ at, len };
	return r;
}

int
gv_state_hidden_add(struct gv_state_hidden *h, size_t at, size_t len)
{
	return len ? add(&h->spans, &h->n, &h->cap, at, len) : 0;
}

static int
compare(const void *of_a, const void *of_b)
{
	const struct gv_state_span *a = of_a, *b = of_b;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->len > b->len ? -1 : a->len < b->len;
}

static void
sort(struct gv_state_span *list, size_t n)
{
	size_t i;

	/* they mostly are */
	for (i = 1; i < n && compare(&list[i - 1], &list[i]) <= 0; i++)
		;
	if (i < n)
		qsort(list, n, sizeof(*list), compare);
}

void
gv_state_hidden_settle(struct gv_state_hidden *h)
{
	size_t i, kept = 0;

	sort(h->spans, h->n);
	for (i = 1; i < h->n; i++) {
		struct gv_state_span *last = &h->spans[kept];
		const struct gv_state_span *s = &h->spans[i];

		if (s->at > last->at + last->len)
			h->spans[++kept] = *s;
		else if (s->at + s->len > last->at + last->len)
			last->len = s->at + s->len - last->at;
	}
	h->n = h->n ? kept + 1 : 0;
}

void
gv_state_hidden_release(struct gv_state_hidden *h)
{
	free(h->spans);
	free(h->read);
	memset(h, 0, sizeof(*h));
}

/* ---- what was read ------------------------------------------------------ */

/* Where a slice stands in the group; false: elsewhere. */
static bool
place(struct gv_state_span *out, const struct gv_state_group *g, const char *p,
    size_t len)
{
	uintptr_t begin = (uintptr_t)g->text, at = (uintptr_t)p;

	if (p == NULL || at < begin || at - begin > g->len ||
	    len > g->len - (at - begin))
		return false;
	*out = (struct gv_state_span){ at - begin, len };
	return true;
}

/* All of an item: something of it is hidden, and nobody knows where. */
static int
hide_item(struct gv_state_hidden *out, const struct gv_state_group *g,
    const struct gv_state_item *item)
{
	struct gv_state_span span;

	if (!place(&span, g, item->text, item->len))
		span = (struct gv_state_span){ 0, g->len };
	return gv_state_hidden_add(out, span.at, span.len);
}

static int
take_item(struct gv_state_hidden *out, const struct gv_state_group *g,
    const struct gv_state_item *item)
{
	struct gv_state_span span;
	bool is_found = false, is_elsewhere = false;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < item->n_attributes; i++) {
		const struct gv_state_attribute *a = &item->attributes[i];
		bool is_hidden = a->marks & GV_STATE_SENSITIVE;

		/* it was decoded, or put together */
		if (!place(&span, g, a->value, a->value_len)) {
			is_elsewhere |= is_hidden;
			continue;
		}
		is_found |= is_hidden;
		r = add(&out->read, &out->n_read, &out->cap_read, span.at,
		    span.len);
		if (r == 0 && is_hidden)
			r = gv_state_hidden_add(out, span.at, span.len);
	}
	if (r == 0 &&
	    (is_elsewhere || ((item->marks & GV_STATE_SENSITIVE) && !is_found)))
		r = hide_item(out, g, item);
	return r;
}

/* ---- what was not ------------------------------------------------------- */

static bool
is_among(const struct look *l, const char *const *names)
{
	for (; l->key && *names; names++)
		if (strlen(*names) == l->key_len &&
		    memcmp(*names, l->key, l->key_len) == 0)
			return true;
	return false;
}

static void
open_level(struct look *l, bool is_map)
{
	if (l->strange || (l->key && !is_among(l, known)))
		l->strange++;
	if (is_map || !is_among(l, plain_lists))
		l->key = NULL;
	l->at++;
}

static void
close_level(struct look *l)
{
	l->strange -= l->strange > 0;
	l->key = NULL;
	l->at++;
}

static int
hide(struct look *l, size_t from)
{
	if (l->strange == 0 && is_among(l, plain_keys))
		return 0;
	return gv_state_hidden_add(l->out, from, l->at - from);
}

static int
see_text(struct look *l)
{
	size_t from = l->at++, next;

	while (l->at < l->len && l->text[l->at] != '"')
		l->at += l->text[l->at] == '\\' ? 2 : 1;
	if (l->at >= l->len) {
		l->at = l->len;
		return gv_state_hidden_add(l->out, from, l->len - from);
	}
	next = ++l->at;
	while (
	    next < l->len && strchr(" \t\r\n", l->text[next]) && l->text[next])
		next++;
	if (next == l->len || l->text[next] != ':')
		return hide(l, from);
	l->key = l->text + from + 1;
	l->key_len = l->at - from - 2;
	l->at = next + 1;
	return 0;
}

static bool
is_numeric(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' ||
	    c == 'e' || c == 'E';
}

static int
see_number(struct look *l)
{
	size_t from = l->at;

	while (l->at < l->len && is_numeric(l->text[l->at]))
		l->at++;
	return hide(l, from);
}

/* Go behind the value of an attribute that begins here; false: none does. */
static bool
pass_read(struct look *l)
{
	const struct gv_state_span *read = l->out->read;
	size_t n = l->out->n_read;

	while (l->next < n && read[l->next].at < l->at)
		l->next++;
	if (l->next == n || read[l->next].at != l->at || !read[l->next].len)
		return false;
	l->at += read[l->next++].len;
	return true;
}

static int
look_around(struct look *l)
{
	int r = 0;

	while (r == 0 && l->at < l->len) {
		char c = l->text[l->at];

		if (pass_read(l))
			continue;
		if (c == '"')
			r = see_text(l);
		else if (c == '-' || (c >= '0' && c <= '9'))
			r = see_number(l);
		else if (c == '{' || c == '[')
			open_level(l, c == '{');
		else if (c == '}' || c == ']')
			close_level(l);
		else
			l->at++;
	}
	return r;
}

int
gv_state_hidden_read(
    struct gv_state_hidden *out, const struct gv_state_group *group)
{
	struct look l = { .out = out, .text = group->text, .len = group->len };
	size_t i;
	int r = 0;

	out->n = out->n_read = 0;
	if (group->form != GV_STATE_JSON)
		return gv_state_hidden_add(out, 0, group->len);
	for (i = 0; r == 0 && i < group->n_items; i++)
		r = take_item(out, group, &group->items[i]);
	sort(out->read, out->n_read);
	return r < 0 ? r : look_around(&l);
}
