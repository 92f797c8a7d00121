#include "state/track_leaf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "seal/seal.h"
#include "base/path.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "toolstate/state.h"

void
gv_track_leaf_key(unsigned char out[GV_TRACK_LEAF_KEY],
    const unsigned char key[GV_DIGEST_KEY], const char *env, const char *stack)
{
	const struct gv_digest_field of[] = { { env, strlen(env) },
		{ stack, strlen(stack) } };
	struct gv_digest digest;

	gv_digest_keyed(&digest, key, "state leaf", of, 2);
	memcpy(out, digest.bytes, GV_TRACK_LEAF_KEY);
	explicit_bzero(&digest, sizeof(digest));
}

/* ---- writing ------------------------------------------------------------ */

/* The first digits of a number in base 64: six bits each, the highest first. */
static void
add_sum(struct gv_buf *out, uint64_t sum, size_t digits)
{
	static const char of[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[GV_TRACK_ITEM_SUM];
	size_t i;

	for (i = 0; i < digits; i++, sum <<= 6)
		text[i] = of[sum >> 58];
	gv_buf_add(out, text, digits);
}

/* A NUL would end the text for who reads it: it is written as JSON has it. */
static void
add_field(struct gv_buf *out, const char *p, size_t len)
{
	struct gv_buf plain = GV_BUF_INIT;
	size_t n;

	gv_buf_addch(out, '\t');
	if (p && memchr(p, '\0', len)) {
		for (; len; p += n, len -= n) {
			n = strnlen(p, len);
			gv_buf_add(&plain, p, n);
			if (n == len)
				break;
			gv_buf_addstr(&plain, "\\u0000");
			n++;
		}
		out->failed |= plain.failed;
		gv_path_quote(out, plain.p, plain.len);
	} else if (p) {
		gv_path_quote(out, p, len);
	}
	gv_buf_release(&plain);
}

/* Digest of these, each with its length before it, eight bytes, low first. */
static int
sum_of(uint64_t *out, const unsigned char key[GV_TRACK_LEAF_KEY],
    struct gv_secret *room, const struct gv_digest_field *fields, size_t n)
{
	size_t i;
	int r = 0;

	gv_secret_truncate(room, 0);
	for (i = 0; r == 0 && i < n; i++) {
		unsigned char len[8];
		size_t k;

		for (k = 0; k < sizeof(len); k++)
			len[k] =
			    (unsigned char)((uint64_t)fields[i].len >> 8 * k);
		if ((r = gv_secret_add(room, len, sizeof(len))) == 0)
			r = gv_secret_add(room, fields[i].p, fields[i].len);
	}
	if (r == 0)
		*out = gv_digest_short(key, room->p, room->len);
	return r;
}

static int
add_attributes(struct gv_buf *out, const unsigned char key[GV_TRACK_LEAF_KEY],
    struct gv_secret *room, const struct gv_state_item *item)
{
	uint64_t sum = 0;
	size_t i;
	int r = 0;

	if (item->n_attributes == 0)
		return 0;
	gv_buf_addstr(out, "has");
	for (i = 0; r == 0 && i < item->n_attributes; i++) {
		const struct gv_state_attribute *a = &item->attributes[i];
		const struct gv_digest_field of[] = { { item->address,
							  item->address_len },
			{ a->name, a->name_len }, { a->value, a->value_len } };

		r = sum_of(&sum, key, room, of, 3);
		add_field(out, a->name, a->name_len);
		gv_buf_addch(out, '\t');
		if (r == 0)
			add_sum(out, sum, GV_TRACK_HAS_SUM);
	}
	gv_buf_addch(out, '\n');
	return r;
}

static int
add_item(struct gv_buf *out, const unsigned char key[GV_TRACK_LEAF_KEY],
    struct gv_secret *room, const struct gv_state_item *item)
{
	const struct gv_digest_field of[] = { { item->address,
						  item->address_len },
		{ item->provider, item->provider_len },
		{ item->text, item->len } };
	uint64_t sum = 0;
	size_t i;
	int r = sum_of(&sum, key, room, of, 3);

	if (r < 0)
		return r;
	gv_buf_addstr(out, "item");
	add_field(out, item->address, item->address_len);
	gv_buf_addf(out, "\t%u\t", item->marks);
	add_sum(out, sum, GV_TRACK_ITEM_SUM);
	add_field(out, item->type, item->type_len);
	add_field(out, item->provider, item->provider_len);
	add_field(out, item->deposed, item->deposed_len);
	gv_buf_addch(out, '\n');
	if (item->n_needs) {
		gv_buf_addstr(out, "needs");
		for (i = 0; i < item->n_needs; i++)
			add_field(out, item->needs[i], strlen(item->needs[i]));
		gv_buf_addch(out, '\n');
	}
	return add_attributes(out, key, room, item);
}

int
gv_track_leaf_add(struct gv_buf *out,
    const unsigned char key[GV_TRACK_LEAF_KEY], struct gv_secret *room,
    const struct gv_state_group *group, const struct gv_digest *id)
{
	char hex[2 * GV_DIGEST_BYTES + 1];
	size_t i;
	int r = 0;

	gv_enc_hex(hex, id->bytes, GV_DIGEST_BYTES);
	gv_buf_addf(out, "part\t%s\t%zu\n", hex, gv_seal_padded(group->len));
	for (i = 0; r == 0 && i < group->n_items; i++)
		r = add_item(out, key, room, &group->items[i]);
	return r < 0 ? r : gv_buf_check(out);
}

/* ---- reading ------------------------------------------------------------ */

struct reader {
	struct gv_arena *arena;
	const char *p, *end; /* of the line */
	struct gv_track_item *items;
	size_t n, cap;
	struct gv_buf plain;
};

static int
damaged(void)
{
	return gv_err(GV_ECORRUPT, "a leaf of its index is damaged");
}

/* The next field of the line: 1 with its text, the arena's; 0 behind the last;
 * a failure. */
static int
field(const char **out, struct reader *r)
{
	const char *tab;
	size_t used = 0;
	int e = 0;

	if (r->p == r->end)
		return 0;
	if (*r->p++ != '\t')
		return damaged();
	tab = memchr(r->p, '\t', (size_t)(r->end - r->p));
	if (tab == NULL)
		tab = r->end;
	gv_buf_reset(&r->plain);
	if (r->p < tab && *r->p == '"')
		e = gv_path_unquote(
		    &r->plain, r->p, (size_t)(tab - r->p), &used);
	else
		gv_buf_add(&r->plain, r->p, (size_t)(tab - r->p));
	if (e < 0 || (used && r->p + used != tab) ||
	    memchr(r->plain.p, '\0', r->plain.len))
		return damaged();
	r->p = tab;
	*out = gv_arena_copy(r->arena, r->plain.p, r->plain.len);
	return *out ? 1 : GV_ENOMEM;
}

/* The same where one must be. */
static int
need(const char **out, struct reader *r)
{
	int e = field(out, r);

	return e == 0 ? damaged() : e < 0 ? e : 0;
}

static int
read_digits(uint64_t *out, const char *text)
{
	size_t i;

	*out = 0;
	for (i = 0; text[i] >= '0' && text[i] <= '9' && i < 18; i++)
		*out = *out * 10 + (uint64_t)(text[i] - '0');
	return i && text[i] == '\0' ? 0 : damaged();
}

static int
read_item(struct reader *r)
{
	struct gv_track_item item = { .n_has = 0 };
	const char *marks = "", *sum = "";
	uint64_t v = 0;
	int e = need(&item.address, r);

	if (e == 0)
		e = need(&marks, r);
	if (e == 0)
		e = read_digits(&v, marks);
	if (e == 0)
		e = need(&sum, r);
	if (e == 0 && (strlen(sum) != GV_TRACK_ITEM_SUM || v > 1 << 16))
		e = damaged();
	if (e == 0)
		e = need(&item.type, r);
	if (e == 0)
		e = need(&item.provider, r);
	if (e == 0)
		e = need(&item.deposed, r);
	if (e == 0)
		e = GV_GROW(r->items, r->n, r->cap);
	if (e < 0)
		return e;
	item.marks = (unsigned)v;
	memcpy(item.sum, sum, GV_TRACK_ITEM_SUM);
	r->items[r->n++] = item;
	return 0;
}

/* How many fields are left of the line. */
static size_t
count(const struct reader *r)
{
	const char *p = r->p;
	size_t n = 0;

	while (p < r->end && (p = memchr(p, '\t', (size_t)(r->end - p)))) {
		n++;
		p++;
	}
	return n;
}

static int
read_needs(struct reader *r)
{
	struct gv_track_item *item = &r->items[r->n - 1];
	size_t i, n = count(r);
	const char **all = gv_arena_alloc(r->arena, n * sizeof(*all));
	int e = all ? 0 : GV_ENOMEM;

	for (i = 0; e == 0 && i < n; i++)
		e = need(&all[i], r);
	if (e == 0) {
		item->needs = all;
		item->n_needs = n;
	}
	return e;
}

static int
read_has(struct reader *r)
{
	struct gv_track_item *item = &r->items[r->n - 1];
	size_t i, n = count(r) / 2;
	struct gv_track_has *all = gv_arena_alloc(r->arena, n * sizeof(*all));
	const char *sum;
	int e = all ? 0 : GV_ENOMEM;

	for (i = 0; e == 0 && i < n; i++) {
		e = need(&all[i].name, r);
		if (e == 0)
			e = need(&sum, r);
		if (e == 0 && strlen(sum) != GV_TRACK_HAS_SUM)
			e = damaged();
		if (e == 0)
			memcpy(all[i].sum, sum, GV_TRACK_HAS_SUM);
	}
	if (e == 0) {
		item->has = all;
		item->n_has = n;
	}
	return e;
}

static bool
takes(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0 ||
	    (r->p + n < r->end && r->p[n] != '\t'))
		return false;
	r->p += n;
	return true;
}

/* A line of a kind that is not known is a later version's. */
static int
read_line(struct reader *r)
{
	if (takes(r, "item"))
		return read_item(r);
	if (r->n && takes(r, "needs"))
		return read_needs(r);
	if (r->n && takes(r, "has"))
		return read_has(r);
	return 0;
}

/* Set where the second line begins. */
static int
read_head(struct gv_track_leaf *out, const char **next, const char *p,
    const char *end)
{
	const size_t hex = (size_t)2 * GV_DIGEST_BYTES;
	const char *line = memchr(p, '\n', (size_t)(end - p));
	char digits[20];
	size_t n;

	if (line == NULL || (size_t)(line - p) < 5 + hex + 2 ||
	    memcmp(p, "part\t", 5) != 0 || p[5 + hex] != '\t' ||
	    gv_enc_unhex(out->id.bytes, p + 5, GV_DIGEST_BYTES) < 0)
		return damaged();
	p += 5 + hex + 1;
	n = (size_t)(line - p);
	if (n >= sizeof(digits))
		return damaged();
	memcpy(digits, p, n);
	digits[n] = '\0';
	*next = line + 1;
	return read_digits(&out->size, digits);
}

int
gv_track_leaf_head(struct gv_track_leaf *out, const void *data, size_t len)
{
	const char *next, *p = data;

	memset(out, 0, sizeof(*out));
	return read_head(out, &next, p, p + len);
}

int
gv_track_leaf_read(struct gv_track_leaf *out, struct gv_arena *arena,
    const void *data, size_t len)
{
	const char *end = (const char *)data + len, *next = data;
	struct reader r = { .arena = arena, .plain = GV_BUF_INIT };
	int e;

	memset(out, 0, sizeof(*out));
	e = read_head(out, &next, data, end);
	while (e == 0 && next < end) {
		r.p = next;
		r.end = memchr(next, '\n', (size_t)(end - next));
		if (r.end == NULL) {
			e = damaged();
			break;
		}
		next = r.end + 1;
		e = read_line(&r);
	}
	if (e == 0 && r.n) {
		out->items = gv_arena_alloc(arena, r.n * sizeof(*r.items));
		if (out->items == NULL)
			e = GV_ENOMEM;
		else
			memcpy(out->items, r.items, r.n * sizeof(*r.items));
		out->n = e == 0 ? r.n : 0;
	}
	free(r.items);
	gv_buf_release(&r.plain);
	return e;
}
