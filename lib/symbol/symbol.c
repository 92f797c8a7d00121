#include "symbol/symbol_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"

/* Texts that were stored, to be found again. */
struct gv_symbol_once {
	struct once_slot {
		uint32_t hash, at; /* at + 1; 0: free */
	} * slots;
	size_t n, n_slots; /* a power of two */
};

#define SLOTS_LEAST 1024

static struct once_slot *
find_once(
    const struct gv_symbols *symbols, const char *p, size_t len, uint32_t hash)
{
	const struct gv_symbol_once *once = symbols->once;
	struct once_slot *slot;
	size_t i = hash & (once->n_slots - 1), at;

	for (;; i = (i + 1) & (once->n_slots - 1)) {
		slot = &once->slots[i];
		at = slot->at - (size_t)1;
		if (slot->at == 0 ||
		    (slot->hash == hash && len < symbols->text.len - at &&
			symbols->text.p[at + len] == '\0' &&
			memcmp(symbols->text.p + at, p, len) == 0))
			return slot;
	}
}

/* Make room for `more` entries. */
static int
grow_once(struct gv_symbol_once *once, size_t more)
{
	struct once_slot *slots;
	size_t n = once->n_slots ? once->n_slots : SLOTS_LEAST, i, k;

	while (n / 2 < once->n + more)
		n *= 2;
	if (n == once->n_slots)
		return 0;
	slots = calloc(n, sizeof(*slots));
	if (slots == NULL)
		return GV_ENOMEM;
	for (i = 0; i < once->n_slots; i++) {
		if (once->slots[i].at == 0)
			continue;
		k = once->slots[i].hash & (n - 1);
		while (slots[k].at)
			k = (k + 1) & (n - 1);
		slots[k] = once->slots[i];
	}
	free(once->slots);
	once->slots = slots;
	once->n_slots = n;
	return 0;
}

/* A text at the end of all, with a NUL behind it. */
static uint32_t
append(struct gv_symbols *out, const char *p, size_t len)
{
	const size_t at = out->text.len;

	gv_buf_add(&out->text, p, len);
	gv_buf_addch(&out->text, '\0');
	return (uint32_t)at;
}

/* Where a text is, which may be new. There is room for it in the table. */
static uint32_t
settle_text(struct gv_symbols *out, const struct gv_symbol_bytes *text)
{
	struct once_slot *slot = find_once(out, text->p, text->len, text->hash);

	if (slot->at == 0) {
		*slot = (struct once_slot){ text->hash,
			append(out, text->p, text->len) + 1 };
		out->once->n++;
	}
	return slot->at - 1;
}

/* What the look at each text will need: first its slot, then the text that the
 * slot is of. */
static void
fetch(const struct gv_symbols *out, struct gv_symbol_bytes *bytes, size_t n)
{
	const struct gv_symbol_once *once = out->once;
	size_t i;

	for (i = 0; i < n; i++) {
		if (bytes[i].len == 0)
			continue;
		bytes[i].hash = (uint32_t)gv_map_hash(bytes[i].p, bytes[i].len);
		__builtin_prefetch(
		    &once->slots[bytes[i].hash & (once->n_slots - 1)]);
	}
	for (i = 0; i < n; i++) {
		const struct once_slot *slot =
		    &once->slots[bytes[i].hash & (once->n_slots - 1)];

		if (bytes[i].len && slot->at)
			__builtin_prefetch(out->text.p + slot->at - 1);
	}
}

void
gv_symbol_add_texts(struct gv_symbols *out, struct gv_symbol_text *texts,
    struct gv_symbol_bytes *bytes, size_t n)
{
	size_t i;

	if (out->once) {
		if (grow_once(out->once, n) < 0) {
			out->failed = true;
			return;
		}
		fetch(out, bytes, n);
	}
	for (i = 0; i < n && !out->text.failed; i++) {
		texts[i] = (struct gv_symbol_text){ 0, bytes[i].len };
		if (bytes[i].len)
			texts[i].at = out->once
			    ? settle_text(out, &bytes[i])
			    : append(out, bytes[i].p, bytes[i].len);
	}
}

int
gv_symbols_store_once(struct gv_symbols *symbols)
{
	symbols->once = calloc(1, sizeof(*symbols->once));
	return symbols->once ? 0 : gv_err_nomem();
}

void
gv_symbols_settle(struct gv_symbols *symbols)
{
	if (symbols->once)
		free(symbols->once->slots);
	free(symbols->once);
	symbols->once = NULL;
	gv_symbol_room_free(symbols->room);
	symbols->room = NULL;
}

static struct gv_symbol_text
moved(struct gv_symbol_text text, uint32_t by)
{
	return (struct gv_symbol_text){ text.len ? text.at + by : 0, text.len };
}

/* Whether all of them have room in the first one. */
static bool
make_room(struct gv_symbols *to, const struct gv_symbols *from)
{
	return from->text.len <= UINT32_MAX / 2 - to->text.len &&
	    gv_buf_grow(&to->text, from->text.len) == 0 &&
	    gv_vec_grow((void **)&to->items, &to->cap, to->n + from->n,
		sizeof(*to->items)) == 0 &&
	    gv_vec_grow((void **)&to->more, &to->cap_more,
		to->n_more + from->n_more, sizeof(*to->more)) == 0;
}

int
gv_symbols_join(struct gv_symbols *to, struct gv_symbols *from)
{
	const uint32_t by = (uint32_t)to->text.len, n = (uint32_t)to->n,
		       n_more = (uint32_t)to->n_more;
	size_t i;

	if (!make_room(to, from))
		return gv_err_nomem();
	gv_buf_add(&to->text, from->text.p, from->text.len);
	gv_buf_release(&from->text);
	for (i = 0; i < from->n_more; i++)
		to->more[to->n_more++] =
		    (struct gv_symbol_more){ moved(from->more[i].scope, by),
			    moved(from->more[i].extra, by) };
	for (i = 0; i < from->n; i++) {
		struct gv_symbol s = from->items[i];

		s.name = moved(s.name, by);
		s.in += s.in == GV_SYMBOL_NONE ? 0 : n;
		s.more += s.more ? n_more : 0;
		to->items[to->n++] = s;
	}
	gv_symbols_release(from);
	return 0;
}

static struct gv_symbol_text
copy_text(struct gv_symbols *out, const char *p, size_t len)
{
	struct gv_symbol_bytes bytes = { .p = p, .len = (uint32_t)len };
	struct gv_symbol_text text = { 0, 0 };

	gv_symbol_add_texts(out, &text, &bytes, 1);
	return text;
}

/* Any name may be an address, whatever reads it: a user and a password in one
 * are kept nowhere. */
static struct gv_symbol_text
copy_name(struct gv_symbols *out, const char *p, size_t len)
{
	struct gv_buf rest = GV_BUF_INIT;
	struct gv_symbol_text text;
	size_t from, to;

	if (!gv_symbol_find_user(&from, &to, p, len))
		return copy_text(out, p, len);
	gv_buf_add(&rest, p, from);
	gv_buf_add(&rest, p + to, len - to);
	out->failed |= rest.failed;
	text = copy_text(out, rest.p, rest.len);
	gv_buf_release(&rest);
	return text;
}

static bool
is_same(const struct gv_symbol_text *a, const struct gv_symbol_text *b)
{
	return a->at == b->at && a->len == b->len;
}

/* Many have what the one before them has. */
static uint32_t
add_more(struct gv_symbols *out, const struct gv_symbol_more *more)
{
	const struct gv_symbol_more *last =
	    out->n_more ? &out->more[out->n_more - 1] : NULL;

	if (more->scope.len == 0 && more->extra.len == 0)
		return 0;
	if (last && is_same(&last->scope, &more->scope) &&
	    is_same(&last->extra, &more->extra))
		return (uint32_t)out->n_more;
	if (GV_GROW(out->more, out->n_more, out->cap_more) < 0) {
		out->failed = true;
		return 0;
	}
	out->more[out->n_more++] = *more;
	return (uint32_t)out->n_more;
}

uint32_t
gv_symbol_add_as(struct gv_symbols *out, const struct gv_symbol *symbol,
    const struct gv_symbol_more *more)
{
	const uint32_t at = add_more(out, more);

	if (out->failed || GV_GROW(out->items, out->n, out->cap) < 0 ||
	    out->text.failed || out->text.len > UINT32_MAX / 2) {
		out->failed = true;
		return GV_SYMBOL_NONE;
	}
	out->items[out->n] = *symbol;
	out->items[out->n].more = at;
	return (uint32_t)out->n++;
}

uint32_t
gv_symbol_add(struct gv_symbols *out, const struct gv_symbol_row *row)
{
	const struct gv_symbol s = { .kind = row->kind & 0xf,
		.how = row->how & 0xf,
		.word = row->word & 0xff,
		.space = row->space & 0xff,
		.flags = row->flags & 0xff,
		.line = row->line,
		.in = row->in,
		.name = copy_name(out, row->name, row->name_len) };
	const struct gv_symbol_more more = { copy_text(out, row->scope,
						 row->scope_len),
		copy_name(out, row->extra, row->extra_len) };

	return gv_symbol_add_as(out, &s, &more);
}

void
gv_symbols_release(struct gv_symbols *symbols)
{
	gv_symbols_settle(symbols);
	free(symbols->items);
	free(symbols->more);
	gv_buf_release(&symbols->text);
	memset(symbols, 0, sizeof(*symbols));
}

const char *
gv_symbol_text(
    const struct gv_symbols *symbols, const struct gv_symbol_text *text)
{
	return text->len ? symbols->text.p + text->at : "";
}

static const struct gv_symbol_more no_more;

static const struct gv_symbol_more *
more_of(const struct gv_symbols *symbols, const struct gv_symbol *symbol)
{
	return symbol->more ? &symbols->more[symbol->more - 1] : &no_more;
}

const struct gv_symbol_text *
gv_symbol_scope(
    const struct gv_symbols *symbols, const struct gv_symbol *symbol)
{
	return &more_of(symbols, symbol)->scope;
}

const struct gv_symbol_text *
gv_symbol_extra(
    const struct gv_symbols *symbols, const struct gv_symbol *symbol)
{
	return &more_of(symbols, symbol)->extra;
}
