#include "toolstate/state_repair_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"
#include "base/vec.h"

#define ROOM     ((size_t)64 * 1024)
#define OURS_OWN GV_STATE_SOURCES /* a slice of none of the sources */

struct slice {
	unsigned source;
	const char *text;
	uint64_t at, len;
};

struct source {
	struct gv_state_part *part; /* NULL: there is none */
	uint64_t at;
};

struct gv_state_composed {
	struct source sources[GV_STATE_SOURCES];
	const struct gv_memory *memory;
	struct slice *slices;
	size_t n, cap;
	size_t next; /* that is read, and how much of it was */
	uint64_t done;
	char *room;
	const struct source *side; /* that the damaged state is read for */
};

int
gv_state_composed_new(
    struct gv_state_composed **out, const struct gv_state_repair_what *what)
{
	struct gv_state_composed *c = calloc(1, sizeof(*c));
	bool two = what->bad->kind == GV_STATE_CONFLICT;
	int r;

	if (c == NULL)
		return gv_err_nomem();
	c->memory = what->bad_source->memory;
	c->room = gv_memory_get(c->memory, ROOM);
	if ((r = c->room ? 0 : GV_ENOMEM) == 0)
		r = gv_state_part_new(&c->sources[GV_STATE_FROM_OURS].part,
		    what->bad_source, two ? GV_STATE_OURS : GV_STATE_BOTH);
	if (r < 0)
		goto out;
	if (two &&
	    (r = gv_state_part_new(&c->sources[GV_STATE_FROM_THEIRS].part,
		 what->bad_source, GV_STATE_THEIRS)) < 0)
		goto out;
	if (what->good)
		r = gv_state_part_new(&c->sources[GV_STATE_FROM_GOOD].part,
		    what->good_source, GV_STATE_BOTH);
out:
	if (r < 0)
		gv_state_composed_free(c);
	else
		*out = c;
	return r;
}

void
gv_state_composed_free(struct gv_state_composed *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < GV_STATE_SOURCES; i++)
		gv_state_part_free(c->sources[i].part);
	gv_memory_put(c->memory, c->room, ROOM);
	free(c->slices);
	free(c);
}

static int
add(struct gv_state_composed *c, const struct slice *slice)
{
	int r = GV_GROW(c->slices, c->n, c->cap);

	if (r == 0)
		c->slices[c->n++] = *slice;
	return r;
}

int
gv_state_composed_slice(
    struct gv_state_composed *c, unsigned source, uint64_t at, uint64_t len)
{
	return add(
	    c, &(struct slice){ .source = source, .at = at, .len = len });
}

int
gv_state_composed_text(struct gv_state_composed *c, const char *text)
{
	return add(c,
	    &(struct slice){
		.source = OURS_OWN, .text = text, .len = strlen(text) });
}

/* ---- reading ------------------------------------------------------------ */

static int
changed(void)
{
	return gv_err(GV_ECORRUPT,
	    "the damaged state was changed while it was read; do it again");
}

/* Have a source stand at this byte. Two sides are read from one file, so a
 * reader that comes back to one begins again. All are read once more from their
 * beginning where slices are not in their order, so these are as few as can be.
 */
static int
seek(struct gv_state_composed *c, struct source *s, uint64_t at)
{
	const bool is_side = s != &c->sources[GV_STATE_FROM_GOOD];
	int64_t n = 1;
	int r = 0;

	if (s->at > at || (is_side && c->side != s)) {
		r = gv_state_part_rewind(s->part);
		s->at = 0;
	}
	if (is_side)
		c->side = s;
	while (r == 0 && n > 0 && s->at < at) {
		uint64_t left = at - s->at;

		n = gv_state_part_read(
		    s->part, c->room, left < ROOM ? (size_t)left : ROOM);
		s->at += n > 0 ? (uint64_t)n : 0;
	}
	if (r < 0 || n < 0)
		return r < 0 ? r : (int)n;
	return s->at == at ? 0 : changed();
}

static int64_t
read_slice(struct gv_state_composed *c, void *data, size_t len)
{
	const struct slice *slice = &c->slices[c->next];
	struct source *s;
	int64_t n;
	int r;

	if (slice->len - c->done < len)
		len = (size_t)(slice->len - c->done);
	if (slice->source == OURS_OWN) {
		memcpy(data, slice->text + c->done, len);
		return (int64_t)len;
	}
	s = &c->sources[slice->source];
	r = seek(c, s, slice->at + c->done);
	if (r < 0)
		return r;
	n = gv_state_part_read(s->part, data, len);
	s->at += n > 0 ? (uint64_t)n : 0;
	return n == 0 ? changed() : n;
}

static int64_t
read_composed(void *ctx, void *data, size_t len)
{
	struct gv_state_composed *c = ctx;
	int64_t n;

	while (c->next < c->n && c->done == c->slices[c->next].len) {
		c->next++;
		c->done = 0;
	}
	if (c->next == c->n)
		return 0;
	n = read_slice(c, data, len);
	c->done += n > 0 ? (uint64_t)n : 0;
	return n;
}

static int
rewind_all(struct gv_state_composed *c)
{
	size_t i;
	int r = 0;

	c->next = 0;
	c->done = 0;
	c->side = NULL;
	for (i = 0; r == 0 && i < GV_STATE_SOURCES; i++) {
		c->sources[i].at = 0;
		if (c->sources[i].part)
			r = gv_state_part_rewind(c->sources[i].part);
	}
	return r;
}

struct giving {
	int (*sink)(void *ctx, const void *data, size_t len);
	void *ctx;
	uint64_t items;
};

static int
give(void *ctx, const struct gv_state_group *group)
{
	struct giving *g = ctx;

	g->items += group->n_items;
	return g->sink ? g->sink(g->ctx, group->text, group->len) : 0;
}

/* What our own reader tells is what is given. */
static int
run(struct gv_state_repair *repair, struct giving *g)
{
	struct gv_state_composed *c = repair->composed;
	const struct gv_state_source source = {
		.read = read_composed, .ctx = c, .memory = c->memory
	};
	struct gv_state_info info;
	int r;

	if ((r = rewind_all(c)) < 0 ||
	    (r = gv_state_run(&info, &source, give, g)) != 0)
		return r;
	if (info.damage[0] || info.serial != repair->serial)
		return gv_err(GV_EREFUSED,
		    "the repaired state is not intact: %s",
		    info.damage[0] ? info.damage : "it has another serial");
	return 0;
}

int
gv_state_repair_copy(struct gv_state_repair *repair,
    int (*sink)(void *ctx, const void *data, size_t len), void *ctx)
{
	struct giving nobody = { NULL, NULL, 0 }, g = { sink, ctx, 0 };
	int r = run(repair, &nobody);

	return r < 0 ? r : run(repair, &g);
}
