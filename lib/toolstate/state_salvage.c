#include "toolstate/state_reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"
#include "base/vec.h"

/*
 * One pass over a side. A document is read as gv_state_run() reads it, so that
 * of what is in it we know what it is; from a damage on each thing is looked
 * for by itself, until another document begins.
 */

/* ---- documents ---------------------------------------------------------- */

static void
forget_own(struct gv_state_reading *s)
{
	size_t i;

	for (i = 0; i < s->n_handlers; i++) {
		if (s->own[i] && s->handlers[i]->release)
			s->handlers[i]->release(s->own[i]);
		free(s->own[i]);
		s->own[i] = NULL;
	}
}

static int
make_own(struct gv_state_reading *s)
{
	size_t i;

	forget_own(s);
	for (i = 0; i < s->n_handlers; i++) {
		s->own[i] = calloc(1, s->handlers[i]->memory);
		if (s->own[i] == NULL)
			return gv_err_nomem();
	}
	return 0;
}

/* All that is known of the document is known. */
static void
end_document(struct gv_state_reading *s)
{
	struct gv_state_info *info;
	size_t i;

	if (s->document == NULL)
		return;
	info = &s->document->info;
	info->tool = "opaque";
	for (i = 0; i < s->n_handlers; i++) {
		if (s->handlers[i]->claim(s->own[i], info)) {
			info->tool = s->handlers[i]->tool;
			break;
		}
	}
	s->document = NULL;
}

static int
begin_document(struct gv_state_reading *s, uint64_t at)
{
	struct gv_state_triage *out = s->out;
	int r;

	end_document(s);
	r = s->is_ahead ? 0 : make_own(s);
	s->is_ahead = false;
	s->begun = at;
	if (r < 0)
		return r;
	r = GV_GROW(out->documents, out->n_documents, out->cap_documents);
	if (r < 0)
		return r;
	s->document = &out->documents[out->n_documents++];
	*s->document = (struct gv_state_document){ .side = s->side };
	memset(s->open, 0, sizeof(s->open));
	s->document->from = s->document->to =
	    gv_state_part_place(s->tape.part, at);
	s->is_last = out->n_documents - s->first == GV_STATE_DOCUMENTS;
	return 0;
}

int
gv_state_reading_begin(struct gv_state_reading *s, uint64_t at)
{
	return s->document || s->is_blind ? 0 : begin_document(s, at);
}

/* ---- what is found ------------------------------------------------------ */

static int
copy_items(struct gv_state_reading *s, struct gv_state_found *f)
{
	const char **list =
	    gv_arena_alloc(&s->out->arena, (s->items.n + 1) * sizeof(*list));
	size_t i;

	for (i = 0; list && i < s->items.n; i++) {
		list[i] = gv_arena_copy(&s->out->arena,
		    s->items.items[i].address, s->items.items[i].address_len);
		if (list[i] == NULL)
			return GV_ENOMEM;
	}
	f->items = list;
	f->n_items = s->items.n;
	return list ? 0 : GV_ENOMEM;
}

static int
copy_needs(struct gv_state_reading *s, struct gv_state_found *f)
{
	const char **list = gv_arena_alloc(
	    &s->out->arena, (s->items.n_needs + 1) * sizeof(*list));
	size_t i;

	for (i = 0; list && i < s->items.n_needs; i++) {
		list[i] = gv_arena_copy(&s->out->arena, s->items.needs[i],
		    strlen(s->items.needs[i]));
		if (list[i] == NULL)
			return GV_ENOMEM;
	}
	f->needs = list;
	f->n_needs = s->items.n_needs;
	return list ? 0 : GV_ENOMEM;
}

/* Those that are to be deleted share an address; each differs from others by
 * when it was made, and where that is not known, by its content. */
static int
name_deposed(struct gv_state_reading *s, struct gv_state_found *f)
{
	const struct gv_state_item *item = &s->items.items[0];
	const struct gv_state_text made = { .p = item->deposed,
		.len = item->deposed_len };
	struct gv_buf name = GV_BUF_INIT;
	bool is_number = true;
	size_t i;
	int r;

	for (i = 0; i < made.len; i++)
		is_number &= made.p[i] >= '0' && made.p[i] <= '9';
	gv_buf_addf(&name, "%s (deposed ", s->name.p);
	gv_state_text_add(&name, &made);
	gv_buf_addch(&name, ')');
	if ((r = gv_buf_check(&name)) == 0)
		f->address = gv_arena_copy(&s->out->arena, name.p, name.len);
	if (r == 0 && is_number) {
		gv_buf_reset(&name);
		gv_buf_addf(&name, "%s ", s->name.p);
		for (i = 0; i < GV_STATE_SUM; i++)
			gv_buf_addf(&name, "%02x", f->sum[i]);
		if ((r = gv_buf_check(&name)) == 0)
			f->key =
			    gv_arena_copy(&s->out->arena, name.p, name.len);
	} else {
		f->key = f->address;
	}
	gv_buf_release(&name);
	return r < 0 || f->address == NULL || f->key == NULL ? GV_ENOMEM : 0;
}

static int
name_found(struct gv_state_reading *s, struct gv_state_found *f,
    const struct gv_state_salvage *how)
{
	const char *address =
	    s->items.n && (f->is_output || (how && how->is_loose))
	    ? s->items.items[0].address
	    : s->name.p;

	if (how && how->is_ordered && !f->is_output && s->items.n &&
	    s->items.items[0].deposed)
		return name_deposed(s, f);
	f->key = f->address =
	    gv_arena_copy(&s->out->arena, address, strlen(address));
	return f->address ? 0 : GV_ENOMEM;
}

/* A thing that stands at `text`, which is at this offset of the side. Its items
 * were read. */
int
gv_state_reading_add(struct gv_state_reading *s, struct gv_state_found *f,
    const struct gv_state_salvage *how, const char *text)
{
	struct gv_state_triage *out = s->out;
	int r;

	if ((r = gv_buf_check(&s->name)) < 0 ||
	    (r = gv_state_reading_begin(s, f->at)) < 0 ||
	    (r = GV_GROW(out->found, out->n, out->cap)) < 0 ||
	    (r = copy_items(s, f)) < 0)
		goto out;
	if (how && how->is_ordered)
		r = copy_needs(s, f);
out:
	s->source->sum(f->sum, text, f->len);
	if (r < 0 || (r = name_found(s, f, how)) < 0)
		return r;
	f->side = s->side;
	f->document = (unsigned)(out->n_documents - s->first);
	f->from = gv_state_part_place(s->tape.part, f->at);
	f->to = gv_state_part_place(s->tape.part, f->at + f->len - 1) + 1;
	out->found[out->n++] = *f;
	return 0;
}

int
gv_state_reading_read(struct gv_state_reading *s, size_t which,
    const struct gv_jsontext_piece *piece)
{
	gv_state_items_reset(&s->items);
	return s->handlers[which]->read(s->own[which], piece, &s->items);
}

/* ---- a document that is read -------------------------------------------- */

static bool
enter(void *ctx, const struct gv_jsontext_level *levels, size_t n)
{
	struct gv_state_reading *s = ctx;

	return gv_state_goes_into(s->own, levels, n);
}

/* Whether only resources are to stand where this stands. */
static bool
is_in_list(
    const struct gv_state_reading *s, const struct gv_jsontext_piece *piece)
{
	size_t i;

	for (i = 0; i < s->n_handlers; i++) {
		const struct gv_state_salvage *how = s->handlers[i]->salvage;

		if (how &&
		    gv_state_body_is_list(how, piece->levels, piece->n_levels))
			return true;
	}
	return false;
}

/* Whether a thing is an output, or stands beside the list of resources. */
static void
place(struct gv_state_found *f, const struct gv_state_salvage *how,
    const struct gv_jsontext_piece *piece, enum gv_state_unit unit)
{
	if (how && how->is_loose)
		f->is_head = !gv_state_body_is_place(
		    how, piece->levels, piece->n_levels);
	else
		f->is_output = piece->token.has_key ||
		    (how && how->is_output && unit == GV_STATE_HEAD);
}

/* A resource or an output. *is_bad: it is whole, but cannot be what was
 * written. */
static int
take_thing(struct gv_state_reading *s, const struct gv_jsontext_piece *piece,
    uint64_t base, bool *is_bad)
{
	const struct gv_jsontext_token *t = &piece->token;
	const struct gv_state_salvage *how;
	struct gv_state_found f = { .is_output = false };
	enum gv_state_unit unit = GV_STATE_OTHER;
	const char *text = t->p;
	bool is_sorted = false;
	size_t i = 0;
	int r;

	gv_buf_reset(&s->name);
	while (i < s->n_handlers &&
	    (unit = s->handlers[i]->unit(s->own[i], piece, &s->name)) ==
		GV_STATE_OTHER)
		i++;
	if (unit == GV_STATE_OTHER) {
		*s->is_odd |= is_in_list(s, piece);
		*is_bad = s->is_strict && is_in_list(s, piece);
		return 0;
	}
	how = s->handlers[i]->salvage;
	place(&f, how, piece, unit);
	if (piece->n_levels == 1 && !(how && how->is_loose))
		return 0;
	if (unit == GV_STATE_BODY && how && !f.is_head &&
	    !how->is_resource(t)) {
		*s->is_odd = true;
		*is_bad = s->is_strict;
	}
	if (*is_bad)
		return 0;
	r = gv_state_reading_read(s, i, piece);
	if (r < 0 || (f.is_head && s->items.n == 0))
		return r;
	if (t->has_key)
		text = t->key - 1;
	if (how)
		(void)gv_state_looks(how, t->p, t->len, 0, &is_sorted);
	f.lead = gv_state_lead(how, t, piece->text, is_sorted);
	f.at = base + piece->at + (uint64_t)(text - piece->text);
	f.len = (uint64_t)(t->p + t->len - text);
	return gv_state_reading_add(s, &f, how, text);
}

/* The members of these levels are given. */
static bool
is_way(const struct gv_state_reading *s, const struct gv_jsontext_level *levels,
    size_t n)
{
	size_t i;

	for (i = 0; n > 1 && i < s->n_handlers; i++) {
		const struct gv_state_salvage *how = s->handlers[i]->salvage;

		if (how && gv_state_body_is_way(how, levels, n))
			return true;
	}
	return n == 1;
}

static int
begin_member(struct gv_state_reading *s, const struct gv_jsontext_piece *piece,
    uint64_t base)
{
	struct gv_state_document *d = s->document;
	const struct gv_jsontext_token *t = &piece->token;
	struct gv_state_member *m;
	size_t len;
	const char *p = gv_state_raw(t, &len);
	int r = GV_GROW(d->members, d->n, d->cap);

	if (r < 0)
		return r;
	m = &d->members[d->n];
	memset(m, 0, sizeof(*m));
	m->key = gv_arena_copy(&s->out->arena, t->key, t->key_len);
	if (m->key == NULL)
		return GV_ENOMEM;
	m->at = base + piece->at + (uint64_t)(p - piece->text);
	m->len = len;
	m->in = s->open[piece->n_levels - 1];
	m->is_whole = piece->kind == GV_JSONTEXT_PIECE_VALUE;
	m->is_map = t->kind == GV_JSONTEXT_MAP;
	if (m->is_whole)
		s->source->sum(m->sum, p, len);
	s->open[piece->n_levels] = ++d->n;
	memset(s->open + piece->n_levels + 1, 0,
	    sizeof(s->open) - (piece->n_levels + 1) * sizeof(s->open[0]));
	return 0;
}

/* The digest of a member whose pieces come one after the other. */
static void
sum_more(struct gv_state_reading *s, struct gv_state_member *m,
    const struct gv_jsontext_piece *piece)
{
	unsigned char both[2 * GV_STATE_SUM];

	memcpy(both, m->sum, GV_STATE_SUM);
	s->source->sum(both + GV_STATE_SUM, piece->text, piece->len);
	s->source->sum(m->sum, both, sizeof(both));
}

/* It is of those that have begun, and may end the innermost one. */
static void
go_on_with_members(struct gv_state_reading *s,
    const struct gv_jsontext_piece *piece, uint64_t base)
{
	struct gv_state_member *m;
	size_t i;

	for (i = 1; i < piece->n_levels && i < GV_STATE_BODY_DEPTH + 2; i++) {
		if (s->open[i] == 0)
			return;
		m = &s->document->members[s->open[i] - 1];
		sum_more(s, m, piece);
		if (i + 1 == piece->n_levels &&
		    piece->kind == GV_JSONTEXT_PIECE_CLOSE) {
			m->len = base + piece->at + piece->len - m->at;
			m->is_whole = true;
		}
	}
}

static int
take_member(struct gv_state_reading *s, const struct gv_jsontext_piece *piece,
    uint64_t base)
{
	struct gv_state_document *d = s->document;
	const size_t n = piece->n_levels;
	const bool begins = piece->kind != GV_JSONTEXT_PIECE_CLOSE &&
	    piece->token.has_key && n <= GV_STATE_BODY_DEPTH + 1 &&
	    is_way(s, piece->levels, n);
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && begins && n == 1 && i < s->n_handlers; i++)
		r = s->handlers[i]->member(s->own[i], &piece->token);
	d->has_more |= begins && d->n == GV_STATE_MEMBERS;
	if (r < 0 || d->has_more)
		return r;
	go_on_with_members(s, piece, base);
	return begins ? begin_member(s, piece, base) : 0;
}

static int
take_piece(struct gv_state_reading *s, const struct gv_jsontext_piece *piece,
    uint64_t base, bool *is_bad)
{
	int r = 0;

	if (piece->kind == GV_JSONTEXT_PIECE_END)
		return 0;
	if (piece->kind == GV_JSONTEXT_PIECE_VALUE && piece->n_levels > 0)
		r = take_thing(s, piece, base, is_bad);
	if (piece->n_levels == 0)
		s->document->is_list |= piece->token.kind == GV_JSONTEXT_LIST;
	if (r < 0)
		return r;
	if (!*is_bad && piece->n_levels > 0 &&
	    (r = take_member(s, piece, base)) < 0)
		return r;
	if (!*is_bad) {
		s->document->to = gv_state_part_place(
		    s->tape.part, base + piece->at + piece->len);
		if (piece->n_levels == 0 ||
		    (piece->n_levels == 1 &&
			piece->kind == GV_JSONTEXT_PIECE_CLOSE))
			s->document->is_whole =
			    piece->kind != GV_JSONTEXT_PIECE_OPEN;
	}
	return 0;
}

static void
note_wrong(struct gv_state_reading *s, const struct gv_jsonstream *stream,
    uint64_t base, uint64_t end)
{
	uint64_t at;
	const char *wrong = gv_jsonstream_wrong(stream, &at);

	/* of a character that is cut the first byte is what is wrong, or the
	 * end */
	s->early = wrong && s->tape.is_over && s->tape.at == s->tape.have &&
	    (at == end || (end - at < 4 && strstr(wrong, "UTF-8")));
	if (s->document)
		(void)snprintf(s->document->info.damage,
		    sizeof(s->document->info.damage), "%s", gv_err_message());
	if (s->out->wrong[0] == '\0')
		s->out->wrong_at = base + at;
	if (s->out->wrong[0] == '\0')
		(void)snprintf(s->out->wrong, sizeof(s->out->wrong), "%s",
		    gv_err_message());
}

/* The pieces of a document, which begins where the tape stands: 0 at its end,
 * 1 where it is damaged and what is behind is on the tape. */
static int
read_pieces(
    struct gv_state_reading *s, struct gv_jsonstream *stream, uint64_t base)
{
	struct gv_jsontext_piece piece;
	bool is_bad = false;
	size_t len;
	const char *held;
	int r;

	do {
		r = gv_jsonstream_next(stream, &piece);
		if (r > 0 && s->document == NULL)
			r = begin_document(s,
				base + piece.at +
				    (uint64_t)(piece.token.p - piece.text)) < 0
			    ? GV_ENOMEM
			    : r;
		if (r > 0 && take_piece(s, &piece, base, &is_bad) < 0)
			r = GV_ENOMEM;
	} while (r > 0 && !is_bad);
	if (s->tape.failed)
		return s->tape.failed;
	held = gv_jsonstream_held(stream, &len);
	if (r == GV_EREFUSED)
		note_wrong(s, stream, base, piece.at + len);
	if (r != GV_EREFUSED && !is_bad)
		return r;
	r = gv_state_tape_give_back(&s->tape, held, len, base + piece.at);
	return r < 0 ? r : 1;
}

static int64_t
read_tape(void *ctx, void *data, size_t len)
{
	struct gv_state_reading *s = ctx;

	return gv_state_tape_read(&s->tape, data, len);
}

/* What the first bytes tell of a document, as a save reports it. */
static int
look_ahead(struct gv_state_reading *s)
{
	struct gv_state_tape *t = &s->tape;
	int r = 0;

	if (t->have - t->at < GV_STATE_WINDOW && !t->is_over)
		r = gv_state_tape_refill(t, false);
	if (r == 0)
		r = make_own(s);
	if (r < 0)
		return r;
	gv_state_look_ahead(s->own, t->window + t->at, t->have - t->at);
	s->is_ahead = true;
	return 0;
}

static int
read_document(struct gv_state_reading *s)
{
	const struct gv_jsontext_source source = { .read = read_tape,
		.enter = enter,
		.ctx = s,
		.memory = s->source->memory,
		.max = GV_STATE_PIECE_MAX };
	struct gv_jsonstream *stream = NULL;
	uint64_t base;
	int r;

	end_document(s);
	r = look_ahead(s);
	base = s->tape.base + s->tape.at;
	if (r == 0 && (r = gv_jsonstream_new(&stream, &source)) == 0)
		r = read_pieces(s, stream, base);
	gv_jsonstream_free(stream);
	return r;
}

/* ---- all of it ---------------------------------------------------------- */

/* A document follows one that is whole, or only bytes. */
static bool
follows(struct gv_state_reading *s)
{
	const struct gv_state_tape *t = &s->tape;
	size_t at = t->at;

	while (at < t->have &&
	    (t->window[at] == ' ' || t->window[at] == '\n' ||
		t->window[at] == '\t' || t->window[at] == '\r'))
		at++;
	return s->document && s->document->is_whole && !s->is_last &&
	    at < t->have &&
	    (t->window[at] == '{' ||
		(t->window[at] == '[' && s->document->is_list));
}

static int
read_all(struct gv_state_reading *s)
{
	int r = gv_state_tape_reserve(&s->tape, GV_STATE_WINDOW);

	if (r == 0 && s->is_blind) {
		r = make_own(s);
		return r < 0 ? r : gv_state_reading_scan(s);
	}
	while (r == 0) {
		r = read_document(s);
		if (r <= 0)
			return r;
		if (follows(s)) {
			r = 0;
			continue;
		}
		r = gv_state_reading_scan(s);
		if (r <= 0)
			return r;
		r = 0;
	}
	return r;
}

int
gv_state_salvage(struct gv_state_triage *out, bool *early, bool *is_odd,
    struct gv_state_part *part, const struct gv_state_pass *pass)
{
	const struct gv_state_source plain = { .memory = pass->source->memory,
		.unpack = pass->source->unpack };
	struct gv_state_reading s = { .out = out,
		.source = pass->source,
		.side = pass->side,
		.tape = { .part = part, .memory = pass->source->memory },
		.is_strict = pass->is_strict,
		.is_blind = pass->is_blind,
		.is_last = pass->is_blind,
		.is_odd = is_odd,
		.items = { .source = &plain },
		.first = out->n_documents - pass->is_blind,
		.name = GV_BUF_INIT };
	const size_t first = out->n;
	size_t n = 0;
	int r;

	*is_odd = false;
	while (gv_state_handler_at(n))
		n++;
	s.handlers = calloc(n + 1, sizeof(struct gv_state_handler *));
	s.own = calloc(n + 1, sizeof(void *));
	s.n_handlers = s.handlers && s.own ? n : 0;
	r = s.n_handlers ? 0 : gv_err_nomem();
	for (n = 0; n < s.n_handlers; n++)
		s.handlers[n] = gv_state_handler_at(n);
	if (r == 0 && (r = gv_state_part_rewind(part)) == 0)
		r = read_all(&s);
	end_document(&s);
	if (r == 0)
		gv_state_drop_inner(out, first);
	*early = s.early;
	forget_own(&s);
	free(s.handlers);
	free(s.own);
	gv_memory_put(s.source->memory, s.tape.window, s.tape.cap);
	gv_state_items_release(&s.items);
	gv_buf_release(&s.name);
	return r < 0 ? r : 0;
}
