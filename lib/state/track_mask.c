#include "state/track_mask.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/err.h"
#include "base/map.h"
#include "crypto/secret.h"
#include "format/jsontext.h"
#include "policy/team_rules.h"
#include "scan/scan.h"
#include "seal/needle.h"
#include "state/track_flat.h"

/* A number of fewer digits is one that many things have. */
#define NUMBER 6

struct gv_track_mask {
	struct gv_team_rules rules;
	struct gv_scan scan;
	struct gv_secret text; /* that is scanned: {"NAME": VALUE} */
	const char *value;     /* in the caller's memory, and … */
	size_t at, len;        /* … in the text */
	struct gv_secret room;
	struct gv_needles *needles; /* of what is sensitive */
	size_t values;              /* how many: each has a tag of its own, or
				       all were held against each other */
	struct gv_map same;         /* the same, which may be short */
};

int
gv_track_mask_new(struct gv_track_mask **out, struct gv_repo *repo)
{
	struct gv_track_mask *mask = calloc(1, sizeof(*mask));
	int r;

	if (mask == NULL)
		return gv_err_nomem();
	mask->rules = (struct gv_team_rules)GV_TEAM_RULES_INIT;
	mask->scan = (struct gv_scan)GV_SCAN_INIT;
	mask->same = (struct gv_map)GV_MAP_INIT;
	if ((r = gv_team_rules_load(&mask->rules, repo)) == 0 &&
	    (r = gv_needles_new(&mask->needles)) == 0)
		*out = mask;
	else
		gv_track_mask_free(mask);
	return r;
}

/* ---- what is sensitive -------------------------------------------------- */

/* Of base64, too, what it stands for: so a cluster has its secrets. */
static int
learn_decoded(struct gv_track_mask *mask)
{
	const char *p = (const char *)mask->room.p;
	size_t len = mask->room.len;
	struct gv_secret inner = GV_SECRET_INIT;
	long n;
	int r = gv_needles_add(mask->needles, p, len, mask->values++);

	if (r == 0)
		r = gv_secret_grow(&inner, len);
	n = r == 0 ? gv_base64_decode(inner.p, len, p, len) : -1;
	if (r == 0 && n >= GV_NEEDLE_MIN && (size_t)n <= len)
		r = gv_needles_add(
		    mask->needles, inner.p, (size_t)n, mask->values++);
	if (inner.p && n > 0)
		inner.len = (size_t)n < len ? (size_t)n : len;
	gv_secret_release(&inner);
	return r;
}

static int
learn_text(struct gv_track_mask *mask, const char *p, size_t len)
{
	int r;

	gv_secret_reset(&mask->room);
	r = gv_secret_add(&mask->room, p, len);
	if (r < 0)
		return r;
	gv_secret_truncate(
	    &mask->room, gv_jsontext_decode((char *)mask->room.p, p, len));
	return mask->room.len < GV_NEEDLE_MIN ? 0 : learn_decoded(mask);
}

int
gv_track_mask_learn(struct gv_track_mask *mask, const char *p, size_t len)
{
	bool is_text = len > 2 && p[0] == '"';
	bool is_number =
	    len >= NUMBER && (p[0] == '-' || (p[0] >= '0' && p[0] <= '9'));
	int r = 0;

	if (gv_map_get(&mask->same, p, len))
		return 0;
	if (is_text || is_number)
		r = gv_map_put(&mask->same, p, len, mask);
	return r == 0 && is_text ? learn_text(mask, p + 1, len - 2) : r;
}

static int
stop(void *ctx, size_t at, size_t len, size_t tag)
{
	(void)ctx;
	(void)at;
	(void)len;
	(void)tag;
	return 1;
}

bool
gv_track_mask_knows(const struct gv_track_mask *mask, const char *p, size_t len)
{
	return gv_map_get(&mask->same, p, len) ||
	    gv_needles_find(mask->needles, p, len, stop, NULL) != 0;
}

/* ---- what the scanner finds --------------------------------------------- */

/* The last step of a name that was put together is what it is called. */
static const char *
last_step(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot[1] ? dot + 1 : name;
}

int
gv_track_mask_scan(
    struct gv_track_mask *mask, const char *name, const char *value, size_t len)
{
	struct gv_secret *text = &mask->text;
	const char *last = last_step(name);
	int r;

	gv_secret_reset(text);
	if ((r = gv_secret_add(text, "{\"", 2)) == 0 &&
	    (r = gv_secret_add(text, last, strlen(last))) == 0)
		r = gv_secret_add(text, "\": ", 3);
	mask->value = value;
	mask->at = text->len;
	mask->len = len;
	if (r < 0 || (r = gv_secret_add(text, value, len)) < 0 ||
	    (r = gv_secret_add(text, "}\n", 2)) < 0)
		return r;
	return gv_scan_run(
	    &mask->scan, mask->rules.set, "state.json", text->p, text->len);
}

/* Where an end stands in what was scanned; false: it is no part of it. */
static bool
place(size_t *at, const struct gv_track_mask *mask, const char *p, size_t len)
{
	if (p < mask->value || p + len > mask->value + mask->len)
		return false;
	*at = mask->at + (size_t)(p - mask->value);
	return true;
}

bool
gv_track_mask_hides(const struct gv_track_mask *mask, const char *p, size_t len)
{
	size_t i, at;

	if (gv_track_mask_knows(mask, p, len))
		return true;
	if (!place(&at, mask, p, len))
		return false;
	for (i = 0; i < mask->scan.n; i++) {
		const struct gv_scan_finding *f = &mask->scan.findings[i];

		if (f->at < at + len && at < f->at + f->len)
			return true;
	}
	return false;
}

bool
gv_track_mask_spills(const struct gv_track_mask *mask,
    const struct gv_track_flat_end *ends, size_t n)
{
	size_t i, k = 0, at = 0;

	/* both stand in the order of the text */
	for (i = 0; i < mask->scan.n; i++) {
		const struct gv_scan_finding *f = &mask->scan.findings[i];

		for (; k < n; k++)
			if (place(&at, mask, ends[k].p, ends[k].len) &&
			    at + ends[k].len > f->at)
				break;
		if (k == n || at > f->at || at + ends[k].len < f->at + f->len)
			return true;
	}
	return false;
}

void
gv_track_mask_free(struct gv_track_mask *mask)
{
	if (mask == NULL)
		return;
	gv_scan_release(&mask->scan);
	gv_team_rules_release(&mask->rules);
	gv_needles_free(mask->needles);
	gv_map_release(&mask->same);
	gv_secret_release(&mask->text);
	gv_secret_release(&mask->room);
	free(mask);
}
