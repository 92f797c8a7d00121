#include "toolstate/state_triage_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"
#include "base/vec.h"

/*
 * One side of a conflict as git leaves it in a file:
 *
 *	<<<<<<< ours
 *	…
 *	||||||| base, which only some styles have
 *	…
 *	=======
 *	…
 *	>>>>>>> theirs
 *
 * No text of JSON goes over a line, so a line that begins so is never a value.
 */

#define MARK   7
#define WINDOW ((size_t)64 * 1024)

enum region { COMMON, OURS, BASE, THEIRS };

/* From a byte of the side on it stands so in the file. */
struct jump {
	uint64_t at, place;
};

struct gv_state_part {
	struct gv_state_again source;
	enum gv_state_side side;
	char *window;
	size_t from, have;
	bool is_over;
	uint64_t at, place; /* of the next byte: in the side, in the file */
	enum region region;
	bool in_line;   /* behind the first bytes of one */
	bool in_marker; /* the rest of the line is not of the side */
	uint64_t line;
	struct gv_state_seen seen;
	struct jump *jumps;
	size_t n, cap;
};

int
gv_state_part_new(struct gv_state_part **out,
    const struct gv_state_again *source, enum gv_state_side side)
{
	struct gv_state_part *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return gv_err_nomem();
	p->source = *source;
	p->side = side;
	p->window = gv_memory_get(source->memory, WINDOW);
	if (p->window == NULL) {
		free(p);
		return GV_ENOMEM;
	}
	*out = p;
	return 0;
}

void
gv_state_part_free(struct gv_state_part *p)
{
	if (p == NULL)
		return;
	gv_memory_put(p->source.memory, p->window, WINDOW);
	free(p->jumps);
	free(p);
}

int
gv_state_part_rewind(void *part)
{
	struct gv_state_part *p = part;

	p->from = p->have = p->n = 0;
	p->is_over = p->in_line = p->in_marker = false;
	p->at = p->place = p->line = 0;
	p->region = COMMON;
	p->seen = (struct gv_state_seen){ 0 };
	return p->source.rewind(p->source.ctx);
}

static void
count_nuls(struct gv_state_part *p, const char *data, size_t len)
{
	const char *end = data + len, *at = memchr(data, '\0', len);

	if (at && p->seen.nuls == 0)
		p->seen.first_nul = p->seen.size + (uint64_t)(at - data);
	for (; at && at < end; at++)
		p->seen.nuls += *at == '\0';
}

static int
fill(struct gv_state_part *p)
{
	int64_t n = 1;

	memmove(p->window, p->window + p->from, p->have - p->from);
	p->have -= p->from;
	p->from = 0;
	while (n > 0 && p->have < WINDOW) {
		n = p->source.read(
		    p->source.ctx, p->window + p->have, WINDOW - p->have);
		if (n > 0) {
			count_nuls(p, p->window + p->have, (size_t)n);
			p->seen.size += (uint64_t)n;
			p->have += (size_t)n;
		}
	}
	p->is_over = n == 0;
	return n < 0 ? (int)n : 0;
}

/* Whether the line that begins here is a marker of this letter. */
static bool
is_marker(const struct gv_state_part *p, char letter)
{
	const char *line = p->window + p->from;
	const size_t len = p->have - p->from;
	size_t i;

	for (i = 0; i < MARK; i++)
		if (i == len || line[i] != letter)
			return false;
	return len == MARK || line[MARK] == ' ' || line[MARK] == '\n' ||
	    line[MARK] == '\r';
}

/* A line begins: whether it is a marker, behind which another region begins. */
static bool
enter_region(struct gv_state_part *p)
{
	enum region next = p->region;

	if (p->region == COMMON && is_marker(p, '<'))
		next = OURS;
	else if (p->region == OURS && is_marker(p, '|'))
		next = BASE;
	else if ((p->region == OURS || p->region == BASE) && is_marker(p, '='))
		next = THEIRS;
	else if (p->region == THEIRS && is_marker(p, '>'))
		next = COMMON;
	if (next == p->region)
		return false;
	if (next == OURS && p->seen.conflicts == 0)
		p->seen.first_conflict = p->line;
	p->seen.conflicts += next == COMMON;
	p->seen.is_open = next == THEIRS;
	p->region = next;
	return true;
}

static bool
is_ours(const struct gv_state_part *p)
{
	if (p->side == GV_STATE_BOTH)
		return true;
	return !p->in_marker &&
	    (p->region == COMMON ||
		p->region == (p->side == GV_STATE_OURS ? OURS : THEIRS));
}

/* What comes next does not stand where it would behind the byte before. */
static int
note_jump(struct gv_state_part *p)
{
	const struct jump *last = p->n ? &p->jumps[p->n - 1] : NULL;
	int r;

	if (last ? p->place - last->place == p->at - last->at
		 : p->place == p->at)
		return 0;
	if ((r = GV_GROW(p->jumps, p->n, p->cap)) == 0)
		p->jumps[p->n++] = (struct jump){ p->at, p->place };
	return r;
}

/* The bytes at hand up to the end of the line, or as many as fit: how many. */
static int64_t
take(struct gv_state_part *p, char *out, size_t len)
{
	const char *begin = p->window + p->from, *after;
	size_t n = p->have - p->from;
	bool ours;
	int r;

	if (!p->in_line) {
		p->line++;
		p->in_marker = enter_region(p);
		p->in_line = true;
	}
	ours = is_ours(p);
	if (ours && n > len)
		n = len;
	after = memchr(begin, '\n', n);
	if (after) {
		n = (size_t)(after - begin) + 1;
		p->in_line = false;
	}
	r = ours ? note_jump(p) : 0;
	if (r < 0)
		return r;
	if (ours)
		memcpy(out, begin, n);
	p->from += n;
	p->place += n;
	p->at += ours ? n : 0;
	if (after)
		p->in_marker = false;
	return ours ? (int64_t)n : 0;
}

int64_t
gv_state_part_read(void *part, void *data, size_t len)
{
	struct gv_state_part *p = part;
	size_t done = 0;
	int64_t n = 0;
	int r = 0;

	while (done < len) {
		if (!p->is_over && p->have - p->from <= MARK)
			r = fill(p);
		if (r < 0)
			return r;
		if (p->have == p->from)
			break;
		n = take(p, (char *)data + done, len - done);
		if (n < 0)
			return n;
		done += (size_t)n;
	}
	return (int64_t)done;
}

uint64_t
gv_state_part_place(const struct gv_state_part *p, uint64_t at)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->jumps[mid].at <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? p->jumps[low - 1].place + (at - p->jumps[low - 1].at) : at;
}

const struct gv_state_seen *
gv_state_part_seen(const struct gv_state_part *p)
{
	return &p->seen;
}
