#include "symbol/symbol_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/*
 * Symbols as bytes: what the references need (symbol_need.c) behind its length,
 * then how many symbols there are, and of each one
 *
 *	a byte		kind, how, and which of the parts in [] there are
 *	word [space] [flags]
 *	line		its distance from the line of the symbol before
 *	in		how many symbols before is what it stands in; 0: the
 *			file
 *	name [scope extra]
 *
 * Each number has seven bits a byte, the lowest first, the highest bit set
 * where more follow; one that may be negative has its sign in the lowest bit. A
 * text is how many bytes it has in common with the one before it in the same
 * part, the length of the rest, and the rest: names of one object have most in
 * common.
 */
#define HOW_SHIFT 2
#define HAS_SPACE 0x20
#define HAS_FLAGS 0x40
#define HAS_MORE  0x80 /* scope and extra */

#define PARTS        3
#define SYMBOL_LEAST 6 /* bytes of one */
#define COMMON_MOST  255

/* What the last text of a part begins with. */
struct part {
	char p[COMMON_MOST];
	size_t len;
};

static void
note_part(struct part *part, size_t common, const char *rest, size_t len)
{
	const size_t room = COMMON_MOST - common;

	part->len = common + (len < room ? len : room);
	if (part->len > common)
		memcpy(part->p + common, rest, part->len - common);
}

/* ---- written ------------------------------------------------------------- */

static void
put_number(struct gv_buf *out, uint64_t n)
{
	for (; n > 0x7f; n >>= 7)
		gv_buf_addch(out, (char)(n | 0x80));
	gv_buf_addch(out, (char)n);
}

static void
put_text(struct gv_buf *out, struct part *part,
    const struct gv_symbols *symbols, const struct gv_symbol_text *text)
{
	const char *p = gv_symbol_text(symbols, text);
	size_t common = 0;

	while (common < part->len && common < text->len &&
	    part->p[common] == p[common])
		common++;
	put_number(out, common);
	put_number(out, text->len - common);
	gv_buf_add(out, p + common, text->len - common);
	note_part(part, common, p + common, text->len - common);
}

static void
put_symbol(struct gv_buf *out, struct part *parts,
    const struct gv_symbols *symbols, size_t i)
{
	const struct gv_symbol *s = &symbols->items[i];
	const int64_t line =
	    (int64_t)s->line - (i ? symbols->items[i - 1].line : 0);
	const struct gv_symbol_text *scope = gv_symbol_scope(symbols, s),
				    *extra = gv_symbol_extra(symbols, s);
	const bool has_more = scope->len || extra->len;

	gv_buf_addch(out,
	    (char)(s->kind | s->how << HOW_SHIFT | (s->space ? HAS_SPACE : 0) |
		(s->flags ? HAS_FLAGS : 0) | (has_more ? HAS_MORE : 0)));
	put_number(out, s->word);
	if (s->space)
		put_number(out, s->space);
	if (s->flags)
		put_number(out, s->flags);
	put_number(
	    out, line < 0 ? ((uint64_t)-line << 1 | 1) : (uint64_t)line << 1);
	put_number(out, s->in == GV_SYMBOL_NONE ? 0 : i - s->in);
	put_text(out, &parts[0], symbols, &s->name);
	if (!has_more)
		return;
	put_text(out, &parts[1], symbols, scope);
	put_text(out, &parts[2], symbols, extra);
}

void
gv_symbols_pack(struct gv_buf *out, const struct gv_symbols *symbols)
{
	struct part parts[PARTS];
	struct gv_buf needs = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < PARTS; i++)
		parts[i].len = 0;
	gv_symbol_add_needs(&needs, symbols);
	put_number(out, needs.len);
	gv_buf_add(out, needs.p, needs.len);
	out->failed |= needs.failed;
	gv_buf_release(&needs);
	put_number(out, symbols->n);
	for (i = 0; i < symbols->n; i++)
		put_symbol(out, parts, symbols, i);
}

/* ---- read ---------------------------------------------------------------- */

/* Room for the symbols of a file, which those of the next file take again. */
struct gv_symbol_room {
	size_t n;
	/* the symbols, and their texts, each of `len` in `bytes`; `in` is
	 * counted within these bytes */
	struct gv_symbol *symbols;
	struct gv_symbol_bytes *texts; /* PARTS of each */
	struct gv_symbol_text *placed; /* likewise */
	uint32_t *now;                 /* the number that each got */
	bool *has_parts;
	struct gv_buf bytes;
};

struct reading {
	const unsigned char *p, *end;
	bool failed; /* sticky */
	uint32_t line;
	struct part parts[PARTS];
	struct gv_symbol_room *room;
	size_t n;
};

static uint32_t
get_number(struct reading *in, uint32_t most)
{
	uint64_t n = 0;
	unsigned shift;

	for (shift = 0; in->p < in->end && shift < 35; shift += 7) {
		n |= (uint64_t)(*in->p & 0x7f) << shift;
		if (*in->p++ & 0x80)
			continue;
		if (n > most)
			break;
		return (uint32_t)n;
	}
	in->failed = true;
	return 0;
}

/* Put a text together from what it has in common with the last one of the same
 * part, and the rest. Its length. */
static uint32_t
get_text(struct reading *in, int part)
{
	const size_t common = get_number(in, COMMON_MOST);
	const size_t len = get_number(in, UINT32_MAX / 2);

	if (common > in->parts[part].len || len > (size_t)(in->end - in->p)) {
		in->failed = true;
		return 0;
	}
	gv_buf_add(&in->room->bytes, in->parts[part].p, common);
	gv_buf_add(&in->room->bytes, in->p, len);
	note_part(&in->parts[part], common, (const char *)in->p, len);
	in->p += len;
	return (uint32_t)(common + len);
}

static void
get_line(struct reading *in)
{
	const uint32_t n = get_number(in, UINT32_MAX);
	const int64_t line =
	    (int64_t)in->line + ((n & 1) ? -(int64_t)(n >> 1) : n >> 1);

	if (line < 0 || line > UINT32_MAX)
		in->failed = true;
	else
		in->line = (uint32_t)line;
}

/* The i-th symbol of these bytes, from 0, and the lengths of its texts. */
static struct gv_symbol
get_symbol(struct reading *in, uint32_t i, uint32_t lens[PARTS])
{
	const unsigned head = in->p < in->end ? *in->p++ : 0;
	struct gv_symbol s = { .kind = head & 3,
		.how = (head >> HOW_SHIFT) & 7 };
	uint32_t before;
	int part;

	in->failed |= s.how > GV_SYMBOL_EXTERNAL;
	s.word = get_number(in, gv_symbol_word_most(s.kind)) & 0xff;
	if (head & HAS_SPACE)
		s.space = get_number(in, GV_SYMBOL_N_SPACES - 1) & 0xff;
	if (head & HAS_FLAGS)
		s.flags = get_number(in, UINT8_MAX) & 0xff;
	get_line(in);
	s.line = in->line;
	before = get_number(in, i);
	s.in = before ? i - before : GV_SYMBOL_NONE;
	for (part = 0; part < PARTS; part++)
		lens[part] =
		    part == 0 || (head & HAS_MORE) ? get_text(in, part) : 0;
	return s;
}

static void
get_all(struct reading *in, uint32_t n)
{
	uint32_t lens[PARTS], i;
	int part;

	for (i = 0; i < n && !in->failed && !in->room->bytes.failed; i++) {
		struct gv_symbol *s = &in->room->symbols[i];

		*s = get_symbol(in, i, lens);
		if (in->failed)
			return;
		for (part = 0; part < PARTS; part++)
			in->room->texts[PARTS * i + part].len = lens[part];
		if (s->in != GV_SYMBOL_NONE)
			in->room->has_parts[s->in] = true;
	}
	in->n = n;
}

/* Whether a symbol is the first one of its file, or follows none that is as it
 * is. */
static bool
is_first(const struct reading *in, size_t i)
{
	const struct gv_symbol *s = &in->room->symbols[i];

	return i == 0 || s[-1].kind != s->kind || s[-1].word != s->word ||
	    s[-1].in != s->in;
}

/* Say where the texts are, and leave out what is not wanted: what stands in it
 * stands in what that is in. */
static void
choose(
    struct reading *in, uint32_t first, const struct gv_symbol_filter *filter)
{
	const char *p = in->room->bytes.p;
	size_t i, n = 0;
	int part;

	/* whether each is wanted is in now[] until it has a number */
	for (i = 0; i < in->n; i++) {
		const struct gv_symbol_choice choice = { &in->room->symbols[i],
			p, in->room->texts[PARTS * i].len, is_first(in, i),
			in->room->has_parts[i] };

		in->room->now[i] =
		    !filter || filter->wants(filter->ctx, &choice);
		for (part = 0; part < PARTS; part++) {
			in->room->texts[PARTS * i + part].p = p;
			p += in->room->texts[PARTS * i + part].len;
		}
	}
	for (i = 0; i < in->n; i++) {
		struct gv_symbol s = in->room->symbols[i];
		const bool is_wanted = in->room->now[i];

		if (s.in != GV_SYMBOL_NONE)
			s.in = in->room->now[s.in];
		in->room->now[i] = is_wanted ? first + (uint32_t)n : s.in;
		if (!is_wanted)
			continue;
		in->room->symbols[n] = s;
		memmove(&in->room->texts[PARTS * n],
		    &in->room->texts[PARTS * i],
		    PARTS * sizeof(*in->room->texts));
		n++;
	}
	in->n = n;
}

/* Add those that were read. */
static void
add_all(struct gv_symbols *out, struct reading *in)
{
	size_t i;

	gv_symbol_add_texts(
	    out, in->room->placed, in->room->texts, PARTS * in->n);
	for (i = 0; i < in->n && !out->failed; i++) {
		const struct gv_symbol_text *texts =
		    &in->room->placed[PARTS * i];
		const struct gv_symbol_more more = { texts[1], texts[2] };

		in->room->symbols[i].name = texts[0];
		gv_symbol_add_as(out, &in->room->symbols[i], &more);
	}
}

static void
release_arrays(struct gv_symbol_room *room)
{
	free(room->symbols);
	free(room->texts);
	free(room->placed);
	free(room->now);
	free(room->has_parts);
	*room = (struct gv_symbol_room){ .bytes = room->bytes };
}

void
gv_symbol_room_free(struct gv_symbol_room *room)
{
	if (room == NULL)
		return;
	release_arrays(room);
	gv_buf_release(&room->bytes);
	free(room);
}

static struct gv_symbol_room *
room_of(struct gv_symbols *symbols)
{
	if (symbols->room == NULL) {
		symbols->room = calloc(1, sizeof(*symbols->room));
		if (symbols->room)
			symbols->room->bytes = (struct gv_buf)GV_BUF_INIT;
	}
	return symbols->room;
}

static bool
make_room(struct gv_symbol_room *room, size_t n)
{
	gv_buf_reset(&room->bytes);
	if (n > room->n || room->symbols == NULL) {
		release_arrays(room);
		n += n / 2 + 1;
		room->symbols = calloc(n, sizeof(*room->symbols));
		room->texts = calloc(PARTS * n, sizeof(*room->texts));
		room->placed = calloc(PARTS * n, sizeof(*room->placed));
		room->now = calloc(n, sizeof(*room->now));
		room->has_parts = calloc(n, sizeof(*room->has_parts));
		room->n = n;
	}
	if (!room->symbols || !room->texts || !room->placed || !room->now ||
	    !room->has_parts) {
		release_arrays(room);
		return false;
	}
	memset(room->has_parts, 0, n * sizeof(*room->has_parts));
	return true;
}

/* How many there are, each of `least` bytes or more. */
static uint32_t
get_count(struct reading *in, size_t least)
{
	const uint32_t n = get_number(in, UINT32_MAX);

	in->failed |= n > (size_t)(in->end - in->p) / least;
	return in->failed ? 0 : n;
}

int
gv_symbols_unpack(struct gv_symbols *out, const void *p, size_t len,
    const struct gv_symbol_filter *filter)
{
	struct reading in = { .p = p, .end = (const unsigned char *)p + len };
	uint32_t n = get_count(&in, 1);

	if (!in.failed) {
		in.p += n;
		n = get_count(&in, SYMBOL_LEAST);
	}
	if ((in.room = room_of(out)) == NULL || !make_room(in.room, n))
		return gv_err_nomem();
	get_all(&in, n);
	if (in.room->bytes.failed)
		return gv_err_nomem();
	if (in.failed || in.p != in.end)
		return gv_err(
		    GV_ECORRUPT, "kept symbols of a file are damaged");
	choose(&in, (uint32_t)out->n, filter);
	add_all(out, &in);
	return out->failed ? gv_err_nomem() : 0;
}

int
gv_symbols_needs(const void *p, size_t len, gv_symbol_need_fn *fn, void *ctx)
{
	struct reading in = { .p = p, .end = (const unsigned char *)p + len };
	const uint32_t n = get_count(&in, 1);

	return in.failed ? GV_ECORRUPT : gv_symbol_each_need(in.p, n, fn, ctx);
}
