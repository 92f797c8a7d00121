#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "infra/state.h"
#include "sys/workers.h"
#include "vault/track_internal.h"

/*
 * A state is read by the caller's thread, which a signal can wake, and what is
 * done with its groups by another one. Between them groups wait, copied, since
 * the reader goes on with the memory that they stand in.
 */

#define WAITING 16                   /* groups */
#define LENT    ((size_t)256 * 1024) /* what is larger is waited for instead */

/* A group with all that it speaks of. */
struct copy {
	struct gv_state_group group;
	struct gv_secret text;
	struct gv_state_item *items;
	struct gv_state_attribute *attributes;
	const char **needs;
	size_t cap_items, cap_attributes, cap_needs;
};

struct line {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct copy copies[WAITING];
	size_t put, taken; /* how many ever */
	bool is_ended;     /* nothing more comes */
	bool has_failed;   /* nothing more is taken */
	gv_state_fn *fn;
	void *ctx;
	const struct gv_state_source *source;
	struct gv_state_info *info;
};

/* ---- copies ------------------------------------------------------------- */

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

/* Room for all of it, so that nothing moves when it is there. */
static int
make_room(struct copy *c, const struct gv_state_group *from)
{
	size_t i, n_attributes = 0, n_needs = 0, n = from->len;
	int r;

	for (i = 0; i < from->n_items; i++) {
		n_attributes += from->items[i].n_attributes;
		n_needs += from->items[i].n_needs;
		n += more_of_item(from, &from->items[i]);
	}
	c->text.len = 0; /* it is written over */
	r = gv_secret_grow(&c->text, n);
	if (r == 0)
		r = gv_vec_grow((void **)&c->items, &c->cap_items,
		    from->n_items, sizeof(*c->items));
	if (r == 0)
		r = gv_vec_grow((void **)&c->attributes, &c->cap_attributes,
		    n_attributes, sizeof(*c->attributes));
	if (r == 0)
		r = gv_vec_grow((void **)&c->needs, &c->cap_needs, n_needs,
		    sizeof(*c->needs));
	return r;
}

/* The same bytes where the copy has them. */
static const char *
moved(struct copy *c, const struct gv_state_group *from, const char *p,
    size_t len)
{
	char *to = (char *)c->text.p + c->text.len;

	if (p == NULL)
		return NULL;
	if (is_within(from, p, len))
		return (const char *)c->text.p + (p - from->text);
	memcpy(to, p, len);
	to[len] = '\0';
	c->text.len += len + 1;
	return to;
}

static void
copy_item(struct copy *c, struct gv_state_item *item,
    const struct gv_state_group *from, struct gv_state_attribute *a,
    const char **need)
{
	size_t i;

	item->address = moved(c, from, item->address, item->address_len);
	item->type = moved(c, from, item->type, item->type_len);
	item->provider = moved(c, from, item->provider, item->provider_len);
	item->deposed = moved(c, from, item->deposed, item->deposed_len);
	item->text = moved(c, from, item->text, item->len);
	for (i = 0; i < item->n_attributes; i++) {
		a[i] = item->attributes[i];
		a[i].name = moved(c, from, a[i].name, a[i].name_len);
		a[i].value = moved(c, from, a[i].value, a[i].value_len);
	}
	for (i = 0; i < item->n_needs; i++)
		need[i] =
		    moved(c, from, item->needs[i], strlen(item->needs[i]));
	item->attributes = a;
	item->needs = need;
}

static int
copy_group(struct copy *c, const struct gv_state_group *from)
{
	struct gv_state_attribute *a;
	const char **need;
	size_t i;
	int r = make_room(c, from);

	if (r < 0)
		return r;
	a = c->attributes;
	need = c->needs;
	memcpy(c->text.p, from->text, from->len);
	c->text.len = from->len;
	for (i = 0; i < from->n_items; i++) {
		c->items[i] = from->items[i];
		copy_item(c, &c->items[i], from, a, need);
		if (from->items[i].n_attributes)
			a += from->items[i].n_attributes;
		if (from->items[i].n_needs)
			need += from->items[i].n_needs;
	}
	c->group = *from;
	c->group.text = (const char *)c->text.p;
	c->group.items = c->items;
	return 0;
}

static void
copy_release(struct copy *c)
{
	gv_secret_release(&c->text);
	free(c->items);
	free(c->attributes);
	free(c->needs);
}

/* ---- the line ----------------------------------------------------------- */

/* Wait until at most so many wait; false: it is no use. */
static bool
wait_for(struct line *l, size_t waiting)
{
	bool goes_on;

	pthread_mutex_lock(&l->lock);
	while (!l->has_failed && l->put - l->taken > waiting)
		pthread_cond_wait(&l->changed, &l->lock);
	goes_on = !l->has_failed;
	pthread_mutex_unlock(&l->lock);
	return goes_on;
}

static void
change(struct line *l, size_t *count, bool *flag)
{
	pthread_mutex_lock(&l->lock);
	if (count)
		++*count;
	if (flag)
		*flag = true;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

/* Some positive value: the failure is the other thread's. */
#define STOPPED 1

static int
put(void *ctx, const struct gv_state_group *group)
{
	struct line *l = ctx;
	bool is_lent = group->len > LENT;
	struct copy *c;
	int r = 0;

	if (!wait_for(l, is_lent ? 0 : WAITING - 1))
		return STOPPED;
	c = &l->copies[l->put % WAITING];
	if (is_lent)
		c->group = *group;
	else
		r = copy_group(c, group);
	if (r < 0)
		return r;
	change(l, &l->put, NULL);
	return is_lent && !wait_for(l, 0) ? STOPPED : 0;
}

/* The next group; NULL: there is no more. */
static struct copy *
next(struct line *l)
{
	struct copy *c = NULL;

	pthread_mutex_lock(&l->lock);
	while (l->put == l->taken && !l->is_ended)
		pthread_cond_wait(&l->changed, &l->lock);
	if (l->put != l->taken)
		c = &l->copies[l->taken % WAITING];
	pthread_mutex_unlock(&l->lock);
	return c;
}

static int
take_all(struct line *l)
{
	struct copy *c;
	int r = 0;

	while (r == 0 && (c = next(l)) != NULL) {
		r = l->fn(l->ctx, &c->group);
		if (r == 0)
			change(l, &l->taken, NULL);
	}
	if (r != 0)
		change(l, NULL, &l->has_failed);
	return r;
}

static int
work(void *ctx, int i)
{
	struct line *l = ctx;
	int r;

	if (i > 0)
		return take_all(l);
	r = gv_state_run(l->info, l->source, put, l);
	change(l, NULL, &l->is_ended);
	return r < 0 ? r : 0;
}

int
gv_track_groups(struct gv_state_info *out, const struct gv_state_source *source,
    gv_state_fn *fn, void *ctx)
{
	struct line l = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.fn = fn,
		.ctx = ctx,
		.source = source,
		.info = out };
	struct gv_workers workers;
	size_t i;
	int r;

	if (gv_workers_count(0) < 2)
		return gv_state_run(out, source, fn, ctx);
	gv_workers_start(&workers, 2, work, &l);
	/* alone it would wait for ever */
	r = workers.workers[1].started ? gv_workers_finish(&workers)
				       : gv_state_run(out, source, fn, ctx);
	for (i = 0; i < WAITING; i++)
		copy_release(&l.copies[i]);
	return r;
}
