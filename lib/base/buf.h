#ifndef GV_BUF_H
#define GV_BUF_H
/*
 * A growing run of bytes. Always NUL-terminated behind `len`, so `p` may be
 * read as a string where the bytes hold no NUL. Nothing is wiped, unless it is
 * made to be (GV_BUF_WIPED_INIT), and nothing is locked: what holds secrets for
 * long is gv_secret. Failure is sticky: after a failed allocation every add
 * does nothing, and one gv_buf_check() at the end tells.
 *
 *	struct gv_buf b = GV_BUF_INIT;
 *	gv_buf_addf(&b, "%s %zu\n", path, n);
 *	r = gv_buf_check(&b);
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct gv_buf {
	char *p; /* never NULL while initialised by GV_BUF_INIT */
	size_t len;
	size_t cap;
	bool failed;
	bool wipes; /* what it leaves: where it grows out of memory, and at its
		       release */
};

extern char gv_buf_empty[];

#define GV_BUF_INIT                                                            \
	{                                                                      \
		.p = gv_buf_empty                                              \
	}

#define GV_BUF_WIPED_INIT                                                      \
	{                                                                      \
		.p = gv_buf_empty, .wipes = true                               \
	}

/* Free what `b` holds and make it empty again; NULL-safe, zeroed struct ok. */
void gv_buf_release(struct gv_buf *b);

/* Forget the bytes and the failure, keep the memory. */
void gv_buf_reset(struct gv_buf *b);

/* Make room for `extra` more bytes. 0 or GV_ENOMEM (also sticky). */
int gv_buf_grow(struct gv_buf *b, size_t extra);

/* Append bytes; `data` must not point into `b`. */
void gv_buf_add(struct gv_buf *b, const void *data, size_t len);

/* Append a string. */
void gv_buf_addstr(struct gv_buf *b, const char *s);

/* Append `n` strings; all of an array. */
void gv_buf_addstrs(struct gv_buf *b, const char *const *strings, size_t n);
#define GV_BUF_ADDSTRS(b, array)                                               \
	gv_buf_addstrs(b, array, sizeof(array) / sizeof((array)[0]))

/* Append one byte. */
void gv_buf_addch(struct gv_buf *b, char c);

/* Append in printf's manner. */
void gv_buf_addf(struct gv_buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same from a va_list. */
void gv_buf_vaddf(struct gv_buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Cut down to `len` bytes (at most the present length). */
void gv_buf_truncate(struct gv_buf *b, size_t len);

/* Whether both have the same bytes. Zeroed structs are fine. */
bool gv_buf_equal(const struct gv_buf *a, const struct gv_buf *b);

/* 0, or GV_ENOMEM with the message set if any add failed. */
int gv_buf_check(const struct gv_buf *b);

/* Hand the bytes over: malloc'd, NUL-terminated, the caller frees; NULL with
 * the message set if an add failed. `b` is empty afterwards. */
char *gv_buf_take(struct gv_buf *b);

#endif
