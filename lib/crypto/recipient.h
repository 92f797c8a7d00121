#ifndef GV_RECIPIENT_H
#define GV_RECIPIENT_H
/*
 * Whom a file is sealed for: a key of age, a key of ssh, a passphrase, or what
 * a plugin knows.
 *
 *	struct gv_recipient r = GV_RECIPIENT_INIT;
 *	r = gv_recipient_parse(&r, "age1…", len);
 *	gv_recipient_release(&r);
 */

#include <stddef.h>

#include "crypto/secret.h"
#include "crypto/x25519.h"

struct gv_buf;
struct gv_ephemeral;
struct gv_plugin_runner;
struct gv_x25519_table;

enum gv_recipient_kind {
	GV_RECIPIENT_NONE,
	GV_RECIPIENT_X25519,
	GV_RECIPIENT_SSH,
	GV_RECIPIENT_PASSPHRASE,
	GV_RECIPIENT_PLUGIN,
};

struct gv_recipient {
	enum gv_recipient_kind kind;
	struct gv_x25519_to to;        /* of X25519 and ssh … */
	struct gv_x25519_table *table; /* … and to multiply its key by */
	struct gv_secret passphrase;   /* and its work factor, see scrypt.h */
	unsigned work;
	char *text;   /* of a plugin: as it was given */
	char *plugin; /* and its name, which the program's ends with */
	const struct gv_plugin_runner *runner; /* borrowed; NULL: nobody */
};

#define GV_RECIPIENT_INIT                                                      \
	{                                                                      \
		.kind = GV_RECIPIENT_NONE                                      \
	}

/* Read `age1…`, a line of ssh, or a plugin's `age1NAME1…`. 0; GV_EREFUSED, with
 * why, for kinds that we cannot seal for; GV_ECORRUPT; GV_ENOMEM. `out` is set
 * by success, and then to be released. */
int gv_recipient_parse(struct gv_recipient *out, const char *text, size_t len);

/* Whoever knows a passphrase, with this work factor. 0, GV_EUSAGE for an empty
 * one, GV_ENOMEM. */
int gv_recipient_passphrase(struct gv_recipient *out, const void *passphrase,
    size_t len, unsigned work);

/* Append the text of it. 0; GV_EREFUSED for a passphrase; GV_ENOMEM. */
int gv_recipient_format(struct gv_buf *out, const struct gv_recipient *r);

/* Append the stanza that wraps this key; one of the curve is wrapped by `once`,
 * and nothing else is. As gv_age_wrap(). */
int gv_recipient_wrap(struct gv_buf *out, const struct gv_recipient *r,
    const unsigned char key[GV_AGE_KEY], const struct gv_ephemeral *once);

/* NULL-safe, zeroed ok; wipes. */
void gv_recipient_release(struct gv_recipient *r);

#endif
