#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/err_command.h"

char gv_buf_empty[1];

void
gv_buf_release(struct gv_buf *b)
{
	if (b == NULL)
		return;
	if (b->cap && b->wipes)
		explicit_bzero(b->p, b->cap);
	if (b->cap)
		free(b->p);
	b->p = gv_buf_empty;
	b->len = b->cap = 0;
	b->failed = false;
}

void
gv_buf_reset(struct gv_buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->cap)
		b->p[0] = '\0';
}

/* In the place of what it has; NULL: there is no memory, and it stays. */
static char *
resize(const struct gv_buf *b, size_t cap)
{
	char *p;

	if (b->cap == 0 || !b->wipes)
		return realloc(b->cap ? b->p : NULL, cap);
	p = malloc(cap);
	if (p == NULL)
		return NULL;
	memcpy(p, b->p, b->len);
	explicit_bzero(b->p, b->cap);
	free(b->p);
	return p;
}

int
gv_buf_grow(struct gv_buf *b, size_t extra)
{
	size_t cap;
	char *p;

	if (b->failed)
		return gv_err_nomem();
	if (extra < SIZE_MAX - b->len && b->len + extra < b->cap)
		return 0;
	if (extra > SIZE_MAX / 2 - b->len - 1)
		goto fail;
	cap = b->cap + b->cap / 2;
	if (cap < b->len + extra + 1)
		cap = b->len + extra + 1;
	if (cap < 64)
		cap = 64;
	p = resize(b, cap);
	if (p == NULL)
		goto fail;
	p[b->len] = '\0';
	b->p = p;
	b->cap = cap;
	return 0;
fail:
	b->failed = true;
	return gv_err_nomem();
}

void
gv_buf_add(struct gv_buf *b, const void *data, size_t len)
{
	if (len == 0)
		return;
	/* mostly it fits, and this is called for every word that is printed */
	if ((b->failed || b->cap - b->len <= len) && gv_buf_grow(b, len) < 0)
		return;
	memcpy(b->p + b->len, data, len);
	b->len += len;
	b->p[b->len] = '\0';
}

void
gv_buf_addstr(struct gv_buf *b, const char *s)
{
	gv_buf_add(b, s, strlen(s));
}

void
gv_buf_addstrs(struct gv_buf *b, const char *const *strings, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		gv_buf_addstr(b, strings[i]);
}

void
gv_buf_addch(struct gv_buf *b, char c)
{
	if (b->failed || b->cap - b->len < 2) {
		gv_buf_add(b, &c, 1);
		return;
	}
	b->p[b->len++] = c;
	b->p[b->len] = '\0';
}

void
gv_buf_addf(struct gv_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	gv_buf_vaddf(b, fmt, ap);
	va_end(ap);
}

/* Most formats have texts and plain numbers only: put together by hand, they
 * take a fifth of what the C library needs. */
static bool
is_simple(const char *fmt)
{
	while ((fmt = strchr(fmt, '%')) != NULL) {
		fmt += fmt[1] == 'z' ? 2 : 1;
		if (*fmt != 's' && *fmt != 'u')
			return false;
		if (*fmt == 's' && fmt[-1] == 'z')
			return false;
		fmt++;
	}
	return true;
}

static void
add_number(struct gv_buf *b, uint64_t n)
{
	char digits[20], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + n % 10);
	while (n /= 10);
	gv_buf_add(b, p, (size_t)(digits + sizeof(digits) - p));
}

static void
add_simple(struct gv_buf *b, const char *fmt, va_list ap)
{
	const char *percent, *text;

	for (; (percent = strchr(fmt, '%')) != NULL; fmt = percent + 2) {
		gv_buf_add(b, fmt, (size_t)(percent - fmt));
		if (percent[1] == 's') {
			text = va_arg(ap, const char *);
			gv_buf_addstr(b, text ? text : "(null)");
		} else if (percent[1] == 'u') {
			add_number(b, va_arg(ap, unsigned));
		} else {
			add_number(b, va_arg(ap, size_t));
			percent++;
		}
	}
	gv_buf_addstr(b, fmt);
}

void
gv_buf_vaddf(struct gv_buf *b, const char *fmt, va_list ap)
{
	size_t room = b->cap - b->len; /* with that of the NUL */
	va_list again;
	int n;

	/* many a message is put together here */
	if (strstr(fmt, "git vault ")) {
		va_copy(again, ap);
		gv_err_command_note(fmt, again);
		va_end(again);
	}
	if (is_simple(fmt)) {
		add_simple(b, fmt, ap);
		return;
	}
	/* mostly it fits */
	va_copy(again, ap);
	n = vsnprintf(room ? b->p + b->len : NULL, room, fmt, ap);
	if (n < 0) {
		b->failed = true;
	} else if ((size_t)n < room && !b->failed) {
		b->len += (size_t)n;
	} else if (gv_buf_grow(b, (size_t)n) == 0) {
		vsnprintf(b->p + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	if (b->cap)
		b->p[b->len] = '\0';
	va_end(again);
}

void
gv_buf_truncate(struct gv_buf *b, size_t len)
{
	if (len < b->len) {
		b->len = len;
		b->p[len] = '\0';
	}
}

bool
gv_buf_equal(const struct gv_buf *a, const struct gv_buf *b)
{
	return a->len == b->len &&
	    (a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}

int
gv_buf_check(const struct gv_buf *b)
{
	return b->failed ? gv_err_nomem() : 0;
}

char *
gv_buf_take(struct gv_buf *b)
{
	char *p;

	/* also turns the empty one into memory */
	if (gv_buf_grow(b, 1) < 0) {
		gv_buf_release(b);
		return NULL;
	}
	p = b->p;
	b->p = gv_buf_empty;
	b->len = b->cap = 0;
	return p;
}
