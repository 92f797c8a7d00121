#ifndef GV_VALUEFILE_H
#define GV_VALUEFILE_H
/*
 * Values with names, as other programs take and give them: lines of a shell's
 * environment, a JSON object, manifests of Kubernetes. All bytes of values lie
 * in memory that is wiped; where they come from and go to is for the caller.
 *
 *	r = gv_valuefile_add(&b, "prod", "DB_PASSWORD", value, len);
 *	r = gv_valuefile_write(&text, &b, GV_VALUEFILE_ENV);
 *	…
 *	r = gv_valuefile_read(&b, GV_VALUEFILE_ENV, &text);
 *	gv_valuefile_release(&b);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "crypto/secret.h"

enum gv_valuefile_format {
	GV_VALUEFILE_ENV,  /* NAME='value', as sh reads it */
	GV_VALUEFILE_JSON, /* {"NAME": "value"}; {"base64": …} where it is no
			    * text
			    */
	GV_VALUEFILE_K8S,  /* a Secret for each scope */
};

struct gv_valuefile_item {
	const char *scope; /* NULL where it was read */
	const char *name;
	size_t at, len; /* in `bytes` */
};

struct gv_valuefile {
	struct gv_valuefile_item *items;
	size_t n, cap;
	struct gv_secret bytes;
	struct gv_arena arena;
};

#define GV_VALUEFILE_INIT                                                      \
	{                                                                      \
		.bytes = GV_SECRET_INIT, .arena = GV_ARENA_INIT                \
	}

/* Free and wipe; NULL-safe, zeroed ok. */
void gv_valuefile_release(struct gv_valuefile *b);

/* Add a value, which is copied with its name; `scope` may be NULL. 0; GV_ENOMEM
 * and GV_ERROR with `b` as it was. */
int gv_valuefile_add(struct gv_valuefile *b, const char *scope,
    const char *name, const void *data, size_t len);

/* The bytes of an item; borrowed until the next one is added. */
const unsigned char *gv_valuefile_bytes(
    const struct gv_valuefile *b, const struct gv_valuefile_item *item);

/* Make each name one that the format can have, and that no other value of the
 * bundle (of Kubernetes: of its scope) has: what cannot stand becomes '_' (of
 * Kubernetes '-'), and a second one gets a number. 0 or GV_ENOMEM. */
int gv_valuefile_name(struct gv_valuefile *b, enum gv_valuefile_format format);

/* Append the text; names are what gv_valuefile_name() made. 0; GV_EREFUSED for
 * a value that the format cannot hold, by its name; GV_ENOMEM; GV_ERROR. `out`
 * is as it was after a failure. */
int gv_valuefile_write(struct gv_secret *out, const struct gv_valuefile *b,
    enum gv_valuefile_format format);

/* Add what a text holds, of GV_VALUEFILE_ENV or GV_VALUEFILE_JSON; it is
 * changed. 0; GV_EREFUSED with the line, and nothing of it; GV_EUSAGE for
 * another format; GV_ENOMEM. */
int gv_valuefile_read(struct gv_valuefile *b, enum gv_valuefile_format format,
    struct gv_secret *text);

#endif
