#ifndef GV_REDACT_H
#define GV_REDACT_H
/*
 * Takes secrets out of bytes and puts them back. A placeholder that a person
 * can read replaces each, GITVAULT[RULE:ID]. A list next to the bytes says
 * where, and only that counts: nothing is searched for, so a text that looks
 * like a placeholder stays itself. Pure: what a value is named and where it is
 * kept is for the caller. How the places are stored is for withheld.h.
 *
 *	const struct gv_redact_to to = { take, place, put, ctx };
 *	r = gv_redact_whole(&to, data, len, spans, n);
 *	…
 *	const struct gv_redact_undo_to back = { value, put, ctx };
 *	r = gv_redact_undo_whole(&back, data, len, places, n);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"

struct gv_redact;
struct gv_redact_undo;
struct gv_secret;

#define GV_REDACT_RULE_MAX 64 /* characters */
#define GV_REDACT_ID_HEX   (2 * GV_DIGEST_BYTES)
#define GV_REDACT_MAX                                                          \
	(sizeof("GITVAULT[:]") + GV_REDACT_RULE_MAX + GV_REDACT_ID_HEX)

/* A run of bytes: one that is to go, by offsets in the clear bytes; or a
 * placeholder, by offsets in the redacted ones. */
struct gv_redact_span {
	uint64_t at, len;
	const char *rule; /* borrowed */
	struct gv_digest id;
};

/* Whether a placeholder can name it: small letters, digits and '-', which it
 * does not begin with, and not too long. */
bool gv_redact_rule_is_valid(const char *rule);

/* Write the placeholder and a NUL; its length. The rule must be valid. */
size_t gv_redact_placeholder(
    char out[GV_REDACT_MAX], const char *rule, const struct gv_digest *id);

/* ---- out ---- */

/* Where things go, in the order of the bytes; each returns 0, or a negative
 * value, which ends it and which the caller gets. */
struct gv_redact_to {
	/* `span->len` bytes are about to leave: give them a name, span->id */
	int (*take)(
	    void *ctx, struct gv_redact_span *span, const unsigned char *value);
	/* and this is where their placeholder stands */
	int (*place)(void *ctx, const struct gv_redact_span *place);
	/* the redacted bytes; never a byte of a span */
	int (*put)(void *ctx, const void *data, size_t len);
	void *ctx;
};

/* Redact bytes that are in memory. Spans may come in any order, touch, overlap
 * and lie in each other: those that do are one, from the first byte to the
 * last, and it has the rule of the longest of them; of equally long ones that
 * of the first, and of those in one place that of the lesser name. Empty ones
 * are ignored. So the result depends on the set of spans alone. `spans` is
 * sorted. 0; GV_EUSAGE for a span beyond the end or a rule that cannot be; what
 * a call returned. */
int gv_redact_whole(const struct gv_redact_to *to, const void *data, size_t len,
    struct gv_redact_span *spans, size_t n);

/* The same for bytes that come in pieces, whose spans are known later: bytes
 * are held, in memory that nobody sees, until the caller says that no more
 * spans come for them. `to` must outlive it. 0 or GV_ENOMEM. */
int gv_redact_new(struct gv_redact **out, const struct gv_redact_to *to);

/* The next bytes. 0, GV_ENOMEM, GV_ERROR. After a failure each call fails, here
 * and below. */
int gv_redact_add(struct gv_redact *r, const void *data, size_t len);

/* A span of bytes that were added and not settled. 0; GV_EUSAGE; GV_ENOMEM. */
int gv_redact_take(struct gv_redact *r, const struct gv_redact_span *span);

/* No span that comes yet has a byte before this offset: what lies before goes
 * out, but for a span that one more could still touch. As gv_redact_whole().
 */
int gv_redact_settle(struct gv_redact *r, uint64_t offset);

/* That was all. As gv_redact_whole(). */
int gv_redact_finish(struct gv_redact *r);

/* NULL-safe; wipes. */
void gv_redact_free(struct gv_redact *r);

/* ---- back ---- */

struct gv_redact_undo_to {
	/* append the value that stood at this place. 0; GV_ENOKEY where it is
	 * not to be had, and then the placeholder stays; any other negative
	 * value ends it */
	int (*value)(void *ctx, struct gv_secret *out,
	    const struct gv_redact_span *place);
	/* the bytes as they were, in order */
	int (*put)(void *ctx, const void *data, size_t len);
	void *ctx;
};

/* Put values back into bytes that are in memory; what was given out before a
 * failure is to be thrown away. *left, if not NULL, is how many placeholders
 * stayed. 0; GV_ECORRUPT with the offset where the places do not fit the bytes:
 * not in order, over each other, beyond the end, or something else stands
 * there; what a call returned; GV_ENOMEM. */
int gv_redact_undo_whole(const struct gv_redact_undo_to *to, const void *data,
    size_t len, const struct gv_redact_span *places, size_t n, size_t *left);

/* The same for bytes that come in pieces. `to` and `places` must outlive it.
 * 0; GV_ECORRUPT, GV_ENOMEM. */
int gv_redact_undo_new(struct gv_redact_undo **out,
    const struct gv_redact_undo_to *to, const struct gv_redact_span *places,
    size_t n);

/* The next bytes; as gv_redact_undo_whole(). After a failure each call fails.
 */
int gv_redact_undo_add(struct gv_redact_undo *u, const void *data, size_t len);

/* That was all; places beyond it are found now. As gv_redact_undo_whole(). */
int gv_redact_undo_finish(struct gv_redact_undo *u, size_t *left);

/* NULL-safe; wipes. */
void gv_redact_undo_free(struct gv_redact_undo *u);

#endif
