#include "crypto/secret.h"

#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "base/memory.h"

#define SMALLEST ((size_t)64)

int
gv_secret_ready(void)
{
	if (sodium_init() < 0)
		return gv_err(GV_ERROR,
		    "cannot initialize libsodium: the system has no source of "
		    "randomness");
	return 0;
}

void
gv_secret_release(struct gv_secret *s)
{
	if (s == NULL)
		return;
	/* which wipes, too */
	sodium_free(s->p);
	s->p = NULL;
	s->len = s->cap = 0;
}

void
gv_secret_reset(struct gv_secret *s)
{
	gv_secret_truncate(s, 0);
}

int
gv_secret_grow(struct gv_secret *s, size_t extra)
{
	size_t cap = s->cap ? s->cap : SMALLEST;
	unsigned char *p;
	int r;

	if (s->p && extra <= s->cap - s->len)
		return 0;
	if (extra > SIZE_MAX / 4 || s->len > SIZE_MAX / 4)
		return gv_err_nomem();
	/* powers of two, since what libsodium gives ends where a page does, and
	 * is aligned only by its length */
	while (cap < s->len + extra)
		cap *= 2;
	r = gv_secret_ready();
	if (r < 0)
		return r;
	p = sodium_malloc(cap);
	if (p == NULL)
		return gv_err_nomem();
	if (s->p)
		memcpy(p, s->p, s->len);
	sodium_free(s->p);
	s->p = p;
	s->cap = cap;
	return 0;
}

int
gv_secret_add(struct gv_secret *s, const void *data, size_t len)
{
	int r = gv_secret_grow(s, len);

	if (r < 0)
		return r;
	if (len)
		memcpy(s->p + s->len, data, len);
	s->len += len;
	return 0;
}

int
gv_secret_add_random(struct gv_secret *s, size_t len)
{
	int r = gv_secret_grow(s, len);

	if (r < 0)
		return r;
	randombytes_buf(s->p + s->len, len);
	s->len += len;
	return 0;
}

void
gv_secret_truncate(struct gv_secret *s, size_t len)
{
	if (len >= s->len)
		return;
	sodium_memzero(s->p + len, s->len - len);
	s->len = len;
}

void
gv_secret_drop(struct gv_secret *s, size_t len)
{
	if (len == 0)
		return;
	if (len < s->len)
		memmove(s->p, s->p + len, s->len - len);
	gv_secret_truncate(s, len < s->len ? s->len - len : 0);
}

bool
gv_secret_is(const struct gv_secret *s, const void *data, size_t len)
{
	return s->len == len &&
	    (len == 0 || sodium_memcmp(s->p, data, len) == 0);
}

static void
put_memory(void *p, size_t size)
{
	(void)size; /* libsodium knows it, and wipes */
	sodium_free(p);
}

const struct gv_memory gv_secret_memory = { sodium_malloc, put_memory };
