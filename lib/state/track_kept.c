#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "state/track_internal.h"

static bool
is_within(const struct gv_state_group *g, const char *p, size_t len)
{
	return p >= g->text && p + len <= g->text + g->len;
}

/* What a slice takes behind the text: it may have been put together. */
static size_t
more(const struct gv_state_group *g, const char *p, size_t len)
{
	return p == NULL || is_within(g, p, len) ? 0 : len + 1;
}

static size_t
more_of_item(const struct gv_state_group *g, const struct gv_state_item *item)
{
	size_t n = more(g, item->address, item->address_len) +
	    more(g, item->type, item->type_len) +
	    more(g, item->provider, item->provider_len) +
	    more(g, item->deposed, item->deposed_len) +
	    more(g, item->text, item->len);
	size_t i;

	for (i = 0; i < item->n_attributes; i++) {
		const struct gv_state_attribute *a = &item->attributes[i];

		n += more(g, a->name, a->name_len) +
		    more(g, a->value, a->value_len);
	}
	for (i = 0; i < item->n_needs; i++)
		n += more(g, item->needs[i], strlen(item->needs[i]));
	return n;
}

/* A group of the usual size with what is added to it. Secret memory is dear to
 * make: 30 microseconds whatever its size. */
#define USUAL ((size_t)32 * 1024)

/* Room for all of it, so that nothing moves when it is there. */
static int
make_room(struct gv_track_kept *k, const struct gv_state_group *from)
{
	size_t i, n_attributes = 0, n_needs = 0, n = from->len;
	int r;

	for (i = 0; i < from->n_items; i++) {
		n_attributes += from->items[i].n_attributes;
		n_needs += from->items[i].n_needs;
		n += more_of_item(from, &from->items[i]);
	}
	k->text.len = 0; /* it is written over */
	if ((r = gv_secret_grow(&k->text, n < USUAL ? USUAL : n)) == 0)
		r = gv_vec_grow((void **)&k->items, &k->cap_items,
		    from->n_items, sizeof(*k->items));
	if (r == 0 &&
	    (r = gv_vec_grow((void **)&k->attributes, &k->cap_attributes,
		 n_attributes, sizeof(*k->attributes))) == 0)
		r = gv_vec_grow((void **)&k->needs, &k->cap_needs, n_needs,
		    sizeof(*k->needs));
	return r;
}

/* The same bytes where the copy has them. */
static const char *
moved(struct gv_track_kept *k, const struct gv_state_group *from, const char *p,
    size_t len)
{
	char *to = (char *)k->text.p + k->text.len;

	if (p == NULL)
		return NULL;
	if (is_within(from, p, len))
		return (const char *)k->text.p + (p - from->text);
	memcpy(to, p, len);
	to[len] = '\0';
	k->text.len += len + 1;
	return to;
}

static void
copy_item(struct gv_track_kept *k, struct gv_state_item *item,
    const struct gv_state_group *from, struct gv_state_attribute *a,
    const char **need)
{
	size_t i;

	item->address = moved(k, from, item->address, item->address_len);
	item->type = moved(k, from, item->type, item->type_len);
	item->provider = moved(k, from, item->provider, item->provider_len);
	item->deposed = moved(k, from, item->deposed, item->deposed_len);
	item->text = moved(k, from, item->text, item->len);
	for (i = 0; i < item->n_attributes; i++) {
		a[i] = item->attributes[i];
		a[i].name = moved(k, from, a[i].name, a[i].name_len);
		a[i].value = moved(k, from, a[i].value, a[i].value_len);
	}
	for (i = 0; i < item->n_needs; i++)
		need[i] =
		    moved(k, from, item->needs[i], strlen(item->needs[i]));
	item->attributes = a;
	item->needs = need;
}

int
gv_track_kept_put(struct gv_track_kept *k, const struct gv_state_group *from)
{
	struct gv_state_attribute *a;
	const char **need;
	size_t i;
	int r = make_room(k, from);

	if (r < 0)
		return r;
	a = k->attributes;
	need = k->needs;
	memcpy(k->text.p, from->text, from->len);
	k->text.len = from->len;
	for (i = 0; i < from->n_items; i++) {
		k->items[i] = from->items[i];
		copy_item(k, &k->items[i], from, a, need);
		if (from->items[i].n_attributes)
			a += from->items[i].n_attributes;
		if (from->items[i].n_needs)
			need += from->items[i].n_needs;
	}
	k->group = *from;
	k->group.text = (const char *)k->text.p;
	k->group.items = k->items;
	return 0;
}

void
gv_track_kept_release(struct gv_track_kept *k)
{
	gv_secret_release(&k->text);
	free(k->items);
	free(k->attributes);
	free(k->needs);
}
