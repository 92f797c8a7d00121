#include "state/track_rewind.h"

#include <string.h>

#include "base/err.h"
#include "sys/cancel.h"

#define STEP ((size_t)64 * 1024)

static int64_t
read_held(void *ctx, void *data, size_t len)
{
	struct gv_track_rewind *t = ctx;
	size_t left = t->held.len - t->at;

	if (gv_cancel_requested())
		return gv_cancel_error();
	len = len < left ? len : left;
	if (len)
		memcpy(data, t->held.p + t->at, len);
	t->at += len;
	return (int64_t)len;
}

static int
rewind_held(void *ctx)
{
	struct gv_track_rewind *t = ctx;

	t->at = 0;
	return 0;
}

/* All of it, where it cannot be gone back in. */
static int
hold(struct gv_track_rewind *t, const struct gv_state_source *from)
{
	int64_t n = 1;
	int r = 0;

	while (r == 0 && n > 0) {
		if ((r = gv_secret_grow(&t->held, STEP)) == 0)
			n = from->read(
			    from->ctx, t->held.p + t->held.len, STEP);
		if (r == 0 && n > 0)
			t->held.len += (size_t)n;
	}
	t->source = (struct gv_state_source){
		.read = read_held, .rewind = rewind_held, .ctx = t
	};
	return r < 0 ? r : n < 0 ? (int)n : 0;
}

int
gv_track_rewind_begin(
    struct gv_track_rewind *t, const struct gv_state_source *from)
{
	int r = gv_secret_ready();

	memset(t, 0, sizeof(*t));
	t->source = *from;
	if (r == 0)
		r = from->rewind ? from->rewind(from->ctx) : 1;
	return r > 0 ? hold(t, from) : r;
}

int
gv_track_rewind_again(struct gv_track_rewind *t)
{
	return t->source.rewind(t->source.ctx);
}

void
gv_track_rewind_release(struct gv_track_rewind *t)
{
	gv_secret_release(&t->held);
}
