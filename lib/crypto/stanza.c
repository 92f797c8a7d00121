#include "crypto/stanza.h"

#include <stdint.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/digits.h"
#include "crypto/secret.h"

/*
 *	-> type word word ...
 *	64 characters of base64, no padding
 *	fewer than 64, perhaps none
 *
 * The short line ends the stanza.
 */

#define COLUMNS  64
#define PER_LINE (COLUMNS / 4 * 3)

#define VARIANT sodium_base64_VARIANT_ORIGINAL_NO_PADDING

/* Words have one space between them and none around. */
static int
check_words(struct gv_stanza *s)
{
	size_t i;
	char before = ' ';

	s->n_words = 1;
	for (i = 0; i < s->line_len; i++) {
		char c = s->line[i];

		if (c == ' ') {
			if (before == ' ')
				return GV_ECORRUPT;
			s->n_words++;
		} else if (c < 33 || c > 126) {
			return GV_ECORRUPT;
		}
		before = c;
	}
	return before == ' ' ? GV_ECORRUPT : 0;
}

/* One line of the body; canonical, or what is the same could be written in two
 * ways. */
static int
check_line(size_t *n, const char *line, size_t len)
{
	unsigned char bytes[PER_LINE];
	int r = GV_ECORRUPT;

	if (len <= COLUMNS)
		r = gv_digits_read(
		    bytes, sizeof(bytes), n, line, len, GV_DIGITS_BARE);
	sodium_memzero(bytes, sizeof(bytes));
	return r;
}

static int
check_body(struct gv_stanza *s, const char *text, const char *end)
{
	const char *lf, *p = text;
	size_t n, len;

	s->text = text;
	do {
		len = (size_t)(end - p);
		lf = memchr(p, '\n', len < COLUMNS + 1 ? len : COLUMNS + 1);
		if (lf == NULL && len <= COLUMNS)
			return GV_ENOTFOUND;
		if (lf == NULL || check_line(&n, p, (size_t)(lf - p)) < 0)
			return gv_err(GV_ECORRUPT,
			    "a stanza's body is no "
			    "base64 in lines of at most "
			    "64 characters");
		s->body_len += n;
		len = (size_t)(lf - p);
		p = lf + 1;
	} while (len == COLUMNS);
	s->text_len = (size_t)(p - text);
	return 0;
}

int
gv_stanza_read(
    struct gv_stanza *out, size_t *used, const char *text, size_t len)
{
	struct gv_stanza s = { .line = text + 3 };
	const char *lf;
	int r;

	if (memcmp(text, "-> ", len < 3 ? len : 3) != 0)
		return gv_err(GV_ECORRUPT, "a stanza does not begin with '->'");
	lf = len < 3 ? NULL : memchr(text, '\n', len);
	if (lf == NULL)
		return GV_ENOTFOUND;
	s.line_len = (size_t)(lf - s.line);
	if (check_words(&s) < 0)
		return gv_err(GV_ECORRUPT,
		    "a stanza's first line is not words "
		    "with one space between them");
	r = check_body(&s, lf + 1, text + len);
	if (r < 0)
		return r;
	*out = s;
	*used = (size_t)(s.text + s.text_len - text);
	return 0;
}

const char *
gv_stanza_word(const struct gv_stanza *s, size_t i, size_t *len)
{
	const char *p = s->line, *end = p + s->line_len, *space;

	*len = 0;
	if (i >= s->n_words)
		return NULL;
	for (; i > 0; i--)
		p = (const char *)memchr(p, ' ', (size_t)(end - p)) + 1;
	space = memchr(p, ' ', (size_t)(end - p));
	*len = (size_t)((space ? space : end) - p);
	return p;
}

bool
gv_stanza_is(const struct gv_stanza *s, size_t i, const char *word)
{
	size_t len;
	const char *p = gv_stanza_word(s, i, &len);

	return p && len == strlen(word) && memcmp(p, word, len) == 0;
}

int
gv_stanza_bytes(
    unsigned char *out, size_t size, const struct gv_stanza *s, size_t i)
{
	size_t len, n;
	const char *p = gv_stanza_word(s, i, &len);

	if (p == NULL ||
	    gv_digits_read(out, size, &n, p, len, GV_DIGITS_BARE) < 0 ||
	    n != size)
		return GV_ECORRUPT;
	return 0;
}

int
gv_stanza_number(size_t *out, const struct gv_stanza *s, size_t i)
{
	size_t len, n = 0, at;
	const char *p = gv_stanza_word(s, i, &len);

	/* nine digits are below any limit of size_t, and of use */
	if (p == NULL || len > 9 || (p[0] == '0' && len > 1))
		return GV_ECORRUPT;
	for (at = 0; at < len; at++) {
		if (p[at] < '0' || p[at] > '9')
			return GV_ECORRUPT;
		n = n * 10 + (size_t)(p[at] - '0');
	}
	*out = n;
	return 0;
}

void
gv_stanza_body(unsigned char *out, const struct gv_stanza *s)
{
	const char *p = s->text;
	size_t left = s->body_len, n, read;

	/* each but the last is full, as reading has found */
	for (; left > 0; left -= n, out += n, p += COLUMNS + 1) {
		n = left < PER_LINE ? left : PER_LINE;
		gv_digits_read(
		    out, n, &read, p, gv_digits_size(n), GV_DIGITS_BARE);
	}
}

static size_t
size_of(const struct gv_stanza_parts *parts)
{
	size_t n = 2, i, digits = gv_digits_size(parts->body_len);

	for (i = 0; i < parts->n_words; i++)
		n += 1 + strlen(parts->words[i]);
	/* as many line ends as there are full lines, and one */
	return n + 1 + digits + digits / COLUMNS + 1;
}

static void
write_to(char *out, const struct gv_stanza_parts *parts)
{
	const unsigned char *p = parts->body ? parts->body : (void *)out;
	size_t left = parts->body_len, n, i;
	char line[COLUMNS + 1];

	memcpy(out, "->", 2);
	out += 2;
	for (i = 0; i < parts->n_words; i++) {
		n = strlen(parts->words[i]);
		*out++ = ' ';
		memcpy(out, parts->words[i], n);
		out += n;
	}
	*out++ = '\n';
	do {
		n = left < PER_LINE ? left : PER_LINE;
		sodium_bin2base64(line, sizeof(line), p, n, VARIANT);
		memcpy(out, line, gv_digits_size(n));
		out += gv_digits_size(n);
		*out++ = '\n';
		p += n;
		left -= n;
	} while (n == PER_LINE);
	sodium_memzero(line, sizeof(line));
}

int
gv_stanza_add(struct gv_buf *out, const struct gv_stanza_parts *parts)
{
	size_t size = size_of(parts);
	int r = gv_buf_grow(out, size);

	if (r < 0)
		return r;
	write_to(out->p + out->len, parts);
	out->len += size;
	out->p[out->len] = '\0';
	return 0;
}

int
gv_stanza_tell(struct gv_secret *out, const struct gv_stanza_parts *parts)
{
	size_t size = size_of(parts);
	int r = gv_secret_grow(out, size);

	if (r < 0)
		return r;
	write_to((char *)out->p + out->len, parts);
	out->len += size;
	return 0;
}
