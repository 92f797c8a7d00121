#ifndef GV_TRAILER_H
#define GV_TRAILER_H
/*
 * Trailers, the lines "Key: value" that end a commit's message, as ours say
 * things: any text fits, since one that would not come back from its line is
 * C-quoted. Which keys there are, and what they mean, is for who reads them.
 *
 *	gv_trailer_add(&text, "Vault-Reason", why);
 *	…
 *	gv_trailer_begin(&it, message, len);
 *	while ((r = gv_trailer_next(&it, &t)) > 0) …
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

struct gv_trailer {
	const char *key, *value; /* borrowed, no NUL behind them */
	size_t key_len, value_len;
};

struct gv_trailer_iter {
	const char *p, *end;
};

/* Append one, with its line end. A failure is kept in `out`. */
void gv_trailer_add(struct gv_buf *out, const char *key, const char *value);

/* Begin at the first trailer of a message: its last paragraph, which is not its
 * first. */
void
gv_trailer_begin(struct gv_trailer_iter *it, const char *message, size_t len);

/* The next one: 1 with *t set; 0 at the end; GV_ECORRUPT for a line that is
 * none. */
int gv_trailer_next(struct gv_trailer_iter *it, struct gv_trailer *t);

/* Whether these bytes can be a key: letters, digits and '-'. */
bool gv_trailer_is_key(const char *p, size_t n);

/* Whether it is of that key. */
bool gv_trailer_is(const struct gv_trailer *t, const char *key);

/* What a value stands for, as text that the caller frees. 0; GV_ECORRUPT for
 * one that is empty, badly quoted or holds a control character; GV_ENOMEM. */
int gv_trailer_read(char **out, const char *key, const char *value, size_t len);

#endif
