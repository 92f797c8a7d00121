#include "state/track_split.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "detect/screen.h"
#include "repo/hash.h"
#include "seal/seal.h"
#include "toolstate/state.h"

/* What a group is to the scanner: JSON, and no path that says that it is an
 * example. */
#define PATH "state.json"

/* Parts are taken over from the last version by it. */
static void
sum_up(struct gv_track_split *s)
{
	unsigned char what[GV_OID_RAW + 1];

	memcpy(what, gv_screen_sum(s->screen)->id, GV_OID_RAW);
	what[GV_OID_RAW] = GV_STATE_HIDDEN_RULES;
	gv_hash_plain(&s->rules, what, sizeof(what));
}

int
gv_track_split_init(struct gv_track_split *s, enum gv_policy_seal seal,
    struct gv_repo *repo, int64_t now)
{
	int r;

	memset(s, 0, sizeof(*s));
	s->clear = (struct gv_buf)GV_BUF_INIT;
	s->seal = seal;
	if (seal != GV_POLICY_SEAL_SENSITIVE)
		return 0;
	r = gv_screen_new(&s->screen, repo, now);
	if (r < 0)
		return r;
	gv_screen_want_likely(s->screen);
	sum_up(s);
	return gv_screen_view_new(&s->view, s->screen);
}

void
gv_track_split_release(struct gv_track_split *s)
{
	gv_screen_view_free(s->view);
	gv_screen_free(s->screen);
	gv_state_hidden_release(&s->hidden);
	gv_secret_release(&s->spans);
	gv_buf_release(&s->clear);
	memset(s, 0, sizeof(*s));
}

/* What the scanner finds in a group. */
static int
search(struct gv_track_split *s, const struct gv_state_group *group)
{
	size_t i;
	int r;

	if ((r = gv_screen_begin(s->view, PATH)) < 0 ||
	    (r = gv_screen_add(s->view, group->text, group->len)) < 0 ||
	    (r = gv_screen_end(s->view)) != 0)
		return r;
	if (s->view->is_all &&
	    (r = gv_state_hidden_add(&s->hidden, 0, group->len)) < 0)
		return r;
	for (i = 0; r == 0 && !s->view->is_all && i < s->view->n; i++) {
		const struct gv_redact_span *found = &s->view->spans[i];

		r = gv_state_hidden_add(
		    &s->hidden, (size_t)found->at, (size_t)found->len);
	}
	return r;
}

/* Fill both halves by what is hidden. */
static int
fill(struct gv_track_split *s, const struct gv_state_group *group)
{
	const struct gv_state_hidden *h = &s->hidden;
	size_t i, at = 0;
	char line[48];
	int n, r = 0;

	gv_buf_reset(&s->clear);
	gv_secret_reset(&s->spans);
	for (i = 0; r == 0 && i < h->n; i++) {
		const struct gv_state_span *span = &h->spans[i];

		gv_buf_add(&s->clear, group->text + at, span->at - at);
		n = snprintf(
		    line, sizeof(line), "%zu %zu\n", span->at - at, span->len);
		r = gv_secret_add(&s->spans, line, (size_t)n);
		at = span->at + span->len;
	}
	gv_buf_add(&s->clear, group->text + at, group->len - at);
	if (r == 0)
		r = gv_secret_add(&s->spans, "\n", 1);
	for (i = 0; r == 0 && i < h->n; i++)
		r = gv_secret_add(
		    &s->spans, group->text + h->spans[i].at, h->spans[i].len);
	return r < 0 ? r : gv_buf_check(&s->clear);
}

/* One that is too large to be opened as one value stays whole, sealed. */
static int
split(struct gv_track_split *s, enum gv_track_kind *out,
    const struct gv_state_group *group)
{
	int r;

	if (group->len > GV_SEAL_WHOLE || s->hidden.spans[0].len == group->len)
		return 0;
	if ((r = fill(s, group)) == 0 && s->spans.len <= GV_SEAL_WHOLE)
		*out = GV_TRACK_SPLIT;
	return r;
}

int
gv_track_split_group(struct gv_track_split *s, enum gv_track_kind *out,
    const struct gv_state_group *group)
{
	bool is_large = group->len > GV_SEAL_WHOLE;
	int r;

	*out = is_large ? GV_TRACK_CHUNKS : GV_TRACK_SEALED;
	/* of what is cut by content nobody knows what it is */
	if (s->seal == GV_POLICY_SEAL_FULL || group->form == GV_STATE_BYTES)
		return 0;
	if (s->seal == GV_POLICY_SEAL_SENSITIVE) {
		if ((r = gv_state_hidden_read(&s->hidden, group)) == 0)
			r = search(s, group);
		if (r < 0)
			return r;
		gv_state_hidden_settle(&s->hidden);
		if (s->hidden.n)
			return split(s, out, group);
	}
	*out = is_large ? GV_TRACK_CLEAR_CHUNKS : GV_TRACK_CLEAR;
	return 0;
}
