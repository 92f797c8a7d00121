#include "drift/drift_since.h"

#include <stdlib.h>

#include "base/err.h"
#include "drift/drift_internal.h"

/* Findings of the earlier report by class and key; a key can have several. */
struct index {
	const struct gv_drift_report *of;
	struct gv_map map; /* the first of them, plus 1 */
	size_t *next;      /* the next one, plus 1 */
	struct gv_buf name;
};

static int
name_finding(struct index *x, const struct gv_drift_finding *f)
{
	gv_buf_reset(&x->name);
	gv_buf_addf(&x->name, "%d ", (int)f->class);
	gv_buf_addstr(&x->name, f->key);
	return gv_buf_check(&x->name);
}

static size_t
find(struct index *x, const struct gv_drift_finding *f)
{
	return name_finding(x, f) < 0
	    ? 0
	    : (size_t)(uintptr_t)gv_map_get(&x->map, x->name.p, x->name.len);
}

static int
make(struct index *x, struct gv_arena *arena)
{
	size_t i;

	x->next = calloc(x->of->n + 1, sizeof(*x->next));
	if (x->next == NULL)
		return gv_err_nomem();
	for (i = x->of->n; i-- > 0;) {
		const char *copy;

		if (x->of->findings[i].verdict != GV_DRIFT_DRIFT)
			continue;
		x->next[i] = find(x, &x->of->findings[i]);
		copy = gv_arena_copy(arena, x->name.p, x->name.len);
		if (copy == NULL ||
		    gv_map_put(&x->map, copy, x->name.len,
			(void *)(uintptr_t)(i + 1)) < 0) /* NOLINT */
			return gv_err_nomem();
	}
	return 0;
}

/* ---- two findings -------------------------------------------------------- */

static bool
is_same_side(const struct gv_drift *d, const struct gv_drift_key *now,
    const struct gv_drift_key *then)
{
	if (now == NULL || then == NULL)
		return now == then;
	return now->kind == then->kind && now->type == then->type &&
	    now->guise == then->guise && gv_drift_is_equal(d, now, then);
}

static bool
is_same(const struct gv_drift *d, const struct gv_drift_finding *now,
    const struct gv_drift_finding *then)
{
	return now->severity == then->severity && now->keys == then->keys &&
	    is_same_side(d, now->left_key, then->left_key) &&
	    is_same_side(d, now->right_key, then->right_key);
}

static bool
is_before(
    struct index *x, const struct gv_drift *d, const struct gv_drift_finding *f)
{
	size_t at;

	for (at = find(x, f); at > 0; at = x->next[at - 1])
		if (is_same(d, f, &x->of->findings[at - 1]))
			return true;
	return false;
}

int
gv_drift_since(struct gv_drift_report *report, const struct gv_drift *drift,
    const struct gv_drift_report *earlier)
{
	struct index x = { .of = earlier, .name = GV_BUF_INIT };
	size_t i;
	int r = make(&x, &report->arena);

	for (i = 0; r == 0 && i < report->n; i++) {
		struct gv_drift_finding *f = &report->findings[i];

		if (f->verdict != GV_DRIFT_DRIFT || !is_before(&x, drift, f))
			continue;
		f->verdict = GV_DRIFT_BEFORE;
		report->counts[GV_DRIFT_DRIFT]--;
		report->counts[GV_DRIFT_BEFORE]++;
	}
	gv_map_release(&x.map);
	gv_buf_release(&x.name);
	free(x.next);
	return r;
}
