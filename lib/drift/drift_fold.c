#include "drift/drift_internal.h"
#include "infra/region.h"

/*
 * Two texts that say the same of two environments: each its own name, region
 * or account.
 */

/* "No name in production": equal without the name and its separator. */
static bool
is_stripped(const struct gv_buf *folded, struct gv_drift_text plain)
{
	struct gv_buf text = GV_BUF_INIT;
	bool is = false;
	int i;

	for (i = 0; !is && i < 2; i++) {
		gv_buf_reset(&text);
		gv_envname_strip(&text, folded->p, folded->len, i == 0);
		is = gv_buf_check(&text) == 0 && text.len == plain.len &&
		    memcmp(text.p, plain.p, plain.len) == 0;
	}
	gv_buf_release(&text);
	return is;
}

bool
gv_drift_is_folded(const struct gv_drift_pair *pair, struct gv_drift_text low,
    struct gv_drift_text high)
{
	const struct gv_drift_opts *opts = pair->d->opts;
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	size_t n, m;
	bool is;

	if (opts->in_time)
		return false;
	n = gv_envname_fold(&a, &opts->names, pair->low, low.p, low.len);
	m = gv_envname_fold(&b, &opts->names, pair->high, high.p, high.len);
	if (n > 0 && m > 0)
		is = gv_buf_equal(&a, &b);
	else if (n > 0)
		is = gv_envname_is_address(low.p, low.len) &&
		    is_stripped(&a, high);
	else if (m > 0)
		is = gv_envname_is_address(high.p, high.len) &&
		    is_stripped(&b, low);
	else
		is = gv_envname_is_letter(low.p, low.len, gv_drift_low(pair),
		    high.p, high.len, gv_drift_high(pair));
	gv_buf_release(&a);
	gv_buf_release(&b);
	return is;
}

/* ---- places -------------------------------------------------------------- */

static bool
is_of_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
	    c == '-' || c == '_';
}

/* The region that a zone is in: eu-west-1a. */
static size_t
zone_len(const char *p, size_t n)
{
	return n > 3 && p[n - 1] >= 'a' && p[n - 1] <= 'f' && p[n - 2] >= '0' &&
		p[n - 2] <= '9'
	    ? n - 1
	    : n;
}

bool
gv_drift_next_place(struct gv_drift_text *out, bool *is_account,
    struct gv_drift_text text, size_t from)
{
	struct gv_region found;
	size_t at = from, end;

	while (at < text.len) {
		for (end = at; end < text.len && is_of_word(text.p[end]);)
			end++;
		*is_account =
		    gv_region_find_account(&found, text.p + at, end - at);
		if (*is_account ||
		    (gv_region_find(&found, text.p + at,
			 zone_len(text.p + at, end - at)) &&
			found.len > 4)) {
			out->p = text.p + at + found.at;
			out->len = found.len;
			return true;
		}
		at = end + 1;
	}
	return false;
}

/* The text with a mark for each place: how many. */
static size_t
fold_places(struct gv_buf *out, struct gv_drift_text text)
{
	struct gv_drift_text place;
	size_t at = 0, n = 0;
	bool is_account;

	while (gv_drift_next_place(&place, &is_account, text, at)) {
		gv_buf_add(out, text.p + at, (size_t)(place.p - text.p) - at);
		gv_buf_addch(out, is_account ? '\5' : '\4');
		at = (size_t)(place.p - text.p) + place.len;
		n++;
	}
	gv_buf_add(out, text.p + at, text.len - at);
	return n;
}

bool
gv_drift_is_elsewhere(const struct gv_drift_pair *pair,
    struct gv_drift_text low, struct gv_drift_text high)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	size_t n, m;
	bool is;

	if (pair->d->opts->in_time)
		return false;
	n = fold_places(&a, low);
	m = fold_places(&b, high);
	is = n > 0 && n == m && gv_buf_check(&a) == 0 && gv_buf_check(&b) == 0;
	if (is) {
		const struct gv_drift_text x = { a.p, a.len };
		const struct gv_drift_text y = { b.p, b.len };

		is = gv_drift_is_text(x, y) || gv_drift_is_folded(pair, x, y);
	}
	gv_buf_release(&a);
	gv_buf_release(&b);
	return is;
}
