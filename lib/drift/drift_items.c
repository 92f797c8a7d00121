#include <stdlib.h>

#include "base/err.h"
#include "drift/drift_internal.h"

/*
 * Two lists of scalars. What is on both sides is found by its value; an element
 * that changed is one difference, not one that came and one that went.
 */

/* elements that are compared */
#define PAIRS_MAX ((size_t)4 * 1024 * 1024)
/* bytes of an element */
#define SHOWN 60

struct items {
	struct gv_drift_pair *pair;
	const struct gv_drift_role *role;
	const struct gv_drift_key *low, *high;
	bool *low_met, *high_met;
	size_t met;
	bool is_moved;  /* something is at another place */
	bool is_folded; /* something is the same but for a name */
};

static bool
is_alike(const struct items *it, size_t i, size_t k, bool is_folding)
{
	const struct gv_drift_text a = it->low->items[i];
	const struct gv_drift_text b = it->high->items[k];

	return is_folding ? gv_drift_is_folded(it->pair, a, b) ||
		gv_drift_is_elsewhere(it->pair, a, b)
			  : gv_drift_is_text(a, b);
}

static void
meet(struct items *it, size_t i, size_t k)
{
	it->low_met[i] = it->high_met[k] = true;
	it->met++;
	it->is_moved |= i != k;
}

/* Elements at the same place first, so that what is equal stays there. */
static void
match(struct items *it, bool is_folding)
{
	const size_t n = it->low->n_items, m = it->high->n_items;
	const size_t before = it->met;
	size_t i, k;

	for (i = 0; i < n && i < m; i++)
		if (!it->low_met[i] && !it->high_met[i] &&
		    is_alike(it, i, i, is_folding))
			meet(it, i, i);
	for (i = 0; n * m <= PAIRS_MAX && i < n; i++)
		for (k = 0; !it->low_met[i] && k < m; k++)
			if (!it->high_met[k] && is_alike(it, i, k, is_folding))
				meet(it, i, k);
	if (is_folding)
		it->is_folded = it->met > before;
}

/* args[2], or cidrs[10.0.0.0/8] */
static int
tell_item(struct items *it, struct gv_drift_text item, size_t index,
    const struct gv_drift_judged *judged)
{
	const struct gv_drift_key *key = it->low;
	struct gv_buf name = GV_BUF_INIT;
	int r;

	gv_buf_add(&name, key->name, key->name_len);
	if (key->kind == GV_DRIFT_SEQUENCE)
		gv_buf_addf(&name, "[%zu]", index);
	else
		gv_buf_addf(&name, "[%.*s]",
		    (int)(item.len < SHOWN ? item.len : SHOWN), item.p);
	if ((r = gv_buf_check(&name)) == 0)
		r = gv_drift_tell_as(it->pair, it->role,
		    &(struct gv_drift_told){ { name.p, name.len }, it->low,
			it->high, judged, 1, "element" });
	gv_buf_release(&name);
	return r;
}

/* Elements of one side only. */
static int
tell_extra(struct items *it, const struct gv_drift_key *of, const bool *met,
    const char *env)
{
	struct gv_drift_judged judged;
	size_t i;
	int r;

	for (i = 0; i < of->n_items; i++) {
		if (met[i])
			continue;
		gv_drift_set(&judged, GV_DRIFT_DRIFT, GV_DRIFT_VALUE,
		    GV_DRIFT_NORMAL, "%.*s only in %s",
		    (int)(of->items[i].len < SHOWN ? of->items[i].len : SHOWN),
		    of->items[i].p, env);
		r = tell_item(it, of->items[i], i, &judged);
		if (r < 0)
			return r;
	}
	return 0;
}

/* As many came as went: each is one that changed. */
static int
tell_changed(struct items *it)
{
	struct gv_drift_judged judged;
	size_t i, k = 0;
	int r = 0;

	for (i = 0; r == 0 && i < it->low->n_items; i++) {
		if (it->low_met[i])
			continue;
		while (it->high_met[k])
			k++;
		gv_drift_judge_texts(&judged, it->pair, it->low,
		    it->low->items[i], it->high->items[k]);
		if (judged.verdict == GV_DRIFT_SAME)
			gv_drift_note_same(it->pair);
		else
			r = tell_item(it, it->low->items[i], i, &judged);
		k++;
	}
	return r;
}

static int
tell_order(struct items *it)
{
	const bool counts = it->low->kind == GV_DRIFT_SEQUENCE;
	struct gv_drift_judged judged;

	gv_drift_set(&judged, GV_DRIFT_SAME, GV_DRIFT_NONE,
	    GV_DRIFT_NO_SEVERITY, "%s", "");
	if (it->is_moved && counts)
		gv_drift_set(&judged, GV_DRIFT_DRIFT, GV_DRIFT_ORDER,
		    GV_DRIFT_NORMAL, "the order differs, and it counts");
	else if (it->is_moved && it->low->kind == GV_DRIFT_LIST)
		gv_drift_set(&judged, GV_DRIFT_NOTE, GV_DRIFT_ORDER,
		    GV_DRIFT_NO_SEVERITY, "the order differs");
	else if (it->is_folded)
		gv_drift_set(&judged, GV_DRIFT_INTENDED, GV_DRIFT_NAME,
		    GV_DRIFT_NO_SEVERITY, "%s", "");
	return gv_drift_tell(it->pair, it->role, it->low, it->high, &judged);
}

int
gv_drift_items(struct gv_drift_pair *pair, const struct gv_drift_role *role,
    const struct gv_drift_key *low, const struct gv_drift_key *high)
{
	const size_t n = low->n_items, m = high->n_items;
	struct items it = {
		.pair = pair, .role = role, .low = low, .high = high
	};
	bool *low_met = calloc(n + 1, sizeof(bool));
	bool *high_met = calloc(m + 1, sizeof(bool));
	int r;

	if (low_met == NULL || high_met == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	it.low_met = low_met;
	it.high_met = high_met;
	match(&it, false);
	if (it.met < n && it.met < m)
		match(&it, true);
	if (it.met == n && it.met == m)
		r = tell_order(&it);
	else if (n == m)
		r = tell_changed(&it);
	else if ((r = tell_extra(&it, low, it.low_met, gv_drift_low(pair))) ==
	    0)
		r = tell_extra(&it, high, it.high_met, gv_drift_high(pair));
out:
	free(low_met);
	free(high_met);
	return r;
}
