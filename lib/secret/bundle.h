#ifndef GV_BUNDLE_H
#define GV_BUNDLE_H
/*
 * Values with names, as other programs take and give them: lines of a shell's
 * environment, a JSON object, manifests of Kubernetes. All bytes of values lie
 * in memory that is wiped; where they come from and go to is for the caller.
 *
 *	r = gv_bundle_add(&b, "prod", "DB_PASSWORD", value, len);
 *	r = gv_bundle_write(&text, &b, GV_BUNDLE_ENV);
 *	…
 *	r = gv_bundle_read(&b, GV_BUNDLE_ENV, &text);
 *	gv_bundle_release(&b);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "crypto/secret.h"

enum gv_bundle_format {
	GV_BUNDLE_ENV,  /* NAME='value', as sh reads it */
	GV_BUNDLE_JSON, /* {"NAME": "value"}; {"base64": …} where it is no text
			 */
	GV_BUNDLE_K8S,  /* a Secret for each scope */
};

struct gv_bundle_item {
	const char *scope; /* NULL where it was read */
	const char *name;
	size_t at, len; /* in `bytes` */
};

struct gv_bundle {
	struct gv_bundle_item *items;
	size_t n, cap;
	struct gv_secret bytes;
	struct gv_arena arena;
};

#define GV_BUNDLE_INIT                                                         \
	{                                                                      \
		.bytes = GV_SECRET_INIT, .arena = GV_ARENA_INIT                \
	}

/* Free and wipe; NULL-safe, zeroed ok. */
void gv_bundle_release(struct gv_bundle *b);

/* Add a value, which is copied with its name; `scope` may be NULL. 0; GV_ENOMEM
 * and GV_ERROR with `b` as it was. */
int gv_bundle_add(struct gv_bundle *b, const char *scope, const char *name,
    const void *data, size_t len);

/* The bytes of an item; borrowed until the next one is added. */
const unsigned char *
gv_bundle_bytes(const struct gv_bundle *b, const struct gv_bundle_item *item);

/* Make each name one that the format can have, and that no other value of the
 * bundle (of Kubernetes: of its scope) has: what cannot stand becomes '_' (of
 * Kubernetes '-'), and a second one gets a number. 0 or GV_ENOMEM. */
int gv_bundle_name(struct gv_bundle *b, enum gv_bundle_format format);

/* Append the text; names are what gv_bundle_name() made. 0; GV_EREFUSED for a
 * value that the format cannot hold, by its name; GV_ENOMEM; GV_ERROR. `out` is
 * as it was after a failure. */
int gv_bundle_write(struct gv_secret *out, const struct gv_bundle *b,
    enum gv_bundle_format format);

/* Add what a text holds, of GV_BUNDLE_ENV or GV_BUNDLE_JSON; it is changed. 0;
 * GV_EREFUSED with the line, and nothing of it; GV_EUSAGE for another format;
 * GV_ENOMEM. */
int gv_bundle_read(
    struct gv_bundle *b, enum gv_bundle_format format, struct gv_secret *text);

#endif
