#include "drift/drift_internal.h"
#include "drift/measure.h"

/*
 * How far a program may go beyond what it asks for: where the two environments
 * differ in that, a test says little about production.
 */

static struct gv_drift_key *
find(const struct gv_drift_keys *keys, const char *name, size_t len)
{
	return gv_map_get(&keys->by_name, name, len);
}

static bool
measure(double *out, const struct gv_drift_key *key)
{
	bool has_unit;

	return key && !key->is_hidden && key->kind == GV_DRIFT_SCALAR &&
	    gv_measure_quantity(out, &has_unit, key->text.p, key->text.len) &&
	    *out > 0;
}

/* What a.limits.cpu is of a.requests.cpu. */
static bool
ratio_of(double *out, const struct gv_drift_keys *keys, const char *name,
    size_t len, size_t at)
{
	struct gv_buf request = GV_BUF_INIT;
	double limit, asked;
	bool is;

	gv_buf_add(&request, name, at);
	gv_buf_addstr(&request, "requests");
	gv_buf_add(&request, name + at + 6, len - at - 6);
	is = gv_buf_check(&request) == 0 &&
	    measure(&limit, find(keys, name, len)) &&
	    measure(&asked, find(keys, request.p, request.len));
	gv_buf_release(&request);
	if (is)
		*out = limit / asked;
	return is;
}

/* Where "limits." begins in a name, or SIZE_MAX. */
static size_t
limits_at(const char *name, size_t len)
{
	const char *at = memmem(name, len, "limits.", 7);

	return at && (at == name || at[-1] == '.') ? (size_t)(at - name)
						   : SIZE_MAX;
}

int
gv_drift_ratios(struct gv_drift_pair *pair, const struct gv_drift_role *role)
{
	const struct gv_drift_keys *lows = &role->sides[pair->low].keys;
	const struct gv_drift_keys *highs = &role->sides[pair->high].keys;
	struct gv_drift_judged judged;
	double a, b;
	size_t i, at;
	int r;

	for (i = 0; i < lows->n; i++) {
		const struct gv_drift_key *k = lows->items[i];

		at = limits_at(k->name, k->name_len);
		if (at == SIZE_MAX ||
		    !ratio_of(&a, lows, k->name, k->name_len, at) ||
		    !ratio_of(&b, highs, k->name, k->name_len, at) ||
		    (a / b < 1.01 && b / a < 1.01))
			continue;
		gv_drift_set(&judged, GV_DRIFT_NOTE, GV_DRIFT_SIZE,
		    GV_DRIFT_NO_SEVERITY,
		    "%.3g times the request in %s, %.3g times in %s", a,
		    gv_drift_low(pair), b, gv_drift_high(pair));
		r = gv_drift_tell_as(pair, role,
		    &(struct gv_drift_told){ { k->name, k->name_len }, k,
			find(highs, k->name, k->name_len), &judged, 0, NULL });
		if (r < 0)
			return r;
	}
	return 0;
}
