#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "record/good_internal.h"

#define NAMES 4 /* of other records, in one */

/* ---- which count once ---------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const struct gv_good *x = a, *y = b;
	int order = strcmp(x->env, y->env);

	if (order == 0)
		order = (x->at > y->at) - (x->at < y->at);
	return order ? order : (x->n > y->n) - (x->n < y->n);
}

/* A number is in nothing that is signed, so that of a tag could be put behind
 * those of all later ones, which it would then overrule. Right behind itself it
 * overrules nothing: who marks twice in a second makes one tag. */
static int
find_copy(struct gv_goods *goods, size_t i, struct gv_map *seen)
{
	struct gv_good *one = &goods->all[i];
	const struct gv_good *first =
	    gv_map_get(seen, &one->tag, sizeof(one->tag));
	struct gv_buf why = GV_BUF_INIT;
	int r;

	if (one->damage ||
	    (i && gv_oid_equal(&goods->all[i - 1].tag, &one->tag)))
		return 0;
	if (first == NULL)
		return gv_map_put(seen, &one->tag, sizeof(one->tag), one);
	gv_buf_addf(&why,
	    "it is record %u once more, which counts once, by its lowest "
	    "number",
	    first->n);
	if ((r = gv_buf_check(&why)) == 0)
		r = gv_good_copy(one, &one->damage, why.p);
	gv_buf_release(&why);
	return r;
}

/* Nor is the tag around a statement, of which each letter that is another one
 * makes another tag. Which of them is signed is judged of each, but all of them
 * stand where the first does: no old one becomes the newest. */
static int
share_place(struct gv_good *one, struct gv_map *seen)
{
	const struct gv_buf *said = &one->statement;
	const struct gv_good *first;

	if (one->damage)
		return 0;
	first = gv_map_get(seen, said->p, said->len);
	if (first == NULL)
		return gv_map_put(seen, said->p, said->len, one);
	one->at = first->at;
	return 0;
}

static int
find_copies(struct gv_goods *goods)
{
	struct gv_map tags = GV_MAP_INIT, statements = GV_MAP_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < goods->n; i++) {
		if ((r = find_copy(goods, i, &tags)) == 0)
			r = share_place(&goods->all[i], &statements);
	}
	gv_map_release(&tags);
	gv_map_release(&statements);
	return r;
}

/* ---- in which order ----------------------------------------------------- */

/* A number is in nothing that is signed, so whoever may push could put an older
 * record before a newer one. But each names others by their tags, and stands
 * behind all of these whatever its number is. */

static const struct gv_good *
named(const struct gv_map *by_tag, const struct gv_good *one,
    const struct gv_oid *tag)
{
	const struct gv_good *other =
	    gv_oid_is_zero(tag) ? NULL : gv_map_get(by_tag, tag, sizeof(*tag));

	return other && strcmp(other->env, one->env) == 0 ? other : NULL;
}

/* What a record names, one of four; NULL where it names none, or none that is
 * here. */
static const struct gv_good *
named_by(const struct gv_map *by_tag, const struct gv_good *one, size_t i)
{
	const struct gv_oid *const tags[NAMES] = { &one->previous,
		&one->promotes, &one->revokes, &one->supersedes };

	return named(by_tag, one, tags[i]);
}

/* A walk to the records that others name, before these. */
struct walk {
	struct gv_goods *goods;
	struct gv_map by_tag;
	bool *is_met;  /* of each record */
	size_t *stack; /* of those whose turn comes when what they name has
			  its place */
	size_t n;
};

static void
meet(struct walk *w, size_t i)
{
	w->is_met[i] = true;
	w->stack[w->n++] = i;
}

/* Meet one that it names and nobody has met: whether there is such. */
static bool
meet_named(struct walk *w, const struct gv_good *one)
{
	const struct gv_good *other;
	size_t i;

	for (i = 0; i < NAMES; i++) {
		other = named_by(&w->by_tag, one, i);
		if (other == NULL || w->is_met[other - w->goods->all])
			continue;
		meet(w, (size_t)(other - w->goods->all));
		return true;
	}
	return false;
}

static void
move_behind(struct gv_good *one, const struct gv_map *by_tag)
{
	const struct gv_good *other;
	size_t i;

	for (i = 0; i < NAMES; i++) {
		other = named_by(by_tag, one, i);
		if (other && other->at >= one->at)
			one->at = other->at + 1;
	}
}

/* Each is met once, so it takes no longer where numbers are in no order. None
 * names itself by way of others: a tag is made of those that it names. */
static void
move_all(struct walk *w)
{
	size_t i;

	for (i = 0; i < w->goods->n; i++) {
		if (w->goods->all[i].damage || w->is_met[i])
			continue;
		meet(w, i);
		while (w->n) {
			struct gv_good *one =
			    &w->goods->all[w->stack[w->n - 1]];

			if (meet_named(w, one))
				continue;
			move_behind(one, &w->by_tag);
			w->n--;
		}
	}
}

static int
put_in_order(struct gv_goods *goods)
{
	struct walk w = { .goods = goods,
		.by_tag = GV_MAP_INIT,
		.is_met = calloc(goods->n + 1, sizeof(*w.is_met)),
		.stack = calloc(goods->n + 1, sizeof(*w.stack)) };
	size_t i;
	int r = w.is_met && w.stack ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < goods->n; i++)
		if (goods->all[i].damage == NULL)
			r = gv_map_put(&w.by_tag, &goods->all[i].tag,
			    sizeof(goods->all[i].tag), &goods->all[i]);
	if (r == 0)
		move_all(&w);
	for (i = 0; r == 0 && i < goods->n; i++) {
		const struct gv_good *over =
		    named(&w.by_tag, &goods->all[i], &goods->all[i].supersedes);

		if (over)
			goods->all[i].over = over->at;
	}
	gv_map_release(&w.by_tag);
	free(w.is_met);
	free(w.stack);
	return r;
}

int
gv_goods_order(struct gv_goods *goods)
{
	int r;

	if (goods->n == 0)
		return 0;
	qsort(goods->all, goods->n, sizeof(*goods->all), compare);
	if ((r = find_copies(goods)) == 0 && (r = put_in_order(goods)) == 0)
		qsort(goods->all, goods->n, sizeof(*goods->all), compare);
	return r;
}
