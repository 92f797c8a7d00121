#include "toolstate/state_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

int
gv_state_items_add(
    struct gv_state_items *items, const struct gv_state_item *item)
{
	int r = GV_GROW(items->items, items->n, items->cap);

	if (r == 0)
		items->items[items->n++] = *item;
	return r;
}

int
gv_state_items_attribute(struct gv_state_items *items,
    const struct gv_jsontext_token *t, unsigned marks)
{
	struct gv_state_attribute *a;
	int r = GV_GROW(
	    items->attributes, items->n_attributes, items->cap_attributes);

	if (r < 0)
		return r;
	a = &items->attributes[items->n_attributes++];
	a->name = t->key;
	a->name_len = t->key_len;
	a->value = gv_state_raw(t, &a->value_len);
	a->marks = marks;
	return 0;
}

int
gv_state_items_named(struct gv_state_items *items, const char *word,
    const struct gv_jsontext_token *name, const struct gv_jsontext_token *t,
    unsigned marks)
{
	const char *key = name ? name->p : t->key;
	size_t n = strlen(word), len = name ? name->len : t->key_len;
	char *p = gv_arena_alloc(&items->words, n + len + 1);
	int r = p ? gv_state_items_attribute(items, t, marks) : GV_ENOMEM;
	struct gv_state_attribute *a;

	if (r < 0)
		return r;
	memcpy(p, word, n);
	memcpy(p + n, key, len);
	a = &items->attributes[items->n_attributes - 1];
	a->name = p;
	a->name_len = n + len;
	return 0;
}

int
gv_state_items_members(struct gv_state_items *items, struct gv_jsontext *j,
    const char *word, unsigned marks)
{
	struct gv_jsontext_token value;
	int r = 0;

	while (r == 0 && gv_jsontext_value(j, &value) > 0 &&
	    value.kind != GV_JSONTEXT_MAP_END)
		r = gv_state_items_named(items, word, NULL, &value, marks);
	return r;
}

static int
add_need(struct gv_state_items *items, const char *word)
{
	int r = GV_GROW(items->needs, items->n_needs, items->cap_needs);

	if (r == 0)
		items->needs[items->n_needs++] = word;
	return r;
}

int
gv_state_items_need(
    struct gv_state_items *items, const struct gv_jsontext_token *t)
{
	char *word = gv_arena_copy(&items->words, t->p, t->len);

	if (word == NULL)
		return GV_ENOMEM;
	if (t->escaped)
		word[gv_jsontext_decode(word, word, t->len)] = '\0';
	return add_need(items, word);
}

int
gv_state_items_need_of(
    struct gv_state_items *items, const struct gv_buf *address)
{
	char *word = gv_buf_check(address) < 0
	    ? NULL
	    : gv_arena_copy(&items->words, address->p, address->len);

	return word ? add_need(items, word) : GV_ENOMEM;
}

int
gv_state_items_call(struct gv_state_items *items, struct gv_state_item *item,
    const struct gv_buf *address)
{
	int r = gv_buf_check(address);

	if (r < 0)
		return r;
	item->address = gv_arena_copy(&items->words, address->p, address->len);
	item->address_len = address->len;
	return item->address ? 0 : GV_ENOMEM;
}

int
gv_state_items_close(struct gv_state_items *items, struct gv_state_item *item,
    const struct gv_buf *address, size_t first_attribute, size_t first_need)
{
	int r = gv_state_items_call(items, item, address);

	item->n_attributes = items->n_attributes - first_attribute;
	item->n_needs = items->n_needs - first_need;
	return r < 0 ? r : gv_state_items_add(items, item);
}

static int
compare_needs(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
gv_state_items_unite(struct gv_state_items *items, size_t first)
{
	size_t n = items->n_needs - first, i, kept = 0;
	const char **needs;

	if (n < 2)
		return;
	needs = items->needs + first;
	qsort(needs, n, sizeof(*needs), compare_needs);
	for (i = 1; i < n; i++) {
		if (strcmp(needs[i], needs[kept]) != 0)
			needs[++kept] = needs[i];
	}
	items->n_needs = first + kept + 1;
}

void
gv_state_items_settle(struct gv_state_items *items)
{
	const struct gv_state_attribute *attribute = items->attributes;
	const char *const *need = items->needs;
	size_t i;

	for (i = 0; i < items->n; i++) {
		items->items[i].attributes = attribute;
		items->items[i].needs = need;
		if (items->items[i].n_attributes)
			attribute += items->items[i].n_attributes;
		if (items->items[i].n_needs)
			need += items->items[i].n_needs;
	}
}

void
gv_state_items_reset(struct gv_state_items *items)
{
	items->n = items->n_attributes = items->n_needs = 0;
	gv_arena_release(&items->words);
}

void
gv_state_items_release(struct gv_state_items *items)
{
	gv_state_items_reset(items);
	free(items->items);
	free(items->attributes);
	free(items->needs);
}

struct gv_jsontext_token
gv_state_find(const struct gv_jsontext_token *map, const char *name)
{
	struct gv_jsontext_token found = { .kind = GV_JSONTEXT_NULL }, t;
	struct gv_jsontext j;

	if (map->kind != GV_JSONTEXT_MAP)
		return found;
	gv_jsontext_init(&j, map->p, map->len);
	(void)gv_jsontext_next(&j, &t);
	while (gv_jsontext_value(&j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END)
		if (gv_state_key(&t, &name, 1) == 0)
			found = t;
	return found;
}

bool
gv_state_is_level(
    const struct gv_jsontext_level *level, bool is_map, const char *name)
{
	return level->is_map == is_map && level->key &&
	    gv_jsontext_is(level->key, level->key_len, true, name);
}

struct gv_state_text
gv_state_text_of(const struct gv_jsontext_token *t)
{
	struct gv_state_text text = { NULL, 0, false };

	if (t->kind == GV_JSONTEXT_TEXT) {
		text.p = t->p;
		text.len = t->len;
		text.escaped = t->escaped;
	}
	return text;
}

bool
gv_state_text_is(const struct gv_jsontext_token *t, const char *text)
{
	return t->kind == GV_JSONTEXT_TEXT &&
	    gv_jsontext_is(t->p, t->len, t->escaped, text);
}

bool
gv_state_read_whole(uint64_t *out, const struct gv_jsontext_token *t)
{
	uint64_t n = 0;
	size_t i;

	if (t->kind != GV_JSONTEXT_NUMBER)
		return false;
	for (i = 0; i < t->len; i++) {
		if (t->p[i] < '0' || t->p[i] > '9' ||
		    __builtin_mul_overflow(n, (uint64_t)10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(t->p[i] - '0'), &n))
			return false;
	}
	*out = n;
	return true;
}

/* How many bytes of a text can be shown as they stand. */
static size_t
plain(const char *p, size_t len)
{
	size_t i = 0;

	while (i < len && p[i] != '\\' && (unsigned char)p[i] >= ' ' &&
	    (unsigned char)p[i] != 0x7f)
		i++;
	return i;
}

bool
gv_state_read_word(char *out, size_t size, const struct gv_jsontext_token *t)
{
	if (t->kind != GV_JSONTEXT_TEXT || t->len >= size ||
	    plain(t->p, t->len) < t->len)
		return false;
	memcpy(out, t->p, t->len);
	out[t->len] = '\0';
	return true;
}

void
gv_state_read_lineage(char *out, size_t size, const char *p, size_t len)
{
	char hash[20];
	size_t n = plain(p, len), room = size - sizeof(hash);

	if (n == len && len < size) {
		memcpy(out, p, len);
		out[len] = '\0';
		return;
	}
	if (n > room)
		n = room;
	/* no half of a character */
	while (n && ((unsigned char)p[n] & 0xc0) == 0x80)
		n--;
	(void)snprintf(
	    hash, sizeof(hash), "~%016" PRIx64, gv_state_hash(p, len));
	memcpy(out, p, n);
	memcpy(out + n, hash, strlen(hash) + 1);
}

void
gv_state_text_add(struct gv_buf *out, const struct gv_state_text *t)
{
	if (!t->escaped)
		gv_buf_add(out, t->p, t->len);
	else if (gv_buf_grow(out, t->len) == 0) {
		out->len += gv_jsontext_decode(out->p + out->len, t->p, t->len);
		out->p[out->len] = '\0';
	}
}

const char *
gv_state_raw(const struct gv_jsontext_token *t, size_t *len)
{
	size_t quote = t->kind == GV_JSONTEXT_TEXT;

	*len = t->len + 2 * quote;
	return t->p - quote;
}

static bool
is_key(const struct gv_jsontext_token *t, const char *name)
{
	if (t->key_escaped)
		return gv_jsontext_is(t->key, t->key_len, true, name);
	/* this is asked of every key, and mostly it is another */
	return t->key_len && *t->key == *name &&
	    strncmp(name, t->key, t->key_len) == 0 && name[t->key_len] == '\0';
}

size_t
gv_state_key(
    const struct gv_jsontext_token *t, const char *const *names, size_t n)
{
	size_t i = 0;

	if (!t->has_key)
		return n;
	while (i < n && !is_key(t, names[i]))
		i++;
	return i;
}

int
gv_state_skip(struct gv_jsontext *j, const struct gv_jsontext_token *t)
{
	struct gv_jsontext_token in;
	unsigned depth = j->depth;
	int r = 1;

	if (t->kind != GV_JSONTEXT_LIST && t->kind != GV_JSONTEXT_MAP)
		return 1;
	while (r > 0 && j->depth >= depth)
		r = gv_jsontext_next(j, &in);
	return r;
}

int
gv_state_whole(struct gv_jsontext *j, struct gv_jsontext_token *t)
{
	int r = gv_state_skip(j, t);

	if (t->kind == GV_JSONTEXT_LIST || t->kind == GV_JSONTEXT_MAP)
		t->len = (size_t)(j->at - t->p);
	return r;
}
