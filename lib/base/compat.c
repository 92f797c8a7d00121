#include "base/compat.h"

#include <errno.h>
#include <stdint.h>

/* Written through a volatile pointer, which no compiler may leave out. */
void
gv_compat_explicit_bzero(void *p, size_t len)
{
	volatile unsigned char *at = p;

	while (len-- > 0)
		*at++ = 0;
}

/* Looks at each place where the first byte is: quadratic for a long needle of
 * equal bytes, as few systems need it, and quick for words. */
void *
gv_compat_memmem(const void *in, size_t len, const void *what, size_t what_len)
{
	const char *p = in, *end = p + len, *w = what;

	if (what_len == 0)
		return (void *)(uintptr_t)in;
	while ((size_t)(end - p) >= what_len) {
		p = memchr(p, *w, (size_t)(end - p) - what_len + 1);
		if (p == NULL)
			break;
		if (memcmp(p, what, what_len) == 0)
			return (void *)(uintptr_t)p;
		p++;
	}
	return NULL;
}

void *
gv_compat_memrchr(const void *in, int c, size_t len)
{
	const unsigned char *p = in;

	while (len > 0)
		if (p[--len] == (unsigned char)c)
			return (void *)(uintptr_t)(p + len);
	return NULL;
}

void *
gv_compat_rawmemchr(const void *in, int c)
{
	const unsigned char *p = in;

	while (*p != (unsigned char)c)
		p++;
	return (void *)(uintptr_t)p;
}

/* Of no bytes realloc() may return NULL, which would look like a failure. */
void *
gv_compat_reallocarray(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, n && size ? n * size : 1);
}

char *
gv_compat_stpcpy(char *to, const char *from)
{
	const size_t len = strlen(from);

	memcpy(to, from, len + 1);
	return to + len;
}

/* Of ASCII letters alone, whatever the locale says. */
static int
fold(char c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

char *
gv_compat_strcasestr(const char *in, const char *what)
{
	size_t i;

	for (;; in++) {
		for (i = 0; what[i] && fold(in[i]) == fold(what[i]); i++)
			;
		if (what[i] == '\0')
			return (char *)(uintptr_t)in;
		if (*in == '\0')
			return NULL;
	}
}

char *
gv_compat_strchrnul(const char *in, int c)
{
	while (*in && *in != (char)c)
		in++;
	return (char *)(uintptr_t)in;
}

char *
gv_compat_strndup(const char *text, size_t most)
{
	const char *end = memchr(text, '\0', most);
	const size_t len = end ? (size_t)(end - text) : most;
	char *copy = malloc(len + 1);

	if (copy) {
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}
