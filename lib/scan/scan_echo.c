#include "scan/scan_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "lex/ascii.h"

/*
 * Finds copies of a value that was found elsewhere in the same text, in places
 * where neither a name nor a form tells: in a comment, in kubectl's last
 * applied configuration, in a URL. Each value is looked for in clear and in the
 * usual encodings, in one pass over the text.
 */

#define LEAST      6     /* shortest value, with two kinds of characters */
#define LEAST_ANY  12    /* shortest value with one kind */
#define MOST       4096  /* longest value */
#define WHOLE      16    /* a shorter value must be a whole word */
#define HEAD       4     /* bytes that are looked at in all places */
#define VALUES_MAX 2048  /* values of one text */
#define HEADS      65536 /* 2^n, as the next */
#define BUCKETS    8192
#define CLASSES    6

struct needle {
	size_t at, len; /* in the bytes of all */
	size_t finding; /* the finding with this value */
	size_t class;
	enum gv_scan_encoding encoding;
	uint32_t next; /* next of the same bucket, + 1 */
};

/* Values may all begin alike, as ciphertext does. So of each as many bytes are
 * hashed as it has, up to a power of two: its class. */
struct echo {
	struct gv_scan_run *run;
	struct needle *needles;
	size_t n, cap, values;
	struct gv_buf bytes;       /* of the needles; wiped */
	struct gv_buf room, plain; /* for a value as it may be written */
	unsigned char
	    heads[HEADS]; /* classes of those that begin so, as bits */
	uint64_t again[HEADS / 64]; /* whether some do, by another hash */
	uint32_t buckets[BUCKETS];  /* first needle of each bucket, + 1 */
};

static const size_t hashed[CLASSES] = { HEAD, 8, 16, 32, 64, 256 };

static uint32_t
hash_head(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return (v * 2654435761u) >> 16 & (HEADS - 1);
}

/* Of what is in `heads` by accident hardly any is here. */
static uint32_t
hash_again(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return (v * 2246822519u) >> 16 & (HEADS - 1);
}

/* The bucket of needles that begin with the `n` bytes at `p`: HEAD, or a
 * multiple of eight. */
static uint32_t
hash(const char *p, size_t n)
{
	uint64_t h = n, v;
	size_t i;

	if (n == HEAD)
		h = hash_head(p) * 0x9e3779b97f4a7c15ULL;
	for (i = 0; i + sizeof(v) <= n; i += sizeof(v)) {
		memcpy(&v, p + i, sizeof(v));
		h = ((h ^ v) * 0x9e3779b97f4a7c15ULL) ^ (h >> 29);
	}
	return (uint32_t)(h >> 40) & (BUCKETS - 1);
}

static size_t
class_of(size_t len)
{
	size_t class = 0;

	while (class + 1 < CLASSES && hashed[class + 1] <= len)
		class ++;
	return class;
}

/* ---- how a value may be written ----------------------------------------- */

static int
add(struct echo *e, const char *p, size_t len, size_t finding,
    enum gv_scan_encoding encoding)
{
	struct needle *n;
	const size_t class = class_of(len);
	uint32_t *bucket, i;
	int r;

	if (len < HEAD)
		return 0;
	bucket = &e->buckets[hash(p, hashed[class])];
	/* of equal ones the last counts */
	for (i = e->needles ? *bucket : 0; i; i = n->next) {
		n = &e->needles[i - 1];
		if (n->len != len || memcmp(e->bytes.p + n->at, p, len) != 0)
			continue;
		n->finding = finding;
		n->encoding = encoding;
		return 0;
	}
	r = GV_GROW(e->needles, e->n, e->cap);
	if (r < 0)
		return r;
	n = &e->needles[e->n];
	*n = (struct needle){ e->bytes.len, len, finding, class, encoding,
		*bucket };
	gv_buf_add(&e->bytes, p, len);
	*bucket = (uint32_t)++e->n;
	e->heads[hash_head(p)] |= (unsigned char)(1U << class);
	e->again[hash_again(p) / 64] |= (uint64_t)1 << hash_again(p) % 64;
	return gv_buf_check(&e->bytes);
}

static size_t
to_base64(char *out, const char *p, size_t len, bool has_line)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i, k, n = 0, all = len + has_line;

	for (i = 0; i < all; i += 3) {
		unsigned char three[3] = { 0, 0, 0 };
		uint32_t v;

		if (i + 3 <= len)
			memcpy(three, p + i, 3);
		else
			for (k = 0; i + k < all; k++)
				three[k] = i + k < len ? (unsigned char)p[i + k]
						       : '\n';
		v = (uint32_t)three[0] << 16 | (uint32_t)three[1] << 8 |
		    three[2];
		out[n++] = digits[v >> 18];
		out[n++] = digits[v >> 12 & 63];
		out[n++] = digits[v >> 6 & 63];
		out[n++] = digits[v & 63];
	}
	/* padding may be left out */
	return n - (all % 3 ? 3 - all % 3 : 0);
}

static size_t
to_json(char *out, const char *p, size_t len)
{
	static const char from[] = "\n\r\t\b\f\"\\", to[] = "nrtbf\"\\";
	size_t i, n = 0;
	const char *known;

	for (i = 0; i < len; i++) {
		/* most are letters and digits */
		known = p[i] && !gv_ascii_is_alnum(p[i]) ? strchr(from, p[i])
							 : NULL;
		if (known)
			out[n++] = '\\';
		out[n++] = known ? to[known - from] : p[i];
	}
	return n;
}

static size_t
to_url(char *out, const char *p, size_t len, bool is_small)
{
	const char *digits = is_small ? "0123456789abcdef" : "0123456789ABCDEF";
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (gv_ascii_is_alnum(p[i]) || strchr("-._~", p[i])) {
			out[n++] = p[i];
			continue;
		}
		out[n++] = '%';
		out[n++] = digits[(unsigned char)p[i] >> 4];
		out[n++] = digits[p[i] & 15];
	}
	return n;
}

static size_t
from_json(char *out, const char *p, size_t len)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	size_t i, n = 0;
	const char *known;

	for (i = 0; i < len; i++) {
		if (p[i] != '\\' || i + 1 == len) {
			out[n++] = p[i];
			continue;
		}
		known = p[++i] ? strchr(from, p[i]) : NULL;
		out[n++] = known ? to[known - from] : p[i];
	}
	return n;
}

static size_t
from_url(char *out, const char *p, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (p[i] == '%' && len - i > 2 && gv_ascii_hex(p[i + 1]) >= 0 &&
		    gv_ascii_hex(p[i + 2]) >= 0) {
			out[n++] = (char)(gv_ascii_hex(p[i + 1]) * 16 +
			    gv_ascii_hex(p[i + 2]));
			i += 2;
		} else {
			out[n++] = p[i];
		}
	}
	return n;
}

/* ---- values ------------------------------------------------------------- */

/* Whether the value is long enough that an equal text is no accident. */
static bool
is_worth(const char *p, size_t len)
{
	bool kinds[4] = { false };
	size_t i, n = 0;

	if (len < LEAST || len > MOST)
		return false;
	for (i = 0; i < len; i++)
		kinds[gv_ascii_is_lower(p[i])     ? 0
			: gv_ascii_is_upper(p[i]) ? 1
			: gv_ascii_is_digit(p[i]) ? 2
						  : 3] = true;
	for (i = 0; i < 4; i++)
		n += kinds[i];
	return n > 1 || len >= LEAST_ANY;
}

/* Room for `len` bytes, which what comes next may use again. NULL, with the
 * message set, without memory. */
static char *
room_for(struct gv_buf *b, size_t len)
{
	gv_buf_reset(b);
	return gv_buf_grow(b, len) == 0 ? b->p : NULL;
}

/* Look for a value in clear, and in each encoding. */
static int
add_clear(struct echo *e, const char *p, size_t len, size_t finding)
{
	char *room;
	size_t n;
	int r;

	if (!is_worth(p, len))
		return 0;
	room = room_for(&e->room, 3 * len + 8);
	if (room == NULL)
		return GV_ENOMEM;
	r = add(e, p, len, finding, GV_SCAN_CLEAR);
	n = to_base64(room, p, len, false);
	if (r == 0)
		r = add(e, room, n, finding, GV_SCAN_BASE64);
	n = to_base64(room, p, len, true);
	if (r == 0)
		r = add(e, room, n, finding, GV_SCAN_BASE64);
	n = to_json(room, p, len);
	if (r == 0 && n != len)
		r = add(e, room, n, finding, GV_SCAN_ESCAPE);
	n = to_url(room, p, len, false);
	if (r == 0 && n != len)
		r = add(e, room, n, finding, GV_SCAN_PERCENT);
	if (r == 0 && n != len) {
		n = to_url(room, p, len, true);
		r = add(e, room, n, finding, GV_SCAN_PERCENT);
	}
	return r;
}

/* What an encoded value decodes to, in e->plain; 0 bytes: it is in clear. */
static int
decode(struct echo *e, const struct gv_scan_finding *f, size_t *len)
{
	const char *p = e->run->lex.text + f->at;
	const bool is_base64 = f->encodings[0] == GV_SCAN_BASE64;
	const bool is_json = !is_base64 && memchr(p, '\\', f->len);
	char *room;
	long all;

	*len = 0;
	if (!is_base64 && !is_json && !memchr(p, '%', f->len))
		return 0;
	room = room_for(&e->plain, f->len + 1);
	if (room == NULL)
		return GV_ENOMEM;
	if (is_base64) {
		all = gv_base64_decode(room, f->len, p, f->len);
		*len = all > 0 && (size_t)all <= f->len ? (size_t)all : 0;
		while (*len && gv_ascii_is_eol(room[*len - 1]))
			--*len;
	} else if (is_json) {
		*len = from_json(room, p, f->len);
	} else {
		*len = from_url(room, p, f->len);
		*len = *len < f->len ? *len : 0;
	}
	return 0;
}

/* If the value itself is encoded, look for its decoded form as well. */
static int
add_value(struct echo *e, size_t finding)
{
	const struct gv_scan_finding *f = &e->run->scan->findings[finding];
	size_t n = 0;
	int r;

	if (f->len > MOST || f->len < HEAD)
		return 0;
	r = add_clear(e, e->run->lex.text + f->at, f->len, finding);
	if (r == 0)
		r = decode(e, f, &n);
	return r < 0 || n == 0 ? r : add_clear(e, e->plain.p, n, finding);
}

/* Whether to look for copies: of values that a snapshot encrypts, if they are
 * not too simple. */
static bool
is_sought(const struct gv_scan_finding *f)
{
	if (f->reasons & GV_SCAN_ECHO ||
	    (f->encodings[0] != GV_SCAN_CLEAR &&
		f->encodings[0] != GV_SCAN_BASE64))
		return false;
	if (f->grade == GV_SCAN_EXAMPLE)
		return f->reasons & GV_SCAN_IN_EXAMPLE &&
		    !(f->reasons & (GV_SCAN_PLACEHOLDER | GV_SCAN_SIMPLE));
	return f->grade >= GV_SCAN_LIKELY || !(f->reasons & GV_SCAN_SIMPLE);
}

/* ---- search ------------------------------------------------------------- */

static bool
fits(const struct echo *e, const struct needle *n, size_t at)
{
	const char *p = e->run->lex.text;
	size_t end = at + n->len;

	/* most of a bucket begin otherwise */
	if (n->len > e->run->lex.len - at ||
	    memcmp(p + at, e->bytes.p + n->at, HEAD) != 0 ||
	    memcmp(p + at, e->bytes.p + n->at, n->len) != 0)
		return false;
	if (n->len >= WHOLE)
		return true;
	return (at == 0 || !gv_ascii_is_alnum(p[at - 1])) &&
	    (end == e->run->lex.len || !gv_ascii_is_alnum(p[end]));
}

/* The longest needle of a class at this place, or NULL. */
static const struct needle *
find_of_class(const struct echo *e, size_t at, size_t class)
{
	const struct needle *found = NULL;
	uint32_t i = e->buckets[hash(e->run->lex.text + at, hashed[class])];

	for (; i; i = e->needles[i - 1].next) {
		const struct needle *n = &e->needles[i - 1];

		if (n->class == class &&
		    (found == NULL || n->len > found->len) && fits(e, n, at))
			found = n;
	}
	return found;
}

/* The longest needle at this place, or NULL. */
static const struct needle *
find_at(const struct echo *e, size_t at)
{
	const char *p = e->run->lex.text + at;
	unsigned classes = e->heads[hash_head(p)];
	const struct needle *found = NULL;
	size_t class;

	if (!(e->again[hash_again(p) / 64] >> hash_again(p) % 64 & 1))
		return NULL;
	for (; found == NULL && classes; classes ^= 1U << class) {
		class = 31 - (size_t)__builtin_clz(classes);
		if (hashed[class] <= e->run->lex.len - at)
			found = find_of_class(e, at, class);
	}
	return found;
}

static int
tell(struct echo *e, const struct needle *n, size_t at)
{
	struct gv_scan_finding f = e->run->scan->findings[n->finding];
	const char *p = e->run->lex.text;
	size_t i;

	f.at = at;
	f.len = n->len;
	/* the padding belongs to the value */
	for (i = 0; n->encoding == GV_SCAN_BASE64 && i < 2 &&
	     f.at + f.len < e->run->lex.len && p[f.at + f.len] == '=';
	     i++)
		f.len++;
	f.name = f.name_len = 0;
	f.key = NULL;
	memset(f.encodings, 0, sizeof(f.encodings));
	f.encodings[0] = n->encoding;
	/* name and place are those of the other one */
	f.score = (struct gv_score){ 0 };
	f.reasons &= GV_SCAN_RANDOM | GV_SCAN_CHECKED | GV_SCAN_IN_EXAMPLE;
	f.reasons |= GV_SCAN_ECHO;
	if (f.grade > GV_SCAN_POSSIBLE)
		f.grade = GV_SCAN_POSSIBLE;
	return gv_scan_push(e->run, &f);
}

/* The first place in front of `end` where a needle may begin, or `end`. */
static size_t
skip(const struct echo *e, size_t at, size_t end)
{
	const char *p = e->run->lex.text;

	for (; at + 4 <= end; at += 4)
		if (e->heads[hash_head(p + at)] |
		    e->heads[hash_head(p + at + 1)] |
		    e->heads[hash_head(p + at + 2)] |
		    e->heads[hash_head(p + at + 3)])
			break;
	while (at < end && e->heads[hash_head(p + at)] == 0)
		at++;
	return at;
}

/* The findings are sorted and do not overlap; new ones are appended. What
 * stands between them is gone over. */
static int
seek(struct echo *e)
{
	const struct gv_scan *scan = e->run->scan;
	const size_t was = scan->n, len = e->run->lex.len;
	size_t at = 0, next, end;
	int r = 0;

	for (next = 0; next <= was && at + HEAD <= len; next++) {
		/* of a needle four bytes are there at least */
		end = next < was ? scan->findings[next].at : len;
		if (end > len - HEAD + 1)
			end = len - HEAD + 1;
		while (r == 0 && (at = skip(e, at, end)) < end) {
			const struct needle *n = find_at(e, at);

			if (n &&
			    (next == was ||
				at + n->len <= scan->findings[next].at)) {
				r = tell(e, n, at);
				at += n->len;
			} else {
				at++;
			}
		}
		if (r < 0 || next == was)
			break;
		at = scan->findings[next].at + scan->findings[next].len;
	}
	return r;
}

int
gv_scan_echo(struct gv_scan_run *run)
{
	struct echo *e = calloc(1, sizeof(*e));
	size_t i, was = run->scan->n;
	int r = 0;

	if (e == NULL)
		return gv_err_nomem();
	e->run = run;
	e->bytes = e->room = e->plain = (struct gv_buf)GV_BUF_WIPED_INIT;
	for (i = 0; r == 0 && i < was && e->values < VALUES_MAX; i++) {
		if (!is_sought(&run->scan->findings[i]))
			continue;
		e->values++;
		r = add_value(e, i);
	}
	if (r == 0 && e->n)
		r = seek(e);
	if (r == 0 && run->scan->n > was)
		gv_scan_merge(run->scan);
	gv_buf_release(&e->bytes);
	gv_buf_release(&e->room);
	gv_buf_release(&e->plain);
	free(e->needles);
	free(e);
	return r;
}
