#ifndef GV_STANZA_H
#define GV_STANZA_H
/*
 * The stanzas of age, of which headers and the talk with plugins are made: a
 * line of words, the first of which tells the type, and bytes in base64.
 * Reading copies nothing; a stanza lives as long as the text it is in.
 *
 *	r = gv_stanza_read(&s, &used, text, len);
 *	if (r == 0 && gv_stanza_is(&s, 0, "X25519") && s.body_len == 32)
 *		gv_stanza_body(body, &s);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;
struct gv_secret;

struct gv_stanza {
	const char *line; /* the words, without what goes before and behind */
	size_t line_len;
	size_t n_words;   /* at least one */
	const char *text; /* the lines of base64, with their ends */
	size_t text_len;
	size_t body_len; /* the bytes that they stand for */
};

/* What one is written from. */
struct gv_stanza_parts {
	const char *const *words; /* at least one; each of visible ASCII */
	size_t n_words;
	const void *body;
	size_t body_len;
};

/* Look through the stanza that a text begins with; *used bytes are it. 0;
 * GV_ENOTFOUND without a message where the text ends before the stanza does;
 * GV_ECORRUPT with the message set. `out` and `used` are set by success. */
int gv_stanza_read(
    struct gv_stanza *out, size_t *used, const char *text, size_t len);

/* The word at place `i`, not NUL-terminated, and its length in *len; NULL and
 * 0 where there are fewer. */
const char *gv_stanza_word(const struct gv_stanza *s, size_t i, size_t *len);

/* Whether the word at place `i` is this one, letter for letter. */
bool gv_stanza_is(const struct gv_stanza *s, size_t i, const char *word);

/* Read the word at place `i` as exactly `size` bytes in base64. 0, or
 * GV_ECORRUPT without a message. */
int gv_stanza_bytes(
    unsigned char *out, size_t size, const struct gv_stanza *s, size_t i);

/* Read the word at place `i` as a number without sign or leading zeros. 0, or
 * GV_ECORRUPT without a message. */
int gv_stanza_number(size_t *out, const struct gv_stanza *s, size_t i);

/* Write the s->body_len bytes; nothing is kept elsewhere. */
void gv_stanza_body(unsigned char *out, const struct gv_stanza *s);

/* Append a stanza as text. 0 or GV_ENOMEM. The second is for text
 * that brings a secret to a plugin. */
int gv_stanza_add(struct gv_buf *out, const struct gv_stanza_parts *parts);
int gv_stanza_tell(struct gv_secret *out, const struct gv_stanza_parts *parts);

#endif
