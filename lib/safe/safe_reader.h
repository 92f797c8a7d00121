#ifndef GV_SAFE_READER_H
#define GV_SAFE_READER_H
/*
 * Values come out of a safe (safe.h), or are found in it.
 *
 *	r = gv_safe_reader_new(&reader, safe);		a thread
 *	r = gv_safe_get(reader, &secret, &place);
 *	gv_safe_reader_free(reader);
 */

#include <stdbool.h>

#include "crypto/age.h"
#include "crypto/digest.h"
#include "repo/oid.h"

struct gv_safe;
struct gv_safe_reader;
struct gv_secret;

/* Which value. */
struct gv_safe_place {
	const char *scope;
	struct gv_digest id;
	struct gv_oid object; /* where it was sealed once; zero: not known */
};

/* One thread's. 0; GV_ENOMEM. Without an identity each read fails. */
int gv_safe_reader_new(struct gv_safe_reader **out, struct gv_safe *safe);

/* NULL-safe; wipes. */
void gv_safe_reader_free(struct gv_safe_reader *r);

/* Give the bytes of a value to the sink in pieces. What the scope has under the
 * id now comes first, then the object of the place. Held to the id where the
 * key of ids is known. 0; GV_ENOKEY where no identity opens it; GV_ENOTFOUND
 * where no such object is here; GV_ECORRUPT where it is damaged or another
 * value; what the sink returned. What the sink got before a failure is no whole
 * value. */
int gv_safe_read(struct gv_safe_reader *r, const struct gv_safe_place *place,
    gv_age_sink *sink, void *ctx);

/* The same, appended. */
int gv_safe_get(struct gv_safe_reader *r, struct gv_secret *out,
    const struct gv_safe_place *place);

/* Open what the scope has sealed under an id, and hold it to that; no vault of
 * others is asked. As gv_safe_read() otherwise. */
int gv_safe_hold(
    struct gv_safe_reader *r, const char *scope, const struct gv_digest *id);

/* Visit the values of a scope, in the order of ids: fn(ctx, id, object). 0;
 * fn's negative value; GV_ECORRUPT; GV_ENOMEM. A scope without values is empty.
 */
int gv_safe_each(struct gv_safe *safe, const char *scope,
    int (*fn)(
	void *ctx, const struct gv_digest *id, const struct gv_oid *object),
    void *ctx);

/* The same for parts of states: those that were encrypted again after a version
 * was saved. */
int gv_safe_each_part(struct gv_safe *safe, const char *scope,
    int (*fn)(
	void *ctx, const struct gv_digest *id, const struct gv_oid *object),
    void *ctx);

/* Find the object that the scope has for a part of this id. 1 with *object; 0
 * if there is none; GV_ECORRUPT; GV_ENOMEM. *is_current (may be NULL): it is
 * encrypted for the present readers of the scope. */
int gv_safe_find_part(struct gv_oid *object, bool *is_current,
    struct gv_safe *safe, const char *scope, const struct gv_digest *id);

#endif
